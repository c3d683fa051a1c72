//! Transactions: MULTI … EXEC, and WATCH.
//!
//! Between MULTI and EXEC the gate queues requests instead of executing them; EXEC executes them
//! all under one hold of the keyspace lock, so that no client sees half of the transaction. After
//! WATCH, EXEC does nothing if a watched key was changed in between: optimistic locking, a
//! compare-and-set over several keys.

use crate::command::engine::Keyspace;
use crate::command::engine::call;
use crate::command::engine::meter;
use crate::command::engine::permission::{self, Place};
use crate::command::engine::queue::Transaction;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Outcome, Reply, flag,
};

/// The family.
pub const COMMANDS: &[&[&Command]] = &[&[&MULTI, &EXEC, &DISCARD, &WATCH, &UNWATCH]];

/// Flags of the whole family.
const FLAGS: u32 = flag::NOSCRIPT | flag::LOADING | flag::STALE | flag::FAST | flag::ALLOW_BUSY;

/// What the rows of the family have in common.
const FAMILY: Command = Command { flags: FLAGS, ..Command::of_group("transactions") };

static MULTI: Command = Command {
    summary: "Begins a transaction: the requests that follow are queued",
    example: "> MULTI
              +OK
              > SET k v
              +QUEUED
              > GET k
              +QUEUED
              > EXEC
              *2
              +OK
              $1
              v",
    handler: Handler::Plain(multi),
    ..FAMILY.row("multi", 1, flag::UNQUEUED, "1.2.0")
};

fn multi(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    if context.session.transaction.is_some() {
        return Err(CommandError::new("ERR MULTI calls can not be nested"));
    }
    context.session.transaction = Some(Transaction::default());
    context.session.publish_queue();
    reply.ok();
    Ok(())
}

static EXEC: Command = Command {
    flags: flag::NOSCRIPT
        | flag::LOADING
        | flag::STALE
        | flag::SKIP_SLOWLOG
        | flag::UNQUEUED
        | flag::ENDS_TRANSACTION
        | flag::EXECUTES,
    complexity: Complexity::Other("That of the queued commands"),
    summary: "Executes the queued commands, all at once or not at all",
    example: "> EXEC
              -ERR EXEC without MULTI
              > MULTI
              +OK
              > GET
              -ERR wrong number of arguments for 'get' command
              > EXEC
              -EXECABORT Transaction discarded because of previous errors.",
    handler: Handler::Keyspace(exec),
    ..FAMILY.row("exec", 1, 0, "1.2.0")
};

fn exec(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    _: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let Some(transaction) = context.session.transaction.take() else {
        return Err(CommandError::new("ERR EXEC without MULTI"));
    };
    let has_changed = keyspace.end_watch(&mut context.session.watch, context.now_ms);
    context.session.publish_queue();
    if transaction.is_broken {
        let text = "EXECABORT Transaction discarded because of previous errors.";
        return Err(CommandError::new(text));
    }
    if has_changed {
        reply.null_array();
        return Ok(());
    }
    let (is_logged, db) = (keyspace.propagation.is_on(), context.session.db());
    context.log.iter_mut().filter(|_| is_logged).for_each(|log| log.begin_unit(db));
    reply.array(transaction.requests.len());
    context.session.is_in_exec = true;
    let mut since_ns = context.shared.clock.steady_ns();
    for queued in &transaction.requests {
        let args = Args::new(&queued.buffer, &queued.spans);
        since_ns = meter::timed(since_ns, context, queued.id, args, |context| {
            let mark = reply.mark();
            // Rules may have been changed since the request was queued.
            let (session, services) = (&*context.session, context.shared);
            let outcome =
                match permission::check(services, session, queued.id, args, Place::Transaction) {
                    Ok(()) => call::perform(queued.id, context, keyspace, args, reply),
                    Err(denied) => Err(permission::withdrawn(denied)),
                };
            if let Err(error) = outcome {
                call::reply_error(context.shared, &error, mark, reply);
            }
        });
    }
    context.session.is_in_exec = false;
    context.log.iter_mut().for_each(|log| log.end_unit());
    Ok(())
}

static DISCARD: Command = Command {
    summary: "Drops the queued commands and the watched keys",
    example: "> DISCARD
              -ERR DISCARD without MULTI
              > MULTI
              +OK
              > SET k v
              +QUEUED
              > DISCARD
              +OK
              > EXISTS k
              :0",
    handler: Handler::Keyspace(discard),
    ..FAMILY.row("discard", 1, flag::UNQUEUED | flag::ENDS_TRANSACTION, "2.0.0")
};

fn discard(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    _: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    if context.session.transaction.is_none() {
        return Err(CommandError::new("ERR DISCARD without MULTI"));
    }
    context.session.forget_transaction(keyspace, context.now_ms);
    reply.ok();
    Ok(())
}

static WATCH: Command = Command {
    arity: -2,
    keys: KeyArguments::ALL.used(&["RO"]),
    complexity: Complexity::Other("O(1) for every key"),
    summary: "Makes the next EXEC do nothing if one of the keys is changed before it",
    syntax: "key [key ...]",
    example: "> WATCH k
              +OK
              > SET k mine
              +OK
              > MULTI
              +OK
              > SET k v
              +QUEUED
              > EXEC
              *-1
              > GET k
              $4
              mine",
    handler: Handler::Keyspace(watch),
    ..FAMILY.row("watch", -2, flag::UNQUEUED, "2.2.0")
};

fn watch(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    if context.session.transaction.is_some() {
        return Err(CommandError::new("ERR WATCH inside MULTI is not allowed"));
    }
    let db = context.session.db();
    for key in args.from(1).iter() {
        keyspace.watch(&mut context.session.watch, db, key, context.now_ms);
    }
    context.session.publish_queue();
    reply.ok();
    Ok(())
}

static UNWATCH: Command = Command {
    summary: "Ends the watching of keys",
    example: "> UNWATCH
              +OK",
    // As in Redis, MULTI queues it, without effect because EXEC has already checked the watched
    // keys.
    handler: Handler::Keyspace(unwatch),
    ..FAMILY.row("unwatch", 1, 0, "2.2.0")
};

fn unwatch(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    _: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    keyspace.end_watch(&mut context.session.watch, context.now_ms);
    context.session.publish_queue();
    reply.ok();
    Ok(())
}
