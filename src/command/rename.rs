//! `rename-command`: other names for commands, or none at all.
//!
//! A name is given once, before the table is made, and holds for the whole process: what a client
//! may call is a matter of the operator's, not of one connection. The log keeps a request as the
//! client sent it, and a rewritten log has the original names; so the log's reader finds both.

use super::engine::table::{self, Renames};
use super::families;

/// Puts names in force, before the first server is made.
pub fn put_in_force(renames: Renames) {
    table::rename(renames);
}

/// Checks one more pair.
///
/// # Errors
/// In Redis's words: there is no command of the old name, or one of the new name already.
pub fn check(before: &[(Vec<u8>, Vec<u8>)], old: &[u8], new: &[u8]) -> Result<(), String> {
    if !is_taken(before, old) {
        return Err("No such command in rename-command".to_owned());
    }
    let is_own = old.eq_ignore_ascii_case(new);
    if !new.is_empty() && !is_own && is_taken(before, new) {
        return Err("Target command name already exists".to_owned());
    }
    Ok(())
}

/// Whether a command has this name after some were given others.
fn is_taken(before: &[(Vec<u8>, Vec<u8>)], name: &[u8]) -> bool {
    let mut is_taken = families::is_original_name(name);
    for (old, new) in before {
        if old.eq_ignore_ascii_case(name) {
            is_taken = false;
        }
        if !new.is_empty() && new.eq_ignore_ascii_case(name) {
            is_taken = true;
        }
    }
    is_taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a name can be given away, taken over, and not be given twice.
    #[test]
    fn names_are_given_one_after_the_other() {
        let pair = |old: &str, new: &str| (old.as_bytes().to_vec(), new.as_bytes().to_vec());
        let before = [pair("CONFIG", "b840fc02"), pair("keys", ""), pair("GET", "keys")];
        for (old, new, is_right) in [
            ("config", "x", false),
            ("B840FC02", "x", true),
            ("flushall", "", true),
            ("flushall", "set", false),
            ("flushall", "FLUSHALL", true),
            ("keys", "get", true),
            ("nosuch", "", false),
        ] {
            let checked = check(&before, old.as_bytes(), new.as_bytes());
            assert_eq!(checked.is_ok(), is_right, "{old} {new}: {checked:?}");
        }
    }
}
