//! Where the server is: a host and a port, a Unix socket, or all of it in a URI.

use super::options::{Options, leading_integer};
use socket2::{SockRef, TcpKeepalive};
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Seconds of silence after which the system asks whether the server's machine is still there: a
/// subscriber would wait for ever for one that has lost its power.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A server's place.
#[derive(Debug, Clone)]
pub struct Target {
    pub host: Vec<u8>,
    pub port: u16,
    /// Counts more than host and port.
    pub socket: Option<Vec<u8>>,
}

impl Default for Target {
    fn default() -> Target {
        Target { host: b"127.0.0.1".to_vec(), port: 6379, socket: None }
    }
}

/// As messages and the prompt name it, but for the brackets around an address of version 6.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Some(path) => f.write_str(&String::from_utf8_lossy(path)),
            None => write!(f, "{}:{}", String::from_utf8_lossy(&self.host), self.port),
        }
    }
}

impl Target {
    /// Connects: every address of the name is tried in turn.
    ///
    /// A Unix socket becomes a `TcpStream` too: from here on both are just descriptors.
    ///
    /// # Errors
    /// What the system says about the last address.
    pub fn connect(&self) -> io::Result<TcpStream> {
        if let Some(path) = &self.socket {
            let stream = UnixStream::connect(OsStr::from_bytes(path))?;
            return Ok(TcpStream::from(OwnedFd::from(stream)));
        }
        let host = String::from_utf8_lossy(&self.host);
        let stream = TcpStream::connect((&*host, self.port))?;
        stream.set_nodelay(true)?;
        SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE))?;
        Ok(stream)
    }

    /// The text of the prompt.
    pub fn prompt(&self) -> String {
        match &self.socket {
            Some(_) => format!("redis {self}"),
            None if self.host.contains(&b':') => {
                format!("[{}]:{}", String::from_utf8_lossy(&self.host), self.port)
            }
            None => self.to_string(),
        }
    }
}

/// What the system says about an error, without Rust's addition of its number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}

/// Puts what `redis://user:password@host:port/database` says into the options. What it does not
/// say stays as it is.
///
/// # Errors
/// One line.
pub fn place_of_uri(uri: &[u8], options: &mut Options) -> Result<(), String> {
    let rest = match uri.split_first_chunk::<8>() {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"redis://") => rest,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case(b"rediss:/") => {
            return Err("This redis-cli is respool's, and does not have TLS (rediss://)".to_owned());
        }
        _ => return Err("Invalid URI scheme".to_owned()),
    };
    let rest = match split_at(rest, b'@') {
        Some((user, rest)) => {
            let password = match split_at(user, b':') {
                Some((user, password)) => {
                    options.user = Some(percent_decoded(user)?);
                    password
                }
                None => user,
            };
            options.password = Some(percent_decoded(password)?);
            rest
        }
        None => rest,
    };
    let rest = rest.split(|byte| *byte == b'?').next().unwrap_or(rest);
    let place = match split_at(rest, b'/') {
        Some((place, database)) => {
            if !database.is_empty() {
                options.database = leading_integer(database);
            }
            place
        }
        None => rest,
    };
    // An IPv6 address is written in brackets, because it has colons itself.
    let (host, port) = match place.strip_prefix(b"[").and_then(|rest| split_at(rest, b']')) {
        Some((address, port)) => (address, port.strip_prefix(b":")),
        None => split_at(place, b':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if !host.is_empty() {
        options.target.host = host.to_vec();
    }
    if let Some(port) = port {
        let port = u16::try_from(leading_integer(port));
        options.target.port = port.map_err(|_| "Invalid server port.")?;
    }
    Ok(())
}

/// What is in front of a byte, and what is behind it.
fn split_at(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// `%41` is an `A`.
fn percent_decoded(text: &[u8]) -> Result<Vec<u8>, String> {
    let (mut rest, mut decoded) = (text, Vec::new());
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.ok_or("Illegal character in URI encoding")?);
        rest = &after[2..];
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a URI says, in the order user, password, host, port, database.
    fn said(uri: &str) -> String {
        let mut options = Options::default();
        if let Err(error) = place_of_uri(uri.as_bytes(), &mut options) {
            return error;
        }
        let shown = |text: &Option<Vec<u8>>| match text {
            Some(text) => text.escape_ascii().to_string(),
            None => "-".to_owned(),
        };
        let (user, password) = (shown(&options.user), shown(&options.password));
        let Target { host, port, .. } = &options.target;
        format!("{user} {password} {} {port} {}", host.escape_ascii(), options.database)
    }

    /// Ensures that a URI is read as redis-cli reads it, and addresses of version 6 as well.
    #[test]
    fn uris() {
        for (uri, expected) in [
            ("redis://us%65r:p%40s%ff@h:1/3", "user p@s\\xff h 1 3"),
            ("redis://p%40ss@h", "- p@ss h 6379 0"),
            ("redis://:pw@h:1/", " pw h 1 0"),
            ("redis://h/x", "- - h 6379 0"),
            ("redis://u:@h:7/1?x=y", "u  h 7 1"),
            ("redis://h:7?db=3", "- - h 7 0"),
            ("REDIS://h:7/2", "- - h 7 2"),
            ("redis://a:b:c@h", "a b:c h 6379 0"),
            ("redis://@h", "-  h 6379 0"),
            ("redis://", "- - 127.0.0.1 6379 0"),
            ("redis://:7", "- - 127.0.0.1 7 0"),
            ("redis://[::1]:7/2", "- - ::1 7 2"),
            ("redis://[::1]", "- - ::1 6379 0"),
            ("redis://a%zz@h", "Illegal character in URI encoding"),
            ("redis://a%+1@h", "Illegal character in URI encoding"),
            ("redis://a%4@h", "Illegal character in URI encoding"),
            ("redis://h:70000", "Invalid server port."),
            ("http://h", "Invalid URI scheme"),
            ("redis:h", "Invalid URI scheme"),
        ] {
            assert_eq!(said(uri), expected, "{uri}");
        }
    }
}
