//! A connection to another server, as its client: requests go out, replies come in.
//!
//! It blocks like everything here, so it must be used with no lock held. Every wait has a time-out,
//! and ends early if nobody wants the result any more: the socket waits for a short time only, and
//! then it is looked whether to go on.
//!
//! The other server is not trusted: a reply that is too long or no reply at all ends the
//! connection. Replies are read by the reader that all clients share
//! ([`crate::resp::answer_reader`]). Left out are names of hosts that take long to be found: the
//! system's resolver cannot be interrupted.

use crate::clock::Clock;
use crate::limits;
use crate::resp::Answer;
use crate::resp::answer_reader::AnswerReader;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// What was not possible, or took too long. The connection is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The host is not known, or does not answer.
    Connecting,
    /// The connection was refused, or its other end has closed it.
    Writing,
    /// The connection has ended, or there is no reply in time, or the bytes are none.
    Reading,
}

/// How long to wait.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// The clock of this server.
    pub clock: &'a Clock,
    /// Milliseconds without progress after which a wait is over.
    pub timeout_ms: u64,
    /// Whether the result is still wanted.
    pub is_wanted: &'a dyn Fn() -> bool,
}

impl Patience<'_> {
    /// Repeats `attempt` until it says something else than that the socket has waited, or until the
    /// time is over.
    fn repeat<T>(&self, mut attempt: impl FnMut() -> io::Result<T>) -> Option<T> {
        let deadline_ms = self.clock.steady_ms().saturating_add(self.timeout_ms);
        loop {
            match attempt() {
                Ok(outcome) => return Some(outcome),
                Err(error) if is_pause(&error) => {}
                Err(_) => return None,
            }
            if self.clock.steady_ms() >= deadline_ms || !(self.is_wanted)() {
                return None;
            }
        }
    }
}

/// Whether the socket has waited for as long as it may at a time.
fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// One connection.
pub struct Peer<'a> {
    input: BufReader<TcpStream>,
    reader: AnswerReader,
    patience: Patience<'a>,
}

impl<'a> Peer<'a> {
    /// Connects to the first address of `host` that answers.
    ///
    /// # Errors
    /// None does. As in Redis, a refusal counts as trouble with writing.
    pub fn connect(host: &str, port: u16, patience: Patience<'a>) -> Result<Peer<'a>, Trouble> {
        let addresses = (host, port).to_socket_addrs().map_err(|_| Trouble::Connecting)?;
        let limit_ms = patience.timeout_ms.clamp(1, limits::PEER_CONNECT_MS_MAX);
        let mut trouble = Trouble::Connecting;
        for address in addresses {
            match TcpStream::connect_timeout(&address, Duration::from_millis(limit_ms)) {
                Ok(stream) => return Peer::new(stream, patience).map_err(|_| Trouble::Writing),
                Err(error) if is_pause(&error) => trouble = Trouble::Connecting,
                Err(_) => trouble = Trouble::Writing,
            }
        }
        Err(trouble)
    }

    fn new(stream: TcpStream, patience: Patience<'a>) -> io::Result<Peer<'a>> {
        let look_ms = limits::PEER_LOOK_MS.min(patience.timeout_ms).max(1);
        let look = Some(Duration::from_millis(patience.clock.real_wait_ms(look_ms)));
        stream.set_read_timeout(look)?;
        stream.set_write_timeout(look)?;
        stream.set_nodelay(true)?;
        Ok(Peer { input: BufReader::new(stream), reader: AnswerReader::default(), patience })
    }

    /// Sends bytes: any number of requests.
    ///
    /// # Errors
    /// They cannot be sent in time.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let stream = &mut self.input.get_ref();
            match self.patience.repeat(|| stream.write(rest)) {
                None | Some(0) => return Err(Trouble::Writing),
                Some(sent) => rest = &rest[sent..],
            }
        }
        Ok(())
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    /// There is none in time.
    pub fn answer(&mut self) -> Result<Answer, Trouble> {
        let mut bytes = 0;
        let (input, reader) = (&mut self.input, &mut self.reader);
        let answer = self.patience.repeat(|| {
            loop {
                let buffer = input.fill_buf()?;
                let mut rest = buffer;
                let answer = reader.take(&mut rest).map_err(|_| ErrorKind::InvalidData)?;
                let taken = buffer.len() - rest.len();
                input.consume(taken);
                bytes += taken;
                match answer {
                    Some(answer) => return Ok(answer),
                    // The end of the stream, or too long a reply.
                    None if taken == 0 || bytes > limits::PEER_ANSWER_BYTES_MAX => {
                        return Err(ErrorKind::InvalidData.into());
                    }
                    None => {}
                }
            }
        });
        answer.ok_or(Trouble::Reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// Speaks with a server that answers a request with `bytes` and then waits for the end.
    fn answer_to(bytes: &'static [u8], timeout_ms: u64) -> Result<Answer, Trouble> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut line = [0; 4];
            io::Read::read_exact(&mut stream, &mut line).expect("a request");
            let _ = stream.write_all(bytes);
            // Until the client has enough.
            let _ = io::Read::read(&mut stream, &mut line);
        });
        let patience = Patience { clock: &Clock::system(), timeout_ms, is_wanted: &|| true };
        let mut peer = Peer::connect("127.0.0.1", port, patience).expect("a server");
        peer.send(b"PING").expect("it is read");
        let answer = peer.answer();
        drop(peer);
        server.join().expect("no panic");
        answer
    }

    /// Ensures that a reply is read, and that nothing else is taken for one.
    #[test]
    fn replies_of_another_server() {
        let refused = Answer::Error(b"ERR no".to_vec());
        assert_eq!(answer_to(b"+OK\r\n", 9_000), Ok(Answer::Simple(b"OK".to_vec())));
        assert_eq!(answer_to(b"-ERR no\r\n+OK\r\n", 9_000), Ok(refused));
        assert_eq!(answer_to(b"HTTP/1.1 200 OK\r\n", 9_000), Err(Trouble::Reading));
        let endless: &[u8] = &[b'+'; limits::PEER_ANSWER_BYTES_MAX * 2];
        assert_eq!(answer_to(endless, 9_000), Err(Trouble::Reading));
        assert_eq!(answer_to(b"+OK", 20), Err(Trouble::Reading), "it is not whole in time");
    }

    /// Ensures that a refused connection and an unknown host are distinguished.
    #[test]
    fn servers_that_are_not_there() {
        let patience = Patience { clock: &Clock::system(), timeout_ms: 500, is_wanted: &|| true };
        let connect = |host, port| Peer::connect(host, port, patience).map(|_| ());
        assert_eq!(connect("127.0.0.1", 1), Err(Trouble::Writing));
        assert_eq!(connect("no host has this name", 1), Err(Trouble::Connecting));
    }
}
