//! Interned strings: each distinct byte string is stored once and is known by a small index.
//!
//! Interning makes the comparison of strings, and the search for a key in a table, a comparison of
//! integers. The indices of a run are cut into three ranges: names of the environment, constants
//! of the main program, and strings made by the run. The first two are shared by all threads and
//! were hashed when the script was compiled, so that a run starts without touching them.
//!
//! Hashes are keyed at random for each process: a script cannot choose strings that collide.

use std::sync::Arc;

use super::code::Program;
use super::env::Env;
use super::interner::{Interner, State};
use super::value::StrId;

/// The strings that a run can see.
#[derive(Debug)]
pub(super) struct Strings {
    env: Arc<Env>,
    program: Arc<Program>,
    /// First index of the program's strings, and first of the run's own.
    program_base: u32,
    own_base: u32,
    pub own: Interner,
}

impl Strings {
    pub fn new(program: &Arc<Program>) -> Self {
        let env = program.env.clone();
        let program_base = env.strings.items.len() as u32;
        let own_base = program_base + program.strings.items.len() as u32;
        Self { env, program: program.clone(), program_base, own_base, own: Interner::default() }
    }

    #[inline]
    pub fn bytes(&self, id: StrId) -> &[u8] {
        if id.0 >= self.own_base {
            &self.own.items[(id.0 - self.own_base) as usize].bytes
        } else if id.0 >= self.program_base {
            &self.program.strings.items[(id.0 - self.program_base) as usize].bytes
        } else {
            &self.env.strings.items[id.0 as usize].bytes
        }
    }

    pub fn hash(&self, bytes: &[u8]) -> u64 {
        self.env.hasher.hash_one(bytes)
    }

    /// The index of a string that exists already.
    pub fn find(&self, hash: u64, bytes: &[u8]) -> Option<StrId> {
        if let Some(index) = self.own.find(hash, bytes) {
            return Some(StrId(self.own_base + index));
        }
        if let Some(index) = self.program.strings.find(hash, bytes) {
            return Some(StrId(self.program_base + index));
        }
        self.env.strings.find(hash, bytes).map(StrId)
    }

    pub fn insert(&mut self, hash: u64, bytes: Box<[u8]>) -> StrId {
        StrId(self.own_base + self.own.insert(hash, bytes))
    }

    pub fn mark(&mut self, id: StrId) {
        if id.0 >= self.own_base {
            let item = &mut self.own.items[(id.0 - self.own_base) as usize];
            if item.state == State::White {
                item.state = State::Black;
            }
        }
    }
}
