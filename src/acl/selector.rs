//! A selector: a set of commands, with the keys and channels that they may touch.
//!
//! The set is a bit per command, so that a check is one test. Next to it the rules about commands
//! are kept as they were given, because ACL LIST shows them (Redis 7.2; earlier versions computed
//! shorter ones from the bits). A later rule replaces an earlier one about the same command or its
//! subcommands; both forms are therefore bounded by the number of commands and categories, except
//! for first arguments (`+select|0`).

use super::catalogue;
use super::error::{RuleError, has_space};
use crate::limits;
use crate::text::glob;

/// What is done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Access {
    /// Its value is read.
    pub reads: bool,
    /// It is written to or removed.
    pub writes: bool,
}

impl Access {
    const ALL: Access = Access { reads: true, writes: true };

    /// Whether this permission is enough for `needed`.
    fn covers(self, needed: Access) -> bool {
        self.reads >= needed.reads && self.writes >= needed.writes
    }
}

/// A key or a channel in a request.
#[derive(Debug, Clone, Copy)]
pub struct Touched<'a> {
    /// The index of the argument.
    pub at: usize,
    /// Its bytes.
    pub name: &'a [u8],
    /// What is done with a key.
    pub access: Access,
    /// Whether it is a pattern of channels, which must be permitted literally.
    pub is_pattern: bool,
}

/// A request, as far as rules are concerned.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// The number of the command.
    pub command: usize,
    /// Whether the command is open to clients that have not authenticated: then to every user.
    pub is_open: bool,
    /// The argument after the command's name or its subcommand's.
    pub first_argument: Option<&'a [u8]>,
    /// Its keys.
    pub keys: Vec<Touched<'a>>,
    /// Its channels.
    pub channels: Vec<Touched<'a>>,
}

/// Why a request is refused, in ascending order of precedence: the selector that came furthest
/// gives the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    /// The command.
    Command,
    /// The key in this argument.
    Key(usize),
    /// The channel in this argument.
    Channel(usize),
}

/// A pattern of keys and what may be done with them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeyPattern {
    pattern: Box<[u8]>,
    access: Access,
}

const WORDS: usize = limits::COMMANDS_MAX.div_ceil(64);

/// A set of commands, keys and channels.
#[derive(Debug, Clone)]
pub struct Selector {
    commands: [u64; WORDS],
    /// Whether every command is permitted, so that no bit has to be tested.
    has_all_commands: bool,
    /// Whether the rules begin with all commands or with none.
    begins_with_all: bool,
    /// The rules about commands after that, each with its sign, in the order in which they count.
    rules: Vec<Vec<u8>>,
    /// Commands that are permitted with a certain first argument only.
    first_arguments: Vec<(usize, Vec<u8>)>,
    has_all_keys: bool,
    keys: Vec<KeyPattern>,
    has_all_channels: bool,
    channels: Vec<Vec<u8>>,
}

impl Selector {
    /// A selector that permits nothing, except for all channels if they are wanted.
    pub fn new(has_all_channels: bool) -> Selector {
        Selector {
            commands: [0; WORDS],
            has_all_commands: false,
            begins_with_all: false,
            rules: Vec::new(),
            first_arguments: Vec::new(),
            has_all_keys: false,
            keys: Vec::new(),
            has_all_channels,
            channels: Vec::new(),
        }
    }

    /// Whether it permits everything.
    pub fn is_unrestricted(&self) -> bool {
        self.has_all_commands && self.has_all_keys && self.has_all_channels
    }

    /// Whether it permits every key to be read, by whatever name.
    pub fn reads_all_keys(&self) -> bool {
        let is_all = |key: &KeyPattern| *key.pattern == *b"*" && key.access.reads;
        self.has_all_keys || self.keys.iter().any(is_all)
    }

    /// Whether it permits every channel.
    pub fn permits_all_channels(&self) -> bool {
        self.has_all_channels
    }

    /// Whether a channel, or literally a pattern of channels, is permitted.
    pub fn permits_channel(&self, name: &[u8], is_pattern: bool) -> bool {
        let fits = |pattern: &Vec<u8>| match is_pattern {
            true => pattern == name,
            false => glob::matches(pattern, name),
        };
        self.has_all_channels || self.channels.iter().any(fits)
    }

    /// Checks a request.
    ///
    /// # Errors
    /// The first part of it that is not permitted.
    pub fn check(&self, request: &Request<'_>) -> Result<(), Denied> {
        if !self.permits_command(request) {
            return Err(Denied::Command);
        }
        let is_denied = |key: &&Touched<'_>| !self.permits_key(key);
        if let Some(key) = request.keys.iter().find(is_denied) {
            return Err(Denied::Key(key.at));
        }
        let is_denied = |c: &&Touched<'_>| !self.permits_channel(c.name, c.is_pattern);
        match request.channels.iter().find(is_denied) {
            Some(channel) => Err(Denied::Channel(channel.at)),
            None => Ok(()),
        }
    }

    fn permits_command(&self, request: &Request<'_>) -> bool {
        let fits = |(command, word): &(usize, Vec<u8>)| {
            let argument = request.first_argument;
            *command == request.command
                && argument.is_some_and(|argument| argument.eq_ignore_ascii_case(word))
        };
        self.has_all_commands
            || request.is_open
            || self.has(request.command)
            || self.first_arguments.iter().any(fits)
    }

    fn permits_key(&self, key: &Touched<'_>) -> bool {
        let fits = |own: &KeyPattern| {
            own.access.covers(key.access) && glob::matches(&own.pattern, key.name)
        };
        self.has_all_keys || self.keys.iter().any(fits)
    }

    fn has(&self, command: usize) -> bool {
        self.commands.get(command / 64).is_some_and(|word| word >> (command % 64) & 1 == 1)
    }

    /// Applies one rule.
    ///
    /// # Errors
    /// It is no rule, or contradicts an earlier one; nothing is changed then.
    pub fn apply(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        match rule.to_ascii_lowercase().as_slice() {
            b"allkeys" | b"~*" => self.reset_keys(true),
            b"resetkeys" => self.reset_keys(false),
            b"allchannels" | b"&*" => self.reset_channels(true),
            b"resetchannels" => self.reset_channels(false),
            b"allcommands" | b"+@all" => self.reset_commands(true),
            b"nocommands" | b"-@all" => self.reset_commands(false),
            _ => return self.apply_sign(rule),
        }
        Ok(())
    }

    /// Applies a rule that is not one of the fixed words: its first character says what it is
    /// about.
    fn apply_sign(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        match rule {
            [b'~' | b'%', ..] if self.has_all_keys => Err(RuleError::KeysAfterAll),
            [b'~', pattern @ ..] => self.add_keys(pattern, Access::ALL),
            [b'%', rest @ ..] => {
                let (access, pattern) = permission(rest).ok_or(RuleError::Syntax)?;
                self.add_keys(pattern, access)
            }
            [b'&', pattern @ ..] => self.add_channels(pattern),
            [sign @ (b'+' | b'-'), b'@', name @ ..] => self.apply_category(*sign == b'+', name),
            [b'+', name @ ..] if name.contains(&b'|') => self.add_subcommand(name),
            [sign @ (b'+' | b'-'), name @ ..] => {
                let command = catalogue::find(name).ok_or(RuleError::Unknown)?;
                self.set(command, *sign == b'+');
                self.remember(*sign, catalogue::commands()[command].name.as_bytes());
                Ok(())
            }
            _ => Err(RuleError::Syntax),
        }
    }

    fn reset_keys(&mut self, all: bool) {
        self.has_all_keys = all;
        self.keys.clear();
    }

    fn reset_channels(&mut self, all: bool) {
        self.has_all_channels = all;
        self.channels.clear();
    }

    fn reset_commands(&mut self, all: bool) {
        self.commands = [if all { u64::MAX } else { 0 }; WORDS];
        self.has_all_commands = all;
        self.begins_with_all = all;
        self.rules.clear();
        self.first_arguments.clear();
    }

    fn add_keys(&mut self, pattern: &[u8], access: Access) -> Result<(), RuleError> {
        if has_space(pattern) {
            return Err(RuleError::Syntax);
        }
        match self.keys.iter_mut().find(|own| *own.pattern == *pattern) {
            Some(KeyPattern { access: own, .. }) => {
                own.reads |= access.reads;
                own.writes |= access.writes;
            }
            None => self.keys.push(KeyPattern { pattern: pattern.into(), access }),
        }
        Ok(())
    }

    fn add_channels(&mut self, pattern: &[u8]) -> Result<(), RuleError> {
        if self.has_all_channels {
            return Err(RuleError::ChannelsAfterAll);
        }
        if has_space(pattern) {
            return Err(RuleError::Syntax);
        }
        if !self.channels.iter().any(|own| own == pattern) {
            self.channels.push(pattern.to_vec());
        }
        Ok(())
    }

    fn apply_category(&mut self, is_allowed: bool, name: &[u8]) -> Result<(), RuleError> {
        let bit = catalogue::category(name).ok_or(RuleError::Unknown)?;
        for (command, facts) in catalogue::commands().iter().enumerate() {
            if facts.categories & bit != 0 {
                self.set(command, is_allowed);
            }
        }
        let sign = if is_allowed { b'+' } else { b'-' };
        self.remember(sign, &[b"@", name].concat());
        Ok(())
    }

    /// `+config|get`, or `+select|0` for a command without subcommands.
    fn add_subcommand(&mut self, name: &[u8]) -> Result<(), RuleError> {
        let bar = name.iter().rposition(|byte| *byte == b'|').ok_or(RuleError::Syntax)?;
        let (command, argument) = (&name[..bar], &name[bar + 1..]);
        let command = catalogue::find(command).ok_or(RuleError::Unknown)?;
        let facts = &catalogue::commands()[command];
        if facts.is_subcommand {
            return Err(RuleError::FirstArgumentOfSubcommand);
        }
        if argument.is_empty() {
            return Err(RuleError::Syntax);
        }
        if facts.subcommands.is_empty() {
            let known = |(c, word): &(usize, Vec<u8>)| *c == command && *word == argument;
            if !self.first_arguments.iter().any(known) {
                self.first_arguments.push((command, argument.to_vec()));
            }
        } else {
            let subcommand = catalogue::find(name).ok_or(RuleError::Unknown)?;
            self.set(subcommand, true);
        }
        self.remember(b'+', name);
        Ok(())
    }

    /// Permits or forbids a command with all its subcommands.
    fn set(&mut self, command: usize, is_allowed: bool) {
        let subcommands = catalogue::commands()[command].subcommands.clone();
        for number in std::iter::once(command).chain(subcommands) {
            let Some(word) = self.commands.get_mut(number / 64) else { continue };
            let bit = 1 << (number % 64);
            *word = if is_allowed { *word | bit } else { *word & !bit };
        }
        self.has_all_commands &= is_allowed;
        self.first_arguments.retain(|(other, _)| *other != command);
    }

    /// Keeps a rule about commands in its notation, instead of earlier ones about the same command
    /// or its subcommands.
    fn remember(&mut self, sign: u8, name: &[u8]) {
        let name = name.to_ascii_lowercase();
        let is_about_it = |rule: &Vec<u8>| {
            let rest = rule[1..].strip_prefix(&name[..]);
            rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'|')
        };
        self.rules.retain(|rule| !is_about_it(rule));
        self.rules.push([&[sign], &name[..]].concat());
    }

    /// The rules about commands: `-@all +get`.
    pub fn command_rules(&self) -> Vec<u8> {
        let base = if self.begins_with_all { &b"+@all"[..] } else { b"-@all" };
        let rules = self.rules.iter().map(Vec::as_slice);
        std::iter::once(base).chain(rules).collect::<Vec<_>>().join(&b' ')
    }

    /// The patterns of keys: `~a* %R~b*`.
    pub fn key_rules(&self) -> Vec<u8> {
        if self.has_all_keys {
            return b"~*".to_vec();
        }
        let rule = |key: &KeyPattern| {
            let sign = match (key.access.reads, key.access.writes) {
                (true, false) => &b"%R~"[..],
                (false, true) => b"%W~",
                _ => b"~",
            };
            [sign, &key.pattern].concat()
        };
        self.keys.iter().map(rule).collect::<Vec<_>>().join(&b' ')
    }

    /// The patterns of channels: `&news &chat.*`.
    pub fn channel_rules(&self) -> Vec<u8> {
        if self.has_all_channels {
            return b"&*".to_vec();
        }
        let rule = |pattern: &Vec<u8>| [b"&", &pattern[..]].concat();
        self.channels.iter().map(rule).collect::<Vec<_>>().join(&b' ')
    }

    /// All rules, so that they make the same selector again out of a new one.
    pub fn describe(&self) -> Vec<u8> {
        let mut parts = vec![self.key_rules()];
        if !self.has_all_channels {
            parts.push(b"resetchannels".to_vec());
        }
        parts.extend([self.channel_rules(), self.command_rules()]);
        parts.retain(|part| !part.is_empty());
        parts.join(&b' ')
    }
}

/// What is between `%` and the pattern: `R~`, `W~`, or both letters in any order and case.
fn permission(rule: &[u8]) -> Option<(Access, &[u8])> {
    let mut access = Access::default();
    for (at, byte) in rule.iter().enumerate() {
        match byte.to_ascii_uppercase() {
            b'R' if !access.reads => access.reads = true,
            b'W' if !access.writes => access.writes = true,
            b'~' if access != Access::default() => return Some((access, &rule[at + 1..])),
            _ => return None,
        }
    }
    // As in Redis, the pattern may be missing: it matches the empty key only.
    (access != Access::default()).then_some((access, &[]))
}
