//! `respool ping`: checks whether a server answers; the exit code is the result.
//!
//! Made for health checks. A server that asks for a password is alive, whether one is known or not;
//! one that still loads its data does not serve yet.

use crate::resp::answer_reader::ReadError;
use crate::resp::{Answer, AnswerReader, request};
use argh::FromArgs;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of a reply that are looked at: the answer to PING is one short line.
const REPLY_BYTES_MAX: u64 = 4 * 1024;

/// asks a server whether it serves: exit code 0 and what it answered, or 1 and what is wrong
#[derive(FromArgs)]
struct Ping {
    /// name or address of the server (default 127.0.0.1)
    #[argh(option, default = "\"127.0.0.1\".to_owned()", arg_name = "host")]
    host: String,

    /// TCP port of the server (default 6379)
    #[argh(option, default = "6379", arg_name = "port")]
    port: u16,

    /// milliseconds that all of it may take (default 1000)
    #[argh(option, default = "1_000", arg_name = "milliseconds")]
    timeout_ms: u64,

    /// file with the password on its first line; without it, a server that asks for one is taken
    /// to be well (default none)
    #[argh(option, arg_name = "path")]
    password_file: Option<String>,
}

/// Runs the tool.
pub fn run(arguments: &[String]) -> Result<String, String> {
    let ping: Ping = match super::flags("ping", arguments) {
        Ok(ping) => ping,
        Err(outcome) => return outcome,
    };
    let password = ping.password_file.as_deref().map(Path::new);
    let password = password.map(crate::config::read_password).transpose()?;
    let deadline = Instant::now() + Duration::from_millis(ping.timeout_ms.max(1));
    let replies = ping
        .ask(password.as_deref(), deadline)
        .map_err(|error| format!("{}:{} does not answer: {error}", ping.host, ping.port))?;
    verdict(&replies)
}

impl Ping {
    /// Sends AUTH if there is a password, then PING, and returns the reply to each.
    fn ask(&self, password: Option<&[u8]>, deadline: Instant) -> io::Result<Vec<Answer>> {
        let mut stream = self.connect(deadline)?;
        stream.set_write_timeout(Some(left_until(deadline)?))?;
        let mut requests = Vec::new();
        if let Some(password) = password {
            request::encode(&[b"AUTH", password], &mut requests);
        }
        request::encode(&["PING"], &mut requests);
        stream.write_all(&requests)?;
        let mut input = BufReader::new(stream.take(REPLY_BYTES_MAX));
        let (mut reader, mut replies) = (AnswerReader::default(), Vec::new());
        for _ in 0..1 + usize::from(password.is_some()) {
            input.get_ref().get_ref().set_read_timeout(Some(left_until(deadline)?))?;
            match reader.read(&mut input) {
                Ok(reply) => replies.push(reply),
                Err(ReadError::Protocol(error)) => {
                    return Err(io::Error::new(ErrorKind::InvalidData, error.to_string()));
                }
                // A server that refuses a client says why, once, and closes the connection.
                Err(ReadError::Io(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
                Err(ReadError::Io(error)) => return Err(error),
            }
        }
        match replies.is_empty() {
            true => Err(ErrorKind::UnexpectedEof.into()),
            false => Ok(replies),
        }
    }

    /// Tries every address of the name in turn.
    fn connect(&self, deadline: Instant) -> io::Result<TcpStream> {
        let mut problem = ErrorKind::NotFound.into();
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left_until(deadline)?) {
                Ok(stream) => return Ok(stream),
                Err(error) => problem = error,
            }
        }
        Err(problem)
    }
}

/// What is left of the time; a socket takes a zero for "forever".
fn left_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Whether the replies are those of a server that serves. The last one is PING's; the one before
/// it, AUTH's, is of interest only if PING is not answered.
fn verdict(replies: &[Answer]) -> Result<String, String> {
    let text = |reply: &Answer| {
        let text = reply.error().or_else(|| reply.text()).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    };
    let pong = replies.last().map(text).unwrap_or_default();
    let is_refused = replies.last().is_some_and(|reply| reply.error().is_some());
    let was_asked_for_password = is_refused && pong.starts_with("NOAUTH");
    match replies {
        _ if !is_refused && pong == "PONG" => Ok("PONG\n".to_owned()),
        [_] if was_asked_for_password => Ok("PONG, once the password is given\n".to_owned()),
        [auth, _] if was_asked_for_password => Err(text(auth)),
        _ => Err(pong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that each kind of answer leads to the right verdict.
    #[test]
    fn verdicts() {
        let reply = |line: &&str| match line.strip_prefix('-') {
            Some(error) => Answer::Error(error.as_bytes().to_vec()),
            None => Answer::Simple(line.trim_start_matches('+').as_bytes().to_vec()),
        };
        let judge = |replies: &[&str]| verdict(&replies.iter().map(reply).collect::<Vec<_>>());
        let wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
        let no_auth = "-NOAUTH Authentication required.";
        assert_eq!(judge(&["+PONG"]), Ok("PONG\n".to_owned()));
        assert_eq!(judge(&["+OK", "+PONG"]), Ok("PONG\n".to_owned()));
        assert_eq!(judge(&["-ERR AUTH without a password", "+PONG"]), Ok("PONG\n".to_owned()));
        assert!(judge(&[no_auth]).is_ok(), "who asks for a password lives");
        assert_eq!(judge(&[wrong, no_auth]), Err(wrong[1..].to_owned()));
        let loading = "-LOADING Redis is loading the dataset in memory";
        assert_eq!(judge(&[loading]), Err(loading[1..].to_owned()));
        assert_eq!(judge(&["+OK", loading]), Err(loading[1..].to_owned()));
        let full = "-ERR max number of clients reached";
        assert_eq!(judge(&[full]), Err(full[1..].to_owned()));
    }
}
