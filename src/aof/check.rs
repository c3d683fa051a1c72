//! `respool check-aof`: examines and repairs a log without a server.
//!
//! The tool knows files, units and damage, but no commands: only a replay shows whether a request
//! can be replayed. As in `redis-check-aof --fix`, repairing means one thing only: everything from
//! the damage on is cut off. The cut bytes are kept next to the file.
//!
//! A whole log is repaired only in the file that was being appended to: after a cut in another
//! file, later requests would be replayed that depend on the missing ones. An operator who accepts
//! that names the file itself.

use super::directory::write_manifest;
use super::disk::{Disk, reason};
use super::format::{self, Format};
use super::lock::lock;
use super::manifest::Manifest;
use super::names::Names;
use super::opening::read_manifest;
use super::torn::{self, Part, cut_tail};
use super::units::{Damage, Portion, Units};
use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The files to examine.
struct Log {
    /// The manifest that names them, with its path.
    manifest: Option<(PathBuf, Manifest)>,
    /// In the order of replaying.
    files: Vec<LogPart>,
    names: Names,
}

struct LogPart {
    path: PathBuf,
    part: Part,
    /// Its length in the manifest.
    bytes: Option<u64>,
    /// Whether it may be cut.
    is_repairable: bool,
}

/// Describes the folder or file at `path`, and cuts damage off if `may_fix`.
///
/// # Errors
/// One line: the damage that was not repaired, or the reason why the log cannot be examined.
pub fn check(path: &Path, may_fix: bool) -> Result<String, String> {
    let mut log = find(path)?;
    let folder = log.manifest.as_ref().and_then(|(path, _)| path.parent().map(Path::to_owned));
    let _lock = match folder.as_deref().filter(|_| may_fix) {
        Some(folder) => Some(lock(&Disk::default(), folder)?),
        None => None,
    };
    let (mut report, mut sound_bytes) = (String::new(), 0);
    for at in 0..log.files.len() {
        let file = &log.files[at];
        let (shown, len) = (file.path.display(), len(&file.path));
        let (requests, damage) = read(&file.path)?;
        // Writing into a String cannot fail.
        match (damage, file.bytes.filter(|bytes| *bytes != len)) {
            (Some(damage), _) => {
                let repaired = file.repair(&damage, len, sound_bytes, requests, may_fix)?;
                let _ = writeln!(report, "{repaired}");
                log.accept_length(at)?;
            }
            (None, Some(bytes)) if may_fix && file.is_repairable => {
                let _ = writeln!(
                    report,
                    "{shown}: {len} bytes, {requests} requests, accepted instead of {bytes} bytes"
                );
                log.accept_length(at)?;
            }
            (None, Some(bytes)) => {
                return Err(format!(
                    "{shown}: {len} bytes, {requests} requests, but it had {bytes} bytes when it \
                     was finished: acknowledged data is missing; `--fix {shown}` accepts what is \
                     left"
                ));
            }
            (None, None) => {
                let _ = writeln!(report, "{shown}: {len} bytes, {requests} requests, sound");
            }
        }
        sound_bytes += len;
    }
    Ok(report)
}

impl LogPart {
    /// Cuts off the damage, or returns why not.
    fn repair(
        &self,
        damage: &Damage,
        len: u64,
        sound_bytes: u64,
        requests: usize,
        may_fix: bool,
    ) -> Result<String, String> {
        let (shown, lost) = (self.path.display(), len.saturating_sub(damage.offset));
        let sound_bytes = sound_bytes + damage.offset;
        let refusal = torn::refusal(&self.path, self.part, damage, len, sound_bytes);
        let after = format!("after {requests} sound requests");
        if may_fix && self.is_repairable {
            let cut = |path: &Path, len| Disk::default().truncate(path, len);
            let kept = cut_tail(&self.path, damage.offset, cut)?;
            let kept = kept.display();
            return Ok(format!("{shown}: {damage}, {after}; cut off, {lost} bytes kept in {kept}"));
        }
        Err(match refusal {
            None => format!(
                "{shown}: {damage}, {after}; a torn end of {lost} bytes, which a start cuts off, \
                 or --fix now"
            ),
            Some(refusal) if self.is_repairable => {
                format!("{refusal}; {after}; --fix cuts off {lost} bytes and keeps them in a file")
            }
            Some(refusal) => format!(
                "{refusal}; {after}; only `check-aof --fix {shown}`, with this file's own name, \
                 cuts off {lost} bytes and keeps them in a file"
            ),
        })
    }
}

impl Log {
    /// Removes the length of a file from the manifest, because the file was cut.
    fn accept_length(&mut self, at: usize) -> Result<(), String> {
        let (Some((path, manifest)), name) = (&mut self.manifest, self.files[at].path.file_name())
        else {
            return Ok(());
        };
        let name = name.unwrap_or_default().to_string_lossy().into_owned();
        let before = manifest.clone();
        let pieces = manifest.base.iter_mut().chain(&mut manifest.increments);
        for piece in pieces.filter(|piece| piece.name == name) {
            piece.bytes = None;
        }
        if *manifest == before {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        write_manifest(&Disk::default(), folder, &self.names, manifest)
            .map_err(|error| format!("{}: {}", path.display(), reason(&error)))
    }
}

/// Bytes in a file; 0 if it does not exist.
fn len(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The files of `path`: a folder, a manifest, or one file.
fn find(path: &Path) -> Result<Log, String> {
    let is_manifest = |path: &Path| path.extension().is_some_and(|end| end == "manifest");
    let names = Names::default();
    let manifest_path = match path.is_dir() {
        true => manifest_in(path, &names)?,
        false if is_manifest(path) => path.to_owned(),
        false => return Ok(find_one(path, names)),
    };
    // The manifest's name begins like the names of all files.
    let file_name = manifest_path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let names = Names { file: file_name, ..names };
    let manifest = read_manifest(&manifest_path)?;
    let folder = manifest_path.parent().unwrap_or(Path::new(".")).to_owned();
    let paths: Vec<PathBuf> = manifest.pieces().map(|piece| folder.join(&piece.name)).collect();
    let lens: Vec<u64> = paths.iter().map(|path| len(path)).collect();
    let parts = Part::all(&manifest, &names, &lens);
    let pieces = manifest.pieces().map(|piece| piece.bytes);
    let files = paths.into_iter().zip(parts).zip(pieces);
    let files = files.map(|((path, part), bytes)| LogPart {
        path,
        part,
        bytes,
        is_repairable: part == Part::Growing,
    });
    Ok(Log { files: files.collect(), manifest: Some((manifest_path, manifest)), names })
}

/// The manifest in a folder: that of the usual name, in the log's folder or its parent, or the only
/// one there is.
fn manifest_in(folder: &Path, names: &Names) -> Result<PathBuf, String> {
    let usual = [folder.join(&names.folder).join(names.manifest()), folder.join(names.manifest())];
    if let Some(path) = usual.iter().find(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: {}", folder.display(), reason(&error)))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let manifests = paths.filter(|path| path.extension().is_some_and(|end| end == "manifest"));
    match &manifests.take(2).collect::<Vec<PathBuf>>()[..] {
        [path] => Ok(path.clone()),
        [] => Err(format!("{}: No such file or directory", usual[1].display())),
        _ => Err(format!("{} has several manifests: name one of them", folder.display())),
    }
}

/// One file, which may belong to a log that has a manifest.
fn find_one(path: &Path, names: Names) -> Log {
    let folder = path.parent().unwrap_or(Path::new("."));
    let named = std::fs::read_dir(folder).into_iter().flatten().flatten().find_map(|entry| {
        let manifest = entry.path();
        let is_manifest = manifest.extension().is_some_and(|end| end == "manifest");
        let log = if is_manifest { find(&manifest).ok()? } else { return None };
        let at = log.files.iter().position(|file| file.path.file_name() == path.file_name())?;
        Some((log, at))
    });
    let alone =
        LogPart { path: path.to_owned(), part: Part::Growing, bytes: None, is_repairable: true };
    match named {
        None => Log { manifest: None, files: vec![alone], names },
        Some((mut log, at)) => {
            let found = log.files.swap_remove(at);
            let file = LogPart { is_repairable: true, path: path.to_owned(), ..found };
            Log { files: vec![file], ..log }
        }
    }
}

/// Reads a file to its end, or to its damage.
fn read(path: &Path) -> Result<(usize, Option<Damage>), String> {
    let failed = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
    let mut file = File::open(path).map_err(failed)?;
    let snapshot_bytes = match Format::of(path, &mut file)? {
        Format::Requests => 0,
        Format::Snapshot => format::verify_snapshot(path, &mut file)?,
    };
    let (mut units, mut portion) = (Units::from_offset(file, snapshot_bytes), Portion::default());
    let mut requests = 0;
    while units.next(&mut portion).map_err(failed)? {
        requests += portion.requests().len();
    }
    Ok((requests, units.damage()))
}
