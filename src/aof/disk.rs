//! The few file operations of the log, and the only module where tests can make them fail.
//!
//! Every write goes through a [`Disk`]; a test gives the server one with [`Faults`] and so sees the
//! effect of a full disk, a failing fsync or a crash between two operations. Reading does not use
//! it: unreadable data is refused by the reader. Three operations are optional, because not every
//! file system has them: syncing a folder, locking, reserving space.

use super::faults::{Faults, Operation};
use super::records::Records;
use crate::limits;
use crate::system::differences;
use crate::system::optional::Optional;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// The sync of a folder. Without it the data of a file is safe, but perhaps not its name.
static FOLDER_SYNC: Optional = Optional::new(
    "Names of files cannot be synced in this folder: after a power failure a file that was made \
     or renamed just before may be missing",
);

/// The lock of the log's folder.
static LOCK: Optional = Optional::new(
    "Files cannot be locked in this folder: see to it that no other process uses the append-only \
     file",
);

/// Space reserved in advance.
static ROOM: Optional = Optional::new(
    "Space cannot be reserved in this folder: a full disk will be noticed only by a write that \
     fails",
);

/// The disk of the files: the real one, or one with faults.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    faults: Option<Arc<Faults>>,
}

impl Disk {
    /// A disk with planned faults.
    pub fn with_faults(faults: Arc<Faults>) -> Disk {
        Disk { faults: Some(faults) }
    }

    /// Opens a file to write at its end; `is_new` empties or creates it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open(&self, path: &Path, is_new: bool) -> io::Result<LogFile> {
        if is_new {
            self.permit(Operation::Create)?;
            File::create(path)?;
        }
        let file = OpenOptions::new().append(true).open(path)?;
        let len = file.metadata()?.len();
        Ok(LogFile {
            file,
            path: path.to_owned(),
            disk: self.clone(),
            len: AtomicU64::new(len),
            reserved: AtomicU64::new(len),
            is_broken: AtomicBool::new(false),
        })
    }

    /// Creates a folder, unless it is there.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create_folder(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.permit(Operation::Create)?;
        std::fs::create_dir(path)?;
        self.sync_folder(path.parent().unwrap_or(path))
    }

    /// Creates a file and locks it for this process alone; `None` if another process has the lock.
    /// Without support for locks the file is used unlocked.
    ///
    /// # Errors
    /// Those of the system.
    pub fn lock(&self, path: &Path) -> io::Result<Option<File>> {
        self.permit(Operation::Create)?;
        let file = File::create(path)?;
        let locked = self.permit(Operation::Lock).map_err(TryLockError::Error);
        let is_locked = match locked.and_then(|()| file.try_lock()) {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => LOCK.allow(Err(error))?.unwrap_or(true),
        };
        Ok(is_locked.then_some(file))
    }

    /// Renames a file; a file that had the new name is replaced.
    ///
    /// # Errors
    /// Those of the system.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.permit(Operation::Rename)?;
        std::fs::rename(from, to)
    }

    /// Removes a file; a missing file is no error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        self.permit(Operation::Remove)?;
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Shortens a file to `len` bytes, and syncs that.
    ///
    /// # Errors
    /// Those of the system.
    pub fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        self.permit(Operation::Truncate)?;
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(len)?;
        file.sync_all()
    }

    /// Makes the names in a folder survive a power failure: syncing a file does not. A file system
    /// that does not support that is no error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // The parent of a relative name may be the empty path.
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let folder = File::open(path)?;
        let synced = self.permit(Operation::SyncFolder).and_then(|()| folder.sync_all());
        FOLDER_SYNC.allow(synced).map(|_| ())
    }

    fn permit(&self, operation: Operation) -> io::Result<()> {
        match &self.faults {
            Some(faults) => faults.permit(operation).map(|_| ()),
            None => Ok(()),
        }
    }
}

/// A file that grows at its end.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    path: PathBuf,
    disk: Disk,
    /// Bytes in the file.
    len: AtomicU64,
    /// Bytes that the file may have without reserving more space.
    reserved: AtomicU64,
    /// Whether a sync has ever failed.
    is_broken: AtomicBool,
}

impl LogFile {
    /// Bytes in the file.
    pub fn len(&self) -> u64 {
        self.len.load(Relaxed)
    }

    /// Whether nothing was written to it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a sync has ever failed: the content on disk is unknown then.
    pub fn is_broken(&self) -> bool {
        self.is_broken.load(Relaxed)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all of `records`; written bytes are removed from them, also after an error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn write(&self, records: &mut Records) -> io::Result<()> {
        while !records.is_empty() {
            let written = match self.write_some(records) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                written => written?,
            };
            self.len.fetch_add(written as u64, Relaxed);
            records.advance(written);
        }
        Ok(())
    }

    fn write_some(&self, records: &Records) -> io::Result<usize> {
        let mut file = &self.file;
        if let Some(faults) = &self.disk.faults {
            let most = faults.permit(Operation::Write)?;
            let front = records.front();
            return file.write(&front[..front.len().min(most)]);
        }
        match records.plain() {
            Some(bytes) => file.write(bytes),
            None => file.write_vectored(&records.slices(limits::WRITEV_BUFFERS_MAX)),
        }
    }

    /// Makes everything that was written survive a power failure.
    ///
    /// # Errors
    /// Those of the system. The kernel may have dropped the bytes that it could not write, and
    /// reports that only once: the file must not be trusted any more.
    pub fn sync(&self) -> io::Result<()> {
        let outcome = self.disk.permit(Operation::Sync).and_then(|()| self.file.sync_data());
        self.is_broken.fetch_or(outcome.is_err(), Relaxed);
        outcome
    }

    /// Reserves space in the file system, so that the next `bytes` and some more cannot fail
    /// because the disk is full. The file's length stays as it is.
    ///
    /// # Errors
    /// There is no space. A file system that cannot reserve any is no error.
    pub fn reserve(&self, bytes: usize) -> io::Result<()> {
        let (len, reserved) = (self.len(), self.reserved.load(Relaxed));
        if len + bytes as u64 + limits::AOF_HEADROOM_BYTES <= reserved {
            return Ok(());
        }
        let reserve = |room| -> io::Result<()> {
            self.disk.permit(Operation::Reserve)?;
            differences::reserve(&self.file, len, room)
        };
        let mut outcome = Ok(());
        for extra in [limits::AOF_RESERVE_BYTES, limits::AOF_HEADROOM_BYTES] {
            let room = bytes as u64 + extra;
            match ROOM.allow(reserve(room)) {
                Ok(given) => {
                    // Without support there is no second attempt.
                    self.reserved.store(given.map_or(u64::MAX / 2, |()| len + room), Relaxed);
                    return Ok(());
                }
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Releases reserved space that was not used.
    pub fn give_back(&self) {
        // Another server may have begun to continue the file. On an error, the space stays reserved
        // until the file is removed.
        if self.file.metadata().is_ok_and(|metadata| metadata.len() == self.len()) {
            let _ = self.file.set_len(self.len());
        }
        self.reserved.store(self.len(), Relaxed);
    }
}

/// The file as an output without records: a snapshot.
impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = match &self.disk.faults {
            Some(faults) => faults.permit(Operation::Write)?,
            None => usize::MAX,
        };
        let written = self.file.write(&bytes[..bytes.len().min(most)])?;
        self.len.fetch_add(written as u64, Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The system's text of an error, without Rust's "(os error 28)".
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
