//! The gate: the one function that every request passes.
//!
//! Everything common to all commands is done here and nowhere else: arity, authentication, the
//! keyspace lock, rolling back a failed reply, CLIENT REPLY, counting. Only the command's row was
//! looked up before, by the [`Batch`].
//!
//! Requests come in a [`Batch`]. The lock is taken at the first request of the batch that needs it
//! and kept until the batch ends, has used its share of time, or reaches a command that does not
//! need the lock: such a command may make system calls.

use crate::command::engine::batch::{Batch, Request};
use crate::command::engine::call;
use crate::command::engine::meter;
use crate::command::engine::meter::Meter;
use crate::command::engine::propagation;
use crate::command::engine::queue::aborted_because_of;
use crate::command::engine::session::{ReplyMode, Session, reach};
use crate::command::engine::table;
use crate::command::engine::waiting;
use crate::command::engine::{Args, Command, CommandError, Context, Outcome, Reply, flag};
use crate::keyspace::Eviction;
use crate::limits;
use crate::log;
use crate::resp::reply::Mark;
use crate::shared::{Hold, Shared};
use std::sync::atomic::Ordering::Relaxed;

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
    session.rests_on.advance(&shared.aof);
    session.aftermath.settle(shared);
    if eviction == Some(Eviction::Later) {
        shared.evict();
    }
    next
}

/// The decision about a request.
enum Admitted {
    /// Execute it now.
    Call(usize),
    /// It is queued for EXEC.
    Queued,
    /// It waits for the end of a pause and is tried again.
    Later,
}

/// One call of [`execute`].
struct Run<'a, 'b> {
    shared: &'b Shared,
    session: &'a mut Session,
    batch: &'a Batch,
    /// The buffer from which the batch was parsed.
    buffer: &'a [u8],
    /// The keyspace, while it is locked.
    access: Option<Hold<'b>>,
    /// Whether keys were evicted since the clock was last read.
    has_evicted: bool,
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

    /// The keyspace, which is locked from now on. Time spent waiting for the lock is not charged to
    /// any command.
    fn keyspace(&mut self) -> &mut Hold<'b> {
        let meter = &mut self.meter;
        self.access.get_or_insert_with(|| {
            let access = self.shared.lock_keyspace();
            meter.since_ns = Some(access.since_ns);
            access
        })
    }

    /// Releases the keyspace, and returns whether it was locked.
    fn release(&mut self) -> bool {
        let hold = self.access.take();
        hold.map(|hold| hold.finish(&mut self.session.aftermath)).is_some()
    }

    /// Writes exactly one reply to request number `at`, unless the client wants none, the request
    /// is empty, or it has to wait.
    fn answer(&mut self, at: usize, request: &Request, reply: &mut Reply) {
        let args = self.batch.args(request, self.buffer);
        if args.is_empty() {
            return self.interrupt();
        }
        let mark = reply.mark();
        if let Err(error) = self.serve(at, request, args, reply) {
            call::reply_error(self.shared, &error, mark, reply);
        }
        debug_assert!(
            reply.is_one_reply_since(mark)
                || self.session.reply_mode != ReplyMode::On
                || self.session.has_confirmed
                || self.session.blocked.is_some()
                || self.session.has_to_wait.is_some(),
            "'{}' must write exactly one reply",
            args.at(0).escape_ascii()
        );
        if self.session.has_to_wait.is_none() {
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

    /// Admits and executes a request.
    fn serve(
        &mut self,
        at: usize,
        request: &Request,
        args: Args<'_>,
        reply: &mut Reply,
    ) -> Outcome {
        let admitted = self.admit(&request.row, args);
        if !matches!(admitted, Ok(Admitted::Call(_))) {
            self.interrupt();
        }
        match admitted {
            Ok(Admitted::Call(number)) => self.call(number, at, request, args, reply),
            Ok(Admitted::Queued) => {
                self.session.publish_queue();
                reply.simple("QUEUED");
                Ok(())
            }
            Ok(Admitted::Later) => Ok(()),
            Err(error) => Err(self.refuse(&request.row, error)),
        }
    }

    /// Counts a request that is not executed, and marks a transaction as broken.
    fn refuse(&mut self, row: &Result<usize, CommandError>, error: CommandError) -> CommandError {
        let number = row.as_ref().ok().copied();
        number.into_iter().for_each(|number| self.shared.calls.add_rejected(number));
        let executes = |number: usize| table::rows()[number].command.has(flag::EXECUTES);
        if number.is_some_and(executes) {
            let access = self.access.get_or_insert_with(|| self.shared.lock_keyspace());
            let now_ms = access.now_ms;
            self.session.forget_transaction(access, now_ms);
            return aborted_because_of(&error);
        }
        if let Some(transaction) = &mut self.session.transaction {
            transaction.is_broken = true;
        }
        error
    }

    /// Admits a request or not: the checks, in nearly Redis's order. If a write is refused for two
    /// reasons, Redis reports short memory before a failing disk; here keys are evicted only for a
    /// write that can be logged.
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
        if self.session.transaction.is_some() && row.command.has(flag::NO_MULTI) {
            return Err(CommandError::new("ERR Command not allowed inside a transaction"));
        }
        if self.session.is_reached(reach::MONITOR) && row.command.accesses_keys() {
            return Err(CommandError::new("ERR Replica can't interact with the keyspace"));
        }
        self.session.admit_while_subscribed(row)?;
        let is_write = self.is_write(row.command);
        propagation::admit(self.shared, row.command, is_write)?;
        if self.has_to_wait(is_write || row.command.has(flag::PAUSED_AS_WRITE)) {
            return Ok(Admitted::Later);
        }
        self.lock_for(row.command)?;
        self.evict_for(row.command)?;
        match &mut self.session.transaction {
            Some(transaction) if !row.command.has(flag::UNQUEUED) => {
                let (is_write, may_grow) =
                    (row.command.has(flag::WRITE), row.command.has(flag::DENYOOM));
                transaction.queue(number, (is_write, may_grow), args)?;
                Ok(Admitted::Queued)
            }
            _ => Ok(Admitted::Call(number)),
        }
    }

    /// Whether a command may change the data, or executes queued ones that may.
    fn is_write(&self, command: &Command) -> bool {
        let transaction = self.session.transaction.as_ref();
        command.has(flag::WRITE)
            || command.has(flag::RUNS_COMMANDS) && !command.has(flag::READONLY)
            || command.has(flag::EXECUTES) && transaction.is_some_and(|queued| queued.has_writes)
    }

    /// Whether a pause concerns a command. A stopping server has no pauses.
    fn has_to_wait(&mut self, is_write: bool) -> bool {
        let waits = self.shared.clients.pause.concerns(is_write) && !self.shared.is_stopping();
        self.session.has_to_wait = waits.then_some(is_write);
        waits
    }

    /// Locks the keyspace for a command that needs it.
    ///
    /// # Errors
    /// A script holds the lock for longer than others should wait.
    fn lock_for(&mut self, command: &Command) -> Outcome {
        let needs_it = command.handler.needs_keyspace() || command.has(flag::DENYOOM);
        if self.access.is_none() && needs_it {
            let hold = self.shared.lock_keyspace_unless_busy().ok_or(CommandError::BUSY)?;
            self.meter.since_ns = Some(hold.since_ns);
            self.access = Some(hold);
        }
        Ok(())
    }

    /// Evicts keys if the memory limit is exceeded and the request may need more memory. The
    /// request may proceed even if the limit is still exceeded afterwards.
    ///
    /// # Errors
    /// No key may be evicted.
    fn evict_for(&mut self, command: &Command) -> Outcome {
        if !propagation::may_grow(command, self.session.transaction.as_ref()) {
            return Ok(());
        }
        let access = self.keyspace();
        if !access.is_over_limit() {
            return Ok(());
        }
        let room = access.evict(limits::EVICTION_EFFORT_MAX);
        self.has_evicted = true;
        if room == Eviction::Impossible { Err(CommandError::OUT_OF_MEMORY) } else { Ok(()) }
    }

    fn call(
        &mut self,
        number: usize,
        at: usize,
        request: &Request,
        args: Args<'_>,
        reply: &mut Reply,
    ) -> Outcome {
        let shared = self.shared;
        let is_short = request.is_short();
        if !self.meter.goes_on(number, is_short) {
            self.settle();
        }
        let handler = table::rows()[number].command.handler;
        if !handler.needs_keyspace() {
            if self.release() || self.meter.since_ns.is_none() {
                self.meter.since_ns = Some(shared.clock.steady_ns());
            }
            self.meter.count(shared, number, at, is_short);
            let now_ms = shared.clock.unix_ms();
            let mut context = Context { session: self.session, shared, now_ms, log: None };
            let outcome = handler.call(shared, &mut context, args, reply);
            call::remember(number, &mut context, args, &outcome);
            return outcome;
        }
        self.keyspace();
        self.meter.count(shared, number, at, is_short);
        let is_write = self.is_write(table::rows()[number].command);
        let access = self.access.get_or_insert_with(|| shared.lock_keyspace());
        let now_ms = access.now_ms;
        let (keyspace, log) = access.split();
        let mut context = Context { session: self.session, shared, now_ms, log: Some(log) };
        let outcome = call::perform(number, &mut context, keyspace, args, reply);
        if access.waiters.has_ready() {
            waiting::serve(shared, access, &mut self.session.aftermath);
        }
        self.session.rests_on.has_written |= is_write;
        outcome
    }

    /// Accounts for the time of the requests executed since the last call, if there are any.
    fn settle(&mut self) {
        if self.meter.is_running() {
            let now_ns = self.shared.clock.steady_ns();
            if let Some((streak, duration_ns)) = self.meter.end(now_ns) {
                let (batch, buffer) = (self.batch, self.buffer);
                let requests = &batch.requests()[streak.first..streak.first + streak.calls];
                let requests = requests.iter().map(|request| batch.args(request, buffer));
                meter::account(self.shared, self.session, streak.row, duration_ns, requests);
            }
        }
    }

    /// Ends a streak when the next request is not executed: time from now on is not charged.
    fn interrupt(&mut self) {
        self.settle();
        self.meter.since_ns = None;
    }

    /// Whether the lock has been held long enough.
    fn is_over(&mut self) -> bool {
        self.settle();
        let now_ns = self.meter.since_ns.unwrap_or_else(|| self.shared.clock.steady_ns());
        let held_max_ns = limits::BATCH_HOLD_US_MAX * 1_000;
        self.access.as_ref().is_some_and(|access| now_ns - access.since_ns >= held_max_ns)
    }

    /// A browser can be made to send requests here (cross-protocol scripting); they begin with a
    /// line of HTTP. Nothing after it may be executed.
    fn refuse_cross_protocol(&mut self, args: Args<'_>) {
        if args.is(0, "post") || args.is(0, "host:") {
            // Writing a log line is a system call.
            self.interrupt();
            self.release();
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
