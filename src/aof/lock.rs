//! One process per log: an advisory lock on a file in its folder.

use super::disk::{Disk, reason};
use crate::log;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The name of the locked file.
pub(super) const LOCK_FILE: &str = "respool.lock";

/// The lock, for as long as this value lives.
#[derive(Debug)]
pub(super) struct Lock(File);

/// The kernel releases a lock with the last descriptor of its file, so at the latest when the
/// process ends. A child process inherits descriptors until it executes its own program.
impl Drop for Lock {
    fn drop(&mut self) {
        // Without support for locks there is none to release, as the start has logged.
        if let Err(error) = self.0.unlock()
            && error.kind() != ErrorKind::Unsupported
        {
            log::verbose(&format!("Unlocking the append-only file: {}", reason(&error)));
        }
    }
}

/// Locks the folder for this process alone.
pub(super) fn lock(disk: &Disk, folder: &Path) -> Result<Lock, String> {
    let path = folder.join(LOCK_FILE);
    match disk.lock(&path) {
        Ok(Some(file)) => Ok(Lock(file)),
        Ok(None) => {
            Err(format!("another process is using the append-only file in {}", folder.display()))
        }
        Err(error) => {
            let advice = advice(&error, folder);
            Err(format!("{}: {}{advice}", path.display(), reason(&error)))
        }
    }
}

/// Advice about a folder that cannot be written to: the commonest mistake with a container's
/// volume, whose content is not visible from outside.
pub(super) fn advice(error: &io::Error, folder: &Path) -> String {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let folder = folder.display();
    match (error.kind(), std::fs::metadata("/proc/self").map(|process| process.uid())) {
        (ErrorKind::PermissionDenied, Ok(user)) => {
            format!(" for user {user}; run `chown -R {user}` on {folder}, or run as its owner")
        }
        (ErrorKind::PermissionDenied, Err(_)) => format!("; {folder} has another owner"),
        (ErrorKind::ReadOnlyFilesystem, _) => {
            format!("; mount a volume at {folder}, or name another folder with --dir")
        }
        _ => String::new(),
    }
}
