//! The half of a connection that sends: replies, the limit on those that nobody reads, and the
//! last words.

use super::{Connection, is_timeout};
use crate::aof::parcel::Returned;
use crate::aof::{Parcel, Unwritten};
use crate::command::engine::session::LogPlace;
use crate::limits;
use crate::log;
use crate::resp::ProtocolError;
use crate::shared::Stats;
use crossbeam_channel::Receiver;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Replies that were left with the log.
pub(super) struct HandedOver {
    returned: Receiver<Returned>,
    bytes: usize,
}

impl Connection<'_> {
    /// Sends, unless the client has just shown that it does not read.
    pub(super) fn flush_if_due(&mut self) -> io::Result<()> {
        let is_due = self.congestion.is_none_or(|bytes| bytes >= limits::CONGESTED_INPUT_BYTES);
        if is_due { self.flush() } else { Ok(()) }
    }

    /// Sends what waits to be sent, as far as the client takes it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.session.await_log(&self.shared.aof)?;
        while !self.reply.is_empty() {
            let mut stream = self.stream;
            let written = match self.reply.plain() {
                Some(bytes) => stream.write(bytes),
                None => stream.write_vectored(&self.reply.slices(limits::WRITEV_BUFFERS_MAX)),
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(bytes) => {
                    Stats::add(&self.shared.stats.output_bytes, bytes);
                    self.reply.advance(bytes);
                    if self.congestion.is_some() {
                        self.patience_ms = limits::READ_WAIT_CONGESTED_MS;
                        self.mark_active();
                    }
                }
                Err(error) if is_timeout(&error) => {
                    self.congestion = Some(0);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.congestion.take().is_some() {
            self.mark_active();
        }
        Ok(())
    }

    /// Leaves the replies with the log, which sends them when they are true; false if they have
    /// nothing to wait for, or are better sent from here.
    pub(super) fn hand_over(&mut self) -> bool {
        self.shared.aof.has_to_sync(self.session.log_place.place) && self.leave_with_log()
    }

    // Its variables are not to be on the stack of every worker that waits for its client.
    #[inline(never)]
    fn leave_with_log(&mut self) -> bool {
        let LogPlace { place, has_written } = self.session.log_place;
        let bytes = self.reply.plain().map_or(0, <[u8]>::len);
        let is_fit = (1..=limits::HANDED_OVER_BYTES_MAX).contains(&bytes)
            && self.congestion.is_none()
            && self.session.monitor.is_none();
        let Some(stream) = self.session.client.stream.as_ref().filter(|_| is_fit) else {
            return false;
        };
        let reply = std::mem::take(&mut self.reply);
        let (parcel, returned) = Parcel::new(reply, place, has_written, Arc::clone(stream));
        if let Some(parcel) = self.shared.aof.hand_over(parcel) {
            self.reply = parcel.reply;
            return false;
        }
        self.session.log_place = LogPlace::default();
        self.handed_over = Some(HandedOver { returned, bytes });
        true
    }

    /// Waits until the replies that were left with the log have been sent, and takes back what the
    /// client did not take; false if there were none.
    pub(super) fn take_back(&mut self) -> io::Result<bool> {
        let handed_over = self.handed_over.take();
        handed_over.map_or(Ok(false), |handed_over| self.take_back_from_log(handed_over))
    }

    #[inline(never)]
    fn take_back_from_log(&mut self, handed_over: HandedOver) -> io::Result<bool> {
        let HandedOver { returned, bytes } = handed_over;
        // Nobody drops a parcel.
        let reply = returned.recv().unwrap_or(Err(Unwritten));
        self.reply = reply.map_err(|Unwritten| self.session.unanswered())?;
        Stats::add(&self.shared.stats.output_bytes, bytes - self.reply.len());
        if !self.reply.is_empty() {
            self.congestion = Some(0);
        }
        Ok(true)
    }

    /// Remembers that the client is alive, for `timeout`.
    pub(super) fn mark_active(&self) {
        let now_ms = self.shared.clock.steady_ms();
        self.session.client.active_at_ms.store(now_ms, Relaxed);
    }

    /// Ends a connection whose client asks for more although it has let its replies pile up and
    /// takes none of them even now. One reply alone may be as large as it likes.
    ///
    /// Who reads, only more slowly than requests are executed, is waited for: a few bytes can ask
    /// for gigabytes, and have been read already when the first reply does not fit on the way.
    pub(super) fn limit_output(&mut self) -> io::Result<()> {
        let mut attempts_in_vain = 0;
        while self.reply.len() > limits::OUTPUT_BYTES_MAX {
            let waiting = self.reply.len();
            self.flush()?;
            let is_progress = self.reply.len() < waiting;
            attempts_in_vain = if is_progress { 0 } else { attempts_in_vain + 1 };
            if attempts_in_vain == limits::OUTPUT_ATTEMPTS_MAX {
                return Err(self.dropped(&format!("{waiting} bytes of replies")));
            }
        }
        Ok(())
    }

    /// The end of a client that does not read what it asked for.
    pub(super) fn dropped(&self, what: &str) -> io::Error {
        Stats::add(&self.shared.stats.output_limit_disconnections, 1);
        let (id, peer) = (self.session.client.id, &self.session.client.peer);
        log::warning(&format!("Client id={id} addr={peer} closed: {what} that it does not read"));
        ErrorKind::WriteZero.into()
    }

    /// Sends the last replies to a client that will say nothing more, as long as it takes them.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        let mut waiting = self.reply.len();
        let mut progress_at_ms = self.shared.clock.steady_ms();
        while waiting > 0 {
            self.flush()?;
            let now_ms = self.shared.clock.steady_ms();
            if self.reply.len() < waiting {
                (waiting, progress_at_ms) = (self.reply.len(), now_ms);
            } else if now_ms - progress_at_ms > limits::DRAIN_WAIT_MS {
                return Err(ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    /// Answers bytes that are no request. Where the next one would begin, nobody knows.
    pub(super) fn close_with(&mut self, error: ProtocolError) -> io::Result<()> {
        let (id, peer) = (self.session.client.id, &self.session.client.peer);
        log::verbose(&format!("Protocol error ({error}) from client id={id} addr={peer}"));
        let text = [b"ERR Protocol error: ", error.text().as_slice()].concat();
        self.shared.errors.add(&text);
        self.reply.error(&text);
        self.drain()?;
        self.linger()
    }

    /// Closes our side and lets what is still on its way arrive, so that the last reply does too.
    /// A client that has said nothing more is not waited for.
    pub(super) fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        if self.input.buffer().is_empty() {
            self.stream.set_nonblocking(true)?;
        } else {
            self.wait_at_most(limits::LINGER_MS)?;
        }
        let start_ms = self.shared.clock.steady_ms();
        let (mut rest, mut discarded) = ([0; 4 * 1024], 0);
        while discarded < limits::LINGER_BYTES_MAX
            && self.shared.clock.steady_ms() - start_ms <= limits::LINGER_MS
        {
            match self.stream.read(&mut rest)? {
                0 => break,
                bytes => discarded += bytes,
            }
        }
        Ok(())
    }
}
