//! Scripts that were sent once and are called by their digest, and the one that is running.
//!
//! A script is compiled before the keyspace lock is taken, so three places know it: the cache of
//! the server, the [`Memo`] of the session that sent it last, and, if it is not Lua, a short list
//! of texts that were refused.
//!
//! Only one script runs at a time, because it holds the keyspace lock. What other threads have to
//! know of it — since when it runs, whether it has written, that it shall end — lies in atomic
//! variables next to that lock, so that SCRIPT KILL and a `-BUSY` need no lock.

use crate::error::CommandError;
use crate::limits;
use crate::script::{Program, RANDOM_START};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};

/// The SHA-1 digest of a source, in forty hexadecimal digits.
pub type Digest = [u8; 40];

/// A script, compiled.
pub struct Script {
    /// The digest of its source.
    pub digest: Digest,
    /// Its source.
    pub source: Box<[u8]>,
    /// What is executed.
    pub program: Arc<Program>,
    /// What its first line asks for.
    pub flags: ScriptFlags,
    /// Whether it is in the cache: EVALSHA must find what EVAL has brought.
    is_cached: AtomicBool,
}

impl Script {
    /// A compiled script that is in no cache yet.
    pub fn new(
        digest: Digest,
        source: &[u8],
        program: Arc<Program>,
        flags: ScriptFlags,
    ) -> Arc<Script> {
        let is_cached = AtomicBool::new(false);
        Arc::new(Script { digest, source: source.into(), program, flags, is_cached })
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Script>() + self.source.len() + self.program.bytes()
    }
}

/// What `#!lua flags=…` in the first line of a script, or `flags` of a function, says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScriptFlags {
    /// `no-writes`: it may only read.
    pub no_writes: bool,
    /// `allow-oom`: it runs although memory is short.
    pub allow_oom: bool,
    /// Whether there was such a line: then the promises are checked before the script begins.
    pub are_declared: bool,
}

/// The scripts that a session has sent last: a text that is sent again is compared with them, which
/// is ten times faster than its digest. References are weak: a session that sleeps keeps no script
/// that the server has forgotten.
#[derive(Default)]
pub struct Memo {
    recent: [Weak<Script>; limits::SCRIPT_MEMO_LEN],
    next: usize,
}

impl Memo {
    /// The script with this source, if it is still in the cache.
    pub fn find(&self, source: &[u8]) -> Option<Arc<Script>> {
        let mut recent = self.recent.iter().filter_map(Weak::upgrade);
        recent.find(|script| *script.source == *source && script.is_cached.load(Relaxed))
    }

    /// Remembers a script, in the place of the oldest.
    pub fn add(&mut self, script: &Arc<Script>) {
        self.recent[self.next] = Arc::downgrade(script);
        self.next = (self.next + 1) % limits::SCRIPT_MEMO_LEN;
    }
}

/// A script runs while this lives, also if its command panics.
pub struct Running<'a>(&'a Scripts);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running_since_ns.store(0, Relaxed);
        if self.0.is_function.swap(false, Relaxed) {
            drop(self.0.function.lock().take());
        }
    }
}

/// A function that has been running for a while, as FUNCTION STATS shows it.
#[derive(Debug, Clone)]
pub struct RunningFunction {
    /// Its name.
    pub name: String,
    /// The beginning of the request that called it.
    pub command: Vec<Vec<u8>>,
}

/// All scripts of the server.
pub struct Scripts {
    cache: Mutex<Cache>,
    compiler: Mutex<()>,
    /// Steady nanoseconds of the start of the one that runs, 0 if none does.
    running_since_ns: AtomicU64,
    /// Whether what runs is a function.
    is_function: AtomicBool,
    function: Mutex<Option<RunningFunction>>,
    has_written: AtomicBool,
    shall_end: AtomicBool,
    /// The state of `math.random`, which Redis carries from one run to the next. It is read and
    /// written under the keyspace lock.
    random: AtomicU64,
}

impl Default for Scripts {
    fn default() -> Scripts {
        Scripts {
            cache: Mutex::default(),
            compiler: Mutex::default(),
            running_since_ns: AtomicU64::default(),
            is_function: AtomicBool::default(),
            function: Mutex::default(),
            has_written: AtomicBool::default(),
            shall_end: AtomicBool::default(),
            random: AtomicU64::new(RANDOM_START),
        }
    }
}

#[derive(Default)]
struct Cache {
    scripts: HashMap<Digest, Arc<Script>, ahash::RandomState>,
    /// Bytes of all of them.
    bytes: usize,
    /// Those that came with EVAL, oldest first: they may be forgotten.
    evaluated: VecDeque<Digest>,
    /// Bytes of those.
    evaluated_bytes: usize,
    /// Sources that are no scripts, and the reasons, oldest first.
    refused: VecDeque<(Digest, CommandError)>,
}

impl Cache {
    /// Adds a script, unless there is one with the same digest: then that one stays.
    fn insert(&mut self, script: &Arc<Script>) -> bool {
        if self.scripts.contains_key(&script.digest) {
            return false;
        }
        script.is_cached.store(true, Relaxed);
        self.bytes += script.bytes();
        self.scripts.insert(script.digest, Arc::clone(script));
        true
    }

    fn remove(&mut self, digest: &Digest) -> Option<Arc<Script>> {
        let script = self.scripts.remove(digest)?;
        script.is_cached.store(false, Relaxed);
        self.bytes -= script.bytes();
        Some(script)
    }

    /// Whether the scripts that came with EVAL are too many.
    fn is_full(&self) -> bool {
        self.evaluated.len() > limits::SCRIPTS_EVALUATED_MAX
            || self.evaluated_bytes > limits::SCRIPTS_EVALUATED_BYTES_MAX
    }
}

/// Why a script cannot be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unkillable {
    /// None runs.
    NoneRuns,
    /// It has changed data.
    HasWritten,
    /// It is a script where a function should be ended, or the reverse.
    OtherKind,
}

impl Scripts {
    /// The script with this digest.
    pub fn find(&self, digest: &Digest) -> Option<Arc<Script>> {
        self.cache.lock().scripts.get(digest).cloned()
    }

    /// Keeps a script that SCRIPT LOAD brought, until SCRIPT FLUSH.
    pub fn load(&self, script: &Arc<Script>) {
        let mut cache = self.cache.lock();
        if !cache.insert(script)
            && let Some(at) = cache.evaluated.iter().position(|other| *other == script.digest)
        {
            cache.evaluated.remove(at);
            cache.evaluated_bytes -= script.bytes();
        }
    }

    /// Keeps a script that EVAL brought, and forgets the oldest of these if they are too many:
    /// applications that build their scripts from text would fill the memory. The newest one stays
    /// whatever its size is.
    pub fn remember(&self, script: &Arc<Script>) {
        if script.is_cached.load(Relaxed) {
            return;
        }
        let mut forgotten = Vec::new();
        let mut cache = self.cache.lock();
        if cache.insert(script) {
            cache.evaluated.push_back(script.digest);
            cache.evaluated_bytes += script.bytes();
        }
        while cache.is_full() && cache.evaluated.len() > 1 {
            let oldest = cache.evaluated.pop_front();
            let Some(oldest) = oldest.and_then(|digest| cache.remove(&digest)) else { continue };
            cache.evaluated_bytes -= oldest.bytes();
            forgotten.push(oldest);
        }
        drop(cache);
    }

    /// Why a source was refused, if it was not long ago.
    pub fn refusal(&self, digest: &Digest) -> Option<CommandError> {
        let cache = self.cache.lock();
        let refused = cache.refused.iter().find(|(refused, _)| refused == digest);
        refused.map(|(_, reason)| reason.clone())
    }

    /// Remembers that a source is no script. What is compiled before the keyspace lock is taken
    /// must not be compiled again under it.
    pub fn refuse(&self, digest: Digest, reason: CommandError) {
        let mut cache = self.cache.lock();
        cache.refused.push_back((digest, reason));
        if cache.refused.len() > limits::SCRIPTS_REFUSED_MAX {
            cache.refused.pop_front();
        }
    }

    /// The right to compile a source of so many bytes. Large ones are compiled one after the
    /// other: each one takes many times its size meanwhile.
    pub fn compiler(&self, bytes: usize) -> Option<MutexGuard<'_, ()>> {
        (bytes > limits::SCRIPT_SMALL_BYTES).then(|| self.compiler.lock())
    }

    /// Forgets all scripts.
    pub fn flush(&self) {
        let mut cache = self.cache.lock();
        let forgotten = std::mem::take(&mut *cache);
        forgotten.scripts.values().for_each(|script| script.is_cached.store(false, Relaxed));
        drop(cache);
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

    /// Bytes of all scripts.
    pub fn bytes(&self) -> usize {
        self.cache.lock().bytes
    }

    /// A script begins, or a function; the caller holds the keyspace lock.
    pub fn begin(&self, now_ns: u64, is_function: bool) -> Running<'_> {
        self.has_written.store(false, Relaxed);
        self.shall_end.store(false, Relaxed);
        self.is_function.store(is_function, Relaxed);
        self.running_since_ns.store(now_ns.max(1), Relaxed);
        Running(self)
    }

    /// The function that is running has been doing so for a while.
    pub fn show(&self, function: RunningFunction) {
        *self.function.lock() = Some(function);
    }

    /// The function that has been running for a while, and its age in milliseconds.
    pub fn shown(&self, now_ns: u64) -> Option<(RunningFunction, u64)> {
        let function = self.function.lock().clone()?;
        let since_ns = self.running_since_ns.load(Relaxed);
        (since_ns != 0).then(|| (function, now_ns.saturating_sub(since_ns) / 1_000_000))
    }

    /// Whether what is running is a function.
    pub fn is_function(&self) -> bool {
        self.is_function.load(Relaxed)
    }

    /// The state of `math.random`.
    pub fn random(&self) -> u64 {
        self.random.load(Relaxed)
    }

    /// Keeps the state of `math.random` for the next run.
    pub fn set_random(&self, state: u64) {
        self.random.store(state, Relaxed);
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

    /// Asks the script that runs to end, or the function.
    ///
    /// # Errors
    /// There is none, or its changes would be half done.
    pub fn kill(&self, is_function: bool) -> Result<(), Unkillable> {
        if !self.is_running() {
            return Err(Unkillable::NoneRuns);
        }
        if self.has_written.load(Relaxed) {
            return Err(Unkillable::HasWritten);
        }
        if self.is_function() != is_function {
            return Err(Unkillable::OtherKind);
        }
        self.shall_end.store(true, Relaxed);
        Ok(())
    }
}
