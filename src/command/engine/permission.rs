//! Permission: whether the user of a session may make a request.
//!
//! A user without restrictions is recognised by one flag, before anything is collected. For all
//! others the keys and channels of the request are found by its row, and the user's rules decide
//! ([`crate::acl`]). A request is checked when it is admitted or queued, when EXEC executes it, and
//! when a key that it has waited for is there; so is each command that a script calls.

use crate::acl::log::Entry;
use crate::acl::{Access, Denied, Refused, Request, Rules, Touched, User};
use crate::command::engine::client_line;
use crate::command::engine::table::{self, Row};
use crate::command::engine::{Args, CommandError, CommandId, Session, flag};
use crate::shared::Services;

/// Where a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// By a client, or while a transaction is queued.
    Client,
    /// By EXEC.
    Transaction,
    /// By a script.
    Script,
}

/// Checks a request of a session, and logs it if it is refused.
///
/// # Errors
/// What is not permitted.
#[inline]
pub(crate) fn check(
    services: &Services,
    session: &Session,
    id: CommandId,
    args: Args<'_>,
    place: Place,
) -> Result<(), Denied> {
    match session.user.is_unrestricted() {
        true => Ok(()),
        false => check_restricted(services, session, id, args, place),
    }
}

#[inline(never)]
fn check_restricted(
    services: &Services,
    session: &Session,
    id: CommandId,
    args: Args<'_>,
    place: Place,
) -> Result<(), Denied> {
    let checked = allows(&session.user.rules(), id, args);
    if let Err(denied) = checked {
        let (reason, object) = match denied {
            Denied::Command => (Refused::Command, table::row(id).full_name().into_bytes()),
            Denied::Key(at) => (Refused::Key, shown(args, at)),
            Denied::Channel(at) => (Refused::Channel, shown(args, at)),
        };
        log(services, session, (reason, place), object, &session.user.name);
    }
    checked
}

/// As much of an argument as the log may keep.
fn shown(args: Args<'_>, at: usize) -> Vec<u8> {
    let object = args.get(at).unwrap_or_default();
    object[..object.len().min(crate::limits::ACL_LOG_OBJECT_BYTES_MAX)].to_vec()
}

/// Adds an entry to ACL LOG.
pub(crate) fn log(
    services: &Services,
    session: &Session,
    (reason, place): (Refused, Place),
    object: Vec<u8>,
    user: &[u8],
) {
    let context = match place {
        Place::Script => "lua",
        Place::Client if session.transaction.is_none() => "toplevel",
        Place::Client | Place::Transaction => "multi",
    };
    let now_ms = services.clock.unix_ms();
    services.acl.log.add(Entry {
        count: 1,
        reason,
        context,
        object,
        user: user[..user.len().min(crate::limits::ACL_LOG_OBJECT_BYTES_MAX)].to_vec(),
        client: client_line::describe(&session.client, services.clock.steady_ms()),
        id: 0,
        created_ms: now_ms,
        updated_ms: now_ms,
    });
}

/// Checks a request against rules, without logging.
///
/// # Errors
/// What is not permitted.
pub(crate) fn allows(rules: &Rules, id: CommandId, args: Args<'_>) -> Result<(), Denied> {
    rules.check(&request(id, args))
}

/// Whether a request is permitted that reads keys of any name besides its own (SORT … BY).
pub(crate) fn may_read_all(session: &Session, args: Args<'_>) -> bool {
    session.user.is_unrestricted()
        || table::find_request(args.at(0), args.get(1))
            .is_some_and(|id| session.user.rules().permits_reading_all(&request(id, args)))
}

/// A request as rules see it.
fn request(id: CommandId, args: Args<'_>) -> Request<'_> {
    let Row { command, container, .. } = table::row(id);
    let key = |key: &crate::command::engine::key_use::KeyUse| Touched {
        at: key.at,
        name: args.at(key.at),
        access: access(key.uses),
        is_pattern: false,
    };
    let channels = match command.flags & (flag::SUBSCRIBES | flag::PUBLISHES) {
        0 => 0..0,
        flag::PUBLISHES => 1..args.len().min(2),
        _ => 1..args.len(),
    };
    let channel = |at: usize| Touched {
        at,
        name: args.at(at),
        access: Access::default(),
        is_pattern: command.has(flag::SUBSCRIBES_TO_PATTERNS),
    };
    Request {
        command: id.index(),
        is_open: command.has(flag::NO_AUTH),
        first_argument: args.get(if container.is_some() { 2 } else { 1 }),
        keys: command.key_uses(args).iter().map(key).collect(),
        channels: channels.map(channel).collect(),
    }
}

/// What is done with a key, from the words of COMMAND's key specifications.
fn access(uses: &str) -> Access {
    let mut access = Access::default();
    for word in uses.split(' ') {
        access.reads |= word == "access";
        access.writes |= ["insert", "update", "delete"].contains(&word);
    }
    access
}

/// The reason of a refusal without an error code, as scripts see it; it does not tell which key or
/// channel it is about.
pub(crate) fn reason(denied: Denied, user: &User, id: CommandId) -> Vec<u8> {
    match denied {
        Denied::Command => {
            let name = table::row(id).full_name();
            let after = [b" has no permissions to run the '", name.as_bytes(), b"' command"];
            [b"User ", &user.name[..], &after.concat()].concat()
        }
        Denied::Key(_) => b"No permissions to access a key".to_vec(),
        Denied::Channel(_) => b"No permissions to access a channel".to_vec(),
    }
}

/// The same with the key or the channel, for ACL DRYRUN.
pub(crate) fn full_reason(denied: Denied, user: &User, id: CommandId, args: Args<'_>) -> Vec<u8> {
    let (at, kind) = match denied {
        Denied::Command => return reason(denied, user, id),
        Denied::Key(at) => (at, b"key".as_slice()),
        Denied::Channel(at) => (at, b"channel".as_slice()),
    };
    let object = args.get(at).unwrap_or_default();
    let before = [b"User ", &user.name[..], b" has no permissions to access the '"].concat();
    [&before[..], object, b"' ", kind].concat()
}

/// The error of a refused request.
pub(crate) fn error(denied: Denied, user: &User, id: CommandId) -> CommandError {
    CommandError::quoting("NOPERM ", &reason(denied, user, id), "")
}

/// The error of a queued request whose permission was withdrawn before EXEC.
pub(crate) fn withdrawn(denied: Denied) -> CommandError {
    let reason: &[u8] = match denied {
        Denied::Command => b"no permission to execute the command or subcommand",
        Denied::Key(_) => b"no permission to touch the specified keys",
        Denied::Channel(_) => {
            b"no permission to access one of the channels used as arguments to the command"
        }
    };
    CommandError::quoting(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the \
         EXEC call. This command is no longer allowed for the following reason: ",
        reason,
        "",
    )
}
