//! The common part of the HELP subcommands, and the errors that refer to them.

use crate::command::engine::{
    Args, Command, CommandError, Context, Handler, Outcome, Reply, flag, table,
};

/// The row of a HELP subcommand; its own file adds the example.
pub(crate) const fn row(group: &'static str, since: &'static str) -> Command {
    Command {
        group,
        summary: "Lists the subcommands",
        handler: Handler::Plain(help),
        ..Command::named("help", 2, flag::LOADING | flag::STALE, since)
    }
}

/// The text is generated from the rows of the command's subcommands.
pub(crate) fn help(_: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let Some(container) = table::find(args.at(0)) else { return Err(wrong_subcommand(args)) };
    let container = table::command(container);
    let name = container.name.to_uppercase();
    let mut lines =
        vec![format!("{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")];
    for sub in container.subcommands() {
        lines.push(format!("{} {}", sub.name.to_uppercase(), sub.syntax).trim_end().to_owned());
        lines.push(format!("    {}.", sub.summary));
    }
    reply.array(lines.len());
    lines.iter().for_each(|line| reply.simple(line));
    Ok(())
}

/// The error for a subcommand with too many arguments, where arity alone cannot decide.
pub(crate) fn wrong_subcommand(args: Args<'_>) -> CommandError {
    let container = args.at(0).to_ascii_uppercase();
    let after = format!("'. Try {} HELP.", String::from_utf8_lossy(&container));
    CommandError::quoting(
        "ERR unknown subcommand or wrong number of arguments for '",
        args.at(1),
        &after,
    )
}
