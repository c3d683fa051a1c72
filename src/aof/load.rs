//! Replaying the log: reading its files, unit by unit, and deciding what damage means.
//!
//! A *unit* is a request, or a whole transaction. Everything up to the last whole unit counts. What
//! follows it at the end of the last file is a *torn tail*: what was being written when the
//! machine stopped. It is cut off, and kept in a file beside it. Damage anywhere else means that
//! acknowledged data is missing in the middle, and nobody can say what the rest is worth: the
//! server refuses to start and names file and offset.
//!
//! Reading and executing overlap. A second thread reads and parses the file; what it has parsed
//! goes to the executing thread and comes back to be filled again:
//!
//! ```text
//!             ┌──── parsed portions ───►┐
//!   reader ───┤                         ├─── executor ───► keyspace
//!             └◄─── used portions ──────┘
//! ```
//!
//! There are as many portions as [`limits::AOF_PORTIONS`], so a reader that is ahead waits.
//! Damage that it finds counts only when everything before it has been executed.

use super::directory::Directory;
use super::disk::reason;
use super::units::{Damage, Portion, Units};
use crate::{limits, log};
use crossbeam_channel::bounded;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

/// Who executes what the log says.
pub trait Target {
    /// Executes the requests of a portion.
    ///
    /// # Errors
    /// The offset of the unit that cannot be part of a log, and why.
    fn replay(&mut self, portion: &Portion) -> Result<(), (u64, String)>;

    /// Hears after every portion how many bytes of the log have been replayed before the present
    /// file, how many of that, and how many are left of it.
    fn progress(&mut self, bytes_before: u64, file_bytes: u64, file_bytes_left: u64);
}

/// Replays every file of the log, and cuts off a torn tail if `may_cut`.
///
/// # Errors
/// One line that names the file and the offset.
pub fn load(directory: &Directory, may_cut: bool, target: &mut dyn Target) -> Result<(), String> {
    let paths: Vec<PathBuf> =
        directory.manifest().pieces().map(|piece| directory.path_of(piece)).collect();
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    // An empty file behind the torn one was made by a rewrite that had just begun.
    let last = paths.iter().rposition(|path| size(path) > 0);
    let mut bytes_before = 0;
    for (at, path) in paths.iter().enumerate() {
        let Some(damage) = read_file(path, bytes_before, target)? else {
            bytes_before += size(path);
            continue;
        };
        if Some(at) != last || !damage.is_tail {
            let advice = "this is not a torn end, so acknowledged data is missing";
            return Err(format!("{}: {damage}; {advice} (respool check-aof)", path.display()));
        }
        if !may_cut {
            let advice = "aof-load-truncated is no, so it is not cut off (respool check-aof --fix)";
            return Err(format!("{}: {damage}; {advice}", path.display()));
        }
        let kept = cut_tail(path, damage.offset, |path, len| directory.disk().truncate(path, len))?;
        log::warning(&format!(
            "{}: {damage}; cut off there, and kept in {}",
            path.display(),
            kept.display()
        ));
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
    refuse_preamble(path, &mut file)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut units = Units::new(file);
    let (parsed, to_execute) = bounded(limits::AOF_PORTIONS);
    let (used, to_fill) = bounded(limits::AOF_PORTIONS);
    for _ in 0..limits::AOF_PORTIONS {
        let _ = used.send(Portion::default());
    }
    thread::scope(move |scope| {
        // Whoever comes to an end lets go of the channels, and so ends the other.
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

/// Redis may have written the base in its binary form.
pub(super) fn refuse_preamble(path: &Path, file: &mut File) -> Result<(), String> {
    let mut magic = [0; 5];
    let is_rdb = file.read_exact(&mut magic).is_ok() && &magic == b"REDIS";
    if is_rdb {
        return Err(format!(
            "{} is in Redis's binary format (RDB), which respool does not read: in the Redis that \
             wrote it, CONFIG SET aof-use-rdb-preamble no, BGREWRITEAOF, and copy the files when \
             that is done",
            path.display()
        ));
    }
    file.rewind().map_err(|error| format!("{}: {}", path.display(), reason(&error)))
}

/// Copies what stands at and behind `offset` into a file beside, cuts it off, and returns the
/// path of the copy.
///
/// # Errors
/// One line.
pub fn cut_tail(
    path: &Path,
    offset: u64,
    truncate: impl FnOnce(&Path, u64) -> std::io::Result<()>,
) -> Result<PathBuf, String> {
    let mut kept = path.as_os_str().to_owned();
    kept.push(format!(".cut-at-{offset}"));
    let kept = PathBuf::from(kept);
    let copy = || -> std::io::Result<()> {
        let mut source = File::open(path)?;
        source.seek(SeekFrom::Start(offset))?;
        let mut target = File::create(&kept)?;
        std::io::copy(&mut source, &mut target)?;
        target.sync_all()?;
        truncate(path, offset)
    };
    copy().map_err(|error| format!("cutting off {}: {}", path.display(), reason(&error)))?;
    Ok(kept)
}
