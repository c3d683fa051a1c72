//! The end of a connection, by its reason.

use super::Connection;
use crate::clients::end::{END_KINDS, End};
use crate::clients::outbox::Cut;
use crate::limits;
use crate::log;
use std::io::{self, ErrorKind, Read};
use std::net::Shutdown;
use std::sync::atomic::Ordering::Relaxed;

impl Connection<'_> {
    /// Sends the final replies that the reason for the end allows, counts the end, and logs it.
    #[inline(never)]
    pub(super) fn close(&mut self, end: End) {
        match &end {
            End::Protocol(error) => {
                let text = [b"ERR Protocol error: ", error.text().as_slice()].concat();
                self.shared.errors.add(&text);
                self.reply.error(&text);
                self.say_goodbye(true);
            }
            End::Quit | End::Stop => self.say_goodbye(true),
            // The client may have closed one direction only (half-close), and still read.
            End::HungUp => self.say_goodbye(false),
            End::Killed | End::NotReading(_) | End::Unlogged | End::Evicted | End::Broken(_) => {}
        }
        self.shared.stats.ends[end.kind()].fetch_add(1, Relaxed);
        self.tell(&end);
    }

    /// The reason why another thread has ended the connection.
    pub(super) fn reason_of_death(&self) -> End {
        match self.session.client.outbox.cut() {
            Some(Cut::Limit(bytes)) => End::NotReading(bytes),
            Some(Cut::Unlogged) => End::Unlogged,
            Some(Cut::Evicted) => End::Evicted,
            Some(Cut::Broken) => End::Broken(ErrorKind::BrokenPipe.into()),
            None => End::Killed,
        }
    }

    fn tell(&self, end: &End) {
        let (id, peer) = (self.session.client.id, &self.session.client.peer);
        match end {
            End::Protocol(error) => {
                log::verbose(&format!("Protocol error ({error}) from client id={id} addr={peer}"));
            }
            End::NotReading(bytes) => log::warning(&format!(
                "Client id={id} addr={peer} closed: {bytes} bytes that it does not read"
            )),
            End::Unlogged => log::warning(&format!(
                "Client id={id} addr={peer} closed without an answer: its changes cannot be logged"
            )),
            End::Evicted => log::warning(&format!(
                "Client id={id} addr={peer} closed: clients take more than maxmemory-clients"
            )),
            End::Broken(error) => {
                log::verbose(&format!("Client id={id} addr={peer} closed: {error}"));
            }
            End::HungUp | End::Quit | End::Stop | End::Killed => {
                let kind = END_KINDS[end.kind()];
                log::verbose(&format!("Client id={id} addr={peer} closed: {kind}"));
            }
        }
    }

    /// Sends the remaining replies, as long as the client reads them, and lingers if `lingers`.
    /// Errors no longer matter.
    fn say_goodbye(&mut self, lingers: bool) {
        let is_sent = self.speak().and_then(|()| self.wait_for_room(0, limits::DRAIN_WAIT_MS));
        if lingers && is_sent.is_ok() {
            let _ = self.linger();
        }
    }

    /// Closes the server's direction and reads what is still in flight, so that the last reply
    /// arrives (lingering close): closing a socket with unread bytes would reset the connection. A
    /// client that sends nothing more is not waited for.
    fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        if self.input.buffer().is_empty() {
            self.stream.set_nonblocking(true)?;
        } else {
            self.wait_at_most(limits::LINGER_MS)?;
        }
        let start_ms = self.shared.clock.steady_ms();
        let (mut rest, mut discarded) = ([0; 1024], 0);
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
