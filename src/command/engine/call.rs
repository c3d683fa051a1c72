//! Calling a handler while the keyspace is locked, for one request or for each of a transaction.

#[cfg(debug_assertions)]
use crate::command::engine::Command;
use crate::command::engine::{
    Args, CommandError, CommandId, Context, Handler, Keyspace, Outcome, Reply, flag, monitoring,
    propagation, table, tracking, waiting,
};
use crate::resp::reply::Mark;
use crate::shared::Services;

/// Calls a command's handler while the keyspace is locked.
pub(crate) fn perform(
    id: CommandId,
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let command = table::command(id);
    let (changes, db) = (keyspace.counters().changes, context.session.db());
    #[cfg(debug_assertions)]
    {
        keyspace.touched = Some(Vec::new());
    }
    let outcome = match command.handler {
        Handler::Blocking(blocking) => waiting::begin(id, blocking, context, keyspace, args, reply),
        _ => command.invoke(context, keyspace, args, reply),
    };
    #[cfg(debug_assertions)]
    check_declared(command, keyspace, args);
    let has_changed = keyspace.counters().changes != changes;
    debug_assert!(
        command.flags & (flag::WRITE | flag::MAY_REPLICATE | flag::EXECUTES | flag::RUNS_COMMANDS)
            != 0
            || !has_changed,
        "'{}' is not marked as a write",
        command.name
    );
    if keyspace.propagation.is_on() && command.flags & (flag::EXECUTES | flag::RUNS_COMMANDS) == 0 {
        propagation::log(context.log.as_deref_mut(), keyspace, db, has_changed.then_some(args));
    }
    remember(id, context, args, &outcome);
    // At once, so that a PUBLISH which follows in the same transaction comes behind them.
    if !keyspace.events.is_empty() {
        let (shared, mail) = (context.shared, &mut context.session.aftermath.mail);
        shared.channels.publish_events(&shared.clients, &mut keyspace.events, mail);
    }
    if !keyspace.invalidations.is_empty() {
        let (shared, mail) = (context.shared, &mut context.session.aftermath.mail);
        let writer = Some(context.session.client.id);
        shared.tracking.publish(&shared.clients, &mut keyspace.invalidations, writer, mail);
    }
    // Only now: the keys of a read that has met an expired one are remembered all the same.
    if context.session.tracking.is_some() && command.flags & flag::READONLY != 0 {
        tracking::remember(context, command, args);
    }
    outcome
}

/// Checks that a handler looked up no key that its row does not declare: clients of a cluster,
/// access lists and prefetching all rely on the row.
///
/// # Panics
/// If it did. Only tests pay for it.
#[cfg(debug_assertions)]
fn check_declared(command: &Command, keyspace: &mut Keyspace, args: Args<'_>) {
    let touched = keyspace.touched.take().unwrap_or_default();
    if matches!(command.handler, Handler::Keys(_)) && !command.has(flag::UNDECLARED_KEYS) {
        let declared = command.keys.of(args).map(|at| args.at(at));
        let declared: std::collections::HashSet<&[u8]> = declared.collect();
        let undeclared = touched.iter().find(|key| !declared.contains(&***key));
        assert!(undeclared.is_none(), "'{}' touched {undeclared:?}", command.name);
    }
}

/// Counts and logs a request that was executed, apart from its duration.
pub(crate) fn remember(
    id: CommandId,
    context: &mut Context<'_>,
    args: Args<'_>,
    outcome: &Outcome,
) {
    if outcome.is_err() {
        context.shared.calls.add_failed(id);
    }
    monitoring::record(context, id, args);
}

/// Replies with an error instead of what was written since `mark`.
pub(crate) fn reply_error(shared: &Services, error: &CommandError, mark: Mark, reply: &mut Reply) {
    reply.rollback(mark);
    reply.error(error.text());
    shared.errors.add(error.text());
}
