//! The lines that MONITOR shows: one for each request that is executed.

use crate::command::engine::{Args, Command, CommandId, Context, flag, secrets, table};
use crate::text::quoting::quote;

/// Records an executed request for monitors, if there are any.
pub(crate) fn record(context: &mut Context<'_>, id: CommandId, args: Args<'_>) {
    let command = table::command(id);
    if !context.shared.monitors.is_empty() && !command.has(flag::ADMIN) {
        let line = line(context, command, args);
        context.session.aftermath.monitored.push(line.into());
    }
}

/// `+1700000000.000000 [0 127.0.0.1:5000] "get" "key"`, in Redis's own quoting.
fn line(context: &Context<'_>, command: &Command, args: Args<'_>) -> Vec<u8> {
    let now_us = context.shared.clock.unix_us();
    let (seconds, micros) = (now_us / 1_000_000, now_us % 1_000_000);
    let (db, client) = (context.session.db(), &context.session.client);
    let mut line = match context.session.is_in_script {
        true => format!("+{seconds}.{micros:06} [{db} lua]").into_bytes(),
        false => format!("+{seconds}.{micros:06} [{db} {}]", client.peer).into_bytes(),
    };
    for argument in secrets::shown(command, args) {
        line.push(b' ');
        quote(&argument, &mut line);
    }
    line.extend_from_slice(b"\r\n");
    line
}
