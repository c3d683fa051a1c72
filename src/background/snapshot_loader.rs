//! Loading a snapshot: `dump.rdb` at the start of a server without a log, or the base of a log.
//!
//! Values are built without the keyspace lock, and a batch of them is inserted with it: clients
//! that get `-LOADING` do not wait for a large value. What is damaged stops the start, as in Redis:
//! a part of the data would be taken for all of it.
//!
//! A key that has expired is left out, unless requests follow which may depend on it.

use crate::aof::disk::reason;
use crate::background::loader::keys_ahead_max;
use crate::command::scripting::load_from_snapshot;
use crate::keyspace::types::Encodings;
use crate::keyspace::{Event, Value};
use crate::limits;
use crate::log;
use crate::rdb::error::Error;
use crate::rdb::piece::Nowhere;
use crate::rdb::read::{Entry, Event as Next, Reader};
use crate::shared::Shared;
use crate::snapshot::decode::Builder;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

/// An event of no class, which nobody can subscribe to.
const LOADED: Event = Event::new("loaded", 0);

/// Bytes of the shortest entry: its encoding, an empty key and an empty string.
const ENTRY_BYTES_MIN: u64 = 3;

/// Loads the snapshot at `path` into a server without a log, and begins to serve.
///
/// # Errors
/// One line that names the damage. If the server is stopped meanwhile, that is no error.
pub fn run(shared: &Shared, path: &Path) -> Result<(), String> {
    let start_us = shared.clock.steady_us();
    let mut file =
        File::open(path).map_err(|error| format!("{}: {}", path.display(), reason(&error)))?;
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    shared.stats.loading_total_bytes.store(bytes, Relaxed);
    shared.stats.loading_started_at_ms.store(shared.clock.unix_ms(), Relaxed);
    shared.with_keyspace(|hold| hold.set_replaying(true));
    match load(shared, path, &mut file, false) {
        Err(reason) if shared.is_stopping() => {
            log::notice(&reason);
            return Ok(());
        }
        loaded => loaded?,
    };
    shared.with_keyspace(|hold| {
        hold.fit();
        hold.set_replaying(false);
        shared.saving.loaded(hold.counters().changes, hold.now_ms / 1_000);
    });
    shared.end_loading();
    let seconds = (shared.clock.steady_us() - start_us) as f64 / 1e6;
    let keys = shared.stats.snapshot_keys_loaded.load(Relaxed);
    let path = path.display();
    log::notice(&format!(
        "DB loaded from {path}: {seconds:.3} seconds, {bytes} bytes, {keys} keys"
    ));
    if shared.config().save.is_empty() {
        log::warning(&format!(
            "Changes are not written to {path} by themselves: CONFIG SET appendonly yes begins a \
             log that keeps them, CONFIG SET save '3600 1' saves them now and then"
        ));
    }
    Ok(())
}

/// Loads the snapshot at the beginning of `file`, and returns its length. `is_base` says whether
/// requests follow.
///
/// # Errors
/// One line that names the damage.
pub fn load(shared: &Shared, path: &Path, file: &mut File, is_base: bool) -> Result<u64, String> {
    load_into(Loader::new(shared, is_base), path, file)
}

/// Loads the snapshot in `file` into a server that may have data. Without `merges`, a key that is
/// there already is an error.
///
/// # Errors
/// One line that names the damage.
pub fn load_over(
    shared: &Shared,
    path: &Path,
    file: &mut File,
    merges: bool,
) -> Result<u64, String> {
    load_into(Loader { merges, ..Loader::new(shared, false) }, path, file)
}

fn load_into(mut loader: Loader<'_>, path: &Path, file: &mut File) -> Result<u64, String> {
    let shared = loader.shared;
    let failed = |error: Error| {
        let path = path.display();
        format!("{path}: at {error}; restore it from a copy, or move it away to start without it")
    };
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let verifies_sum = shared.config().rdbchecksum;
    let mut reader = Reader::new(file, verifies_sum).map_err(failed)?;
    let databases = shared.config().databases;
    loop {
        if shared.is_stopping() {
            return Err(format!("{}: stopped before it was loaded", path.display()));
        }
        match reader.next().map_err(failed)? {
            Next::Database(db) if usize::try_from(db).is_ok_and(|db| db < databases) => {
                loader.db = usize::try_from(db).unwrap_or(0);
            }
            Next::Database(db) => {
                return Err(format!(
                    "{}: it has a database {db}: set 'databases' to a higher number",
                    path.display()
                ));
            }
            Next::Size { keys, .. } => loader.reserve(keys.min(bytes / ENTRY_BYTES_MIN)),
            Next::Entry(entry) => loader.entry(entry, &mut reader).map_err(failed)?,
            Next::Function(code) => {
                load_from_snapshot(shared, &code).map_err(|reason| {
                    let path = path.display();
                    format!("{path}: a library of functions cannot be loaded: {reason}")
                })?;
            }
            Next::ModuleData(name) => loader.modules.push(name),
            Next::Aux { .. } => {}
            Next::End => break,
        }
        if loader.is_full() {
            loader.insert(path)?;
            shared.stats.loading_loaded_bytes.store(reader.offset(), Relaxed);
        }
    }
    loader.insert(path)?;
    loader.report(path);
    Ok(reader.offset())
}

/// A key and its value, to be inserted.
struct Ready {
    db: usize,
    key: Vec<u8>,
    value: Value,
    expires_at_ms: Option<u64>,
}

struct Loader<'a> {
    shared: &'a Shared,
    /// Requests follow, which remove what has expired.
    is_base: bool,
    /// Keys that are there already are replaced.
    merges: bool,
    /// The database of the keys to come.
    db: usize,
    batch: Vec<Ready>,
    keys: u64,
    expired: u64,
    modules: Vec<String>,
    /// The time, and the thresholds of encodings, at the beginning of the batch: neither is worth a
    /// look for each key.
    now_ms: u64,
    encodings: Encodings,
}

impl<'a> Loader<'a> {
    fn new(shared: &'a Shared, is_base: bool) -> Loader<'a> {
        Loader {
            shared,
            is_base,
            merges: false,
            db: 0,
            batch: Vec::new(),
            keys: 0,
            expired: 0,
            modules: Vec::new(),
            now_ms: shared.clock.unix_ms(),
            encodings: shared.with_keyspace(|hold| hold.encodings),
        }
    }

    fn is_full(&self) -> bool {
        self.batch.len() >= limits::BATCH_REQUESTS_MAX
    }

    /// Reserves tables for as many keys as the file promises and memory permits.
    fn reserve(&self, keys: u64) {
        let keys = usize::try_from(keys).unwrap_or(usize::MAX).min(keys_ahead_max());
        self.shared.with_keyspace(|hold| hold.reserve(self.db, keys));
    }

    /// Builds the value of an entry.
    fn entry<R: Read>(&mut self, entry: Entry, reader: &mut Reader<R>) -> Result<(), Error> {
        let now_ms = self.now_ms;
        if !self.is_base && entry.expires_at_ms.is_some_and(|moment_ms| moment_ms <= now_ms) {
            self.expired += 1;
            return reader.value(&mut Nowhere).map(|_| ());
        }
        let mut builder = Builder::new(self.encodings, if self.is_base { 0 } else { now_ms });
        let len = reader.value(&mut builder)?;
        // Redis passes over a collection without elements, too, but a stream may have none.
        let value = builder.into_value().filter(|it| len > 0 || matches!(it, Value::Stream(_)));
        if let Some(value) = value {
            let Entry { key, expires_at_ms, .. } = entry;
            self.batch.push(Ready { db: self.db, key, value, expires_at_ms });
        }
        Ok(())
    }

    /// Inserts the batch.
    fn insert(&mut self, path: &Path) -> Result<(), String> {
        self.now_ms = self.shared.clock.unix_ms();
        self.keys += self.batch.len() as u64;
        let (now_ms, mut batch) = (self.now_ms, std::mem::take(&mut self.batch).into_iter());
        self.shared.with_keyspace(|hold| {
            self.encodings = hold.encodings;
            while batch.len() > 0 {
                // As for requests of clients: the processor overlaps the cache misses of several.
                let next = batch.as_slice().iter().take(limits::PREFETCH_KEYS);
                next.for_each(|ready| hold.prefetch(ready.db, &ready.key));
                for Ready { db, key, value, expires_at_ms } in
                    batch.by_ref().take(limits::PREFETCH_KEYS)
                {
                    let mut keys = hold.keys(db, now_ms, true);
                    let before = keys.len();
                    keys.set(&key, value, expires_at_ms, LOADED);
                    if !self.merges && keys.len() == before {
                        let (path, key) = (path.display(), key.escape_ascii());
                        return Err(format!("{path}: damaged: it has the key '{key}' twice"));
                    }
                }
            }
            Ok(())
        })
    }

    /// Notes the figures, and warns about what was left out.
    fn report(&self, path: &Path) {
        let (stats, path) = (&self.shared.stats, path.display());
        stats.snapshot_keys_loaded.store(self.keys, Relaxed);
        stats.snapshot_keys_expired.store(self.expired, Relaxed);
        if !self.modules.is_empty() {
            let modules = self.modules.join(", ");
            log::warning(&format!("{path}: data of these modules is not loaded: {modules}"));
        }
    }
}
