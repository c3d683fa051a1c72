//! Random requests: valid ones, edge cases, and wrong ones of every kind.
//!
//! They are made from the command table: from each row's syntax, with a word for every
//! placeholder (see `words`), so that a new command is compared as soon as it has a row. Options
//! come in any order, come twice and exclude each other; arguments are damaged.

use crate::connection::Request;
use crate::random::Random;
use crate::words::KEYS;
use respool::command::engine::syntax::Argument;
use respool::command::engine::{flag, syntax, table};
use respool::command::families;

/// Groups of the commands that work on data.
const GROUPS: [&str; 10] = [
    "string",
    "bitmap",
    "hyperloglog",
    "hash",
    "list",
    "set",
    "sorted-set",
    "geo",
    "generic",
    "transactions",
];

/// Commands of these groups that work on nothing but wait.
const WAITING_COMMANDS: [&str; 2] = ["wait", "waitaof"];

/// Commands of these groups that Debian's Redis does not have, and options that it does not know:
/// sending them would make the data differ.
const NEWER_COMMANDS: [&str; 13] = [
    "delifeq",
    "hexpire",
    "hpexpire",
    "hexpireat",
    "hpexpireat",
    "httl",
    "hpttl",
    "hexpiretime",
    "hpexpiretime",
    "hpersist",
    "hgetdel",
    "hgetex",
    "hsetex",
];

/// Commands that change the data by lot, whose payloads differ, whose order of equals is open, that
/// take Redis a second or need another server. PFDEBUG is logged by Redis, but its watchers see no
/// change.
const NOT_COMPARED: [&str; 8] =
    ["spop", "restore", "dump", "sort", "sort_ro", "pfselftest", "pfdebug", "migrate"];

const NEWER_OPTIONS: [&str; 3] = ["IFEQ", "NOVALUES", "WITHSCORE"];

/// Options whose numbers Debian's Redis shows with more digits.
const LONGER_OPTIONS: [&str; 1] = ["STOREDIST"];

/// One request in so many is an LCS that may take Redis some milliseconds.
const LCS_ONCE_IN: usize = 8;

/// A command, and what its syntax says.
struct Template {
    /// One word, or two with the subcommand.
    name: Vec<&'static str>,
    arguments: Vec<Argument>,
}

/// Writes requests.
pub struct Generator {
    pub(crate) random: Random,
    templates: Vec<Template>,
    /// Whether MULTI was sent, and no EXEC or DISCARD that must have ended it.
    pub(crate) is_queueing: bool,
    /// Whether WATCH was sent, and no EXEC that must have ended it.
    is_watching: bool,
}

impl Generator {
    /// The requests of `seed`.
    pub fn new(seed: u64) -> Generator {
        let (is_queueing, is_watching) = (false, false);
        Generator { random: Random::new(seed), templates: templates(), is_queueing, is_watching }
    }

    /// The next `len` requests or a few more, and then some that look at everything there is.
    ///
    /// DBSIZE counts keys whose deadline has passed until something removes them, and when that
    /// is, is every server's own affair. So all keys are looked up before they are counted.
    pub fn episode(&mut self, len: usize) -> Vec<Request> {
        let mut requests = Vec::with_capacity(len);
        (self.is_queueing, self.is_watching) = (false, false);
        while requests.len() < len {
            if self.random.once_in(20) && !self.is_queueing {
                requests.extend(self.watched());
            }
            let request = self.request();
            if request[0].eq_ignore_ascii_case(b"DBSIZE") {
                let names = KEYS.iter().map(|key| key.to_vec());
                requests.push(std::iter::once(b"EXISTS".to_vec()).chain(names).collect());
            }
            requests.push(request);
        }
        requests.extend(look_at_everything());
        requests
    }

    /// One request between WATCH and EXEC: does it count as a change of the key?
    fn watched(&mut self) -> [Request; 5] {
        let mut watch = words("WATCH");
        watch.push(self.key());
        self.is_watching = true;
        let mut request = self.any();
        while ["MULTI", "EXEC", "DISCARD", "DBSIZE"].iter().any(|it| request[0] == it.as_bytes()) {
            request = self.any();
        }
        self.is_watching = false;
        [watch, request, words("MULTI"), words("PING"), words("EXEC")]
    }

    /// The next request.
    fn request(&mut self) -> Request {
        if self.is_queueing && self.random.once_in(8) {
            self.is_queueing = false;
            return words(if self.random.once_in(5) { "DISCARD" } else { "EXEC" });
        }
        let mut request = match self.random.below(24) {
            // What there is to work on.
            0..=3 => self.seed(),
            4 => self.connection(),
            5 if self.random.once_in(2) => return self.rare(),
            _ => self.any(),
        };
        // A transaction with a damaged request in it ends in nothing.
        if self.random.once_in(if self.is_queueing { 150 } else { 30 }) {
            self.damage(&mut request);
        }
        self.is_queueing |= request[0].eq_ignore_ascii_case(b"MULTI");
        self.is_watching |= request[0].eq_ignore_ascii_case(b"WATCH");
        if self.random.once_in(4) {
            request[0].make_ascii_lowercase();
        }
        request
    }

    /// Sets what the other commands find: short strings, numbers, hashes.
    fn seed(&mut self) -> Request {
        match self.random.below(8) {
            0 => vec![b"SET".to_vec(), self.key_for(&["set"]), self.number()],
            1 => vec![b"SET".to_vec(), self.key_for(&["set"]), self.value()],
            2 => vec![b"SADD".to_vec(), self.key_for(&["sadd"]), self.member(), self.member()],
            3 => vec![b"RPUSH".to_vec(), self.key_for(&["rpush"]), self.member(), self.member()],
            4 => vec![b"ZADD".to_vec(), self.key_for(&["zadd"]), self.score(), self.member()],
            // All members of this one have one score, so that their bytes decide their order.
            5 => {
                let (first, second) = (self.member(), self.member());
                let words = ["ZADD", "o", "0"].map(|word| word.as_bytes().to_vec());
                words.into_iter().chain([first, b"0".to_vec(), second]).collect()
            }
            _ => {
                let mut request = vec![b"HSET".to_vec(), self.key_for(&["hset"])];
                for _ in 0..=self.random.below(3) {
                    request.extend([self.field(), self.value()]);
                }
                request
            }
        }
    }

    /// A request of any command that works on data.
    fn any(&mut self) -> Request {
        if self.random.once_in(8) {
            return self.stream();
        }
        let templates = std::mem::take(&mut self.templates);
        let mut at = self.random.below(templates.len());
        while templates[at].name == ["lcs"] && !self.random.once_in(LCS_ONCE_IN) {
            at = self.random.below(templates.len());
        }
        let request = self.fill(&templates[at]);
        self.templates = templates;
        request
    }

    /// A request made from a template.
    fn fill(&mut self, template: &Template) -> Request {
        let upper = |name: &&str| name.to_uppercase().into_bytes();
        let mut request: Request = template.name.iter().map(upper).collect();
        if template.name[0].starts_with("bitfield") {
            request.push(self.key());
            self.bitfield_operations(&mut request);
            return request;
        }
        let mut options = Vec::new();
        for argument in &template.arguments {
            if !argument.is_optional {
                self.write(&template.name, argument, &mut request);
                continue;
            }
            let mut odds = 2;
            while self.random.once_in(odds) {
                let mut option = Vec::new();
                self.write(&template.name, argument, &mut option);
                options.push(option);
                // The same option again, or one that excludes it.
                odds = 8;
            }
        }
        while !options.is_empty() {
            let at = self.random.below(options.len());
            request.extend(options.swap_remove(at));
        }
        request
    }

    /// Writes one argument, which is not left out: whether it is was decided before.
    fn write(&mut self, command: &[&str], argument: &Argument, request: &mut Request) {
        let times = if argument.is_multiple { 1 + self.random.below(3) } else { 1 };
        for _ in 0..times {
            request.extend(argument.token.as_ref().map(|token| token.clone().into_bytes()));
            match argument.kind {
                "pure-token" => {}
                "oneof" => {
                    let at = self.random.below(argument.arguments.len());
                    self.write(command, &argument.arguments[at], request);
                }
                "block" => {
                    for part in &argument.arguments {
                        if !part.is_optional || self.random.once_in(2) {
                            self.write(command, part, request);
                        }
                    }
                }
                _ => {
                    let word = self.word(command, &argument.name);
                    request.push(word);
                }
            }
        }
    }

    /// BITFIELD's little language: operations in any number and order.
    fn bitfield_operations(&mut self, request: &mut Request) {
        while !self.random.once_in(4) && request.len() < 30 {
            let operation = self.random.pick(&["GET", "GET", "SET", "SET", "INCRBY", "OVERFLOW"]);
            request.push(operation.into());
            if operation == "OVERFLOW" {
                // To Redis a string that grew although the operation failed is no change: neither
                // for its watchers, nor for its log. respool does not imitate that.
                let fail = if self.is_watching { "fall" } else { "FAIL" };
                request.push(self.random.pick(&["WRAP", "SAT", fail, "sat", "none"]).into());
                continue;
            }
            request.push(self.word(&["bitfield"], "encoding"));
            request.push(self.word(&["bitfield"], "offset"));
            if operation != "GET" {
                let number = self.number();
                // Redis would saturate the smallest number at the upper end of the range.
                let is_smallest = number == b"-9223372036854775808";
                request.push(if is_smallest { b"-4611686018427387904".to_vec() } else { number });
            }
        }
    }

    /// Takes an argument away, doubles one, or puts an arbitrary one in its place.
    fn damage(&mut self, request: &mut Request) {
        // The order by bytes is defined for one score only, which other keys do not have.
        let is_by_bytes = |word: &Vec<u8>| word.to_ascii_uppercase().ends_with(b"LEX");
        if request.iter().any(is_by_bytes) {
            return request.push(self.odd());
        }
        let at = self.random.below(request.len());
        match self.random.below(4) {
            // Without its first argument a request has another key: one that would not be looked
            // up before keys are counted.
            0 if at > 1 => {
                request.remove(at);
            }
            1 => request.insert(at, request[at].clone()),
            2 => request.push(self.odd()),
            _ if at == 1 => request[at] = self.key(),
            _ if at > 0 => request[at] = self.odd(),
            _ => request.truncate(1),
        }
    }
}

/// All commands that work on data.
fn templates() -> Vec<Template> {
    let rows = families::rows().iter().filter(|row| {
        let command = row.command;
        let is_data =
            GROUPS.contains(&command.group) || ["dbsize", "usage"].contains(&command.name);
        let is_known = !NEWER_COMMANDS.contains(&command.name) && command.name != "help";
        let is_data = is_data && !WAITING_COMMANDS.contains(&command.name);
        let is_data =
            is_data && !command.has(flag::BLOCKING) && !NOT_COMPARED.contains(&command.name);
        is_data && is_known && command.subcommands().is_empty()
    });
    let templates = rows.map(|row| {
        let container = row.container.map(|container| table::command(container).name);
        let mut arguments = syntax::arguments(row.command.syntax);
        // By bytes, ranges are compared with the commands that do nothing else.
        let is_range = row.command.name.starts_with("zrange");
        let by_bytes: &[&str] = if is_range { &["BYLEX"] } else { &[] };
        let left_out = [&NEWER_OPTIONS[..], &LONGER_OPTIONS[..], by_bytes].concat();
        forget_options(&mut arguments, &left_out);
        Template { name: container.into_iter().chain([row.command.name]).collect(), arguments }
    });
    templates.collect()
}

fn forget_options(arguments: &mut Vec<Argument>, left_out: &[&str]) {
    let is_left_out = |argument: &Argument| {
        argument.token.as_deref().is_some_and(|token| left_out.contains(&token))
    };
    arguments.retain(|argument| !is_left_out(argument));
    arguments.iter_mut().for_each(|argument| forget_options(&mut argument.arguments, left_out));
}

/// A request as it would be typed; nothing in it needs quotes.
pub fn words(line: &str) -> Request {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// Requests that show all data, once more and from other sides than the commands before.
pub fn look_at_everything() -> Vec<Request> {
    // Whatever was being queued, is not.
    let mut requests = vec![words("RESET")];
    for db in 0..3 {
        requests.push(words(&format!("SELECT {db}")));
        for key in KEYS {
            for question in
                ["TYPE", "OBJECT ENCODING", "PTTL", "GET", "HGETALL", "SMEMBERS", "LLEN", "ZCARD"]
            {
                let mut request = words(question);
                request.push(key.to_vec());
                requests.push(request);
            }
            let mut request = words("ZRANGE key 0 -1 WITHSCORES");
            request[1] = key.to_vec();
            requests.push(request);
        }
        requests.push(words("ZRANGE o 0 -1 WITHSCORES"));
        requests.push(words("DBSIZE"));
        requests.push(words("KEYS *"));
    }
    requests
}
