//! The gate: the one place that every command passes.
//!
//! What holds for all commands is done here and nowhere else: lookup, arity, authentication, the
//! keyspace lock, rolling back a failed reply, CLIENT REPLY, counting.
//!
//! Requests come in a [`Batch`]. The lock is taken at the first request of the batch that needs it
//! and kept until the batch ends, has had its share, or meets a command that does not need it: that
//! one may make system calls.

use super::session::{ReplyMode, Session};
use super::table;
use super::{Args, Command, CommandError, Context, Handler, Keyspace, Outcome, Reply, flag};
use crate::keyspace::bytes::VALUE_INLINE_BYTES;
use crate::limits;
use crate::log;
use crate::resp::request::Prepared;
use crate::resp::{Limits, Parsed, ProtocolError, Span};
use crate::shared::{Access, Shared, Stats};
use std::sync::atomic::Ordering::Relaxed;

/// Requests that were parsed and wait to be executed. Its memory is reused.
#[derive(Default)]
pub struct Batch {
    requests: Vec<Request>,
    spans: Vec<Span>,
    prepared: Vec<Prepared>,
}

/// One request of a batch.
struct Request {
    /// Its arguments are those of the batch's spans from here…
    first_span: usize,
    /// …to here.
    end_span: usize,
    /// Row of the table, the subcommand's if there is one; an error if there is no such command.
    row: Result<usize, CommandError>,
    /// Bytes of the buffer up to and including this request.
    end: usize,
}

impl Request {
    /// Whether its time depends on how much there is: many arguments, or a reading command that is
    /// not marked as fast.
    fn may_take_long(&self) -> bool {
        const FEW_SPANS: usize = 16;
        let flags = self.row.as_ref().map_or(0, |row| table::rows()[*row].command.flags);
        flags & (flag::READONLY | flag::FAST) == flag::READONLY
            || self.end_span - self.first_span > FEW_SPANS
    }
}

impl Batch {
    /// Parses all complete requests at the beginning of `buffer`, as far as one batch goes.
    ///
    /// Returns what stands behind them, or why nothing can: the requests before it are good.
    pub fn parse(&mut self, buffer: &[u8], limits: Limits) -> Result<Parsed, ProtocolError> {
        self.clear();
        // What a stranger may send next depends on whether this request makes it a friend.
        let requests_max = if limits.stranger { 1 } else { limits::BATCH_REQUESTS_MAX };
        let mut at = 0;
        while self.requests.len() < requests_max {
            let first_span = self.spans.len();
            match crate::resp::parse(buffer, at, limits, &mut self.spans)? {
                Parsed::Request { len } => at += len,
                other => return Ok(other),
            }
            self.push(buffer, first_span, at);
        }
        Ok(Parsed::Request { len: at })
    }

    /// A batch of one request, whose arguments lie at `spans` of `buffer`.
    pub fn single(&mut self, buffer: &[u8], spans: &[Span]) {
        self.clear();
        self.spans.extend_from_slice(spans);
        self.push(buffer, 0, buffer.len());
    }

    /// Whether there is nothing to execute.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Number of requests.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Bytes of the buffer that the first `count` requests take.
    pub fn bytes_of(&self, count: usize) -> usize {
        count.checked_sub(1).map_or(0, |last| self.requests[last].end)
    }

    /// Lets go of values that were stored: their keys own them now.
    pub fn forget_prepared(&mut self) {
        self.prepared.clear();
    }

    fn clear(&mut self) {
        self.requests.clear();
        self.spans.clear();
        self.prepared.clear();
    }

    /// Does for one request what can be done before the lock is taken: find its command, copy to
    /// the heap what it is going to store.
    fn push(&mut self, buffer: &[u8], first_span: usize, end: usize) {
        let end_span = self.spans.len();
        let args = Args::new(buffer, &self.spans[first_span..end_span]);
        let row = if args.is_empty() { Ok(0) } else { look_up(args) };
        if let Ok(row) = row
            && table::rows()[row].command.has(flag::DENYOOM)
        {
            args.prepare(2, VALUE_INLINE_BYTES, &mut self.prepared);
        }
        self.requests.push(Request { first_span, end_span, row, end });
    }
}

/// Finds the command that a request means.
fn look_up(args: Args<'_>) -> Result<usize, CommandError> {
    let row = table::find(args.at(0)).ok_or_else(|| unknown_command(args))?;
    if !table::is_container(row) {
        return Ok(row);
    }
    match args.get(1) {
        Some(name) => table::find_subcommand(row, name).ok_or_else(|| {
            let container = table::rows()[row].command.name.to_uppercase();
            let name = &name[..name.len().min(limits::ERROR_ARGUMENT_BYTES_MAX)];
            let after = format!("'. Try {container} HELP.");
            CommandError::quoting("ERR unknown subcommand '", name, &after)
        }),
        None => Ok(row),
    }
}

/// Redis's text for a command it does not know, with as much of the arguments as it shows.
fn unknown_command(args: Args<'_>) -> CommandError {
    const MAX: usize = limits::ERROR_ARGUMENT_BYTES_MAX;
    let mut shown = args.at(0)[..args.at(0).len().min(MAX)].to_vec();
    shown.extend_from_slice(b"', with args beginning with: ");
    let name_end = shown.len();
    for argument in args.from(1).iter() {
        let room = MAX.saturating_sub(shown.len() - name_end);
        if room == 0 {
            break;
        }
        shown.push(b'\'');
        shown.extend_from_slice(&argument[..argument.len().min(room)]);
        shown.extend_from_slice(b"' ");
    }
    CommandError::quoting("ERR unknown command '", &shown, "")
}

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
    let (mut next, waiting) = (first, reply.len());
    while let Some(request) = batch.requests.get(next) {
        next += 1;
        let spans = &batch.spans[request.first_span..request.end_span];
        if !spans.is_empty() {
            let args = Args::new(buffer, spans).with_prepared(&batch.prepared);
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
