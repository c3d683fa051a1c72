//! The keys of a request and what is done with each: read, changed, replaced or removed.
//!
//! A row says which arguments are keys and, in the words of COMMAND's key specifications, how they
//! are used. For some commands the options of a request decide; their rows have a function for
//! that. COMMAND GETKEYS and the rules about users rely on the result.

use crate::command::engine::{Args, Command, KeyArguments, flag};

/// A key of a request and what is done with it, in the words of COMMAND's key specifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// The index of the argument.
    pub at: usize,
    /// The words.
    pub uses: &'static str,
}

/// Adds keys that options name, or replaces what is done with a key.
pub type RefineKeys = fn(Args<'_>, &mut Vec<KeyUse>);

impl Command {
    /// What is done with its keys unless its row says otherwise.
    pub fn usual_key_use(&self) -> &'static str {
        if self.has(flag::WRITE) { "RW access update" } else { "RO access" }
    }

    /// The keys of a request and what is done with each.
    pub fn key_uses(&self, args: Args<'_>) -> Vec<KeyUse> {
        let KeyArguments { count_at, stores_from, uses, .. } = self.keys;
        let usual = self.usual_key_use();
        let (first, others) = match *uses {
            [] => (usual, usual),
            ["not_key"] => return Vec::new(),
            [all] => (all, all),
            [first, others, ..] => (first, others),
        };
        // With counted keys, all others are used like the first one.
        let fixed = self.keys.indices(args.len()).count();
        let use_of = |(number, at): (usize, usize)| {
            if stores_from > 0 && at >= stores_from {
                return KeyUse { at, uses: "OW update" };
            }
            let is_first = number == 0 && fixed > 0 || count_at > 0 && number < fixed;
            KeyUse { at, uses: if is_first { first } else { others } }
        };
        let indices = self.keys.of(args).filter(|at| *at < args.len());
        let mut found = indices.enumerate().map(use_of).collect();
        self.refine_keys.into_iter().for_each(|refine| refine(args, &mut found));
        found
    }
}
