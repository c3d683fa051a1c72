//! Where to listen: `port`, and `bind` in Redis's notation, as in `127.0.0.1 -::1` or `localhost`.

use super::words::integer;
use crate::limits;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::str::FromStr;

/// A list of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind(pub Vec<BindAddress>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindAddress {
    /// An address, or the name of a host, as it was given.
    pub host: String,
    /// Whether the server starts without it if it cannot be had, as on a machine without IPv6.
    /// Written with a dash in front.
    pub is_optional: bool,
}

/// The loopback address: access from other machines has to be configured.
impl Default for Bind {
    fn default() -> Bind {
        Bind(vec![BindAddress { host: Ipv4Addr::LOCALHOST.to_string(), is_optional: false }])
    }
}

impl BindAddress {
    /// The addresses that it stands for; a name may have several. `*` is all of IPv4, `::*` all of
    /// IPv6.
    ///
    /// # Errors
    /// There is no host of this name.
    pub fn addresses(&self) -> io::Result<Vec<IpAddr>> {
        match self.host.as_str() {
            "*" => Ok(vec![Ipv4Addr::UNSPECIFIED.into()]),
            "::*" => Ok(vec![Ipv6Addr::UNSPECIFIED.into()]),
            host => {
                let mut found: Vec<IpAddr> = Vec::new();
                for address in (host, 0).to_socket_addrs()? {
                    if !found.contains(&address.ip()) {
                        found.push(address.ip());
                    }
                }
                Ok(found)
            }
        }
    }
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(text: &str) -> Result<Bind, String> {
        Bind::of_words(&text.split_whitespace().map(str::as_bytes).collect::<Vec<_>>())
    }
}

impl Bind {
    /// Reads a list.
    ///
    /// # Errors
    /// In Redis's words.
    pub fn of_words(words: &[&[u8]]) -> Result<Bind, String> {
        if words.len() > limits::BIND_ADDRESSES_MAX {
            return Err("Too many bind addresses specified.".to_owned());
        }
        // A single empty word is no address at all.
        let words = if words == [b""] { &[] } else { words };
        words.iter().map(|word| BindAddress::of_word(word)).collect::<Result<_, _>>().map(Bind)
    }
}

impl BindAddress {
    fn of_word(word: &[u8]) -> Result<BindAddress, String> {
        let not_a_host = || format!("'{}' is not an address or a name", word.escape_ascii());
        let text = std::str::from_utf8(word).map_err(|_| not_a_host())?;
        let host = text.strip_prefix('-').unwrap_or(text);
        let is_in_host = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_*%".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_in_host) {
            return Err(not_a_host());
        }
        Ok(BindAddress { host: host.to_owned(), is_optional: text.starts_with('-') })
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, address) in self.0.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            let dash = if address.is_optional { "-" } else { "" };
            write!(f, "{space}{dash}{}", address.host)?;
        }
        Ok(())
    }
}

/// Where TCP clients come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Port {
    /// Nowhere: only a Unix socket is served.
    #[default]
    Closed,
    /// A port that the system chooses, which Redis cannot be asked for. Its line in the log says
    /// which one it chose.
    Any,
    /// This one.
    At(u16),
}

impl Port {
    /// The number to ask the system for; none if no TCP is wanted.
    pub fn number(self) -> Option<u16> {
        match self {
            Port::Closed => None,
            Port::Any => Some(0),
            Port::At(number) => Some(number),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Any => f.write_str("any"),
            port => port.number().unwrap_or(0).fmt(f),
        }
    }
}

impl Port {
    /// Reads one word.
    ///
    /// # Errors
    /// In Redis's words.
    pub fn of_word(word: &[u8]) -> Result<Port, String> {
        if word.eq_ignore_ascii_case(b"any") {
            return Ok(Port::Any);
        }
        let number = integer(word).ok_or("argument couldn't be parsed into an integer")?;
        let out_of_bounds = |_| "argument must be between 0 and 65535 inclusive".to_owned();
        match u16::try_from(number).map_err(out_of_bounds)? {
            0 => Ok(Port::Closed),
            number => Ok(Port::At(number)),
        }
    }
}
