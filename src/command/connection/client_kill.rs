//! CLIENT KILL: filters for clients, and closing their connections.

use crate::clients::Client;
use crate::command::connection::client_rows::{ADMIN, FAMILY, client_type};
use crate::command::engine::arguments::{Cursor, choice, positive};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply,
};
use crate::listener::Address;

/// A subcommand of CLIENT.
pub static KILL: Command = Command {
    complexity: Complexity::Other("O(N) with N connections"),
    summary: "Closes the connections that match all filters",
    syntax: "ip:port | <[ID client-id] [TYPE type] [USER username] [ADDR ip:port] \
             [LADDR ip:port] [SKIPME <YES | NO>] [MAXAGE seconds] ...>",
    example: "> CLIENT KILL 127.0.0.1:1
              -ERR No such client
              > CLIENT KILL ID 99999 SKIPME yes
              :0",
    handler: Handler::Plain(kill),
    ..FAMILY.row("kill", -3, ADMIN, "2.4.0")
};

/// The filters of CLIENT KILL: a client must match all of them.
#[derive(Default)]
struct KillFilter {
    id: Option<u64>,
    peer: Option<Vec<u8>>,
    local: Option<Vec<u8>>,
    max_age_seconds: Option<u64>,
    user: Option<Box<[u8]>>,
    /// Tests of their types.
    types: Vec<fn(&Client) -> bool>,
    spare_self: bool,
}

fn kill(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_old_form = args.len() == 3;
    let filter = if is_old_form {
        KillFilter { peer: Some(args.at(2).to_vec()), ..KillFilter::default() }
    } else {
        kill_filter(context, args.from(2))?
    };
    let own_id = context.session.client.id;
    let now_ms = context.shared.clock.steady_ms();
    let is_meant = |client: &Client| {
        let age_seconds = now_ms.saturating_sub(client.connected_at_ms) / 1_000;
        filter.types.iter().all(|is_of_type| is_of_type(client))
            && filter.id.is_none_or(|id| id == client.id)
            && filter.peer.as_ref().is_none_or(|address| is_address(address, &client.peer))
            && filter.local.as_ref().is_none_or(|address| is_address(address, &client.local))
            && filter.user.as_ref().is_none_or(|user| client.names.lock().user == *user)
            && filter.max_age_seconds.is_none_or(|max| age_seconds >= max)
            && !(filter.spare_self && client.id == own_id)
    };
    let mut killed = context.shared.clients.kill_where(|c| c.id != own_id && is_meant(c));
    if is_meant(&context.session.client) {
        // The reply must be sent first.
        context.session.is_closing = true;
        killed += 1;
    }
    match (is_old_form, killed) {
        (true, 0) => return Err(CommandError::new("ERR No such client")),
        (true, _) => reply.ok(),
        (false, _) => reply.count(killed),
    }
    Ok(())
}

fn is_address(text: &[u8], address: &Address) -> bool {
    address.to_string().as_bytes() == text
}

/// Parses pairs of a filter's name and value.
fn kill_filter(context: &Context<'_>, args: Args<'_>) -> Result<KillFilter, CommandError> {
    let mut filter = KillFilter { spare_self: true, ..KillFilter::default() };
    let above_zero = |text, error: &'static str| {
        positive(text, CommandError::new(error)).map(|number| Some(number as u64))
    };
    let mut words = Cursor::at(args, 0);
    while !words.is_done() {
        if let Some(text) = words.value_of("ID") {
            filter.id = above_zero(text, "ERR client-id should be greater than 0")?;
        } else if let Some(text) = words.value_of("MAXAGE") {
            filter.max_age_seconds = above_zero(text, "ERR maxage should be greater than 0")?;
        } else if let Some(name) = words.value_of("TYPE") {
            filter.types.push(client_type(name)?);
        } else if let Some(address) = words.value_of("ADDR") {
            filter.peer = Some(address.to_vec());
        } else if let Some(address) = words.value_of("LADDR") {
            filter.local = Some(address.to_vec());
        } else if let Some(name) = words.value_of("USER") {
            let user = context.shared.acl.find(name);
            let missing = || CommandError::quoting("ERR No such user '", name, "'");
            filter.user = Some(user.ok_or_else(missing)?.name.clone());
        } else if let Some(word) = words.value_of("SKIPME") {
            let yes_or_no = choice(word, &[("YES", true), ("NO", false)]);
            filter.spare_self = yes_or_no.ok_or(CommandError::SYNTAX)?;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    Ok(filter)
}
