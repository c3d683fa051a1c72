//! The format of a file, by its first bytes.
//!
//! Redis writes the base of a log in one of two formats: plain requests, or a snapshot (RDB)
//! followed by requests. Every reader of a log asks [`Format::of`], so this is the only file that
//! decides.

use super::disk::reason;
use crate::rdb::error::Error;
use crate::rdb::read::{Event, Reader};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Number of first bytes that suffice to recognise a format.
const START_BYTES: usize = 64;

/// The first bytes of a snapshot, of Redis and of Valkey.
const SNAPSHOT_MAGIC: [&[u8]; 2] = [b"REDIS", b"VALKEY"];

/// The format of a file of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Requests, or what should be requests.
    Requests,
    /// A snapshot, possibly followed by requests.
    Snapshot,
}

impl Format {
    /// The format of `file`, which is read from its beginning afterwards.
    ///
    /// # Errors
    /// One line: the file at `path` cannot be read.
    pub fn of(path: &Path, file: &mut File) -> Result<Format, String> {
        let start =
            start_of(file).map_err(|error| format!("{}: {}", path.display(), reason(&error)))?;
        let is_snapshot = SNAPSHOT_MAGIC.iter().any(|magic| start.starts_with(magic));
        Ok(if is_snapshot { Format::Snapshot } else { Format::Requests })
    }
}

/// Verifies the snapshot at the beginning of the file at `path`; returns its length, where `file`
/// is positioned.
///
/// # Errors
/// One line that names the damage.
pub fn verify_snapshot(path: &Path, file: &mut File) -> Result<u64, String> {
    let mut verify = || {
        let mut reader = Reader::new(&mut *file, true)?;
        while !matches!(reader.next()?, Event::End) {}
        Ok(reader.offset())
    };
    let bytes: u64 = verify().map_err(|error: Error| {
        let path = path.display();
        format!("{path}: at {error}; `respool check-rdb {path}` tells what is left of it")
    })?;
    let failed = |error| format!("{}: {}", path.display(), reason(&error));
    file.seek(SeekFrom::Start(bytes)).map_err(failed)?;
    Ok(bytes)
}

/// A description of a file that should be a log and holds no request.
pub fn guess(path: &Path) -> &'static str {
    let start = File::open(path).and_then(|mut file| start_of(&mut file)).unwrap_or_default();
    let has_bare_line_ends = start.starts_with(b"*")
        && start.contains(&b'\n')
        && !start.windows(2).any(|pair| pair == b"\r\n");
    match &start[..] {
        [0x1f, 0x8b, ..] => "it is compressed with gzip",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "it is compressed with zstd",
        [b'B', b'Z', b'h', ..] => "it is compressed with bzip2",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "it is compressed with xz",
        _ if has_bare_line_ends => "its line ends are LF instead of CRLF: it was copied as text",
        start if start.iter().all(|byte| *byte == 0) => "it begins with zero bytes",
        _ => "it is another kind of file",
    }
}

/// The first bytes of a file, which is rewound.
fn start_of(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(START_BYTES);
    file.by_ref().take(START_BYTES as u64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start)
}
