//! What of a command is logged, and when a command is refused because it could not be.

use crate::command::engine::{Args, Command, CommandError, Context, Keyspace, Outcome, flag};
use crate::shared::Services;

/// Logs a command that has been executed: first the keys that went unasked while it was, then the
/// request, if it has changed something, or what its handler put in its place.
pub fn note(context: &mut Context<'_>, keyspace: &mut Keyspace, db: usize, args: Option<Args<'_>>) {
    let propagation = &mut keyspace.propagation;
    if let Some(log) = &mut context.log {
        log.removals(propagation);
        match args {
            None => {}
            Some(_) if propagation.has_replacement() => {
                propagation.replacements().for_each(|words| log.words(db, words));
            }
            Some(args) => log.request(db, args),
        }
    }
    propagation.forget_replacements();
}

/// Refuses what cannot be served: everything but a few commands while the log is replayed, and
/// writes while the log cannot be written.
pub fn admit(shared: &Services, command: &Command, is_write: bool) -> Outcome {
    if is_write && let Some(refusal) = shared.aof.refusal() {
        return Err(refusal.into());
    }
    if shared.is_loading() && !command.has(flag::LOADING) {
        const LOADING: CommandError =
            CommandError::new("LOADING Redis is loading the dataset in memory");
        return Err(LOADING);
    }
    Ok(())
}
