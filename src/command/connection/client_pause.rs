//! CLIENT PAUSE and UNPAUSE: requests of all clients wait for a while.

use crate::command::connection::client_rows::{ADMIN, FAMILY};
use crate::command::engine::arguments::timeout_ms;
use crate::command::engine::help::wrong_subcommand;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply,
};
use crate::command::engine::{Keyspace, waiting};

/// A subcommand of CLIENT.
pub static PAUSE: Command = Command {
    summary: "Lets the requests of all clients wait, or only those that write, for some \
              milliseconds",
    syntax: "timeout [WRITE | ALL]",
    example: "> CLIENT PAUSE 10 some
              -ERR CLIENT PAUSE mode must be WRITE or ALL
              > CLIENT PAUSE 60000 WRITE
              +OK
              > GET k
              $-1
              > CLIENT UNPAUSE
              +OK",
    handler: Handler::Plain(pause),
    ..FAMILY.row("pause", -3, ADMIN, "2.9.50")
};

fn pause(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let is_for_all = match args.len() {
        3 => true,
        4 if args.is(3, "all") => true,
        4 if args.is(3, "write") => false,
        4 => return Err(CommandError::new("ERR CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(wrong_subcommand(args)),
    };
    let timeout_ms = timeout_ms(args.at(2))?;
    let ends_at_ms = context.shared.clock.steady_ms().saturating_add(timeout_ms);
    context.shared.clients.pause.begin(ends_at_ms, is_for_all);
    reply.ok();
    Ok(())
}

/// A subcommand of CLIENT.
pub static UNPAUSE: Command = Command {
    complexity: Complexity::Other("O(N) with N requests that wait"),
    summary: "Ends the pause of CLIENT PAUSE; during a pause of all requests it waits, too",
    example: "> CLIENT UNPAUSE
              +OK",
    handler: Handler::Plain(unpause),
    ..FAMILY.row("unpause", 2, ADMIN, "6.2.0")
};

fn unpause(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    context.shared.clients.pause.end();
    reply.ok();
    Ok(())
}

/// A subcommand of CLIENT.
pub static UNBLOCK: Command = Command {
    complexity: Complexity::Other("O(log N) with N clients that wait"),
    summary: "Ends the wait of a client's blocking command, as if its time were over or with an \
              error",
    syntax: "client-id [TIMEOUT | ERROR]",
    example: "> CLIENT UNBLOCK 1 ERROR
              :0
              > CLIENT UNBLOCK 1 now
              -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
    handler: Handler::Keyspace(unblock),
    ..FAMILY.row("unblock", -3, ADMIN, "5.0.0")
};

fn unblock(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    const UNBLOCKED: CommandError =
        CommandError::new("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    let error = match args.len() {
        3 => None,
        4 if args.is(3, "timeout") => None,
        4 if args.is(3, "error") => Some(&UNBLOCKED),
        4 => {
            let text = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
            return Err(CommandError::new(text));
        }
        _ => return Err(wrong_subcommand(args)),
    };
    let id = u64::try_from(args.integer(2)?).ok();
    let was_waiting = id.is_some_and(|id| waiting::unblock(context, keyspace, id, error));
    reply.integer(i64::from(was_waiting));
    Ok(())
}
