//! A batch: requests of one client that are executed under one hold of the lock.
//!
//! Everything that needs no lock is done here first: parsing, finding the command, copying to the
//! heap what the command will store.

use crate::command::engine::table;
use crate::command::engine::{
    Args, CommandError, CommandId, Complexity, KeyArguments, Session, flag,
};
use crate::keyspace::bytes::VALUE_INLINE_BYTES;
use crate::limits;
use crate::resp::request::Prepared;
use crate::resp::{Limits, Parsed, ProtocolError, Span};
use crate::shared::Services;

/// Parsed requests that wait for execution. Their memory is reused.
#[derive(Default)]
pub struct Batch {
    requests: Vec<Request>,
    spans: Vec<Span>,
    prepared: Vec<Prepared>,
    /// Whether a request has work for the time before the lock is taken.
    has_work_ahead: bool,
}

/// One request of a batch.
pub struct Request {
    /// Index of its first span in the batch's spans.
    first_span: usize,
    /// Index after its last span.
    end_span: usize,
    /// The command, or subcommand if there is one; an error if it does not exist.
    pub id: Result<CommandId, CommandError>,
    /// Offset of the request in the buffer.
    start: usize,
    /// Offset of its end.
    end: usize,
}

impl Request {
    /// Whether its duration does not depend on the data: a command of constant complexity, with few
    /// and short arguments.
    pub fn is_short(&self) -> bool {
        const FEW_SPANS: usize = 16;
        self.id.as_ref().is_ok_and(|id| table::command(*id).complexity == Complexity::Constant)
            && self.end_span - self.first_span <= FEW_SPANS
            && self.end - self.start <= limits::STREAK_REQUEST_BYTES_MAX
    }

    /// The indices of its keys.
    fn keys(&self) -> KeyArguments {
        self.id.as_ref().map_or(KeyArguments::NONE, |id| table::command(*id).keys)
    }
}

impl Batch {
    /// Parses all complete requests at the beginning of `buffer`, up to the limit of a batch.
    ///
    /// Returns the state after them, or the error that ends the connection; the requests before it
    /// are valid.
    pub fn parse(&mut self, buffer: &[u8], limits: Limits) -> Result<Parsed, ProtocolError> {
        self.clear();
        // The limits of the next request depend on whether this one authenticates the client.
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

    /// A batch of one request, with its arguments at `spans` of `buffer`.
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

    /// All requests.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Request number `index`.
    pub fn get(&self, index: usize) -> Option<&Request> {
        self.requests.get(index)
    }

    /// The arguments of `request`, which are parts of `buffer`.
    pub fn args<'a>(&'a self, request: &Request, buffer: &'a [u8]) -> Args<'a> {
        let spans = &self.spans[request.first_span..request.end_span];
        Args::new(buffer, spans).with_prepared(&self.prepared)
    }

    /// The keys of `request` that stand in fixed positions: those to prefetch. Others would have to
    /// be looked for among the arguments, which takes longer than what it saves: whatever stands
    /// between two lookups keeps the processor from overlapping them.
    pub fn keys<'a>(
        &'a self,
        request: &Request,
        buffer: &'a [u8],
    ) -> impl Iterator<Item = &'a [u8]> {
        let args = self.args(request, buffer);
        request.keys().indices(args.len()).filter_map(move |index| args.get(index))
    }

    /// Whether the requests from number `first` on have more than one key.
    pub fn has_several_keys(&self, first: usize) -> bool {
        let mut keys = self
            .requests
            .iter()
            .skip(first)
            .flat_map(|request| request.keys().indices(request.end_span - request.first_span));
        keys.nth(1).is_some()
    }

    /// Does what needs no lock for the requests that have something of that kind.
    pub fn work_ahead(&self, shared: &Services, session: &mut Session, buffer: &[u8]) {
        if !self.has_work_ahead {
            return;
        }
        for request in &self.requests {
            let Ok(id) = request.id else { continue };
            let (command, args) = (table::command(id), self.args(request, buffer));
            if let Some(prepare) = command.prepare.filter(|_| command.takes(args.len())) {
                prepare(shared, session, args);
            }
        }
    }

    /// Bytes of the buffer that the first `count` requests take.
    pub fn bytes_of(&self, count: usize) -> usize {
        count.checked_sub(1).map_or(0, |last| self.requests[last].end)
    }

    /// Releases the copies of stored values: their keys own them now.
    pub fn forget_prepared(&mut self) {
        self.prepared.clear();
    }

    fn clear(&mut self) {
        self.requests.clear();
        self.spans.clear();
        self.prepared.clear();
        self.has_work_ahead = false;
    }

    /// Prepares one request before the lock is taken: finds its command and copies to the heap what
    /// the command will store.
    fn push(&mut self, buffer: &[u8], first_span: usize, end: usize) {
        let end_span = self.spans.len();
        let args = Args::new(buffer, &self.spans[first_span..end_span]);
        // An empty request has no command, and is not executed.
        let id = if args.is_empty() { Ok(CommandId::at(0)) } else { look_up(args) };
        if id.as_ref().is_ok_and(|id| table::command(*id).has(flag::DENYOOM)) {
            args.prepare(2, VALUE_INLINE_BYTES, &mut self.prepared);
        }
        self.has_work_ahead |= id.as_ref().is_ok_and(|id| table::command(*id).prepare.is_some());
        let start = self.bytes_of(self.len());
        self.requests.push(Request { first_span, end_span, id, start, end });
    }
}

/// Finds the command of a request.
pub(crate) fn look_up(args: Args<'_>) -> Result<CommandId, CommandError> {
    let id = table::find(args.at(0)).ok_or_else(|| unknown_command(args))?;
    if !table::is_container(id) {
        return Ok(id);
    }
    match args.get(1) {
        Some(name) => table::find_subcommand(id, name).ok_or_else(|| {
            let container = table::command(id).name.to_uppercase();
            let name = &name[..name.len().min(limits::ERROR_ARGUMENT_BYTES_MAX)];
            let after = format!("'. Try {container} HELP.");
            CommandError::quoting("ERR unknown subcommand '", name, &after)
        }),
        None => Ok(id),
    }
}

/// Redis's text for an unknown command, with as much of the arguments as Redis shows.
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
