//! The saver: writes a snapshot of all data to a file, while clients are served.
//!
//! It works in the rewriter's thread and walks the keyspace like a rewrite of the log, so there is
//! one walk at a time. The file gets its name when it is complete and synced: an error, a full disk
//! or a crash leaves the previous file as it was. The version is the lowest that has all types
//! served here, so that every Redis from 5.0 and every Valkey loads the file.

use crate::aof::disk::{LogFile, reason};
use crate::aof::{Disk, Names};
use crate::background::rewriter::take_image;
use crate::keyspace::store::snapshot::BeforeImage;
use crate::log;
use crate::rdb::write::{Meta, Options, Version, Writer};
use crate::shared::Shared;
use crate::snapshot::encode;
use crate::text::version::REDIS_VERSION;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

/// What was saved.
struct Saved {
    keys: u64,
    bytes: u64,
    /// The keyspace's count of changes at the moment of the snapshot.
    changes: u64,
}

/// Saves a snapshot. A stop of the server ends it early, unless it `is_last`.
///
/// # Errors
/// The reason of the failure; the previous file is still there.
pub fn save(shared: &Shared, is_last: bool) -> Result<(), String> {
    let (saving, clock) = (&shared.saving, &shared.clock);
    saving.begin(clock.steady_ms(), clock.unix_ms() / 1_000);
    let outcome = write(shared, is_last);
    let changes = outcome.as_ref().ok().map(|saved| saved.changes);
    saving.end(clock.steady_ms(), clock.unix_ms() / 1_000, changes);
    match outcome {
        Ok(saved) => {
            log::notice(&format!("DB saved on disk: {} keys, {} bytes", saved.keys, saved.bytes));
            Ok(())
        }
        Err(error) => {
            log::warning(&format!("Saving the DB on disk failed: {error}"));
            Err(error)
        }
    }
}

/// Saves when the server stops and no client is served any more, if SHUTDOWN or the points of
/// `save` ask for it. Data that was not loaded completely never replaces a file.
pub fn save_at_stop(shared: &Shared) {
    let changes = shared.with_keyspace(|hold| hold.counters().changes);
    let has_points = !shared.config().save.is_empty();
    if !shared.is_loading() && shared.saving.is_due_at_stop(has_points, changes) {
        log::notice("Saving the final RDB snapshot before exiting");
        // The outcome is logged, and a process that has to end cannot wait for a better
        // disk.
        let _ = save(shared, true);
    }
}

fn write(shared: &Shared, is_last: bool) -> Result<Saved, String> {
    let (folder, name, options) = {
        let config = shared.config();
        let options = Options {
            version: Version::Nine,
            compresses: config.rdbcompression,
            sums: config.rdbchecksum,
        };
        (config.dir.clone(), Names::of(&config)?.snapshot, options)
    };
    let disk = shared.aof.disk();
    // Redis's name; tools that clean up after crashes know it.
    let path = folder.join(format!("temp-{}.rdb", std::process::id()));
    let written = write_file(shared, &path, options, is_last)
        .and_then(|saved| name_file(disk, &path, &folder.join(name), &folder).map(|()| saved));
    if written.is_err() {
        // What cannot be removed is replaced by the next snapshot.
        let _ = disk.remove(&path);
    }
    written
}

/// Gives the complete file its name, so that it survives a power failure.
fn name_file(disk: &Disk, from: &Path, to: &Path, folder: &Path) -> Result<(), String> {
    let named = disk.rename(from, to).and_then(|()| disk.sync_folder(folder));
    named.map_err(|error| reason(&error))
}

/// Writes and syncs the whole file.
fn write_file(
    shared: &Shared,
    path: &Path,
    options: Options,
    is_last: bool,
) -> Result<Saved, String> {
    let failed = |error: io::Error| reason(&error);
    let file = shared.aof.disk().open(path, true).map_err(failed)?;
    let writer = Writer::new(file, options).map_err(failed)?;
    let mut access = shared.lock_keyspace();
    access.begin_snapshot();
    let sizes =
        access.occupied(0).map(|(db, keys, expiring, _)| (db, (keys as u64, expiring as u64)));
    let sizes: BTreeMap<usize, (u64, u64)> = sizes.collect();
    let (changes, used_bytes) = (access.counters().changes, access.used_bytes());
    access.release();
    let total = sizes.values().map(|(keys, _)| keys).sum();
    shared.saving.keys_total.store(total, Relaxed);
    let mut image = Image { writer, sizes, db: None, keys: 0 };
    let begun = image.head(shared.clock.unix_ms() / 1_000, used_bytes).map_err(failed);
    // The walk goes to its end in any case.
    let mut begun = Some(begun);
    take_image(shared, is_last, |part| {
        begun.take().unwrap_or(Ok(()))?;
        image.write(part).map_err(failed)?;
        shared.saving.keys_saved.store(image.keys, Relaxed);
        Ok(())
    })?;
    let Image { writer, keys, .. } = image;
    let file = writer.finish().map_err(failed)?;
    file.sync().map_err(failed)?;
    Ok(Saved { keys, bytes: file.len(), changes })
}

/// A file that is being written.
struct Image {
    writer: Writer<LogFile>,
    /// Keys of each database, and how many of them expire.
    sizes: BTreeMap<usize, (u64, u64)>,
    /// The database of the last key.
    db: Option<usize>,
    keys: u64,
}

impl Image {
    /// What Redis says about itself at the beginning.
    fn head(&mut self, now_s: u64, used_bytes: usize) -> io::Result<()> {
        self.writer.aux("redis-ver", REDIS_VERSION.as_bytes())?;
        self.writer.aux("redis-bits", b"64")?;
        self.writer.aux("ctime", now_s.to_string().as_bytes())?;
        self.writer.aux("used-mem", used_bytes.to_string().as_bytes())?;
        self.writer.aux("aof-base", b"0")
    }

    /// Writes a part of the walk. Values are dropped as soon as they are written.
    fn write(&mut self, part: Vec<BeforeImage>) -> io::Result<()> {
        for kept in part {
            if self.db != Some(kept.db) {
                // Before-images of other databases come in between: a database may have several
                // parts, and only the first one tells its size.
                let (keys, expiring) = self.sizes.remove(&kept.db).unwrap_or_default();
                self.writer.database(kept.db as u64, keys, expiring)?;
                self.db = Some(kept.db);
            }
            let meta = Meta { expires_at_ms: kept.expires_at_ms, ..Meta::default() };
            let writer = self.writer.entry(&kept.key, meta, encode::head(&kept.value))?;
            encode::write(&kept.value, writer)?;
            self.keys += 1;
        }
        Ok(())
    }
}
