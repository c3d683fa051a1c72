//! Torn ends: which damage is one, and how it is cut off.
//!
//! A *torn end* is a record that was being appended when the process or the machine stopped. It is
//! cut off at the start without a question, so the definition has to be narrow: everything else
//! could be a user's data.
//!
//! - Only the file that was being appended to can be torn: the last increment that is not empty.
//!   (An empty one may follow, which a rewrite had just created.) A base is synced before the
//!   manifest names it, and an increment before the next one is written to.
//! - A file without one whole request, which is more than the beginning of one, was not torn but
//!   replaced or converted.
//! - Damage followed by whole requests is not an end.
//! - The length of an *unfinished* unit is bounded by the limit of one unit
//!   ([`limits::AOF_UNIT_BYTES_MAX`]).
//! - The length of an *unreadable* end (zeros or garbage, after a power failure) is bounded by the
//!   bytes that may be in memory between two syncs ([`limits::AOF_TORN_BYTES_MAX`]), and by the
//!   bytes that were read before.
//!
//! For all other damage the server refuses to start, with advice. All bytes that are cut off are
//! kept in a file next to the log.

use super::disk::reason;
use super::format;
use super::manifest::Manifest;
use super::names::Names;
use super::units::{Damage, DamageKind};
use crate::limits;
use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The role of a file in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It was being appended to.
    Growing,
    /// The base.
    Base,
    /// An increment followed by another one with data.
    Closed,
}

impl Part {
    /// The role of each file of the log, in the manifest's order; `lens` are their sizes.
    pub fn all(manifest: &Manifest, names: &Names, lens: &[u64]) -> Vec<Part> {
        let bases = usize::from(manifest.base.is_some());
        // The single file of an older Redis is both: it was never preceded by another one.
        let first = if manifest.is_single_file(names) { 0 } else { bases };
        let last = lens.iter().rposition(|len| *len > 0).filter(|last| *last >= first);
        let part = |at| match at {
            at if Some(at) == last => Part::Growing,
            at if at < bases => Part::Base,
            _ => Part::Closed,
        };
        (0..lens.len()).map(part).collect()
    }
}

/// Returns why damage is not cut off automatically; `None` if it is a torn end. The file at `path`
/// has `len` bytes, and the whole log has `sound_bytes` before the damage.
pub fn refusal(
    path: &Path,
    part: Part,
    damage: &Damage,
    len: u64,
    sound_bytes: u64,
) -> Option<String> {
    let lost = len.saturating_sub(damage.offset);
    let is_unreadable = damage.kind == DamageKind::Unreadable;
    let why = match part {
        Part::Base => {
            "a base was complete when the manifest named it, so this file was cut or replaced, and \
             acknowledged data is missing"
                .to_owned()
        }
        Part::Closed => {
            "another file was written after this one, so this is not a torn end, and acknowledged \
             data is missing"
                .to_owned()
        }
        Part::Growing if is_unreadable && !damage.follows_request => {
            let guess = format::guess(path);
            format!("it holds no request at all, so it is not torn but was replaced: {guess}")
        }
        Part::Growing if damage.kind == DamageKind::InTheMiddle => {
            "this is not a torn end, so acknowledged data is missing".to_owned()
        }
        Part::Growing if is_unreadable && lost > limits::AOF_TORN_BYTES_MAX => format!(
            "{lost} bytes cannot be read, and at most {} are cut off unasked",
            limits::AOF_TORN_BYTES_MAX
        ),
        Part::Growing
            if is_unreadable && lost > sound_bytes.max(limits::AOF_TORN_BYTES_OF_SHORT_LOG) =>
        {
            format!(
                "{lost} bytes cannot be read, more than the {sound_bytes} before them, which is \
                 too much for a torn end"
            )
        }
        Part::Growing => return None,
    };
    Some(format!("{}: {damage}; {why}", path.display()))
}

/// Advice about damage that is not cut off.
pub fn advice(path: &Path) -> String {
    let path = path.display();
    format!(
        "restore the file, or give up what is behind that offset: `respool check-aof --fix {path}`"
    )
}

/// Copies the bytes from `offset` on into a file next to the log, cuts them off by `truncate`, and
/// returns the path of the copy.
///
/// # Errors
/// One line.
pub fn cut_tail(
    path: &Path,
    offset: u64,
    truncate: impl FnOnce(&Path, u64) -> io::Result<()>,
) -> Result<PathBuf, String> {
    let copy = || -> io::Result<PathBuf> {
        let mut source = File::open(path)?;
        source.seek(SeekFrom::Start(offset))?;
        let (kept, mut target) = create_copy(path, offset)?;
        io::copy(&mut source, &mut target)?;
        target.sync_all()?;
        truncate(path, offset)?;
        Ok(kept)
    };
    copy().map_err(|error| format!("cutting off {}: {}", path.display(), reason(&error)))
}

/// Creates the file for the bytes that are cut off. An earlier one is never overwritten.
fn create_copy(path: &Path, offset: u64) -> io::Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let mut kept = path.as_os_str().to_owned();
        kept.push(format!(".cut-at-{offset}"));
        if number > 1 {
            kept.push(format!("-{number}"));
        }
        match File::create_new(&kept) {
            Ok(file) => return Ok((kept.into(), file)),
            Err(error)
                if error.kind() == ErrorKind::AlreadyExists
                    && number < limits::AOF_CUT_COPIES_MAX => {}
            Err(error) => return Err(error),
        }
        number += 1;
    }
}
