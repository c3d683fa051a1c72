//! The part of a command that is logged, and the refusal of commands that could not be logged.

use crate::aof::Pending;
use crate::command::engine::queue::Transaction;
use crate::command::engine::{Args, Command, CommandError, Keyspace, Outcome, flag};
use crate::shared::Services;

/// Logs an executed command: first the keys that expired or were evicted meanwhile, then the
/// request, if it has changed something, or its replacement by the handler.
pub fn log(log: Option<&mut Pending>, keyspace: &mut Keyspace, db: usize, args: Option<Args<'_>>) {
    let propagation = &mut keyspace.propagation;
    if let Some(log) = log {
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

/// Refuses commands that cannot be served: all but a few during replay, and writes while the log
/// cannot be written.
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

/// Whether a command may need more memory; for EXEC, whether a queued command may.
pub(crate) fn may_grow(command: &Command, transaction: Option<&Transaction>) -> bool {
    match (transaction, command.name) {
        (None, _) => command.has(flag::DENYOOM),
        (Some(transaction), "exec") => transaction.may_grow,
        (Some(_), "discard" | "quit" | "reset") => false,
        (Some(_), _) => true,
    }
}
