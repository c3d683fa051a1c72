//! MONITOR: every command that the server executes, as it happens.

use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};

/// The family.
pub const COMMANDS: &[&Command] = &[&MONITOR];

static MONITOR: Command = Command {
    group: "server",
    complexity: Complexity::Other("O(1); afterwards every command costs a line for each monitor"),
    summary: "Shows every command that is executed, except passwords and administration",
    example: "> MONITOR
              +OK",
    handler: Handler::Plain(monitor),
    ..Command::named(
        "monitor",
        1,
        flag::ADMIN | flag::NOSCRIPT | flag::LOADING | flag::STALE,
        "1.0.0",
    )
};

fn monitor(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    if context.session.is_in_exec {
        return Err(CommandError::new("ERR MONITOR isn't allowed for DENY BLOCKING client"));
    }
    context.session.start_monitoring(context.shared);
    reply.ok();
    Ok(())
}
