//! Random requests: valid ones, edge cases, and wrong ones of every kind.
//!
//! Few keys, so that types collide. Deadlines are hours away or long past, never in between:
//! nothing may expire in one server and not yet in the other.

use crate::connection::Request;
use crate::random::Random;

/// The keys of all requests, but for damaged ones.
const KEYS: [&[u8]; 9] = [
    b"a",
    b"b",
    b"c",
    b"n",
    b"h",
    b"",
    b"a key of more than twenty-two bytes",
    b"\x00\xff\r\n",
    b"twenty-two bytes long!",
];

/// Writes requests.
pub struct Generator {
    random: Random,
}

impl Generator {
    /// The requests of `seed`.
    pub fn new(seed: u64) -> Generator {
        Generator { random: Random::new(seed) }
    }

    /// The next `len` requests or a few more.
    ///
    /// DBSIZE counts keys whose deadline has passed until something removes them, and when that
    /// is, is every server's own affair. So all keys are looked up before they are counted.
    pub fn episode(&mut self, len: usize) -> Vec<Request> {
        let mut requests = Vec::with_capacity(len);
        while requests.len() < len {
            let request = self.request();
            if request[0].eq_ignore_ascii_case(b"DBSIZE") {
                let names = KEYS.iter().map(|key| key.to_vec());
                requests.push(std::iter::once(b"EXISTS".to_vec()).chain(names).collect());
            }
            requests.push(request);
        }
        requests
    }

    /// The next request.
    fn request(&mut self) -> Request {
        let mut request = match self.random.below(20) {
            0..=3 => self.set(),
            4..=6 => self.string(),
            7..=9 => self.counter(),
            10..=12 => self.hash(),
            13..=15 => self.expire(),
            16..=17 => self.generic(),
            18 => self.connection(),
            // These are as they should be; damaged, some would ask for what must differ.
            _ => return self.rare(),
        };
        if self.random.once_in(30) {
            self.damage(&mut request);
        }
        if self.random.once_in(4) {
            request[0].make_ascii_lowercase();
        }
        request
    }

    /// Takes an argument away, doubles one, or puts an arbitrary one in its place.
    fn damage(&mut self, request: &mut Request) {
        let at = self.random.below(request.len());
        match self.random.below(4) {
            0 if at > 0 => {
                request.remove(at);
            }
            1 => request.insert(at, request[at].clone()),
            2 => request.push(self.value()),
            _ if at > 0 => request[at] = self.value(),
            _ => request.truncate(1),
        }
    }

    fn words(&mut self, words: &[&str]) -> Request {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    fn key(&mut self) -> Vec<u8> {
        self.random.pick(&KEYS).to_vec()
    }

    fn value(&mut self) -> Vec<u8> {
        match self.random.below(9) {
            0 => self.number(),
            1 => Vec::new(),
            5 => b"\xfe\xff\xc3\xa9".to_vec(),
            2 => b"\x00\x01\xfe\xff\r\n\"'\\".to_vec(),
            3 => vec![b'v'; 36 + self.random.below(6)],
            4 => vec![b'w'; 4_090 + self.random.below(12)],
            _ => format!("value {}", self.random.below(100)).into_bytes(),
        }
    }

    /// A number, or what looks like one.
    fn number(&mut self) -> Vec<u8> {
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
            "9223372036854775",
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

    fn set(&mut self) -> Request {
        let mut request = vec![b"SET".to_vec(), self.key(), self.value()];
        while self.random.once_in(2) && request.len() < 9 {
            let option = self.random.pick(&[
                "NX", "XX", "GET", "KEEPTTL", "EX", "PX", "EXAT", "PXAT", "ex", "nonsense", "get",
            ]);
            request.push(option.into());
            let time = match option {
                "EX" | "ex" => self.time(1_000, 0),
                "PX" => self.time(1, 0),
                "EXAT" => self.time(1_000, Generator::BASE_MS),
                "PXAT" => self.time(1, Generator::BASE_MS),
                _ => continue,
            };
            if !self.random.once_in(20) {
                request.push(time);
            }
        }
        request
    }

    fn string(&mut self) -> Request {
        match self.random.below(4) {
            0..=1 => vec![b"GET".to_vec(), self.key()],
            2 => self.several("MGET", 1),
            _ => self.several("MSET", 2),
        }
    }

    fn several(&mut self, name: &str, each: usize) -> Request {
        let mut request = vec![name.as_bytes().to_vec()];
        for _ in 0..=self.random.below(4) {
            request.push(self.key());
            (1..each).for_each(|_| request.push(self.value()));
        }
        request
    }

    fn counter(&mut self) -> Request {
        let key = self.key();
        match self.random.below(6) {
            0 => vec![b"INCR".to_vec(), key],
            1 => vec![b"DECR".to_vec(), key],
            2 => vec![b"INCRBY".to_vec(), key, self.number()],
            3 => vec![b"DECRBY".to_vec(), key, self.number()],
            _ => vec![b"SET".to_vec(), key, self.number()],
        }
    }

    fn field(&mut self) -> Vec<u8> {
        let fields: [&[u8]; 6] =
            [b"f", b"g", b"", b"\x00", b"field", b"a field of some length at all"];
        self.random.pick(&fields).to_vec()
    }

    fn hash(&mut self) -> Request {
        let key = if self.random.once_in(2) { b"h".to_vec() } else { self.key() };
        match self.random.below(7) {
            0..=2 => {
                let mut request = vec![b"HSET".to_vec(), key];
                for _ in 0..=self.random.below(3) {
                    request.extend([self.field(), self.value()]);
                }
                request
            }
            3 => vec![b"HGET".to_vec(), key, self.field()],
            4 => vec![b"HGETALL".to_vec(), key],
            _ => {
                let mut request = vec![b"HDEL".to_vec(), key];
                (0..=self.random.below(2)).for_each(|_| request.push(self.field()));
                request
            }
        }
    }

    fn expire(&mut self) -> Request {
        let key = self.key();
        let (name, unit, base_ms) = match self.random.below(8) {
            0 => ("EXPIRE", 1_000, 0),
            1 => ("PEXPIRE", 1, 0),
            2 => ("EXPIREAT", 1_000, Generator::BASE_MS),
            3 => ("PEXPIREAT", 1, Generator::BASE_MS),
            4..=5 => return vec![b"TTL".to_vec(), key],
            6 => return vec![b"PTTL".to_vec(), key],
            _ => return vec![b"PERSIST".to_vec(), key],
        };
        let mut request = vec![name.into(), key, self.time(unit, base_ms)];
        while self.random.once_in(3) {
            request.push(self.random.pick(&["NX", "XX", "GT", "LT", "gt", "nonsense"]).into());
        }
        request
    }

    fn generic(&mut self) -> Request {
        match self.random.below(8) {
            0 => self.several("DEL", 1),
            1 => vec![b"DEL".to_vec(), self.key()],
            2..=3 => self.several("EXISTS", 1),
            4..=5 => vec![b"TYPE".to_vec(), self.key()],
            _ => self.words(&["DBSIZE"]),
        }
    }

    fn connection(&mut self) -> Request {
        match self.random.below(8) {
            0 => self.words(&["PING"]),
            1 => vec![b"PING".to_vec(), self.value()],
            2 => vec![b"ECHO".to_vec(), self.value()],
            3 => self.words(&["SELECT", "0"]),
            4 => {
                let index = self.random.below(18).to_string();
                self.words(&["SELECT", &index])
            }
            5 => vec![b"SELECT".to_vec(), self.number()],
            6 => self.words(&["HELLO", "2"]),
            _ => self.words(&["HELLO", "3"]),
        }
    }

    /// What is seldom sent, or wrong from the beginning.
    fn rare(&mut self) -> Request {
        let lines = [
            "FLUSHDB",
            "FLUSHDB ASYNC",
            "FLUSHDB SYNC",
            "FLUSHDB now",
            "FLUSHALL now",
            "FLUSHALL ASYNC SYNC",
            "HELLO 1",
            "HELLO 4",
            "HELLO 3 nonsense",
            "HELLO 2 SETNAME",
            "HELLO 2 AUTH default",
            "HELLO 2 AUTH nobody x",
            "AUTH",
            "AUTH x",
            "AUTH default x",
            "AUTH nobody x",
            "AUTH a b c",
            "RESET",
            "RESET x",
            "CONFIG GET databases",
            "CONFIG GET nonsense",
            "CONFIG GET",
            "CONFIG nonsense",
            "CONFIG",
            "CLIENT",
            "COMMAND x",
            "CLIENT nonsense x",
            "CLIENT GETNAME",
            "CLIENT SETNAME me",
            "CLIENT SETNAME",
            "CLIENT KILL 127.0.0.1:1",
            "CLIENT KILL ID x",
            "CLIENT KILL TYPE x",
            "CLIENT REPLY x",
            "CLIENT KILL SKIPME x",
            "CLIENT LIST TYPE x",
            "CLIENT LIST ID x",
            "CLIENT LIST x",
            "CLIENT NO-EVICT x",
            "CLIENT NO-EVICT on",
            "COMMAND INFO nonsense",
            "COMMAND COUNT x",
            "COMMAND GETKEYS MSET a 1 b 2",
            "COMMAND GETKEYS nonsense a b",
            "COMMAND LIST x",
            "COMMAND GETKEYS SET k v NX",
            "COMMAND DOCS nonsense",
            "COMMAND LIST FILTERBY x y",
            "COMMAND LIST FILTERBY MODULE x",
            "nonsense",
            "nonsense a b c",
            "TIME x",
            "INFO nonsense",
            "DEBUG",
            "DEBUG SLEEP 0",
            "DBSIZE x",
        ];
        let line = self.random.pick(&lines);
        let mut request = self.words(&line.split(' ').collect::<Vec<_>>());
        if line.starts_with("nonsense") && self.random.once_in(2) {
            request.push(vec![b'x'; self.random.below(200)]);
            request.push(self.value());
        }
        request
    }
}
