//! Settings that are one of several words.

use super::value::{Setting, Value};
use crate::log::Level;
use crate::policy::Policy;

/// Fields that are one of several words.
macro_rules! words {
    ($type:ty, $all:expr, $missing:expr) => {
        impl Setting for $type {
            fn value(&self) -> Value {
                let name = $all.iter().find(|(_, known)| known == self).map(|(name, _)| *name);
                Value::Word(name.unwrap_or(""))
            }

            fn of(value: Value) -> Result<$type, String> {
                let Value::Word(word) = value else { return Err("no such word".to_owned()) };
                let found = $all.iter().find(|(name, _)| *name == word);
                found.map(|(_, known)| *known).ok_or_else(|| $missing(word))
            }
        }
    };
}
words!(Fsync, Fsync::NAMES, no_such);
words!(Level, Level::NAMES, no_such);
words!(Policy, Policy::NAMES, no_such);
words!(Allowed, Allowed::NAMES, no_such);
words!(Supervisor, Supervisor::NAMES, no_such);

fn no_such(word: &str) -> String {
    format!("respool has no '{word}'")
}

/// When the log is synced to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fsync {
    /// Before a write is answered.
    Always,
    /// Once in an interval.
    #[default]
    Everysec,
    /// When the kernel likes to.
    No,
}

impl Fsync {
    /// The policies under Redis's names.
    pub const NAMES: [(&str, Fsync); 3] =
        [("always", Fsync::Always), ("everysec", Fsync::Everysec), ("no", Fsync::No)];
}

/// Who may do something that could harm the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Allowed {
    /// No client.
    #[default]
    No,
    /// Every client.
    Yes,
    /// Clients on this machine.
    Local,
}

impl Allowed {
    /// The answers under Redis's names.
    pub const NAMES: [(&str, Allowed); 3] =
        [("no", Allowed::No), ("yes", Allowed::Yes), ("local", Allowed::Local)];

    /// Whether a client may, which is on this machine or is not.
    pub fn allows(self, is_local: bool) -> bool {
        self == Allowed::Yes || self == Allowed::Local && is_local
    }
}

/// The program that started this one and wants to know when it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Supervisor {
    /// There is none.
    #[default]
    No,
    /// systemd, or one that speaks its protocol.
    Systemd,
    /// systemd, if the environment says so.
    Auto,
    /// Ubuntu's former one, which has to be asked for nothing.
    Upstart,
}

impl Supervisor {
    /// The programs under Redis's names.
    pub const NAMES: [(&str, Supervisor); 4] = [
        ("upstart", Supervisor::Upstart),
        ("systemd", Supervisor::Systemd),
        ("auto", Supervisor::Auto),
        ("no", Supervisor::No),
    ];
}
