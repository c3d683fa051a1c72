//! The log for the operator: lines with time, level and message on standard error or in a file, in
//! Redis's order of levels.
//!
//! It contains start, stop, addresses, refusals and faults. It never contains a key, a value or a
//! password, and lines about requests only with `trace yes`.

use crate::clock::utc_date_time;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The importance of a line; `loglevel` shows this level and those above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// For developers of the server.
    Debug,
    /// Details that are rarely useful.
    Verbose,
    /// What an operator needs in production.
    #[default]
    Notice,
    /// Something is wrong, or nearly.
    Warning,
    /// No line has this level, so it shows none.
    Nothing,
}

impl Level {
    /// The levels under Redis's names, quietest last.
    pub const NAMES: [(&str, Level); 5] = [
        ("debug", Level::Debug),
        ("verbose", Level::Verbose),
        ("notice", Level::Notice),
        ("warning", Level::Warning),
        ("nothing", Level::Nothing),
    ];

    /// The name of this level in the configuration.
    pub fn name(self) -> &'static str {
        Level::NAMES[self as usize].0
    }

    /// The level with this name in the configuration.
    pub fn from_name(name: &str) -> Option<Level> {
        let found = Level::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, level)| *level)
    }
}

/// The one process-wide setting: log lines come from any module, even before there is a server.
static LEVEL: AtomicU8 = AtomicU8::new(Level::Notice as u8);

/// The file for lines, instead of standard error.
static FILE: OnceLock<PathBuf> = OnceLock::new();

/// Sends lines to a file from now on. The file is opened for each line, so a tool that rotates logs
/// by renaming them need not inform the server. Set once in the life of a process.
///
/// # Errors
/// One line: the file cannot be written to.
pub fn set_file(path: PathBuf) -> Result<(), String> {
    open(&path)
        .map_err(|error| format!("cannot write to the log file {}: {error}", path.display()))?;
    FILE.set(path).map_err(|_| "the log file was chosen already".to_owned())
}

fn open(path: &Path) -> io::Result<File> {
    File::options().append(true).create(true).open(path)
}

/// Shows lines of `level` and above from now on.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Writes one line, unless its level is hidden: to standard error if the file cannot be written to
/// any more. A closed standard error is not an error.
pub fn write(level: Level, message: &str) {
    if (level as u8) < LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (year, month, day, hour, minute, second) = utc_date_time(now.as_secs());
    let line = format!(
        "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z {:<7} {message}\n",
        now.subsec_millis(),
        level.name(),
    );
    // One call per line, because threads log at the same time.
    if let Some(mut file) = FILE.get().and_then(|path| open(path).ok())
        && file.write_all(line.as_bytes()).is_ok()
    {
        return;
    }
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Logs at level *verbose*.
pub fn verbose(message: &str) {
    write(Level::Verbose, message);
}

/// Logs at level *notice*.
pub fn notice(message: &str) {
    write(Level::Notice, message);
}

/// Logs at level *warning*.
pub fn warning(message: &str) {
    write(Level::Warning, message);
}
