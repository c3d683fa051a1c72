//! A word for every placeholder of a command's syntax: likely ones, odd ones, wrong ones.
//!
//! Few keys, so that types collide. Deadlines are hours away or long past, never in between:
//! nothing may expire in one server and not yet in the other.

use crate::commands::Generator;
use respool::command::families;

/// The keys of all requests, but for damaged ones.
pub const KEYS: [&[u8]; 18] = [
    b"a",
    b"b",
    b"c",
    b"n",
    b"h",
    b"",
    b"a key of more than twenty-two bytes",
    b"\x00\xff\r\n",
    b"twenty-two bytes long!",
    b"s",
    b"t",
    b"l",
    b"m",
    b"p",
    b"x",
    b"y",
    b"z",
    b"w",
];

/// A sorted set whose members all have the score 0; see [`is_by_bytes`].
pub const ONE_SCORE: &[u8] = b"o";

/// Whether a command goes by the order of bytes, which is defined only if all scores are the same.
fn is_by_bytes(command: &[&str]) -> bool {
    command[0].ends_with("lex") || command[0] == "zlexcount"
}

/// The group of a command.
fn group_of(name: &str) -> &'static str {
    let row = families::rows().iter().find(|row| row.command.name == name);
    row.map_or("", |row| row.command.group)
}

impl Generator {
    /// A word for the placeholder `name` in the syntax of `command`.
    ///
    /// # Panics
    /// If no word is defined for this placeholder.
    pub fn word(&mut self, command: &[&str], name: &str) -> Vec<u8> {
        let is_ordered = group_of(command[0]) == "sorted-set";
        match name {
            "key" if is_by_bytes(command) => ONE_SCORE.to_vec(),
            "min" | "max" if is_by_bytes(command) => self.bytes_bound(),
            "min" | "max" => self.score_bound(),
            "start" | "stop" if command[0] == "zrange" => match self.random.below(3) {
                0 => self.score_bound(),
                _ => self.place(),
            },
            "increment" | "score" if is_ordered => self.score(),
            "weight" => self.pick(&["1", "1", "-1", "0", "2", "inf", "x", "nan"]),
            "offset" if is_ordered => self.place(),
            "src" | "dst" => self.key_for(command),
            "value" if command == ["setbit"] => self.bit(),
            "key" | "key1" | "key2" | "newkey" | "source" | "destination" | "destkey"
            | "sourcekey" => self.key_for(command),
            "value" | "message" => self.value(),
            "field" => self.field(),
            "member" | "element" | "pivot" | "member1" | "member2" => self.member(),
            // No two places are equally far away, or their order would be open.
            "longitude" => self.decimal(200.0),
            "latitude" => self.decimal(90.0),
            "radius" | "width" | "height" => {
                let exponent = self.random.below(8) as i32 - 1;
                self.decimal(10.0_f64.powi(exponent)).into_iter().filter(|it| *it != b'-').collect()
            }
            "numkeys" => self.pick(&["1", "1", "2", "2", "3", "0", "-1", "x"]),
            "limit" | "num-matches" | "len" => self.pick(&["0", "1", "2", "5", "-1", "x"]),
            "rank" => self.pick(&["1", "1", "-1", "2", "-2", "3", "0", "x"]),
            "index" | "stop" => self.place(),
            "increment" | "decrement" => self.number(),
            "seconds" => self.time(1_000, 0),
            "milliseconds" => self.time(1, 0),
            "unix-time-seconds" => self.time(1_000, Generator::BASE_MS),
            "unix-time-milliseconds" => self.time(1, Generator::BASE_MS),
            "offset" if command[0] == "bitfield" && self.random.once_in(3) => {
                format!("#{}", self.random.below(20)).into_bytes()
            }
            "offset" => self.offset(),
            "bit" => self.bit(),
            "encoding" => self.encoding(),
            "start" | "end" | "min-match-len" => self.place(),
            "index1" | "index2" | "db" | "destination-db" => self.database(),
            "pattern" => self.pattern(),
            "cursor" => self.pick(&["0", "0", "0", "0", "", "-0", "+0", "x", "0x", " 0", "-"]),
            // The smallest number is an error since 7.2; before, it removed everything.
            "count" if command == ["lrem"] => (self.random.below(9) as i64 - 4).to_string().into(),
            "count" if !command[0].ends_with("scan") => self.place(),
            "count" => self.pick(&["1000", "1000", "1000000", "1", "0", "-1", "x"]),
            "type" => self.pick(&["string", "hash", "HASH", "list", "nonsense", ""]),
            _ => panic!("what does '{name}' of {command:?} look like?"),
        }
    }

    /// A decimal number on either side of zero, seldom something else.
    fn decimal(&mut self, max: f64) -> Vec<u8> {
        match self.random.below(40) {
            0 => self.pick(&["x", "", "nan", "1e400", "inf", "-1"]),
            _ => {
                let share = self.random.below(2_000_001) as f64 / 1_000_000.0 - 1.0;
                format!("{:.7}", share * max).into_bytes()
            }
        }
    }

    fn pick(&mut self, words: &[&str]) -> Vec<u8> {
        self.random.pick(words).into()
    }

    /// A key, but none of a HyperLogLog: Redis does not notice all damage that commands on strings
    /// do to one.
    pub fn key(&mut self) -> Vec<u8> {
        self.random.pick(&KEYS[..16]).to_vec()
    }

    /// A key that is likely to hold what the command works on: types collide often enough.
    pub fn key_for(&mut self, command: &[&str]) -> Vec<u8> {
        // The first four keys are rather for hashes, the last nine for other types.
        let group = group_of(command[0]);
        let rather = match group {
            "hash" => &KEYS[..4],
            "set" => &KEYS[9..11],
            "list" => &KEYS[11..13],
            "sorted-set" => &KEYS[13..15],
            "geo" => &KEYS[15..16],
            "hyperloglog" => &KEYS[16..],
            _ => &KEYS[4..9],
        };
        match self.random.below(6) {
            0 if ["string", "bitmap"].contains(&group) => self.key(),
            0 if group != "hyperloglog" => self.random.pick(&KEYS).to_vec(),
            _ => self.random.pick(rather).to_vec(),
        }
    }

    pub fn field(&mut self) -> Vec<u8> {
        let fields: [&[u8]; 6] =
            [b"f", b"g", b"", b"\x00", b"field", b"a field of some length at all"];
        self.random.pick(&fields).to_vec()
    }

    /// Few, so that sets have some in common; words, and numbers of all sizes.
    pub fn member(&mut self) -> Vec<u8> {
        let odd: [&[u8]; 6] = [b"", b"01", b"-0", b"9223372036854775807", b"\x00\xff", b"a b"];
        match self.random.below(12) {
            0 => self.random.pick(&odd).to_vec(),
            1 => self.value(),
            2..=6 => (self.random.below(20) as i64 - 5).to_string().into(),
            _ => vec![b'a' + self.random.below(8) as u8],
        }
    }

    pub fn value(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0 => self.number(),
            1 => Vec::new(),
            2 => b"\x00\x01\xfe\xff\r\n\"'\\".to_vec(),
            3 => b"\xfe\xff\xc3\xa9".to_vec(),
            4 => vec![b'v'; 36 + self.random.below(6)],
            5 => vec![b'e'; 42 + self.random.below(5)],
            6 => vec![b'l'; 62 + self.random.below(5)],
            7 if self.random.once_in(8) => vec![b'w'; 4_090 + self.random.below(12)],
            8 => (0..self.random.below(30)).map(|_| b"abc"[self.random.below(3)]).collect(),
            _ => format!("value {}", self.random.below(100)).into_bytes(),
        }
    }

    /// Something for a place where something else is expected. A small number might be taken for a
    /// time, and a key that expires in between tells the servers apart.
    pub fn odd(&mut self) -> Vec<u8> {
        let value = self.value();
        let is_number = value.iter().all(|byte| b"-+0123456789".contains(byte));
        if is_number { self.pick(&["-1", "0", "9223372036854775807", "-"]) } else { value }
    }

    /// A database: one of three that are used, or one that is not there.
    pub fn database(&mut self) -> Vec<u8> {
        let odd = ["15", "16", "-1", "x", "", "99999999999", "2147483648", "01"];
        match self.random.below(8) {
            0 => self.pick(&odd),
            1..=4 => b"0".to_vec(),
            _ => self.random.below(3).to_string().into(),
        }
    }

    /// Multiples of a half: since 7.2 other fractions are printed with fewer digits.
    pub fn score(&mut self) -> Vec<u8> {
        match self.random.below(16) {
            0 => self.pick(&["inf", "-inf", "+inf", "nan", "x", "", "1e2", "1.50", " 1", "-"]),
            _ => {
                // A minus zero is printed as such by Redis, and is no score of its own here.
                let half_steps = self.random.below(24) as i64 - 8;
                (half_steps as f64 / 2.0).to_string().into()
            }
        }
    }

    /// One end of a range of scores.
    fn score_bound(&mut self) -> Vec<u8> {
        match self.random.below(8) {
            0 => self.pick(&["-inf", "+inf", "(inf", "(-inf", "(", "nan", "(nan", "x", "", "[1"]),
            1..=2 => [b"(".to_vec(), self.score()].concat(),
            _ => self.score(),
        }
    }

    /// One end of a range of members.
    fn bytes_bound(&mut self) -> Vec<u8> {
        match self.random.below(8) {
            0 => self.pick(&["x", "", "(", "[", "++", "-x"]),
            1 => b"-".to_vec(),
            2 => b"+".to_vec(),
            3..=4 => [b"(".to_vec(), self.member()].concat(),
            _ => [b"[".to_vec(), self.member()].concat(),
        }
    }

    /// A small number on either side of zero.
    fn place(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0 => self.number(),
            _ => (self.random.below(50) as i64 - 25).to_string().into(),
        }
    }

    fn bit(&mut self) -> Vec<u8> {
        match self.random.below(20) {
            0 => self.pick(&["2", "-1", "x", "", "01"]),
            _ => self.pick(&["0", "1"]),
        }
    }

    /// An offset in a string: near the beginning, or beyond the end of any string. Offsets in
    /// between would make strings of half a gibibyte.
    fn offset(&mut self) -> Vec<u8> {
        let odd = ["4294967296", "9223372036854775807", "-1", "x", "", "01", "#", "#-1", "#x"];
        match self.random.below(40) {
            0 => self.pick(&odd),
            _ => self.random.below(300).to_string().into(),
        }
    }

    fn encoding(&mut self) -> Vec<u8> {
        let odd = ["u64", "i65", "u0", "i0", "x8", "u", "8", "U8", "i+8", "i08", "", "i", "i8x"];
        match self.random.below(40) {
            0 => self.pick(&odd),
            1..=20 => format!("i{}", 1 + self.random.below(64)).into_bytes(),
            _ => format!("u{}", 1 + self.random.below(63)).into_bytes(),
        }
    }

    fn pattern(&mut self) -> Vec<u8> {
        self.pick(&["*", "*", "?", "a*", "[a-c]", "[^a]", "*e*", "\\a", "", "f", "[", "[a-", "a\\"])
    }

    /// A number, or what looks like one.
    pub fn number(&mut self) -> Vec<u8> {
        let odd = [
            "0",
            "-1",
            "9223372036854775807",
            "9223372036854775806",
            "-9223372036854775808",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "1.5",
            "1e3",
            "+1",
            " 1",
            "1 ",
            "-0",
            "007",
            "",
            "0x10",
            "nan",
            "-",
        ];
        match self.random.below(3) {
            0 => self.random.pick(&odd).into(),
            _ => (self.random.below(2_000) as i64 - 1_000).to_string().into(),
        }
    }

    /// A time that is hours away in `unit`s (1: milliseconds, 1000: seconds) from `base`, or one
    /// that has passed, or none at all.
    fn time(&mut self, unit: u64, base_ms: u64) -> Vec<u8> {
        match self.random.below(8) {
            // Not twice the same: which of two equal times is later would be a matter of luck.
            0 if self.random.once_in(4) => {
                format!("92233720{:08}", self.random.below(100_000_000)).into_bytes()
            }
            0 => self.number_that_never_comes(),
            1 => b"-1".to_vec(),
            2 => b"0".to_vec(),
            3 if base_ms > 0 => b"1".to_vec(),
            _ => {
                let ms = 10_000_000 + self.random.next() % 1_000_000_000_000;
                ((base_ms + ms) / unit).to_string().into()
            }
        }
    }

    fn number_that_never_comes(&mut self) -> Vec<u8> {
        let odd = [
            "9223372036854775807",
            "9223372036854776",
            "-9223372036854775808",
            "-9223372036854775",
            "9223372036854775808",
            "1.5",
            "x",
            "",
            " 5",
        ];
        self.random.pick(&odd).into()
    }

    /// Unix milliseconds from which absolute times are counted: in 2040, a constant, so that the
    /// same seed writes the same requests.
    const BASE_MS: u64 = 2_208_988_800_000;
}
