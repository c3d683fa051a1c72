//! A connection that sends requests in bursts and returns raw replies.

use crate::raw::{self, Raw};
use std::net::SocketAddr;

/// One request: its arguments, the command's name first.
pub type Request = Vec<Vec<u8>>;

/// A reply as it came over the wire.
pub type RawReply = Vec<u8>;

/// Requests on their way at the same time.
const BURST: usize = 200;

/// A connection to either server.
pub struct Connection {
    raw: Raw,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Connection {
        Connection { raw: Raw::connect(address) }
    }

    /// Sends all requests, pipelined, and returns their replies.
    pub fn run(&mut self, requests: &[Request]) -> Vec<RawReply> {
        let mut replies = Vec::with_capacity(requests.len());
        for burst in requests.chunks(BURST) {
            let bytes: Vec<u8> = burst.iter().flat_map(encode).collect();
            self.raw.send(&bytes);
            for request in burst {
                let mut reply = Vec::new();
                self.raw.read_reply(&mut reply).unwrap_or_else(|problem| {
                    let (shown, reply) = (show(request), reply.escape_ascii());
                    panic!("no reply to {shown} from {:?}: {problem}; {reply}", self.raw.stream())
                });
                replies.push(reply);
            }
        }
        replies
    }
}

/// A request as an array of bulk strings.
pub fn encode(request: &Request) -> Vec<u8> {
    let words: Vec<&[u8]> = request.iter().map(Vec::as_slice).collect();
    raw::encode(&words)
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
