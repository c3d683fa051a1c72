//! What a file holds, and where it is damaged: the core of `respool check-rdb`.
//!
//! The whole file is read as at a start, values included, and thrown away. Members are counted and
//! not remembered, so that a file of any size can be checked in little memory; that one is there
//! twice is the one kind of damage that only loading finds.

use super::error::{Error, Problem};
use super::piece::{Kind, Nowhere};
use super::read::{Event, Reader};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

/// What was found in a file, up to its end or its damage.
#[derive(Debug, Default)]
pub struct Report {
    /// The file's version; zero if even that could not be read.
    pub version: u32,
    /// Names and values that are information.
    pub aux: Vec<(String, String)>,
    /// By the number of the database.
    pub databases: BTreeMap<u64, Keys>,
    /// By the type of the value.
    pub kinds: BTreeMap<Kind, Values>,
    /// Function libraries.
    pub functions: u64,
    /// Modules with data that belongs to no key.
    pub modules: Vec<String>,
    /// Bytes that were read.
    pub bytes: u64,
    /// Whether the end was reached, and the check sum was right if there is one.
    pub is_complete: bool,
    /// Whether the input goes on after the end, as a log of Redis does.
    pub goes_on: bool,
    /// The key whose value is damaged.
    pub damaged_key: Option<Vec<u8>>,
}

/// The keys of a database.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// All of them.
    pub keys: u64,
    /// Those that expire.
    pub expiring: u64,
}

/// The values of a type.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// How many there are.
    pub values: u64,
    /// Their elements.
    pub elements: u64,
    /// Their bytes in the file, with those of their keys.
    pub bytes: u64,
}

/// Reads a file to its end, or to the first error.
pub fn check(input: impl Read) -> (Report, Option<Error>) {
    let mut report = Report::default();
    let error = walk(input, &mut report).err();
    (report, error)
}

fn walk(input: impl Read, report: &mut Report) -> Result<(), Error> {
    let mut reader = Reader::new(input, true)?;
    report.version = reader.version();
    loop {
        let before = reader.offset();
        report.bytes = before;
        match reader.next()? {
            Event::Aux { name, value } => {
                let shown = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                report.aux.push((shown(name), shown(value)));
            }
            Event::Database(db) => drop(report.databases.entry(db).or_default()),
            Event::Size { .. } => {}
            Event::Function(_) => report.functions += 1,
            Event::ModuleData(name) => report.modules.push(name),
            Event::Entry(entry) => {
                let elements = reader.value(&mut Nowhere).inspect_err(|_| {
                    report.damaged_key = Some(entry.key.clone());
                })?;
                let keys = report.databases.entry(entry.db).or_default();
                keys.keys += 1;
                keys.expiring += u64::from(entry.expires_at_ms.is_some());
                let values = report.kinds.entry(entry.kind).or_default();
                values.values += 1;
                values.elements += elements;
                values.bytes += reader.offset() - before;
            }
            Event::End => {
                report.bytes = reader.offset();
                report.is_complete = true;
                report.goes_on = !reader.is_at_end()?;
                return Ok(());
            }
        }
    }
}

impl Report {
    /// What is wrong, in one line: the error, its offset, and the key.
    pub fn explain(&self, error: &Error) -> String {
        let read: u64 = self.databases.values().map(|keys| keys.keys).sum();
        let key = match &self.damaged_key {
            Some(key) if !matches!(error.problem, Problem::Input(_)) => {
                let shown = &key[..key.len().min(64)];
                format!(" in the value of the key '{}'", shown.escape_ascii())
            }
            _ => String::new(),
        };
        format!("{error}{key}, after {read} sound keys")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version {}, {} bytes", self.version, self.bytes)?;
        for (name, value) in &self.aux {
            writeln!(f, "{}: {}", name.escape_debug(), value.escape_debug())?;
        }
        for (db, Keys { keys, expiring }) in &self.databases {
            writeln!(f, "database {db}: {keys} keys, {expiring} of them expire")?;
        }
        for (kind, Values { values, elements, bytes }) in &self.kinds {
            let kind = kind.name();
            writeln!(f, "{kind}: {values} values, {elements} elements, {bytes} bytes")?;
        }
        if self.functions > 0 {
            writeln!(f, "function libraries: {}", self.functions)?;
        }
        for module in &self.modules {
            writeln!(f, "data of the module '{module}', which is skipped")?;
        }
        if self.goes_on {
            writeln!(f, "more bytes follow, as in a log with such a base")?;
        }
        if self.is_complete {
            writeln!(f, "sound")?;
        }
        Ok(())
    }
}
