//! The names of a log's folder, manifest and files, as Redis 7 forms them.

use super::format::Format;
use super::manifest::Piece;
use crate::config::Config;

/// The beginning of the names of unfinished files, as in Redis. Such files are removed.
pub const TEMPORARY: &str = "temp-";

/// The names below `dir`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The folder of the log (`appenddirname`).
    pub folder: String,
    /// The beginning of the names of the log's files, and the whole name of the single file of a
    /// Redis before version 7 (`appendfilename`).
    pub file: String,
    /// The snapshot (`dbfilename`).
    pub snapshot: String,
}

/// Redis's defaults.
impl Default for Names {
    fn default() -> Names {
        Names {
            folder: "appendonlydir".to_owned(),
            file: "appendonly.aof".to_owned(),
            snapshot: "dump.rdb".to_owned(),
        }
    }
}

impl Names {
    /// The names that a configuration asks for.
    ///
    /// # Errors
    /// One line: a manifest is text, so the names in it are, too.
    pub fn of(config: &Config) -> Result<Names, String> {
        let text = |directive: &str, name: &[u8]| {
            let name = String::from_utf8(name.to_vec());
            name.map_err(|_| format!("{directive} is not text in UTF-8"))
        };
        Ok(Names {
            folder: text("appenddirname", &config.appenddirname)?,
            file: text("appendfilename", &config.appendfilename)?,
            snapshot: text("dbfilename", &config.dbfilename)?,
        })
    }

    /// The manifest.
    pub fn manifest(&self) -> String {
        format!("{}.manifest", self.file)
    }

    /// The manifest before it replaces the old one.
    pub fn temporary_manifest(&self) -> String {
        format!("{TEMPORARY}{}.manifest", self.file)
    }

    /// The increment that will become part of the log together with a new base.
    pub fn temporary_increment(&self) -> String {
        format!("{TEMPORARY}{}.incr", self.file)
    }

    /// The base with this number, in this format.
    pub fn base(&self, sequence: u64, format: Format) -> Piece {
        let end = match format {
            Format::Requests => "aof",
            Format::Snapshot => "rdb",
        };
        Piece { name: format!("{}.{sequence}.base.{end}", self.file), sequence, bytes: None }
    }

    /// The increment with this number.
    pub fn increment(&self, sequence: u64) -> Piece {
        Piece { name: format!("{}.{sequence}.incr.aof", self.file), sequence, bytes: None }
    }

    /// Whether `name` has the form of a base or an increment of this log.
    pub fn is_piece(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(&self.file).and_then(|rest| rest.strip_prefix('.'))
        else {
            return false;
        };
        let Some((number, kind)) = rest.split_once('.') else { return false };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number && ["base.aof", "base.rdb", "incr.aof"].contains(&kind)
    }

    /// Whether `name` looks like a file of some log; unfinished files do not count.
    pub fn is_log_like(name: &str) -> bool {
        !name.starts_with(TEMPORARY) && [".aof", ".manifest"].iter().any(|end| name.ends_with(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that the names of a log's files are distinguished from similar ones.
    #[test]
    fn pieces_are_recognised() {
        let names = Names::default();
        let bases = [Format::Requests, Format::Snapshot].map(|format| names.base(12, format));
        for piece in bases.into_iter().chain([names.increment(3)]) {
            assert!(names.is_piece(&piece.name), "{}", piece.name);
        }
        for name in ["appendonly.aof", "appendonly.aof.x.incr.aof", "appendonly.aof.1.incr.aof.bak"]
        {
            assert!(!names.is_piece(name), "{name}");
        }
    }
}
