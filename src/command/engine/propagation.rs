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

/// Redis's text for writes after a snapshot failed.
const UNSAVED: CommandError = CommandError::new(
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to \
     disk. Commands that may modify the data set are disabled, because this instance is configured \
     to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error \
     option). Please check the Redis logs for details about the RDB error.",
);

/// Refuses commands that cannot be served: all but a few during replay, and writes while the log
/// cannot be written or snapshots fail.
pub fn admit(shared: &Services, command: &Command, is_write: bool) -> Outcome {
    if is_write && shared.saving.has_failed() {
        let config = shared.config();
        if config.stop_writes_on_bgsave_error && !config.save.is_empty() {
            return Err(UNSAVED);
        }
    }
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
    match transaction {
        None => command.has(flag::DENYOOM),
        Some(transaction) if command.has(flag::EXECUTES) => transaction.may_grow,
        Some(_) => !command.has(flag::ENDS_TRANSACTION),
    }
}
