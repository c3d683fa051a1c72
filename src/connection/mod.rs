//! One connection, from its beginning to its end.
//!
//! A worker repeats three steps: execute the requests that have arrived, send replies ("speak"),
//! wait for requests ("listen").
//!
//! ```text
//! listen ──► parse in place ──► execute (one lock) ──► … until the buffer is empty ──► speak
//!   ▲             │ straddles the end                                                    │
//!   │             └──► assembler, which copies that one request together                 │
//!   └────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! A worker never waits for its client to read. Replies that the client does not accept at once go
//! into its outbox, and the courier sends them; so a client may send everything before it reads
//! anything. Only when too much waits there does the worker stop executing (back-pressure). And a
//! client that does not read delays no other one (no head-of-line blocking).
//!
//! | file | job |
//! |---|---|
//! | `speaking.rs` | replies on their way out |
//! | `waiting.rs` | requests that wait: for a key, for the end of a pause |
//! | `closing.rs` | the end, by its reason |
//! | `tracing.rs` | the steps of a batch, for `trace yes` |

mod closing;
mod speaking;
mod tracing;
mod waiting;

use crate::clients::Client;
use crate::clients::end::End;
use crate::command::engine::batch::Batch;
use crate::command::engine::gate;
use crate::command::engine::session::Session;
use crate::limits;
use crate::resp::{Assembler, Limits, Parsed, Reply};
use crate::shared::{Shared, Stats};
use rustix::io::ioctl_fionread;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Serves one client until it leaves, breaks the protocol, is killed, or the server stops.
pub fn serve(shared: &Shared, client: &Arc<Client>) {
    let Some(stream) = client.stream.as_deref() else { return };
    // A Unix socket has no such option.
    let _ = stream.set_nodelay(true);
    let mut connection = Connection {
        shared,
        stream,
        input: BufReader::with_capacity(limits::READ_BUFFER_FIRST_BYTES, stream),
        has_filled_input: false,
        read_wait_ms: 0,
        assembler: Assembler::default(),
        batch: Batch::default(),
        session: Session::new(Arc::clone(client), shared.acl.default_user()),
        reply: Reply::default(),
    };
    let end = connection.run();
    connection.close(end);
}

struct Connection<'a> {
    shared: &'a Shared,
    stream: &'a TcpStream,
    input: BufReader<&'a TcpStream>,
    /// Whether the last read has filled the buffer: there was more.
    has_filled_input: bool,
    /// The read timeout that the socket has now; 0 is none.
    read_wait_ms: u64,
    assembler: Assembler,
    batch: Batch,
    session: Session,
    reply: Reply,
}

/// The state that other threads see ends with the connection, however it ends.
impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.session.unwatch(self.shared);
        self.forget_wait();
        self.session.stop_monitoring(self.shared, &mut self.reply);
        self.session.stop_tracking(self.shared, &mut self.reply);
        self.session.unsubscribe_all(self.shared, &mut self.reply);
        // After a panic of a handler, work for others may remain.
        self.session.aftermath.settle(self.shared);
        self.shared.post(&mut self.session.aftermath.mail);
        self.session.client.outbox.close();
    }
}

impl Connection<'_> {
    fn run(&mut self) -> End {
        loop {
            let step = self.execute_buffered().and_then(|()| self.speak());
            if let Err(end) = step.and_then(|()| self.listen()) {
                return end;
            }
        }
    }

    /// Executes all complete requests in the input buffer and passes the incomplete one after them
    /// to the assembler, so that the buffer is empty afterwards.
    fn execute_buffered(&mut self) -> Result<(), End> {
        while !self.input.buffer().is_empty() {
            let limits = Limits { stranger: !self.session.is_authenticated };
            if self.assembler.is_empty() {
                let parsed = self.batch.parse(self.input.buffer(), limits);
                if self.session.trace.is_some() {
                    self.trace_parsed();
                }
                self.execute_batch()?;
                if matches!(parsed?, Parsed::Request { .. }) {
                    continue;
                }
            }
            self.assemble(limits)?;
        }
        if self.shared.is_stopping() { Err(End::Stop) } else { Ok(()) }
    }

    /// Feeds the buffer to the assembler, and executes the request if that completes it.
    fn assemble(&mut self, limits: Limits) -> Result<(), End> {
        let taken = self.assembler.feed(self.input.buffer(), limits)?;
        self.input.consume(taken);
        if self.assembler.is_complete() {
            let (buffer, spans) = self.assembler.request();
            self.batch.single(buffer, spans);
            if self.session.trace.is_some() {
                self.trace_parsed();
            }
            self.execute_batch()?;
            self.assembler.reset();
        }
        Ok(())
    }

    /// Executes the batch, and removes executed requests from the input buffer.
    fn execute_batch(&mut self) -> Result<(), End> {
        let mut next = 0;
        let outcome = self.execute_requests(&mut next);
        if !self.assembler.is_complete() {
            self.input.consume(self.batch.bytes_of(next));
        }
        self.batch.forget_prepared();
        outcome
    }

    fn execute_requests(&mut self, next: &mut usize) -> Result<(), End> {
        while *next < self.batch.len() {
            self.begin_to_speak()?;
            // A batch is parsed in place: in the read buffer or in the assembler.
            let buffer = match self.assembler.is_complete() {
                true => self.assembler.request().0,
                false => self.input.buffer(),
            };
            *next = gate::execute(
                self.shared,
                &mut self.session,
                &self.batch,
                buffer,
                *next,
                &mut self.reply,
            );
            self.check_end()?;
            if let Some(blocked) = self.session.blocked.take() {
                self.wait_until_served(blocked, self.has_more(*next))?;
            } else if let Some(is_write) = self.session.has_to_wait.take() {
                self.wait_for_pause(is_write)?;
            } else if self.reply.len() >= limits::OUTPUT_FLUSH_BYTES {
                self.speak()?;
            }
        }
        Ok(())
    }

    /// Whether the connection ends, by the client's request or by another thread.
    fn check_end(&self) -> Result<(), End> {
        if self.session.client.is_killed() {
            return Err(self.reason_of_death());
        }
        if self.session.is_closing { Err(End::Quit) } else { Ok(()) }
    }

    /// Waits until the client sends something.
    fn listen(&mut self) -> Result<(), End> {
        // The buffer is empty here, so it can be replaced.
        if self.has_filled_input && self.input.capacity() < limits::READ_BUFFER_BYTES {
            self.input = BufReader::with_capacity(limits::READ_BUFFER_BYTES, self.stream);
        }
        self.publish();
        self.wait_at_most(limits::IDLE_AFTER_MS)?;
        loop {
            // What has arrived of a long argument is read straight into its request, which saves
            // a copy. Waiting is done with the read buffer only, which is empty here.
            let available = self.available();
            let is_long = available >= limits::READ_BUFFER_BYTES;
            let read = match is_long {
                true => self.assembler.read_from(self.stream, available),
                false => self.input.fill_buf().map(<[u8]>::len),
            };
            match read {
                Ok(0) if self.session.client.is_killed() => return Err(self.reason_of_death()),
                Ok(0) => return Err(End::HungUp),
                Ok(len) => {
                    Stats::add(&self.shared.stats.reads, 1);
                    Stats::add(&self.shared.stats.input_bytes, len);
                    self.has_filled_input = is_long || len >= self.input.capacity();
                    self.mark_active();
                    if self.shared.tracing.is_on() {
                        self.begin_trace(len);
                    }
                    return Ok(());
                }
                Err(error) if is_timeout(&error) => {
                    self.wait_idle()?;
                    self.wait_at_most(limits::IDLE_AFTER_MS)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(End::Broken(error)),
            }
        }
    }

    /// Bytes that have arrived, if many are missing of a long argument.
    fn available(&self) -> usize {
        match self.assembler.missing() >= limits::READ_BUFFER_BYTES {
            true => ioctl_fionread(self.stream).map_or(0, |count| count as usize),
            false => 0,
        }
    }

    /// Releases the buffers and waits without any until the client sends something.
    fn wait_idle(&mut self) -> io::Result<()> {
        self.reply.release();
        self.assembler.release();
        self.batch = Batch::default();
        self.input = BufReader::with_capacity(0, self.stream);
        self.publish();
        self.wait_at_most(0)?;
        while let Err(error) = self.stream.peek(&mut [0]) {
            if error.kind() != ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.input = BufReader::with_capacity(limits::READ_BUFFER_FIRST_BYTES, self.stream);
        Ok(())
    }

    /// Sets the read timeout; 0 is none. A system call only if it changes.
    fn wait_at_most(&mut self, wait_ms: u64) -> io::Result<()> {
        if self.read_wait_ms != wait_ms {
            let wait = (wait_ms > 0).then(|| Duration::from_millis(wait_ms));
            self.stream.set_read_timeout(wait)?;
            self.read_wait_ms = wait_ms;
        }
        Ok(())
    }

    /// Records that the client is active, for `timeout`.
    fn mark_active(&self) {
        let now_ms = self.shared.clock.steady_ms();
        self.session.client.active_at_ms.store(now_ms, Relaxed);
    }

    /// Publishes the number of buffered bytes.
    fn publish(&self) {
        let client = &self.session.client;
        client.query_bytes.store(self.input.buffer().len(), Relaxed);
        let held = self.input.capacity() + self.assembler.held_bytes();
        client.query_held_bytes.store(held, Relaxed);
        client.reply_held_bytes.store(self.reply.held_bytes(), Relaxed);
    }
}

/// Whether a read timed out. The system decides which of the two errors it returns.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
