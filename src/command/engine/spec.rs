//! The row of a command: everything that is known about it.
//!
//! A command is one static [`Command`], written directly above its handler. From that row come
//! lookup, arity check, COMMAND and its subcommands, statistics, and the table in the guide.

use crate::aof::Pending;
use crate::command::engine::blocking::Blocking;
use crate::command::engine::key_use::RefineKeys;
use crate::command::engine::{Args, CommandError, Keys, Keyspace, Outcome, Reply, Session};
use crate::resp::parse_integer;
use crate::shared::{Services, Shared};

/// One command: its properties and its handler.
#[derive(Clone, Copy)]
pub struct Command {
    /// Lower case; a subcommand's own name only.
    pub name: &'static str,
    /// Number of arguments, the name included (for a subcommand: both names); if negative, at
    /// least that many.
    pub arity: i32,
    /// Sum of the [`flag`]s.
    pub flags: u32,
    /// Which arguments are keys.
    pub keys: KeyArguments,
    /// What the options of a request change about its keys and their use, if they do.
    pub refine_keys: Option<RefineKeys>,
    /// Redis's command group.
    pub group: &'static str,
    /// The ACL categories of its subject, where they do not follow from the group.
    pub categories: &'static [&'static str],
    /// The Redis version that introduced it.
    pub since: &'static str,
    /// What it costs.
    pub complexity: Complexity,
    /// What it does, in a sentence without a full stop.
    pub summary: &'static str,
    /// The arguments after the name, in Redis's notation.
    pub syntax: &'static str,
    /// A session that a test executes: `> request` lines, each followed by the reply as redis-cli
    /// prints it without a terminal.
    pub example: &'static str,
    /// The function that executes it.
    pub handler: Handler,
    /// The function that executes it without the keyspace, while a script holds that for too long.
    /// Other commands that need the keyspace are refused then.
    pub while_busy: Option<Alone>,
    /// Work for the time before the keyspace lock is taken, if there is any.
    pub prepare: Option<Prepare>,
}

/// What a command costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complexity {
    /// O(1): its duration depends neither on the data nor on a count in the request. Equal ones in
    /// a row are measured together (see [`super::meter`]).
    Constant,
    /// Anything else, in the words of the documentation.
    Other(&'static str),
}

impl Complexity {
    /// As COMMAND DOCS shows it.
    pub fn text(self) -> &'static str {
        match self {
            Complexity::Constant => "O(1)",
            Complexity::Other(text) => text,
        }
    }
}

/// Does what needs no key and may take long, such as compiling a script, and leaves the result
/// where the handler finds it. It runs before the request is admitted, so its errors are those of
/// the handler.
pub type Prepare = fn(&Services, &mut Session, Args<'_>);

/// The function of a command, by what it may access. Only [`Handler::Keys`] and
/// [`Handler::Keyspace`] need the keyspace lock.
#[derive(Clone, Copy)]
pub enum Handler {
    /// The connection or the server, but no key.
    Plain(fn(&mut Context<'_>, Args<'_>, &mut Reply) -> Outcome),
    /// The keys of the client's database.
    Keys(fn(&mut Keys<'_>, Args<'_>, &mut Reply) -> Outcome),
    /// The server as a whole, the keyspace lock included: never while that is held, so never
    /// inside a transaction or a script.
    Server(fn(&Shared, &mut Context<'_>, Args<'_>, &mut Reply) -> Outcome),
    /// The keys of the client's database, and the request may wait until it can be served.
    Blocking(&'static Blocking),
    /// All databases, and the connection or the server as well.
    Keyspace(fn(&mut Context<'_>, &mut Keyspace, Args<'_>, &mut Reply) -> Outcome),
    /// The second argument names the command. Without one the request is an arity error or a call
    /// of the second handler.
    Container(&'static [&'static Command], Option<Alone>),
}

impl Handler {
    /// Whether it works on the keyspace, which has to be locked for it.
    pub fn needs_keyspace(self) -> bool {
        !matches!(self, Handler::Plain(_) | Handler::Server(_) | Handler::Container(_, Some(_)))
    }

    /// Calls a handler that does not need the keyspace, while it is not locked.
    pub(crate) fn call(
        self,
        shared: &Shared,
        context: &mut Context<'_>,
        args: Args<'_>,
        reply: &mut Reply,
    ) -> Outcome {
        match self {
            Handler::Plain(handler) | Handler::Container(_, Some(handler)) => {
                handler(context, args, reply)
            }
            Handler::Server(handler) => handler(shared, context, args, reply),
            // These need it.
            _ => Err(CommandError::new("ERR Command not allowed here")),
        }
    }
}

/// What a container does without a subcommand: a handler that needs no key.
pub type Alone = fn(&mut Context<'_>, Args<'_>, &mut Reply) -> Outcome;

/// What a handler may access apart from the keyspace.
pub struct Context<'a> {
    /// The client's own state.
    pub session: &'a mut Session,
    /// What all threads share apart from the keyspace.
    pub shared: &'a Services,
    /// Unix milliseconds.
    pub now_ms: u64,
    /// The log for changes; `None` during replay, and for a command that does not access the
    /// keyspace.
    pub log: Option<&'a mut Pending>,
}

/// The options of GEORADIUS that name a key for the result.
pub const STORES: [&str; 2] = ["STORE", "STOREDIST"];

/// Which arguments are keys, as COMMAND reports it: first, last (negative: from the end), step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyArguments {
    /// Index of the first key; 0 if there are none.
    pub first: i32,
    /// Index of the last key; -1 is the last argument.
    pub last: i32,
    /// Distance between two keys.
    pub step: i32,
    /// Index of an argument that says how many keys follow it (*numkeys*); 0 if there is none.
    pub count_at: usize,
    /// The word behind which all arguments are keys; the first key is empty then (MIGRATE).
    pub keyword: Option<&'static str>,
    /// Index from which on the words [`STORES`] have a key behind them, which is written; 0 if they
    /// are no options.
    pub stores_from: usize,
    /// A word, looked for from an argument on: half of what follows it are keys (XREAD).
    pub behind: Option<(&'static str, usize)>,
    /// What is done with the keys, in the words of COMMAND's key specifications: with all of them
    /// or, if there are two entries, with the first and with the others. Without an entry it
    /// follows from whether the command writes.
    pub uses: &'static [&'static str],
}

impl KeyArguments {
    /// No keys.
    pub const NONE: KeyArguments = KeyArguments::new(0, 0, 0);
    /// The first argument.
    pub const FIRST: KeyArguments = KeyArguments::new(1, 1, 1);
    /// All arguments.
    pub const ALL: KeyArguments = KeyArguments::new(1, -1, 1);
    /// Every other argument, values in between.
    pub const PAIRS: KeyArguments = KeyArguments::new(1, -1, 2);

    /// Keys from one argument to another.
    pub const fn new(first: i32, last: i32, step: i32) -> KeyArguments {
        let (keyword, behind) = (None, None);
        KeyArguments { first, last, step, count_at: 0, keyword, behind, stores_from: 0, uses: &[] }
    }

    /// The same keys, and those behind the argument at `count_at`, which says how many they are.
    pub const fn counted(self, count_at: usize) -> KeyArguments {
        KeyArguments { count_at, ..self }
    }

    /// The same keys or, behind this word, others in their place.
    pub const fn or_behind(self, keyword: &'static str) -> KeyArguments {
        KeyArguments { keyword: Some(keyword), ..self }
    }

    /// The same keys, and those behind STORE and STOREDIST among the arguments from one on.
    pub const fn or_stored(self, stores_from: usize) -> KeyArguments {
        KeyArguments { stores_from, ..self }
    }

    /// Keys that are the first half of what follows `word`.
    pub const fn behind(word: &'static str, from: usize) -> KeyArguments {
        KeyArguments { behind: Some((word, from)), ..KeyArguments::NONE }
    }

    /// The same keys with a certain use.
    pub const fn used(self, uses: &'static [&'static str]) -> KeyArguments {
        KeyArguments { uses, ..self }
    }

    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self.first == 0 && self.count_at == 0 && self.behind.is_none()
    }

    /// Indices of the keys of a request; of those that are counted none, unless all are there.
    pub fn of(self, args: Args<'_>) -> impl Iterator<Item = usize> {
        let begin = self.count_at + 1;
        let count = args.get(self.count_at).filter(|_| self.count_at > 0);
        let count = count.and_then(parse_integer).and_then(|count| usize::try_from(count).ok());
        let is_there = |count: &usize| *count <= args.len().saturating_sub(begin);
        let end = begin + count.filter(is_there).unwrap_or(0);
        let is_empty = |at: usize| args.get(at).is_some_and(<[u8]>::is_empty);
        let keyword = self.keyword.filter(|_| is_empty(self.first as usize));
        let keyword = keyword.and_then(|word| (0..args.len()).find(|at| args.is(*at, word)));
        let behind = keyword.map_or(0..0, |at| at + 1..args.len());
        let in_place = self.indices(args.len()).filter(move |_| keyword.is_none());
        let options = self.stores_from..args.len().saturating_sub(1);
        let stores = move |at: &usize| STORES.iter().any(|word| args.is(*at, word));
        let stored = options.filter(move |at| self.stores_from > 0 && stores(at)).map(|at| at + 1);
        let counted = in_place.chain(begin..end);
        let found = |(word, from)| (from..args.len()).find(|at| args.is(*at, word));
        let half = self.behind.and_then(found);
        let half = half.map_or(0..0, |at| at + 1..at + 1 + (args.len() - at - 1) / 2);
        counted.chain(behind).chain(stored).chain(half)
    }

    /// Indices of the keys of a request with `len` arguments, without those that are counted.
    pub fn indices(self, len: usize) -> impl Iterator<Item = usize> {
        let last = if self.last < 0 { len as i32 + self.last } else { self.last };
        let indices = (self.first..=last).step_by(self.step.max(1) as usize);
        indices.filter(move |_| self.first > 0).map(|index| index as usize)
    }
}

/// Properties of a command, one bit each, under the names that COMMAND reports.
pub mod flag {
    /// May change the data.
    pub const WRITE: u32 = 1 << 0;
    /// Reads the data and never changes it.
    pub const READONLY: u32 = 1 << 1;
    /// May need more memory.
    pub const DENYOOM: u32 = 1 << 2;
    /// For operators.
    pub const ADMIN: u32 = 1 << 3;
    /// Not for scripts (respool has none; clients look at the flag all the same).
    pub const NOSCRIPT: u32 = 1 << 4;
    /// Served while the data is being loaded.
    pub const LOADING: u32 = 1 << 5;
    /// Served by a stale replica.
    pub const STALE: u32 = 1 << 6;
    /// Takes constant or logarithmic time.
    pub const FAST: u32 = 1 << 7;
    /// Served before AUTH.
    pub const NO_AUTH: u32 = 1 << 8;
    /// Refused inside a transaction.
    pub const NO_MULTI: u32 = 1 << 9;
    /// Served while clients are asynchronously blocked.
    pub const ALLOW_BUSY: u32 = 1 << 10;
    /// Not shown by SLOWLOG.
    pub const SKIP_SLOWLOG: u32 = 1 << 12;
    /// Could harm a busy server; the ACL category of that name, not a flag for COMMAND.
    pub const DANGEROUS: u32 = 1 << 13;

    /// Executes what was queued since MULTI; not reported by COMMAND.
    pub const EXECUTES: u32 = 1 << 20;
    /// Has secret arguments; not reported by COMMAND.
    pub const SECRETS: u32 = 1 << 21;
    /// About channels.
    pub const PUBSUB: u32 = 1 << 22;
    /// Open to a client that has subscribed in RESP2; not reported by COMMAND.
    pub const WHEN_SUBSCRIBED: u32 = 1 << 23;
    /// Waits for the end of a pause of writes, although it changes no key; not reported by COMMAND.
    pub const PAUSED_AS_WRITE: u32 = 1 << 24;
    /// Ends a transaction: served at once although memory is short; not reported by COMMAND.
    pub const ENDS_TRANSACTION: u32 = 1 << 15;
    /// The choice that CLIENT CACHING has made for the next command outlives it and its
    /// subcommands; not reported by COMMAND.
    pub const KEEPS_CACHING: u32 = 1 << 16;
    /// Part of a log although it changes no key; not reported by COMMAND.
    pub const REPLAYED: u32 = 1 << 27;
    /// May have its client wait for what another one does.
    pub const BLOCKING: u32 = 1 << 11;
    /// Its keys cannot be found by first, last and step alone.
    pub const MOVABLE_KEYS: u32 = 1 << 18;
    /// May be called without a key, although it can have some.
    pub const NO_MANDATORY_KEYS: u32 = 1 << 25;
    /// Reported so by Redis, which shows it to monitors in another way.
    pub const SKIP_MONITOR: u32 = 1 << 26;
    /// Executes other commands, which are logged instead of it: a script. Not reported by COMMAND.
    pub const RUNS_COMMANDS: u32 = 1 << 19;
    /// May touch keys that its arguments do not name as keys; not reported by COMMAND.
    pub const UNDECLARED_KEYS: u32 = 1 << 17;
    /// Reads, but may change how a value is stored, and is logged then; not reported by COMMAND.
    pub const MAY_REPLICATE: u32 = 1 << 30;
    /// Executed inside a transaction too, instead of being queued; not reported by COMMAND.
    pub const UNQUEUED: u32 = 1 << 14;

    /// Every argument is a channel to which the client subscribes; not reported by COMMAND.
    pub const SUBSCRIBES: u32 = 1 << 28;
    /// These channels are patterns; not reported by COMMAND.
    pub const SUBSCRIBES_TO_PATTERNS: u32 = 1 << 29;
    /// The first argument is a channel that gets a message; not reported by COMMAND.
    pub const PUBLISHES: u32 = 1 << 31;

    /// The bits that COMMAND reports, under their names.
    pub const NAMES: [(u32, &str); 17] = [
        (WRITE, "write"),
        (READONLY, "readonly"),
        (DENYOOM, "denyoom"),
        (ADMIN, "admin"),
        (PUBSUB, "pubsub"),
        (NOSCRIPT, "noscript"),
        (BLOCKING, "blocking"),
        (LOADING, "loading"),
        (STALE, "stale"),
        (FAST, "fast"),
        (NO_AUTH, "no_auth"),
        (NO_MULTI, "no_multi"),
        (ALLOW_BUSY, "allow_busy"),
        (SKIP_SLOWLOG, "skip_slowlog"),
        (MOVABLE_KEYS, "movablekeys"),
        (NO_MANDATORY_KEYS, "no_mandatory_keys"),
        (SKIP_MONITOR, "skip_monitor"),
    ];
}

impl Command {
    /// A row of which only the mandatory properties are known. Most commands have no key and take
    /// constant time.
    pub const fn named(name: &'static str, arity: i32, flags: u32, since: &'static str) -> Command {
        Command::of_group("").row(name, arity, flags, since)
    }

    /// The beginning of the rows of a group: a family completes it with what its rows have in
    /// common, and makes each of them with [`Command::row`].
    pub const fn of_group(group: &'static str) -> Command {
        Command {
            name: "",
            arity: 0,
            flags: 0,
            keys: KeyArguments::NONE,
            refine_keys: None,
            group,
            categories: &[],
            since: "",
            complexity: Complexity::Constant,
            summary: "",
            syntax: "",
            example: "",
            handler: Handler::Container(&[], None),
            while_busy: None,
            prepare: None,
        }
    }

    /// A row with what `self` has, and `flags` in addition.
    pub const fn row(
        self,
        name: &'static str,
        arity: i32,
        flags: u32,
        since: &'static str,
    ) -> Command {
        Command { name, arity, flags: self.flags | flags, since, ..self }
    }

    /// Whether the row has all of `flags`.
    pub fn has(&self, flags: u32) -> bool {
        self.flags & flags == flags
    }

    /// Whether a request may have `len` arguments.
    pub fn takes(&self, len: usize) -> bool {
        let len = len as i32;
        if self.arity >= 0 { len == self.arity } else { len >= -self.arity }
    }

    /// Whether it reads or changes the data.
    pub fn accesses_keys(&self) -> bool {
        self.flags & (flag::READONLY | flag::WRITE) != 0
    }

    /// Calls the handler while the keyspace is locked.
    pub(crate) fn invoke(
        &self,
        context: &mut Context<'_>,
        keyspace: &mut Keyspace,
        args: Args<'_>,
        reply: &mut Reply,
    ) -> Outcome {
        match self.handler {
            Handler::Plain(handler) | Handler::Container(_, Some(handler)) => {
                handler(context, args, reply)
            }
            // What waited is logged as what it led to.
            Handler::Server(_) | Handler::Blocking(_) => {
                Err(CommandError::new("ERR Command not allowed here"))
            }
            Handler::Keys(handler) => {
                let (db, quiet) = (context.session.db(), context.session.no_touch());
                handler(&mut keyspace.keys(db, context.now_ms, quiet), args, reply)
            }
            Handler::Keyspace(handler) => handler(context, keyspace, args, reply),
            Handler::Container(_, None) => Err(CommandError::arity(self.name)),
        }
    }

    /// The subcommands; none for most.
    pub fn subcommands(&self) -> &'static [&'static Command] {
        match self.handler {
            Handler::Container(subcommands, _) => subcommands,
            _ => &[],
        }
    }
}
