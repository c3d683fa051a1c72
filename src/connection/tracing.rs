//! The steps of a batch for the trace, if it is traced: see [`crate::observe::trace`].

use super::Connection;
use crate::log;
use crate::observe::trace::{Trace, is_chosen};

impl Connection<'_> {
    /// Begins the trace of the `bytes` that were just read, if this client is traced.
    // Not inlined, to keep its variables off the stack of workers that trace nothing.
    #[cold]
    #[inline(never)]
    pub(super) fn begin_trace(&mut self, bytes: usize) {
        let (shared, client) = (self.shared, &self.session.client);
        let is_chosen = {
            let config = shared.config();
            let names = client.names.lock();
            config.trace && is_chosen(&config.trace_clients, client.id, names.client.as_bytes())
        };
        self.session.trace =
            is_chosen.then(|| Box::new(Trace::new(shared.clock.steady_ns(), bytes)));
    }

    /// Notes that the requests of the batch have been parsed.
    #[cold]
    #[inline(never)]
    pub(super) fn trace_parsed(&mut self) {
        let (now_ns, requests) = (self.shared.clock.steady_ns(), self.batch.len());
        // Without a whole request, or for a line of words, the assembler's step follows.
        if let Some(trace) = self.session.trace.as_mut().filter(|_| requests > 0) {
            trace.parsed(now_ns, requests);
        }
    }

    /// Notes that the log is safe enough for the replies, up to `offset`.
    #[cold]
    #[inline(never)]
    pub(super) fn trace_logged(&mut self, offset: u64) {
        let now_ns = self.shared.clock.steady_ns();
        let bytes = std::mem::take(&mut self.session.traced_bytes);
        if let Some(trace) = self.session.trace.as_mut().filter(|_| offset > 0) {
            trace.logged(now_ns, bytes, offset);
        }
    }

    /// Notes that `bytes` of replies are on their way, and logs the line.
    #[cold]
    #[inline(never)]
    pub(super) fn end_trace(&mut self, what: &str, bytes: usize) {
        if let Some(mut trace) = self.session.trace.take() {
            trace.sent(self.shared.clock.steady_ns(), what, bytes);
            let thread = std::thread::current();
            log::notice(&trace.line(thread.name().unwrap_or("worker"), self.session.client.id));
        }
    }
}
