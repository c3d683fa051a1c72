//! A connection that sends requests in bursts and returns raw replies.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// One request: its arguments, the command's name first.
pub type Request = Vec<Vec<u8>>;

/// A reply as it came over the wire.
pub type RawReply = Vec<u8>;

/// Requests on their way at the same time.
const BURST: usize = 200;

/// A connection to either server.
pub struct Connection {
    input: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket option");
        stream.set_nodelay(true).expect("a socket option");
        Connection { input: BufReader::with_capacity(1 << 16, stream) }
    }

    /// Sends all requests, pipelined, and returns their replies.
    pub fn run(&mut self, requests: &[Request]) -> Vec<RawReply> {
        let mut replies = Vec::with_capacity(requests.len());
        for burst in requests.chunks(BURST) {
            let bytes: Vec<u8> = burst.iter().flat_map(encode).collect();
            self.input.get_ref().write_all(&bytes).expect("the server reads");
            for request in burst {
                let mut reply = Vec::new();
                self.read(&mut reply).unwrap_or_else(|problem| {
                    let (shown, reply) = (show(request), reply.escape_ascii());
                    panic!(
                        "no reply to {shown} from {:?}: {problem}; {reply}",
                        self.input.get_ref()
                    )
                });
                replies.push(reply);
            }
        }
        replies
    }

    fn read(&mut self, reply: &mut RawReply) -> Result<(), String> {
        let start = reply.len();
        self.input.read_until(b'\n', reply).map_err(|error| error.to_string())?;
        let line = &reply[start..];
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Err("the connection ended".to_owned());
        };
        let number = std::str::from_utf8(&text[1..]).ok().and_then(|text| text.parse::<i64>().ok());
        let elements = match (text.first(), number) {
            (Some(b'$' | b'='), Some(len)) => {
                let end = reply.len();
                reply.resize(end + usize::try_from(len).map_or(0, |len| len + 2), 0);
                self.input.read_exact(&mut reply[end..]).map_err(|error| error.to_string())?;
                0
            }
            (Some(b'*' | b'~' | b'>'), Some(len)) => len,
            (Some(b'%'), Some(len)) => 2 * len,
            (Some(b'+' | b'-' | b':' | b'_' | b',' | b'#'), _) => 0,
            _ => return Err("that is not a reply".to_owned()),
        };
        (0..elements).try_for_each(|_| self.read(reply))
    }
}

/// A request as an array of bulk strings.
pub fn encode(request: &Request) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", request.len()).into_bytes();
    for argument in request {
        bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        bytes.extend_from_slice(argument);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// A request as one would type it into redis-cli; long ones of one letter are described.
pub fn show(request: &Request) -> String {
    let shown = request.iter().map(|argument| {
        if argument.len() > 200 && argument.iter().all(|byte| *byte == argument[0]) {
            return format!("<{} times '{}'>", argument.len(), argument[0].escape_ascii());
        }
        let is_plain = !argument.is_empty() && argument.iter().all(|b| b.is_ascii_graphic());
        let text = argument.escape_ascii().to_string();
        if is_plain && !argument.contains(&b'"') { text } else { format!("\"{text}\"") }
    });
    shown.collect::<Vec<_>>().join(" ")
}
