//! A file with users: a line for each, like the `user` lines of a configuration.
//!
//! All mistakes are reported at once. A new text goes into a temporary file in the same folder,
//! which is synced and then renamed: at any moment there is either the old file or the new one.

use super::error::{RuleError, has_space};
use super::rules::{Rules, merged};
use crate::limits;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Reads all users of a file.
///
/// # Errors
/// All that is wrong with it, in Redis's words.
pub fn read(path: &Path, has_all_channels: bool) -> Result<BTreeMap<Vec<u8>, Rules>, Vec<u8>> {
    let name = path.as_os_str().as_bytes();
    let mut text = Vec::new();
    let limit = limits::ACL_FILE_BYTES_MAX;
    let opened = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut text));
    let opened = opened.and_then(|len| match len as u64 <= limit {
        true => Ok(()),
        false => Err(io::Error::other("it is too long for a file with users")),
    });
    if let Err(error) = opened {
        let error = reason(&error);
        return Err(
            [b"Error loading ACLs, opening file '", name, b"': ", error.as_bytes()].concat()
        );
    }
    let (mut users, mut errors) = (BTreeMap::new(), Vec::new());
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let place = [name, format!(":{}", at + 1).as_bytes()].concat();
        match read_line(line, has_all_channels, &mut users) {
            Line::Sound => {}
            Line::NoUser => {
                let text = b" should start with user keyword followed by the username. ";
                errors.extend([&place[..], text].concat());
            }
            Line::Duplicate(user) => {
                let end = format!("' found on line {}. ", at + 1);
                let before = b"WARNING: Duplicate user '";
                errors.extend([before, &user[..], end.as_bytes()].concat());
            }
            Line::Wrong(mistakes) => mistakes.iter().for_each(|mistake| {
                errors.extend([&place[..], b": ", mistake].concat());
            }),
        }
    }
    if errors.is_empty() {
        return Ok(users);
    }
    errors.extend(
        b"WARNING: ACL errors detected, no change to the previously active ACL rules was performed",
    );
    Err(errors)
}

/// What a line is.
enum Line {
    /// It has been taken, or it is empty.
    Sound,
    /// It does not begin with `user` and a name.
    NoUser,
    /// An earlier line has this user.
    Duplicate(Vec<u8>),
    /// Its mistakes, each with what ends it.
    Wrong(Vec<Vec<u8>>),
}

fn read_line(line: &[u8], has_all_channels: bool, users: &mut BTreeMap<Vec<u8>, Rules>) -> Line {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Line::Sound;
    }
    // Words are separated by single spaces here: two of them have an empty word in between.
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let [b"user", name, rules @ ..] = words.as_slice() else { return Line::NoUser };
    if has_space(name) {
        let text = [b"username '", *name, b"' contains invalid characters. "].concat();
        return Line::Wrong(vec![text]);
    }
    if users.contains_key(*name) {
        return Line::Duplicate(name.to_vec());
    }
    let mut user = Rules::new(has_all_channels);
    let errors = match merged(rules) {
        Ok(rules) => apply(&mut user, &rules, has_all_channels),
        Err(_) => vec![b"Unmatched parenthesis in selector definition.".to_vec()],
    };
    users.insert(name.to_vec(), user);
    if errors.is_empty() { Line::Sound } else { Line::Wrong(errors) }
}

/// Applies rules, also those after a wrong one. Returns all mistakes about names, and the first of
/// the others: further ones may follow from it.
fn apply(user: &mut Rules, rules: &[Vec<u8>], has_all_channels: bool) -> Vec<Vec<u8>> {
    let (mut errors, mut has_other) = (Vec::new(), false);
    for rule in rules {
        match user.apply(rule.trim_ascii(), has_all_channels) {
            Ok(()) => {}
            Err(error @ RuleError::Unknown) => {
                let text = b"Error in applying operation '";
                errors.push([text, &rule[..], b"': ", error.text().as_bytes(), b". "].concat());
            }
            Err(error) if !has_other => {
                has_other = true;
                errors.push([error.text().as_bytes(), b". "].concat());
            }
            Err(_) => {}
        }
    }
    errors
}

/// Replaces a file by one with these lines, one for each user.
///
/// # Errors
/// What the system reported; the old file is untouched.
pub fn write(path: &Path, lines: &[Vec<u8>]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    // A file of this name was left by a killed server of this user.
    let _ = fs::remove_file(&temporary);
    let written = (|| {
        // Hashes of passwords are for the owner's eyes.
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&temporary)?;
        for line in lines {
            file.write_all(&[&line[..], b"\n"].concat())?;
        }
        file.sync_all()?;
        if let Ok(old) = fs::metadata(&path) {
            file.set_permissions(old.permissions())?;
        }
        fs::rename(&temporary, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
        return written;
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    // Some file systems cannot sync a folder; the file is complete either way.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// The system's words for an error, without the number that Rust adds.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
