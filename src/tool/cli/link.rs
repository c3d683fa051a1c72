//! A connection to a server: requests go out, answers come in.
//!
//! This is all that a client of Redis needs to do: write an array of words, and read one reply for
//! it. The rest of this folder is manners.

use super::target::{Target, reason};
use crate::resp::answer_reader::{AnswerReader, ReadError};
use crate::resp::{Answer, request};
use std::io::{self, BufReader, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a read may wait before it looks whether Ctrl-C was pressed.
const INTERRUPT_LOOK: Duration = Duration::from_millis(100);

/// Why a connection is of no use any more.
#[derive(Debug)]
pub struct Lost {
    /// In the words of redis-cli.
    pub reason: String,
    /// Whether a new connection may work: the server has closed this one. After bytes that are no
    /// reply it would not.
    pub is_gone: bool,
}

/// One connection.
pub struct Link {
    input: BufReader<TcpStream>,
    reader: AnswerReader,
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    /// What the system says.
    pub fn to(target: &Target) -> io::Result<Link> {
        let input = BufReader::new(target.connect()?);
        Ok(Link { input, reader: AnswerReader::default() })
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn send(&mut self, words: &[Vec<u8>]) -> Result<(), Lost> {
        let mut bytes = Vec::new();
        request::encode(words, &mut bytes);
        self.input.get_ref().write_all(&bytes).map_err(|error| lost(&error))
    }

    /// Waits for the next reply, whatever it is about.
    ///
    /// # Errors
    /// The connection is lost, or what came over it is no reply.
    pub fn answer(&mut self) -> Result<Answer, Lost> {
        self.reader.read(&mut self.input).map_err(|error| match error {
            ReadError::Io(error) => lost(&error),
            ReadError::Protocol(error) => Lost { reason: error.to_string(), is_gone: false },
        })
    }

    /// The same; `None` if the flag was set before a reply came.
    ///
    /// # Errors
    /// As above.
    pub fn answer_unless(&mut self, interrupted: &AtomicBool) -> Result<Option<Answer>, Lost> {
        let limit = |link: &Link, limit| {
            link.input.get_ref().set_read_timeout(limit).map_err(|error| lost(&error))
        };
        limit(self, Some(INTERRUPT_LOOK))?;
        let answer = loop {
            match self.reader.read(&mut self.input) {
                Ok(answer) => break Some(answer),
                Err(ReadError::Io(error)) if is_timeout(&error) => {
                    if interrupted.load(Ordering::Relaxed) {
                        break None;
                    }
                }
                Err(ReadError::Io(error)) => return Err(lost(&error)),
                Err(ReadError::Protocol(error)) => {
                    return Err(Lost { reason: error.to_string(), is_gone: false });
                }
            }
        };
        limit(self, None)?;
        Ok(answer)
    }

    /// Sends a request and waits for its reply; pushes that come first are of no interest.
    ///
    /// # Errors
    /// As above.
    pub fn ask(&mut self, words: &[Vec<u8>]) -> Result<Answer, Lost> {
        self.send(words)?;
        loop {
            match self.answer()? {
                Answer::Push(_) => {}
                answer => return Ok(answer),
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn lost(error: &io::Error) -> Lost {
    let is_gone = matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    );
    let reason = match error.kind() {
        ErrorKind::UnexpectedEof => "Server closed the connection".to_owned(),
        _ => reason(error),
    };
    Lost { reason, is_gone }
}

/// The words of a request.
pub fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}
