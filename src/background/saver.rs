//! The saver: writes a snapshot of all data to a file, while clients are served.
//!
//! It works in the rewriter's thread and walks the keyspace like a rewrite of the log, so there is
//! one walk at a time. The file gets its name when it is complete and synced: an error, a full disk
//! or a crash leaves the previous file as it was. What a crash leaves of an unfinished file is
//! removed at the next start.

use crate::aof::disk::reason;
use crate::aof::{Disk, Names};
use crate::background::rewriter::take_image;
use crate::rdb::write::Options;
use crate::shared::Shared;
use crate::snapshot::stream::{self, Outline, Stream};
use crate::system::processes;
use crate::{limits, log};
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

/// Removes what processes left that died while they saved: such a file may be as large as the data.
pub fn remove_unfinished(disk: &Disk, folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.take(limits::AOF_SURVEY_ENTRIES_MAX) {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(process_of) else { continue };
        // In a container the new process often has the number of the old one.
        if id == std::process::id() || !processes::exists(id) {
            let path = entry.path();
            log::notice(&format!("Removing {}, an unfinished snapshot", path.display()));
            // It is only in the way of a full disk.
            let _ = disk.remove(&path);
        }
    }
}

/// The name of the file while it is written. It is Redis's: tools that clean up know it.
fn temporary_name(process: u32) -> String {
    format!("temp-{process}.rdb")
}

/// The process that has chosen such a name.
fn process_of(name: &str) -> Option<u32> {
    let id = name.strip_prefix("temp-")?.strip_suffix(".rdb")?.parse().ok()?;
    (temporary_name(id) == name).then_some(id)
}

fn write(shared: &Shared, is_last: bool) -> Result<Saved, String> {
    let (folder, name, options) = {
        let config = shared.config();
        let options = stream::options(config.rdbcompression, config.rdbchecksum);
        (config.dir.clone(), Names::of(&config)?.snapshot, options)
    };
    let disk = shared.aof.disk();
    let path = folder.join(temporary_name(std::process::id()));
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
    let mut access = shared.lock_keyspace();
    access.begin_snapshot();
    let outline = Outline::of(&access, shared.functions.current().codes());
    access.release();
    let changes = outline.changes;
    shared.saving.keys_total.store(outline.keys(), Relaxed);
    let now_s = shared.clock.unix_ms() / 1_000;
    let mut stream = Stream::begin(file, options, outline, now_s, false);
    // The walk goes to its end in any case.
    take_image(shared, is_last, |part| {
        let stream = stream.as_mut().map_err(|error| reason(error))?;
        stream.write(part).map_err(failed)?;
        shared.saving.keys_saved.store(stream.keys(), Relaxed);
        Ok(())
    })?;
    let stream = stream.map_err(failed)?;
    let keys = stream.keys();
    let file = stream.finish().map_err(failed)?;
    file.sync().map_err(failed)?;
    Ok(Saved { keys, bytes: file.len(), changes })
}
