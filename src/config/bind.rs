//! Addresses to listen on, in the notation of Redis's `bind`: `127.0.0.1 -::1`, `* -::*`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A list of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind(pub Vec<BindAddress>);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindAddress {
    /// The address. Unspecified, it stands for all of its family.
    pub ip: IpAddr,
    /// Whether the server starts without it if it is not to be had, as on a machine without IPv6.
    /// Written with a dash in front.
    pub is_optional: bool,
}

/// The loopback address: whoever wants to be seen by others has to say so.
impl Default for Bind {
    fn default() -> Bind {
        Bind(vec![BindAddress { ip: Ipv4Addr::LOCALHOST.into(), is_optional: false }])
    }
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(text: &str) -> Result<Bind, String> {
        let addresses: Result<Vec<_>, _> = text.split_whitespace().map(str::parse).collect();
        match addresses? {
            none if none.is_empty() => Err("no address to listen on".to_owned()),
            addresses => Ok(Bind(addresses)),
        }
    }
}

impl FromStr for BindAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<BindAddress, String> {
        let address = text.strip_prefix('-');
        let ip = match address.unwrap_or(text) {
            "*" => Ipv4Addr::UNSPECIFIED.into(),
            "::*" => Ipv6Addr::UNSPECIFIED.into(),
            other => other.parse().map_err(|_| format!("'{text}' is not an IP address"))?,
        };
        Ok(BindAddress { ip, is_optional: address.is_some() })
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, address) in self.0.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            let dash = if address.is_optional { "-" } else { "" };
            write!(f, "{space}{dash}{}", address.ip)?;
        }
        Ok(())
    }
}
