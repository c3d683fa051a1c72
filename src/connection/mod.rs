//! One client, from hello to goodbye.
//!
//! The loop of a worker: execute everything that has arrived, send the replies, wait for more.
//!
//! ```text
//! fill ──► parse in place ──► execute (one lock) ──► … until the buffer is empty ──► flush ─► fill
//!              │ straddles the end
//!              └──► assembler, which copies that one request together
//! ```
//!
//! Blocking I/O has one weakness: a server that waits for a client to read its replies does not
//! hear what the client says, and a client that says everything before it reads anything then waits
//! for the server. So writes carry a timeout. When one expires the connection is *congested*:
//! reading and executing go on, with a timeout as well, replies pile up, and sending is tried in
//! between; up to a limit, at which the client is dropped. `sending.rs` has that half.

mod sending;

use crate::clients::Client;
use crate::command::engine::batch::Batch;
use crate::command::engine::gate;
use crate::command::engine::session::Session;
use crate::limits;
use crate::resp::{Assembler, Limits, Parsed, ProtocolError, Reply};
use crate::shared::{Shared, Stats};
use sending::HandedOver;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Serves one client until it leaves, breaks the protocol, is killed, or the server stops.
///
/// # Errors
/// The connection broke. There is nobody left to tell.
pub fn serve(shared: &Shared, client: &Arc<Client>) -> io::Result<()> {
    let Some(stream) = client.stream.as_deref() else { return Ok(()) };
    // A Unix socket cannot, and needs not.
    let _ = stream.set_nodelay(true);
    stream.set_write_timeout(Some(Duration::from_millis(limits::WRITE_WAIT_MS)))?;
    let is_authenticated = shared.config().requirepass.is_empty();
    let mut connection = Connection {
        shared,
        stream,
        input: BufReader::with_capacity(limits::READ_BUFFER_BYTES, stream),
        read_wait_ms: 0,
        assembler: Assembler::default(),
        batch: Batch::default(),
        session: Session::new(Arc::clone(client), is_authenticated),
        reply: Reply::default(),
        handed_over: None,
        congestion: None,
        patience_ms: limits::READ_WAIT_CONGESTED_MS,
    };
    connection.run()
}

struct Connection<'a> {
    shared: &'a Shared,
    stream: &'a TcpStream,
    input: BufReader<&'a TcpStream>,
    /// The read timeout that the socket has now; 0 is none.
    read_wait_ms: u64,
    assembler: Assembler,
    batch: Batch,
    session: Session,
    reply: Reply,
    /// Replies that were left with the log, which sends them.
    handed_over: Option<HandedOver>,
    /// Bytes of requests taken since the kernel last refused to take replies; `None` if it did not.
    congestion: Option<usize>,
    /// How long to listen before sending is tried again.
    patience_ms: u64,
}

/// Watching and monitoring end with the connection, however it ends.
impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.session.unwatch(self.shared);
        self.session.stop_monitoring(self.shared);
    }
}

/// Why requests cannot be executed any more.
enum Ended {
    /// What the client sends is no request. It is still there to be told so.
    Protocol(ProtocolError),
    /// The connection is gone, or has to go without a word.
    Broken(io::Error),
}

impl From<ProtocolError> for Ended {
    fn from(error: ProtocolError) -> Ended {
        Ended::Protocol(error)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Ended {
        Ended::Broken(error)
    }
}

/// What waiting for input ended with.
enum Filled {
    /// Bytes.
    Some,
    /// Silence, for as long as one was willing to wait.
    Silence,
    /// The client will say nothing more.
    End,
}

impl Connection<'_> {
    fn run(&mut self) -> io::Result<()> {
        loop {
            match self.execute_buffered() {
                Ok(()) => {}
                Err(Ended::Protocol(error)) => return self.close_with(error),
                Err(Ended::Broken(error)) => return Err(error),
            }
            if self.session.client.is_killed() {
                return Ok(());
            }
            if self.session.is_closing || self.shared.is_stopping() {
                self.drain()?;
                return self.linger();
            }
            if !self.hand_over() {
                self.flush_if_due()?;
                // Also for a client that wants no replies, or does not read them.
                self.session.await_log(&self.shared.aof)?;
            }
            self.publish();
            let filled = self.fill()?;
            let was_handed_over = self.take_back()?;
            match filled {
                Filled::Some => {}
                Filled::Silence if was_handed_over => {}
                // Nothing more to hear: time to try sending again.
                Filled::Silence if self.congestion.is_some() => {
                    // The longer it does not read, the less often is it asked whether it does.
                    self.patience_ms = (2 * self.patience_ms).min(limits::READ_WAIT_PATIENT_MS);
                    self.flush()?;
                    self.limit_lines()?;
                }
                Filled::Silence if self.session.monitor.is_some() => self.forward()?,
                Filled::Silence => self.wait_idle()?,
                Filled::End => return self.drain(),
            }
        }
    }

    /// Executes all complete requests in the input buffer and collects the incomplete one behind
    /// them, so that the buffer is empty afterwards.
    fn execute_buffered(&mut self) -> Result<(), Ended> {
        while !self.input.buffer().is_empty() && !self.is_over() {
            let limits = Limits { stranger: !self.session.is_authenticated };
            if self.assembler.is_empty() {
                let parsed = self.batch.parse(self.input.buffer(), limits);
                let executed_bytes = self.execute_batch()?;
                self.input.consume(executed_bytes);
                // Behind a goodbye, nothing can be wrong any more.
                if self.is_over() || matches!(parsed?, Parsed::Request { .. }) {
                    continue;
                }
            }
            self.assemble(limits)?;
        }
        Ok(())
    }

    /// Feeds the buffer to the assembler, and executes the request if that completes it.
    fn assemble(&mut self, limits: Limits) -> Result<(), Ended> {
        let taken = self.assembler.feed(self.input.buffer(), limits)?;
        self.input.consume(taken);
        if self.assembler.is_complete() {
            let (buffer, spans) = self.assembler.request();
            self.batch.single(buffer, spans);
            self.execute_batch()?;
            self.assembler.reset();
        }
        Ok(())
    }

    /// Executes the batch and returns how many bytes of its buffer that was.
    fn execute_batch(&mut self) -> io::Result<usize> {
        let mut next = 0;
        while next < self.batch.len() && !self.is_over() {
            self.limit_output()?;
            // A batch is parsed where it lies: in the read buffer, or collected.
            let buffer = match self.assembler.is_complete() {
                true => self.assembler.request().0,
                false => self.input.buffer(),
            };
            next = gate::execute(
                self.shared,
                &mut self.session,
                &self.batch,
                buffer,
                next,
                &mut self.reply,
            );
            if let Some(is_write) = self.session.has_to_wait.take() {
                self.wait_for_pause(is_write)?;
            } else if self.reply.len() >= limits::OUTPUT_FLUSH_BYTES {
                self.flush_if_due()?;
            }
        }
        self.batch.forget_prepared();
        Ok(self.batch.bytes_of(next))
    }

    /// Waits for the end of a pause, replies so far sent. Who hangs up meanwhile counts as killed.
    fn wait_for_pause(&mut self, is_write: bool) -> io::Result<()> {
        self.flush_if_due()?;
        let client = &self.session.client;
        client.is_waiting.store(true, Relaxed);
        let is_over = || client.is_killed() || self.shared.is_stopping();
        let pause = &self.shared.clients.pause;
        pause.wait(&self.shared.clock, is_write, is_over, || client.is_gone());
        self.mark_active();
        client.is_waiting.store(false, Relaxed);
        Ok(())
    }

    /// Whether nothing more is to be executed: the client said so, or somebody else did.
    fn is_over(&self) -> bool {
        self.session.is_closing || self.session.client.is_killed()
    }

    /// Waits for input: not long while there are replies to send, and otherwise long enough to
    /// know that the client is idle.
    fn fill(&mut self) -> io::Result<Filled> {
        self.wait_at_most(match self.congestion {
            Some(_) => self.patience_ms,
            None if self.handed_over.is_some() => limits::HANDED_OVER_READ_WAIT_MS,
            None if self.session.monitor.is_some() => limits::MONITOR_READ_WAIT_MS,
            None => limits::IDLE_AFTER_MS,
        })?;
        loop {
            match self.input.fill_buf() {
                Ok([]) => return Ok(Filled::End),
                Ok(bytes) => {
                    Stats::add(&self.shared.stats.input_bytes, bytes.len());
                    self.congestion = self.congestion.map(|taken| taken + bytes.len());
                    self.mark_active();
                    return Ok(Filled::Some);
                }
                Err(error) if is_timeout(&error) => return Ok(Filled::Silence),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for lines that MONITOR asked for and puts them among the replies, as many as there are
    /// and as are sent at once.
    fn forward(&mut self) -> io::Result<()> {
        let Some(monitor) = &self.session.monitor else { return Ok(()) };
        let mut wait = Duration::from_millis(limits::MONITOR_LINE_WAIT_MS);
        while self.reply.len() < limits::OUTPUT_FLUSH_BYTES {
            let Some(line) = monitor.next(wait) else { break };
            self.reply.encoded(&line);
            wait = Duration::ZERO;
        }
        self.flush()?;
        self.limit_lines()
    }

    /// Ends a connection for which too many lines of MONITOR were waiting.
    fn limit_lines(&self) -> io::Result<()> {
        match &self.session.monitor {
            Some(monitor) if monitor.is_cut_off() => Err(self.dropped("lines of MONITOR")),
            _ => Ok(()),
        }
    }

    /// Gives the buffers back and waits, without any, for the client to say something.
    fn wait_idle(&mut self) -> io::Result<()> {
        self.reply.release();
        self.batch = Batch::default();
        self.input = BufReader::with_capacity(0, self.stream);
        self.publish();
        self.wait_at_most(0)?;
        while let Err(error) = self.stream.peek(&mut [0]) {
            if error.kind() != ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.input = BufReader::with_capacity(limits::READ_BUFFER_BYTES, self.stream);
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

    /// Lets others see how much is buffered here.
    fn publish(&self) {
        let client = &self.session.client;
        client.query_bytes.store(self.input.buffer().len(), Relaxed);
        let held = self.input.capacity() + self.assembler.held_bytes();
        client.query_held_bytes.store(held, Relaxed);
        client.output_bytes.store(self.reply.len(), Relaxed);
        client.output_held_bytes.store(self.reply.held_bytes(), Relaxed);
    }
}

/// Whether a read or write gave up waiting. Which of the two kinds it is depends on the system.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
