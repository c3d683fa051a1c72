//! What a client has said between MULTI and EXEC.
//!
//! The gate fills the queue and the family of transactions executes it, so it belongs to neither.

use crate::error::{CommandError, Outcome};
use crate::limits;
use crate::resp::{Args, Span};

/// What a client has said since MULTI.
#[derive(Debug, Default)]
pub struct Transaction {
    /// The requests in the order in which they came.
    pub requests: Vec<Queued>,
    bytes: usize,
    /// One of the requests may need more memory.
    pub may_grow: bool,
    /// A request was refused when it should have been queued: EXEC will refuse too.
    pub is_broken: bool,
    /// A request that may change the data is queued.
    pub has_writes: bool,
}

/// One request of it.
#[derive(Debug)]
pub struct Queued {
    /// Row of the table.
    pub row: usize,
    /// The bytes of its arguments.
    pub buffer: Box<[u8]>,
    /// Where each argument lies among them.
    pub spans: Box<[Span]>,
}

impl Transaction {
    /// Remembers a request, which `is_write` if it may change the data and `may_grow` if it may
    /// need more memory.
    ///
    /// # Errors
    /// The transaction is larger than any request may be.
    pub fn queue(
        &mut self,
        row: usize,
        (is_write, may_grow): (bool, bool),
        args: Args<'_>,
    ) -> Outcome {
        let mut buffer = Vec::new();
        let mut spans = Vec::new();
        for argument in args.iter() {
            spans.push(Span { start: buffer.len() as u32, len: argument.len() as u32 });
            buffer.extend_from_slice(argument);
        }
        self.bytes += buffer.len() + spans.len() * size_of::<Span>() + size_of::<Queued>();
        if self.bytes > limits::REQUEST_BYTES_MAX {
            return Err(CommandError::new("ERR transaction too large"));
        }
        self.has_writes |= is_write;
        self.may_grow |= may_grow;
        self.requests.push(Queued { row, buffer: buffer.into(), spans: spans.into() });
        Ok(())
    }

    /// Whether nothing is queued.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// How many requests are queued.
    pub fn len(&self) -> usize {
        self.requests.len()
    }
}
