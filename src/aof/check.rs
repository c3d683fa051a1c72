//! Looking into a log without a server: `respool check-aof`.
//!
//! It knows files, units and damage, but no commands: whether a request can be replayed is found
//! out by replaying it. Repairing means one thing only, to cut off a torn end, and what is cut off
//! stays beside the file. Damage in the middle cannot be repaired without losing what was
//! acknowledged; that is a human's decision.

use super::directory::{self, FOLDER};
use super::disk::{Disk, reason};
use super::load::{cut_tail, refuse_preamble};
use super::manifest::{Manifest, NAME};
use super::units::{Damage, Portion, Units};
use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Explains the directory or file at `path`, and cuts off a torn end if `may_fix`.
///
/// # Errors
/// One line: what is damaged and was not repaired, or why nothing can be said.
pub fn check(path: &Path, may_fix: bool) -> Result<String, String> {
    let (folder, files) = files_of(path)?;
    let _lock = match folder.as_deref().filter(|_| may_fix) {
        Some(folder) => Some(directory::lock(folder)?),
        None => None,
    };
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let last = files.iter().rposition(|file| size(file) > 0);
    let mut report = String::new();
    for (at, file) in files.iter().enumerate() {
        let (requests, damage) = read(file)?;
        let shown = file.display();
        let Some(damage) = damage else {
            // Writing into a String cannot fail.
            let _ = writeln!(report, "{shown}: {} bytes, {requests} requests, sound", size(file));
            continue;
        };
        if Some(at) != last || !damage.is_tail {
            return Err(format!(
                "{shown}: {damage}, after {requests} sound requests; requests follow that are \
                 whole, so this is no torn end: restore the file, or decide by hand what to lose"
            ));
        }
        let lost = size(file) - damage.offset;
        if !may_fix {
            return Err(format!(
                "{shown}: {damage}, after {requests} sound requests; a torn end of {lost} bytes, \
                 which a start cuts off, or --fix now"
            ));
        }
        let cut = |path: &Path, len| Disk::default().truncate(path, len);
        let kept = cut_tail(file, damage.offset, cut)?;
        let _ = writeln!(
            report,
            "{shown}: {damage}, after {requests} sound requests; cut off, {lost} bytes kept in {}",
            kept.display()
        );
    }
    Ok(report)
}

/// The files of a log in the order of replaying, and the directory they are in if they are all.
fn files_of(path: &Path) -> Result<(Option<PathBuf>, Vec<PathBuf>), String> {
    let is_manifest = |path: &Path| path.extension().is_some_and(|end| end == "manifest");
    let manifest = match path.is_dir() {
        true => {
            let name = format!("{NAME}.manifest");
            let inner = path.join(FOLDER).join(&name);
            if inner.is_file() { inner } else { path.join(name) }
        }
        false if is_manifest(path) => path.to_owned(),
        false => return Ok((None, vec![path.to_owned()])),
    };
    let text = std::fs::read_to_string(&manifest)
        .map_err(|error| format!("{}: {}", manifest.display(), reason(&error)))?;
    let parsed = Manifest::parse(&text)
        .map_err(|reason| format!("{} is not a manifest: {reason}", manifest.display()))?;
    let folder = manifest.parent().unwrap_or(Path::new(".")).to_owned();
    let files = parsed.pieces().map(|piece| folder.join(&piece.name)).collect();
    Ok((Some(folder), files))
}

/// Reads a file to its end, or to its damage.
fn read(path: &Path) -> Result<(usize, Option<Damage>), String> {
    let failed = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
    let mut file = File::open(path).map_err(failed)?;
    refuse_preamble(path, &mut file)?;
    let (mut units, mut portion) = (Units::new(file), Portion::default());
    let mut requests = 0;
    while units.next(&mut portion).map_err(failed)? {
        requests += portion.requests().len();
    }
    Ok((requests, units.damage()))
}
