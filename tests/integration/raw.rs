//! A client that sees bytes: what was sent, what came back, and nothing in between.

use respool::resp::inline;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long a reply may take before the test fails. Generous, because only a broken server makes a
/// test wait so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
pub struct Raw {
    input: BufReader<TcpStream>,
}

impl Raw {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Raw {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket option");
        Raw::over(stream)
    }

    /// Connects to a Unix socket.
    pub fn connect_unix(path: &Path) -> Raw {
        let stream = UnixStream::connect(path).expect("the server listens");
        Raw::over(TcpStream::from(OwnedFd::from(stream)))
    }

    fn over(stream: TcpStream) -> Raw {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket option");
        Raw { input: BufReader::new(stream) }
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        self.input.get_ref()
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream().write_all(bytes).expect("the server reads");
    }

    /// Sends bytes to a server that may have closed the connection already.
    pub fn send_anyway(&mut self, bytes: &[u8]) {
        let _ = self.stream().write_all(bytes);
    }

    /// Sends one request, given as words.
    pub fn request(&mut self, words: &[&[u8]]) {
        self.send(&encode(words));
    }

    /// Sends one request in the quoting of redis-cli.
    pub fn say(&mut self, line: &str) {
        self.send(&encode_line(line));
    }

    /// Reads exactly one reply, as raw bytes.
    pub fn reply(&mut self) -> Vec<u8> {
        let mut reply = Vec::new();
        if let Err(problem) = self.read_reply(&mut reply) {
            panic!("no whole reply: {problem}, after \"{}\"", reply.escape_ascii());
        }
        reply
    }

    /// Sends a line and returns the reply as text: its lines, parted by one space.
    pub fn ask(&mut self, line: &str) -> String {
        self.say(line);
        lines_of(&self.reply()).join(" ")
    }

    /// Sends each line and expects to hear that its number of arguments is wrong.
    pub fn expect_wrong_arity(&mut self, requests: &[&str]) {
        for request in requests {
            let name = request.split(' ').next().unwrap_or(request).to_lowercase();
            let expected = format!("-ERR wrong number of arguments for '{name}' command");
            assert_eq!(self.ask(request), expected, "{request}");
        }
    }

    /// Says that nothing more will be sent, and returns everything that still arrives.
    pub fn finish(&mut self) -> Vec<u8> {
        let _ = self.stream().shutdown(Shutdown::Write);
        self.rest()
    }

    /// Everything until the server closes the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.input.read_to_end(&mut rest) {
            panic!("no orderly end: {error}, after \"{}\"", rest.escape_ascii());
        }
        rest
    }

    /// Whether the server has ended the connection, orderly or not; waits for it.
    pub fn is_ended(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.input.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Appends one reply to `reply`, or returns the reason why there is none.
    pub fn read_reply(&mut self, reply: &mut Vec<u8>) -> Result<(), String> {
        let start = reply.len();
        let read = self.input.read_until(b'\n', reply);
        read.map_err(|error| error.to_string())?;
        let line = &reply[start..];
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Err("the connection ended".to_owned());
        };
        let number = || -> Result<i64, String> {
            let digits = String::from_utf8_lossy(&text[1..]).into_owned();
            digits.parse().map_err(|_| format!("bad number '{digits}'"))
        };
        let elements = match text.first() {
            Some(b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(') => 0,
            Some(b'$' | b'=') => {
                let len = number()?;
                return if len < 0 { Ok(()) } else { self.read_bulk(len as usize, reply) };
            }
            Some(b'*' | b'~' | b'>') => number()?.max(0),
            Some(b'%') => number()? * 2,
            _ => return Err(format!("not a reply: \"{}\"", text.escape_ascii())),
        };
        (0..elements).try_for_each(|_| self.read_reply(reply))
    }

    fn read_bulk(&mut self, len: usize, reply: &mut Vec<u8>) -> Result<(), String> {
        let start = reply.len();
        reply.resize(start + len + 2, 0);
        self.input.read_exact(&mut reply[start..]).map_err(|error| error.to_string())?;
        if reply.ends_with(b"\r\n") { Ok(()) } else { Err("a bulk without its end".to_owned()) }
    }
}

/// A request as an array of bulk strings.
pub fn encode(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// The same from a line in the quoting of redis-cli.
pub fn encode_line(line: &str) -> Vec<u8> {
    let (mut bytes, mut spans) = (Vec::new(), Vec::new());
    inline::split(line.as_bytes(), &mut bytes, &mut spans).expect("balanced quotes in the test");
    let word = |at: usize| &bytes[spans[at].start as usize..][..spans[at].len as usize];
    let words: Vec<&[u8]> = (0..spans.len()).map(word).collect();
    encode(&words)
}

/// A raw reply as readable lines: bytes that cannot be read are escaped, empty lines and the space
/// around a line are left out (the lengths in front of strings still tell about them).
pub fn lines_of(reply: &[u8]) -> Vec<String> {
    let mut text = String::new();
    for byte in reply {
        match byte {
            b'\n' | b' '..=b'~' => text.push(*byte as char),
            b'\r' => {}
            other => text.push_str(&format!("\\x{other:02x}")),
        }
    }
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}
