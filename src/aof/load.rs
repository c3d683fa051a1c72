//! Replaying the log: reading its files, unit by unit.
//!
//! A *unit* is a request, or a whole transaction. Everything up to the last whole unit counts. What
//! follows it may be a torn end, which is cut off; any other damage means that acknowledged data is
//! missing, and what the rest is worth is unknown: the server refuses to start and names file
//! and offset. Which is which is `torn.rs`.
//!
//! Reading and executing overlap. A second thread reads and parses the file; it passes the parsed
//! portions to the executing thread, which returns them to be filled again:
//!
//! ```text
//!             ┌──── parsed portions ───►┐
//!   reader ───┤                         ├─── executor ───► keyspace
//!             └◄─── used portions ──────┘
//! ```
//!
//! There are [`limits::AOF_PORTIONS`] portions, so a reader that is ahead waits (back-pressure).
//! Damage that it finds is reported only when everything before it has been executed.

use super::directory::Directory;
use super::disk::reason;
use super::format::Format;
use super::torn::{self, Part, cut_tail};
use super::units::{Damage, Portion, Units};
use crate::{limits, log};
use crossbeam_channel::bounded;
use std::fs::File;
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

/// The executor of a log's requests.
pub trait Target {
    /// Executes the requests of a portion.
    ///
    /// # Errors
    /// The offset of the unit that cannot be part of a log, and the reason.
    fn replay(&mut self, portion: &Portion) -> Result<(), (u64, String)>;

    /// Loads the snapshot at the beginning of the file at `path`. Returns its length: requests may
    /// follow, and `file` is positioned at the first of them.
    ///
    /// # Errors
    /// One line that names the file.
    fn load_snapshot(&mut self, path: &Path, file: &mut File) -> Result<u64, String>;

    /// Called after every portion with the bytes of the log replayed before the present file, those
    /// replayed of that file, and those left of it.
    fn progress(&mut self, bytes_before: u64, file_bytes: u64, file_bytes_left: u64);
}

/// Replays every file of the log, and cuts off a torn end if `may_cut`.
///
/// # Errors
/// One line that names the file and the offset.
pub fn load(directory: &Directory, may_cut: bool, target: &mut dyn Target) -> Result<(), String> {
    let paths: Vec<PathBuf> =
        directory.manifest().pieces().map(|piece| directory.path_of(piece)).collect();
    let len = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let lens: Vec<u64> = paths.iter().map(len).collect();
    let parts = Part::all(directory.manifest(), directory.names(), &lens);
    let mut bytes_before = 0;
    for ((path, len), part) in paths.iter().zip(lens).zip(parts) {
        if let Some(damage) = read_file(path, bytes_before, target)? {
            let sound_bytes = bytes_before + damage.offset;
            if let Some(refusal) = torn::refusal(path, part, &damage, len, sound_bytes) {
                return Err(format!("{refusal}; {}", torn::advice(path)));
            }
            if !may_cut {
                return Err(format!(
                    "{}: {damage}; aof-load-truncated is no, so the torn end is not cut off; {}",
                    path.display(),
                    torn::advice(path)
                ));
            }
            let truncate = |path: &Path, len| directory.disk().truncate(path, len);
            let kept = cut_tail(path, damage.offset, truncate)?;
            log::warning(&format!(
                "{}: {damage}; a torn end of {} bytes is cut off, and kept in {}",
                path.display(),
                len.saturating_sub(damage.offset),
                kept.display()
            ));
        }
        bytes_before += len;
    }
    Ok(())
}

/// Replays one file, and returns the damage if there is any.
fn read_file(
    path: &Path,
    bytes_before: u64,
    target: &mut dyn Target,
) -> Result<Option<Damage>, String> {
    let failed = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
    let mut file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut units = match Format::of(path, &mut file)? {
        Format::Requests => Units::new(file),
        Format::Snapshot => {
            let snapshot_bytes = target.load_snapshot(path, &mut file)?;
            Units::from_offset(file, snapshot_bytes)
        }
    };
    let (parsed, to_execute) = bounded(limits::AOF_PORTIONS);
    let (used, to_fill) = bounded(limits::AOF_PORTIONS);
    for _ in 0..limits::AOF_PORTIONS {
        let _ = used.send(Portion::default());
    }
    thread::scope(move |scope| {
        // The thread that ends first drops its channels, which ends the other one.
        let read = move || -> io::Result<Option<Damage>> {
            for mut portion in to_fill {
                if !units.next(&mut portion)? || parsed.send(portion).is_err() {
                    break;
                }
            }
            Ok(units.damage())
        };
        let reader = thread::Builder::new().name("log-reader".to_owned());
        let reader = reader.spawn_scoped(scope, read).map_err(failed)?;
        for portion in to_execute {
            target.replay(&portion).map_err(|(offset, reason)| {
                format!("{}: at offset {offset}: {reason}", path.display())
            })?;
            let end = portion.end();
            target.progress(bytes_before, end, bytes.saturating_sub(end));
            let _ = used.send(portion);
        }
        reader.join().unwrap_or_else(|panic| resume_unwind(panic)).map_err(failed)
    })
}
