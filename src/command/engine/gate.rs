//! The gate: the one function that every request passes.
//!
//! ```text
//! admit ──► call it now ─────────► its reply, or an error in the place of what it has written
//!     ├───► queue it (MULTI) ────► QUEUED
//!     ├───► it waits for the end of a pause, and is tried again
//!     └───► refuse it ───────────► an error; a transaction is broken
//! ```
//! Everything common to all commands is done here and in `admission.rs` and nowhere else:
//! arity, authentication, the keyspace lock, rolling back a failed reply, CLIENT REPLY, counting.
//! Only the command's row was looked up before, by the [`Batch`].
//!
//! Requests come in a [`Batch`]. The lock is taken at the first request of the batch that needs it
//! and kept until the batch ends, has used its share of time, or reaches a command that does not
//! need the lock: such a command may make system calls.

use crate::command::engine::admission::Admitted;
use crate::command::engine::batch::{Batch, Request};
use crate::command::engine::call;
use crate::command::engine::meter;
use crate::command::engine::meter::Meter;
use crate::command::engine::session::{ReplyMode, Session};
use crate::command::engine::table;
use crate::command::engine::waiting;
use crate::command::engine::{Args, CommandError, CommandId, Context, Outcome, Reply};
use crate::keyspace::Eviction;
use crate::limits;
use crate::observe::trace::Lookups;
use crate::resp::reply::Mark;
use crate::shared::{Hold, Shared};

/// Executes requests of `batch`, which was parsed from `buffer`, from number `first` on, until all
/// are done, the batch has used its share of time, a request has to wait for the end of a pause, or
/// the connection must be closed. Returns the number of the next request.
pub fn execute(
    shared: &Shared,
    session: &mut Session,
    batch: &Batch,
    buffer: &[u8],
    first: usize,
    reply: &mut Reply,
) -> usize {
    if first == 0 && session.is_authenticated {
        batch.work_ahead(shared, session, buffer);
    }
    let mut run = Run {
        shared,
        session,
        batch,
        buffer,
        access: None,
        has_evicted: false,
        meter: Meter::default(),
    };
    let (mut next, mut prefetched, waiting) = (first, first, reply.len());
    while let Some(request) = batch.get(next) {
        if next == prefetched {
            prefetched = run.prefetch_keys(next);
        }
        run.answer(next, request, reply);
        if run.session.has_to_wait.is_some() {
            break;
        }
        next += 1;
        if run.session.blocked.is_some() {
            break;
        }
        let is_enough =
            run.session.is_closing || reply.len() - waiting >= limits::OUTPUT_FLUSH_BYTES;
        let is_time_to_look = (next - first).is_multiple_of(limits::BATCH_CLOCK_EVERY)
            || !request.is_short()
            || std::mem::take(&mut run.has_evicted);
        if is_enough || is_time_to_look && run.is_over() {
            break;
        }
    }
    run.settle();
    let eviction = run.access.as_mut().map(|access| access.evict(limits::EVICTION_EFFORT_MAX));
    run.release();
    if let Some(trace) = &mut session.trace {
        session.traced_bytes += trace.released(session.aftermath.log_end);
    }
    session.rests_on.advance(&shared.aof);
    session.aftermath.settle(shared);
    if eviction == Some(Eviction::Later) {
        shared.evict();
    }
    next
}

/// What has been counted under the lock so far, for a trace.
fn lookups(hold: &Hold<'_>) -> Lookups {
    let counters = hold.counters();
    Lookups { hits: counters.hits, misses: counters.misses }
}

/// One call of [`execute`].
pub(super) struct Run<'a, 'b> {
    pub(super) shared: &'b Shared,
    pub(super) session: &'a mut Session,
    batch: &'a Batch,
    /// The buffer from which the batch was parsed.
    buffer: &'a [u8],
    /// The keyspace, while it is locked.
    pub(super) access: Option<Hold<'b>>,
    /// Whether keys were evicted since the clock was last read.
    pub(super) has_evicted: bool,
    meter: Meter,
}

impl<'b> Run<'_, 'b> {
    /// Prefetches the keys of the requests from number `first` on: looks them up without using the
    /// result. Returns the number of the first request that it did not reach.
    ///
    /// A lookup is a chain of cache misses, each of which has to wait for the one before; but the
    /// processor overlaps the chains of several lookups if nothing else stands between them. So
    /// prefetching the keys of a batch takes less time than it saves under the lock: at 64 requests
    /// a batch and 100 000 random keys a GET took 0.46 µs of CPU instead of 0.76, and p99 at 16 a
    /// batch fell from 4.9 to 3.1 ms (`make bench` shapes, 2026-11-21).
    fn prefetch_keys(&mut self, first: usize) -> usize {
        let (batch, buffer) = (self.batch, self.buffer);
        let mut keys_left = limits::PREFETCH_KEYS;
        let mut next = first;
        // With a single key there is nothing to overlap.
        let is_alone = !batch.has_several_keys(first) || self.shared.scripts.is_running();
        if is_alone || !self.session.is_authenticated {
            return batch.len();
        }
        let db = self.session.db();
        if self.access.is_none() {
            // A script may have begun meanwhile: whether its end is awaited depends on the request.
            let Some(hold) = self.shared.lock_keyspace_unless_busy() else { return batch.len() };
            self.use_hold(hold);
        }
        let access = self.keyspace();
        while let Some(request) = batch.get(next).filter(|_| keys_left > 0) {
            next += 1;
            for key in batch.keys(request, buffer).take(keys_left) {
                access.prefetch(db, key);
                keys_left -= 1;
            }
        }
        next
    }

    /// The keyspace, which is locked from now on.
    pub(super) fn keyspace(&mut self) -> &mut Hold<'b> {
        if self.access.is_none() {
            self.use_hold(self.shared.lock_keyspace());
        }
        self.access.as_mut().expect("it is locked")
    }

    /// Uses a hold that has just begun. Time spent waiting for it is not charged to any command.
    pub(super) fn use_hold(&mut self, hold: Hold<'b>) {
        self.meter.since_ns = Some(hold.since_ns);
        self.access = Some(hold);
        if self.session.trace.is_some() {
            self.trace_locked();
        }
    }

    /// Ends a transaction without executing it, because EXEC itself was refused.
    pub(super) fn forget_transaction(&mut self) {
        if self.access.is_none() {
            self.access = self.shared.lock_keyspace_unless_busy();
        }
        match &mut self.access {
            Some(hold) => {
                let now_ms = hold.now_ms;
                self.session.forget_transaction(hold, now_ms);
            }
            // A script is busy, for longer than anybody should wait. What was watched stays watched
            // until the next EXEC, which may then fail without need, and is tried again.
            None => {
                self.session.transaction = None;
                self.session.publish_queue();
            }
        }
    }

    /// Releases the keyspace, and returns whether it was locked.
    fn release(&mut self) -> bool {
        if self.session.trace.is_some() {
            self.trace_unlocked();
        }
        let hold = self.access.take();
        hold.map(|hold| hold.finish(&mut self.session.aftermath)).is_some()
    }

    /// Notes in the trace that the lock has been taken.
    // These three are not inlined, to keep their code out of the way of batches without a trace.
    #[cold]
    #[inline(never)]
    fn trace_locked(&mut self) {
        let log_end = self.shared.aof.end();
        if let (Some(trace), Some(hold)) = (&mut self.session.trace, &self.access) {
            trace.locked(hold.since_ns, lookups(hold), log_end);
        }
    }

    /// Notes in the trace that a command has been executed.
    #[cold]
    #[inline(never)]
    fn trace_call(&mut self, id: CommandId) {
        let lookups = self.access.as_ref().map(lookups);
        if let Some(trace) = &mut self.session.trace {
            trace.called(&table::row(id).full_name(), lookups);
        }
    }

    /// Notes in the trace that the lock is about to be released.
    #[cold]
    #[inline(never)]
    fn trace_unlocked(&mut self) {
        let now_ns = self.shared.clock.steady_ns();
        if let Some(trace) = &mut self.session.trace {
            trace.unlocked(now_ns);
        }
    }

    /// Writes exactly one reply to request number `at`, unless the client wants none, the request
    /// is empty, or it has to wait.
    fn answer(&mut self, at: usize, request: &Request, reply: &mut Reply) {
        let args = self.batch.args(request, self.buffer);
        let mark = reply.mark();
        if let Err(error) = self.serve(at, request, args, reply) {
            call::reply_error(self.shared, &error, mark, reply);
        }
        debug_assert!(
            reply.is_one_reply_since(mark)
                || args.is_empty()
                || self.session.reply_mode != ReplyMode::On
                || self.session.has_confirmed
                || self.session.blocked.is_some()
                || self.session.has_to_wait.is_some(),
            "'{}' must write exactly one reply",
            args.at(0).escape_ascii()
        );
        if self.session.has_to_wait.is_none() && !args.is_empty() {
            self.silence(mark, reply);
        }
    }

    /// Removes a reply that the client does not want.
    fn silence(&mut self, mark: Mark, reply: &mut Reply) {
        // A rollback to where it ends changes nothing.
        let mark = if self.session.has_confirmed { reply.mark() } else { mark };
        self.session.has_confirmed = false;
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

    /// Admits a request, and then executes it, queues it, lets it wait, or refuses it.
    fn serve(
        &mut self,
        at: usize,
        request: &Request,
        args: Args<'_>,
        reply: &mut Reply,
    ) -> Outcome {
        let admitted = self.admit(&request.id, args);
        self.watch(at, request, &admitted);
        match admitted {
            Ok(Admitted::Call(id)) => {
                let outcome = self.call(id, args, reply);
                if self.session.trace.is_some() {
                    self.trace_call(id);
                }
                if self.session.tracking.is_some() {
                    self.session.end_choice(id);
                }
                outcome
            }
            Ok(Admitted::WhileBusy(id, handler)) => {
                let (shared, now_ms) = (self.shared, self.shared.clock.unix_ms());
                let mut context = Context { session: self.session, shared, now_ms, log: None };
                let outcome = handler(&mut context, args, reply);
                call::remember(id, &mut context, args, &outcome);
                outcome
            }
            Ok(Admitted::Queued) => {
                self.session.publish_queue();
                reply.simple("QUEUED");
                Ok(())
            }
            Ok(Admitted::Later | Admitted::Empty) => Ok(()),
            Err(error) => Err(self.refuse(&request.id, error)),
        }
    }

    /// Calls the handler of a command, with the keyspace locked or not, as its row says.
    fn call(&mut self, id: CommandId, args: Args<'_>, reply: &mut Reply) -> Outcome {
        let (shared, command) = (self.shared, table::command(id));
        let is_write = self.is_write(command);
        let Some(hold) = &mut self.access else {
            let now_ms = shared.clock.unix_ms();
            let mut context = Context { session: self.session, shared, now_ms, log: None };
            let outcome = command.handler.call(shared, &mut context, args, reply);
            call::remember(id, &mut context, args, &outcome);
            return outcome;
        };
        let now_ms = hold.now_ms;
        let (keyspace, log) = hold.split();
        let mut context = Context { session: self.session, shared, now_ms, log: Some(log) };
        let outcome = call::perform(id, &mut context, keyspace, args, reply);
        if hold.waiters.has_ready() {
            waiting::serve(shared, hold, &mut self.session.aftermath);
        }
        self.session.rests_on.has_written |= is_write;
        outcome
    }

    /// The stop-watch, before each request: for one that is executed it starts, or runs on from an
    /// equal one; otherwise time from now on is not charged. The keyspace is locked for the
    /// request, or released, when the time of the one before has ended.
    fn watch(&mut self, at: usize, request: &Request, admitted: &Result<Admitted, CommandError>) {
        let Ok(Admitted::Call(id)) = *admitted else {
            self.settle();
            self.meter.since_ns = None;
            return;
        };
        let is_short = request.is_short();
        if !self.meter.goes_on(id, is_short) {
            self.settle();
        }
        if table::command(id).handler.needs_keyspace() {
            self.keyspace();
        } else if self.release() || self.meter.since_ns.is_none() {
            self.meter.since_ns = Some(self.shared.clock.steady_ns());
        }
        self.meter.count(self.shared, id, at, is_short);
    }

    /// Accounts for the time of the requests executed since the last call, if there are any.
    fn settle(&mut self) {
        if self.meter.is_running() {
            let now_ns = self.shared.clock.steady_ns();
            if let Some((streak, duration_ns)) = self.meter.end(now_ns) {
                let (batch, buffer) = (self.batch, self.buffer);
                let requests = &batch.requests()[streak.first..streak.first + streak.calls];
                let requests = requests.iter().map(|request| batch.args(request, buffer));
                meter::account(self.shared, self.session, streak.id, duration_ns, requests);
            }
        }
    }

    /// Whether the lock has been held long enough.
    fn is_over(&mut self) -> bool {
        self.settle();
        let now_ns = self.meter.since_ns.unwrap_or_else(|| self.shared.clock.steady_ns());
        let held_max_ns = limits::BATCH_HOLD_US_MAX * 1_000;
        self.access.as_ref().is_some_and(|access| now_ns - access.since_ns >= held_max_ns)
    }
}
