//! The null server: the ceiling of the blocking shape.
//!
//! A thread per client, a blocking read, the least parsing that finds the end of a request, and
//! replies that were written down beforehand: it stores nothing and locks nothing. What respool
//! lacks compared with it is the price of being a cache; what both lack compared with Redis is
//! the price of a thread per client. It runs as a process of its own, started from this very
//! program by a flag that `--help` does not mention.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use socket2::{Domain, Socket, Type};

/// The first argument that turns the benchmark into this server.
pub const FLAG: &str = "--null-server";

/// As large as respool's read buffer, so that both take as many requests from one read.
const READ_BYTES: usize = 16 * 1024;

/// Connections that wait to be accepted, as many as the other two allow: those of five thousand
/// clients come at once, and one that finds no place tries again a second later.
const BACKLOG: i32 = 511;

/// Serves until it is killed. Of the flags that all servers are started with it needs the port.
pub fn serve(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    arguments.find(|argument| argument == "--port").ok_or("--port is missing")?;
    let port: u16 =
        arguments.next().and_then(|text| text.parse().ok()).ok_or("--port needs a number")?;
    let explain = |e| format!("cannot listen on port {port}: {e}");
    let listener = listen(port).map_err(explain)?;
    for stream in listener.incoming() {
        let stream = stream.map_err(|e| format!("cannot accept: {e}"))?;
        // The client has left, so there is no recipient for an error.
        thread::spawn(move || converse(stream));
    }
    Ok(())
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// One client: read, answer all that is complete, keep the rest.
fn converse(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = vec![0; READ_BYTES];
    let mut filled = 0;
    let mut replies = Vec::with_capacity(READ_BYTES);
    loop {
        let count = stream.read(buffer.get_mut(filled..).filter(|rest| !rest.is_empty())?).ok()?;
        if count == 0 {
            return None;
        }
        filled += count;
        let mut at = 0;
        while let Some(len) = request_len(&buffer[at..filled]) {
            replies.extend_from_slice(reply_to(&buffer[at..at + len]));
            at += len;
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
        if !replies.is_empty() {
            stream.write_all(&replies).ok()?;
            replies.clear();
        }
    }
}

/// Bytes of the first request if it is all there: an array of bulk strings, or a line.
fn request_len(bytes: &[u8]) -> Option<usize> {
    let (count, mut at) = number(bytes, b'*')?;
    for _ in 0..count {
        let (len, head) = number(bytes.get(at..)?, b'$')?;
        at += head + len + 2;
    }
    (at <= bytes.len()).then_some(at)
}

/// The number of a line such as `$12`, and the bytes of that line. Of a line that begins
/// otherwise (an inline PING) there are none to follow.
fn number(bytes: &[u8], sign: u8) -> Option<(usize, usize)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    if bytes[0] != sign {
        return Some((0, end + 1));
    }
    let digits = bytes.get(1..end.checked_sub(1)?)?;
    let digit = |value: usize, digit: &u8| value * 10 + usize::from(digit.wrapping_sub(b'0'));
    Some((digits.iter().fold(0, digit), end + 1))
}

/// The reply, chosen by the first letter of the command.
fn reply_to(request: &[u8]) -> &'static [u8] {
    // `*3\r\n$3\r\nSET…`: what the benchmark sends begins with a count of one digit.
    let letter = if request[0] == b'*' { request.get(8) } else { request.first() };
    match letter {
        Some(b'G') => b"$3\r\nxxx\r\n",
        Some(b'P') => b"+PONG\r\n",
        // CONFIG GET, which redis-benchmark asks before it begins: a name and its value.
        Some(b'C') => b"*2\r\n$4\r\nsave\r\n$0\r\n\r\n",
        _ => b"+OK\r\n",
    }
}
