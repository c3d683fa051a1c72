//! Scripts that were sent once and are called by their digest, and the one that is running.
//!
//! Only one script runs at a time, because it holds the keyspace lock. What other threads have to
//! know of it — since when it runs, whether it has written, that it shall end — lies in atomic
//! variables next to that lock, so that SCRIPT KILL and a `-BUSY` need no lock.

use crate::limits;
use crate::script::Program;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// The SHA-1 digest of a source, in forty hexadecimal digits.
pub type Digest = [u8; 40];

/// A script, compiled.
#[derive(Clone)]
pub struct Script {
    /// What is executed.
    pub program: Arc<Program>,
    /// What its first line asks for.
    pub flags: ScriptFlags,
}

/// What `#!lua flags=…` in the first line of a script says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScriptFlags {
    /// `no-writes`: it may only read.
    pub no_writes: bool,
    /// `allow-oom`: it runs although memory is short.
    pub allow_oom: bool,
    /// Whether there was such a line: then the promises are checked before the script begins.
    pub are_declared: bool,
}

/// A script runs while this lives, also if its command panics.
pub struct Running<'a>(&'a Scripts);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running_since_ns.store(0, Relaxed);
    }
}

/// All scripts of the server.
#[derive(Default)]
pub struct Scripts {
    cache: Mutex<Cache>,
    /// Steady nanoseconds of the start of the one that runs, 0 if none does.
    running_since_ns: AtomicU64,
    has_written: AtomicBool,
    shall_end: AtomicBool,
}

#[derive(Default)]
struct Cache {
    scripts: HashMap<Digest, Script, ahash::RandomState>,
    /// Those that came with EVAL, oldest first: they may be forgotten.
    evaluated: VecDeque<Digest>,
}

/// Why a script cannot be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unkillable {
    /// None runs.
    NoneRuns,
    /// It has changed data.
    HasWritten,
}

impl Scripts {
    /// The script with this digest.
    pub fn find(&self, digest: &Digest) -> Option<Script> {
        self.cache.lock().scripts.get(digest).cloned()
    }

    /// Keeps a script that SCRIPT LOAD brought, until SCRIPT FLUSH.
    pub fn load(&self, digest: Digest, script: Script) {
        let mut cache = self.cache.lock();
        cache.evaluated.retain(|other| *other != digest);
        cache.scripts.insert(digest, script);
    }

    /// Keeps a script that EVAL brought, and forgets the oldest of these if they are too many:
    /// applications that build their scripts from text would fill the memory.
    pub fn remember(&self, digest: Digest, script: Script) {
        let mut cache = self.cache.lock();
        if cache.scripts.insert(digest, script).is_none() {
            cache.evaluated.push_back(digest);
        }
        if cache.evaluated.len() > limits::SCRIPTS_EVALUATED_MAX
            && let Some(oldest) = cache.evaluated.pop_front()
        {
            cache.scripts.remove(&oldest);
        }
    }

    /// Forgets all scripts.
    pub fn flush(&self) {
        let forgotten = std::mem::take(&mut *self.cache.lock());
        drop(forgotten);
    }

    /// Number of scripts.
    pub fn len(&self) -> usize {
        self.cache.lock().scripts.len()
    }

    /// Whether there is no script.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A script begins; the caller holds the keyspace lock.
    pub fn begin(&self, now_ns: u64) -> Running<'_> {
        self.has_written.store(false, Relaxed);
        self.shall_end.store(false, Relaxed);
        self.running_since_ns.store(now_ns.max(1), Relaxed);
        Running(self)
    }

    /// The script changes data from now on.
    pub fn mark_written(&self) {
        self.has_written.store(true, Relaxed);
    }

    /// Whether a script runs.
    pub fn is_running(&self) -> bool {
        self.running_since_ns.load(Relaxed) != 0
    }

    /// Whether a script runs for longer than `threshold_ms`: others are refused from then on.
    pub fn is_busy(&self, now_ns: u64, threshold_ms: u64) -> bool {
        let since_ns = self.running_since_ns.load(Relaxed);
        since_ns != 0 && now_ns.saturating_sub(since_ns) >= threshold_ms.saturating_mul(1_000_000)
    }

    /// Whether the script that runs was asked to end.
    pub fn shall_end(&self) -> bool {
        self.shall_end.load(Relaxed)
    }

    /// Asks the script that runs to end.
    ///
    /// # Errors
    /// There is none, or its changes would be half done.
    pub fn kill(&self) -> Result<(), Unkillable> {
        if !self.is_running() {
            return Err(Unkillable::NoneRuns);
        }
        if self.has_written.load(Relaxed) {
            return Err(Unkillable::HasWritten);
        }
        self.shall_end.store(true, Relaxed);
        Ok(())
    }
}
