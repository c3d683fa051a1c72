//! Random requests on streams: options stand in front of what they belong to, and ids have to rise,
//! so they are not made from the syntax alone.
//!
//! Nothing that shows the time is sent: ids are given, and neither idle times nor moments are asked
//! for. What differs from Debian's Redis on purpose, the fields that 7.2 has added to XINFO, is not
//! asked for either.

use crate::commands::Generator;
use crate::connection::Request;

/// Keys that are rather streams.
const KEYS: [&[u8]; 3] = [b"x", b"y", b"s"];

const IDS: [&str; 12] =
    ["-", "+", "$", ">", "x", "0", "0-0", "5", "1-*", "007-1", " 3-1", "18446744073709551615-1"];

impl Generator {
    /// A request on a stream.
    pub fn stream(&mut self) -> Request {
        let mut request = match self.random.below(24) {
            0..=8 => self.xadd(),
            9 => self.split("XTRIM", &["KEY", "TRIM"]),
            10 | 11 => self.split("XDEL", &["KEY", "ID", "ID", "ID"]),
            12 => self.split("XSETID", &["KEY", "ID", "?ENTRIESADDED N", "?MAXDELETEDID ID"]),
            13 => self.split("XRANGE", &["KEY", "END", "END", "?COUNT N"]),
            14 => self.split("XREVRANGE", &["KEY", "END", "END", "?COUNT N"]),
            15 => self.split("XREAD", &["?COUNT N", "STREAMS", "KEY", "ID"]),
            16 => {
                let create = ["CREATE", "KEY", "GROUP", "ID", "?MKSTREAM", "?ENTRIESREAD N"];
                self.split("XGROUP", &create)
            }
            17 => self.group(),
            18 | 19 => {
                let of_group = ["GROUP", "GROUP", "CONSUMER", "?COUNT N", "?NOACK", "STREAMS"];
                let mut request = self.split("XREADGROUP", &of_group[1..]);
                request.insert(1, b"GROUP".to_vec());
                request.push(self.stream_key());
                request.push(if self.random.once_in(3) { self.id() } else { b">".to_vec() });
                request
            }
            20 => self.split("XACK", &["KEY", "GROUP", "ID", "ID"]),
            21 => {
                let claim = ["KEY", "GROUP", "CONSUMER", "0", "ID", "ID", "?FORCE", "?JUSTID"];
                let mut request = self.split("XCLAIM", &claim);
                request.extend(self.split("?", &["?RETRYCOUNT N", "?LASTID ID"]).split_off(1));
                request
            }
            22 => self.split(
                "XAUTOCLAIM",
                &["KEY", "GROUP", "CONSUMER", "0", "END", "?COUNT N", "?JUSTID"],
            ),
            _ => self.look_at_stream(),
        };
        if self.random.once_in(40) {
            request.pop();
        }
        request
    }

    /// Writes a request; a part with a question mark is left out most times.
    fn split(&mut self, name: &str, parts: &[&str]) -> Request {
        let mut request = vec![name.as_bytes().to_vec()];
        for part in parts {
            let is_optional = part.starts_with('?');
            if is_optional && !self.random.once_in(4) {
                continue;
            }
            for word in part.trim_start_matches('?').split(' ') {
                match word {
                    "KEY" => request.push(self.stream_key()),
                    "ID" => request.push(self.id()),
                    "END" => {
                        let mut id = self.id();
                        if self.random.once_in(3) {
                            id.insert(0, b'(');
                        }
                        request.push(id);
                    }
                    "GROUP" => request.push(self.random.pick(&["g", "g", "h", "none"]).into()),
                    "CONSUMER" => request.push(self.random.pick(&["ada", "bob", ""]).into()),
                    "N" => {
                        let numbers = ["0", "1", "2", "5", "100", "-1", "x"];
                        request.push(self.random.pick(&numbers).into());
                    }
                    "TRIM" => self.trim(&mut request),
                    word => request.push(word.as_bytes().to_vec()),
                }
            }
        }
        request
    }

    fn stream_key(&mut self) -> Vec<u8> {
        if self.random.once_in(8) { self.key() } else { self.random.pick(&KEYS).to_vec() }
    }

    fn id(&mut self) -> Vec<u8> {
        match self.random.below(8) {
            0 => self.random.pick(&IDS).into(),
            _ => format!("{}-{}", self.random.below(60), self.random.below(3)).into_bytes(),
        }
    }

    fn trim(&mut self, request: &mut Request) {
        let is_length = self.random.once_in(2);
        request.push(if is_length { b"MAXLEN".to_vec() } else { b"MINID".to_vec() });
        match self.random.below(3) {
            0 => {}
            1 => request.push(b"=".to_vec()),
            _ => request.push(b"~".to_vec()),
        }
        request.push(match is_length {
            true => self.random.below(60).to_string().into_bytes(),
            false => self.id(),
        });
        if self.random.once_in(5) {
            let limit = self.random.pick(&["0", "5", "100", "-1"]);
            request.extend([b"LIMIT".to_vec(), limit.into()]);
        }
    }

    /// Adds an entry behind all others, or tries to add one in between.
    fn xadd(&mut self) -> Request {
        let mut request = self.split("XADD", &["KEY", "?NOMKSTREAM"]);
        if self.random.once_in(4) {
            self.trim(&mut request);
        }
        request.push(if self.random.once_in(4) {
            self.id()
        } else {
            format!("{}-*", 1 + self.random.below(60)).into_bytes()
        });
        for _ in 0..=self.random.below(2) {
            request.extend([self.field(), self.value()]);
        }
        request
    }

    fn group(&mut self) -> Request {
        match self.random.below(4) {
            0 => self.split("XGROUP", &["DESTROY", "KEY", "GROUP"]),
            1 => self.split("XGROUP", &["SETID", "KEY", "GROUP", "ID", "?ENTRIESREAD N"]),
            2 => self.split("XGROUP", &["CREATECONSUMER", "KEY", "GROUP", "CONSUMER"]),
            _ => self.split("XGROUP", &["DELCONSUMER", "KEY", "GROUP", "CONSUMER"]),
        }
    }

    fn look_at_stream(&mut self) -> Request {
        match self.random.below(4) {
            0 => self.split("XINFO", &["STREAM", "KEY"]),
            1 => self.split("XINFO", &["GROUPS", "KEY"]),
            2 => self.split("XPENDING", &["KEY", "GROUP"]),
            _ => self.split("XLEN", &["KEY"]),
        }
    }
}
