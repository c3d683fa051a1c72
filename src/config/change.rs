//! CONFIG SET: several directives, all of them or none.
//!
//! [`Config::changed`] makes a new configuration out of the old one; the caller puts it in force as
//! a whole or drops it. A directive that names a file which is written is protected: a password
//! for the data must not become a pen for the disk.

use super::directive::{Change, Directive};
use super::directives;
use super::settings::Config;
use super::shape::Moment;

/// Why CONFIG SET changes nothing: the whole text of its reply.
pub type Refusal = Vec<u8>;

/// The text of CONFIG SET's error.
pub fn failed(directive: &str, reason: &str) -> Refusal {
    quoting(directive.as_bytes(), reason)
}

fn quoting(directive: &[u8], reason: &str) -> Refusal {
    let before = b"ERR CONFIG SET failed (possibly related to argument '";
    [before, directive, b"') - ", reason.as_bytes()].concat()
}

impl Config {
    /// This configuration with the directives of `pairs`, names and values, changed for a client
    /// on this machine or on another one.
    ///
    /// # Errors
    /// The whole text of CONFIG SET's error, about the first thing that is wrong.
    pub fn changed(&self, pairs: &[(&[u8], &[u8])], is_local: bool) -> Result<Config, Refusal> {
        let mut found: Vec<(&Directive, &str, &[u8])> = Vec::new();
        let mut problem = None;
        for (name, value) in pairs {
            let Some(directive) = directives::find(name) else {
                // As in Redis, a wrong name is reported only if there was no error before it.
                let text = b"ERR Unknown option or number of arguments for CONFIG SET - '";
                problem.get_or_insert([text, *name, b"'"].concat());
                continue;
            };
            let is_repeated = found.iter().any(|(other, ..)| other.name == directive.name);
            let may_protected = self.enable_protected_configs.allows(is_local);
            let reason = match directive.change {
                Change::Immutable => "can't set immutable config",
                Change::Protected if !may_protected => "can't set protected config",
                _ if is_repeated => "duplicate parameter",
                _ => {
                    found.push((directive, directive.called(name), value));
                    continue;
                }
            };
            problem.get_or_insert_with(|| quoting(name, reason));
        }
        if let Some(problem) = problem {
            return Err(problem);
        }
        let mut config = self.clone();
        for (directive, name, value) in found {
            // Unlike in a file, a list is parted by single spaces.
            let words: Vec<&[u8]> = match directive.is_list() {
                true if value.is_empty() => Vec::new(),
                true => value.split(|byte| *byte == b' ').collect(),
                false => vec![value],
            };
            directive
                .set(&mut config, &words, Moment::Running)
                .map_err(|reason| failed(name, &reason))?;
            // A password that was changed is no longer that of the file.
            if directive.name == "requirepass" {
                config.requirepass_file = None;
            }
        }
        Ok(config)
    }
}
