//! The gate: the one place that every command passes.
//!
//! What holds for all commands is done here and nowhere else: lookup, arity, authentication, the
//! keyspace lock, rolling back a failed reply, CLIENT REPLY, counting.
//!
//! Requests come in a [`Batch`]. The lock is taken at the first request of the batch that needs it
//! and kept until the batch ends, has had its share, or meets a command that does not need it: that
//! one may make system calls.

use super::batch::Batch;
use super::session::{ReplyMode, Session};
use super::table;
use super::{Args, Command, CommandError, Context, Handler, Keyspace, Outcome, Reply, flag};
use crate::limits;
use crate::log;
use crate::shared::{Access, Shared, Stats};
use std::sync::atomic::Ordering::Relaxed;

/// Executes requests of `batch`, which was parsed from `buffer`, from number `first` on, until all
/// are done, the batch has had its share of time, or the connection is to be closed. Returns the
/// number of the next one.
pub fn execute(
    shared: &Shared,
    session: &mut Session,
    batch: &Batch,
    buffer: &[u8],
    first: usize,
    reply: &mut Reply,
) -> usize {
    let mut run = Run { shared, session, access: None };
    let (mut next, mut fetched, waiting) = (first, first, reply.len());
    while let Some(request) = batch.get(next) {
        if next == fetched {
            fetched = run.fetch_keys(batch, buffer, next);
        }
        next += 1;
        let args = batch.args(request, buffer);
        if !args.is_empty() {
            run.answer(&request.row, args, reply);
        }
        let is_enough =
            run.session.is_closing || reply.len() - waiting >= limits::OUTPUT_FLUSH_BYTES;
        let is_time_to_look =
            (next - first).is_multiple_of(limits::BATCH_CLOCK_EVERY) || request.may_take_long();
        if is_enough || is_time_to_look && run.is_over() {
            break;
        }
    }
    drop(run);
    shared.clients.close_killed();
    Stats::add(&shared.stats.commands, next - first);
    next
}

/// Calls a command's handler while the keyspace is locked.
pub(super) fn perform(
    command: &Command,
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let changes = keyspace.counters().changes;
    let outcome = match command.handler {
        Handler::Plain(handler) | Handler::Container(_, Some(handler)) => {
            handler(context, args, reply)
        }
        Handler::Keys(handler) => {
            let (db, quiet) = (context.session.db(), context.session.no_touch());
            handler(&mut keyspace.keys(db, context.now_ms, quiet), args, reply)
        }
        Handler::Keyspace(handler) => handler(context, keyspace, args, reply),
        Handler::Container(_, None) => Err(CommandError::arity(command.name)),
    };
    debug_assert!(
        command.has(flag::WRITE)
            || command.name == "exec"
            || keyspace.counters().changes == changes,
        "'{}' is not marked as a write",
        command.name
    );
    outcome
}

/// What the gate decided about a request.
enum Admitted {
    /// It is to be executed now.
    Call(&'static Command),
    /// It waits for EXEC.
    Queued,
}

/// One stay behind the gate.
struct Run<'a, 'b> {
    shared: &'b Shared,
    session: &'a mut Session,
    /// The keyspace, while it is locked.
    access: Option<Access<'b>>,
}

impl<'b> Run<'_, 'b> {
    /// Has the keys of the requests from number `first` on looked up, without using what is found,
    /// and returns the number of the first request that it did not come to.
    ///
    /// A lookup is a chain of cache misses, each of which has to wait for the one before; but the
    /// processor works on the chains of several lookups at once if nothing else stands between
    /// them. So fetching the keys of a batch first takes less time than it saves under the lock:
    /// at 64 requests a batch and 100 000 random keys a GET took 0.46 µs of CPU instead of 0.76,
    /// and p99 at 16 a batch fell from 4.9 to 3.1 ms (`make bench` shapes, 2026-11-21).
    fn fetch_keys(&mut self, batch: &Batch, buffer: &[u8], first: usize) -> usize {
        let mut keys_left = limits::FETCH_KEYS;
        let mut next = first;
        // A lone key has nobody to share the wait with.
        if !batch.has_several_keys(first) || !self.session.is_authenticated {
            return batch.len();
        }
        let db = self.session.db();
        let access = self.access.get_or_insert_with(|| self.shared.access());
        while let Some(request) = batch.get(next).filter(|_| keys_left > 0) {
            next += 1;
            for key in batch.keys(request, buffer).take(keys_left) {
                access.fetch(db, key);
                keys_left -= 1;
            }
        }
        next
    }

    /// Writes exactly one reply, unless the client wants none.
    fn answer(&mut self, row: &Result<usize, CommandError>, args: Args<'_>, reply: &mut Reply) {
        let mark = reply.mark();
        if let Err(error) = self.serve(row, args, reply) {
            reply.rollback(mark);
            reply.error(error.text());
            Stats::add(&self.shared.stats.error_replies, 1);
        }
        debug_assert!(
            reply.is_one_reply_since(mark) || self.session.reply_mode != ReplyMode::On,
            "'{}' must write exactly one reply",
            args.at(0).escape_ascii()
        );
        match self.session.reply_mode {
            ReplyMode::On => {}
            ReplyMode::Off => reply.rollback(mark),
            ReplyMode::SkipNext => {
                reply.rollback(mark);
                self.session.reply_mode = ReplyMode::Skip;
            }
            ReplyMode::Skip => {
                reply.rollback(mark);
                self.session.reply_mode = ReplyMode::On;
            }
        }
    }

    /// Checks and calls.
    fn serve(
        &mut self,
        row: &Result<usize, CommandError>,
        args: Args<'_>,
        reply: &mut Reply,
    ) -> Outcome {
        match self.admit(row, args) {
            Ok(Admitted::Call(command)) => self.call(command, args, reply),
            Ok(Admitted::Queued) => {
                self.session.publish_queue();
                reply.simple("QUEUED");
                Ok(())
            }
            Err(error) => {
                let is_exec = matches!(row, Ok(row) if table::rows()[*row].command.name == "exec");
                match &mut self.session.transaction {
                    Some(_) if is_exec => {
                        let access = self.access.get_or_insert_with(|| self.shared.access());
                        let now_ms = access.now_ms;
                        super::transaction::forget(self.session, access, now_ms);
                        Err(super::transaction::aborted_because_of(&error))
                    }
                    Some(transaction) => {
                        transaction.is_broken = true;
                        Err(error)
                    }
                    None => Err(error),
                }
            }
        }
    }

    /// Decides what happens to a request: the checks, in Redis's order.
    fn admit(
        &mut self,
        row: &Result<usize, CommandError>,
        args: Args<'_>,
    ) -> Result<Admitted, CommandError> {
        let number = match row {
            Ok(number) => *number,
            Err(error) => {
                self.refuse_cross_protocol(args);
                return Err(error.clone());
            }
        };
        let row = &table::rows()[number];
        self.session.client.command.store(number + 1, Relaxed);
        if !row.command.takes(args.len()) {
            return Err(CommandError::arity(&row.full_name()));
        }
        if !self.session.is_authenticated && !row.command.has(flag::NO_AUTH) {
            return Err(CommandError::new("NOAUTH Authentication required."));
        }
        match &mut self.session.transaction {
            Some(_) if row.command.has(flag::NO_MULTI) => {
                Err(CommandError::new("ERR Command not allowed inside a transaction"))
            }
            Some(transaction) if !row.command.has(flag::UNQUEUED) => {
                transaction.queue(number, args)?;
                Ok(Admitted::Queued)
            }
            _ => Ok(Admitted::Call(row.command)),
        }
    }

    fn call(&mut self, command: &Command, args: Args<'_>, reply: &mut Reply) -> Outcome {
        let shared = self.shared;
        if let Handler::Plain(handler) | Handler::Container(_, Some(handler)) = command.handler {
            self.access = None;
            let now_ms = shared.clock.unix_ms();
            return handler(&mut Context { session: self.session, shared, now_ms }, args, reply);
        }
        let access = self.access.get_or_insert_with(|| shared.access());
        let now_ms = access.now_ms;
        let mut context = Context { session: self.session, shared, now_ms };
        perform(command, &mut context, access, args, reply)
    }

    /// Whether the lock has been held long enough.
    fn is_over(&self) -> bool {
        let now_us = self.shared.clock.steady_us();
        let is_over = |access: &Access<'_>| now_us - access.since_us >= limits::BATCH_HOLD_US_MAX;
        self.access.as_ref().is_some_and(is_over)
    }

    /// A browser can be made to send requests here (cross-protocol scripting); what it sends
    /// begins with a line of HTTP. Nothing after it may be executed.
    fn refuse_cross_protocol(&mut self, args: Args<'_>) {
        if args.is(0, "post") || args.is(0, "host:") {
            // Writing a log line is a system call.
            self.access = None;
            let peer = &self.session.client.peer;
            log::warning(&format!(
                "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or \
                 Host: commands to Redis: connection from {peer} aborted."
            ));
            self.session.is_closing = true;
            self.session.reply_mode = ReplyMode::Off;
        }
    }
}
