//! The sources of settings: a file, standard input and the command line, in this order; later
//! values override earlier ones.
//!
//! The command line is read as Redis reads it. A first word without a dash is a file, and `-` as
//! the first or the last word is standard input. Every other word that begins with `--` is a name,
//! unless it is the first value of the name before it; every other word is a value. All of it
//! becomes a text with a directive on each line, like a file. A file has `#` in front of comments
//! and the quotes of [`crate::text::quoting`]. Values are bytes: neither a password nor a path has
//! to be UTF-8.
//!
//! The environment is not read: all settings are visible in the list of processes and the file.
//!
//! All mistakes are reported at once, so that a file has to be corrected once.

use super::directives;
use super::settings::Config;
use super::shape::Moment;
use super::words::{quoted, reason, words_of};
use crate::acl::users;
use crate::limits;
use crate::text::glob;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Redis's text for users in two places.
const TWO_SOURCES_OF_USERS: &str = "Configuring Redis with users defined in redis.conf and at the \
    same setting an ACL file path is invalid. This setup is very likely to lead to configuration \
    errors and security holes, please define either an ACL file or declare users directly in your \
    redis.conf, but not both.";

/// Renames a command; the error is the reason why that is impossible.
pub type Rename<'a> = &'a dyn Fn(&[u8], &[u8]) -> Result<(), String>;

/// Reads a password from the first line of a file: a command line is visible to all users who may
/// list processes.
///
/// # Errors
/// The file cannot be read, or its first line is empty, which would mean no password.
pub fn read_password(path: &Path) -> Result<Vec<u8>, String> {
    let refuse =
        |reason: String| Err(format!("cannot read the password from {}: {reason}", path.display()));
    let mut text = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(limits::CONFIG_FILE_BYTES_MAX).read_to_end(&mut text));
    if let Err(error) = read {
        return refuse(error.to_string());
    }
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    match line.strip_suffix(b"\r").unwrap_or(line) {
        [] => refuse("its first line is empty".to_owned()),
        password => Ok(password.to_vec()),
    }
}

/// The parts of a command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The file that is read first.
    pub file: Option<PathBuf>,
    /// Whether standard input is read after that.
    pub reads_standard_input: bool,
    /// Its options as lines of a file.
    pub lines: Vec<Vec<u8>>,
    /// A word of respool's own where a name could be, for `argh` to parse. In a container the
    /// image's own words come first, so it may have any position.
    pub own: Option<&'static str>,
}

/// Words that ask for text instead of a server, and their names in `argh`; those without two dashes
/// only as the first word.
const OWN: [(&[u8], &str); 5] = [
    (b"--help", "--help"),
    (b"--version", "--version"),
    (b"-h", "--help"),
    (b"-v", "--version"),
    (b"help", "--help"),
];

impl CommandLine {
    /// Splits a command line, without the program's name.
    pub fn new(words: &[OsString]) -> CommandLine {
        let mut line = CommandLine::default();
        let mut words = words.iter().map(|word| word.as_bytes()).enumerate().peekable();
        let last = words.len().saturating_sub(1);
        let own = |word: &[u8]| OWN.iter().find(|(own, _)| *own == word).map(|(_, word)| *word);
        line.own = words.peek().and_then(|(_, first)| own(first));
        if let Some((_, path)) = words.next_if(|(_, word)| !word.starts_with(b"-")) {
            line.file = Some(OsStr::from_bytes(path).into());
        }
        let mut text: Vec<u8> = Vec::new();
        // Whether the name before has a value, so that two dashes begin another name.
        let mut has_value = true;
        while let Some((at, word)) = words.next() {
            if word == b"-" && (at == 0 || at == last) {
                line.reads_standard_input = true;
            } else if has_value && word.starts_with(b"--") {
                line.own = line.own.or(own(word));
                text.extend([b"\n", &word[2..], b" "].concat());
                // Words joined by spaces are a name with its values.
                has_value = words_of(word).map_or(0, |words| words.len()) != 1;
                let is_save = word.eq_ignore_ascii_case(b"--save");
                let is_alone = words.peek().is_none_or(|(_, next)| next.starts_with(b"--"));
                if is_save && is_alone {
                    // A list made by a script may be empty.
                    text.extend(b"\"\"");
                    has_value = true;
                }
            } else {
                text.extend(quoted(word));
                text.push(b' ');
                has_value = true;
            }
        }
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        line.lines = lines.map(<[u8]>::to_vec).collect();
        line
    }
}

/// Reads all sources of a command line.
///
/// # Errors
/// All mistakes, each with its source and line.
pub fn read(
    command_line: &CommandLine,
    standard_input: &mut dyn Read,
    rename: Rename<'_>,
) -> Result<Config, String> {
    let mut reader = Reader {
        config: Config::with_defaults(),
        rename,
        seen: BTreeSet::new(),
        mistakes: Vec::new(),
        count: 0,
        files: 0,
    };
    if let Some(path) = &command_line.file {
        reader.config.file = Some(reader.config.path(path));
        reader.file(path, 0);
    }
    if command_line.reads_standard_input {
        reader.text(&Place { name: "standard input", depth: 0 }, bounded(standard_input));
    }
    for line in &command_line.lines {
        let shown = [b"--", line.as_slice()].concat();
        if let Err(reason) = reader.line(line, 0) {
            reader.mistake("command line", &shown, &reason);
        }
    }
    reader.finish()
}

/// Reads a file of any kind up to a limit.
fn bounded(source: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    source.take(limits::CONFIG_FILE_BYTES_MAX + 1).read_to_end(&mut text)?;
    match text.len() as u64 <= limits::CONFIG_FILE_BYTES_MAX {
        true => Ok(text),
        false => Err(io::Error::other("it is too long for a configuration")),
    }
}

struct Place<'a> {
    name: &'a str,
    /// Number of files that include this one.
    depth: usize,
}

struct Reader<'a> {
    config: Config,
    rename: Rename<'a>,
    /// Directives that had a line.
    seen: BTreeSet<&'static str>,
    mistakes: Vec<String>,
    /// Number of mistakes, including those that are not reported.
    count: usize,
    files: usize,
}

impl Reader<'_> {
    fn mistake(&mut self, place: &str, line: &[u8], reason: &str) {
        self.count += 1;
        if self.mistakes.len() < limits::CONFIG_MISTAKES_MAX {
            let line = without_secret(line);
            let line = if line.is_empty() { line } else { format!(">>> '{line}'\n") };
            self.mistakes.push(format!("{place}\n{line}{reason}"));
        }
    }

    fn file(&mut self, path: &Path, depth: usize) {
        let path = self.config.path(path);
        self.files += 1;
        let text = match self.files {
            0..=limits::CONFIG_FILES_MAX => File::open(&path).and_then(|mut f| bounded(&mut f)),
            _ => return,
        };
        self.text(&Place { name: &path.to_string_lossy(), depth }, text);
    }

    fn text(&mut self, place: &Place<'_>, text: io::Result<Vec<u8>>) {
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let reason = format!("can't open config file: {}", reason(&error));
                return self.mistake(place.name, b"", &reason);
            }
        };
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if let Err(reason) = self.line(line, place.depth) {
                let place = format!("{}, line {}", place.name, at + 1);
                self.mistake(&place, line, &reason);
            }
        }
    }

    /// Reads one line.
    fn line(&mut self, line: &[u8], depth: usize) -> Result<(), String> {
        let line = line.trim_ascii();
        if line.starts_with(b"#") {
            return Ok(());
        }
        let words = words_of(line).ok_or("Unbalanced quotes in configuration line")?;
        let Some((name, values)) = words.split_first() else { return Ok(()) };
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        match directives::find(name) {
            Some(directive) => {
                let is_first = self.seen.insert(directive.name);
                let moment = Moment::Start { is_first };
                match values.as_slice() {
                    // A list may be a single word in quotes.
                    [list] if directive.is_list() && !list.is_empty() => {
                        let words = words_of(list);
                        let words = words.ok_or("Unbalanced quotes in configuration line")?;
                        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
                        directive.set(&mut self.config, &words, moment)
                    }
                    values => directive.set(&mut self.config, values, moment),
                }
            }
            None => self.other(&name.to_ascii_lowercase(), &values, depth),
        }
    }

    /// Reads a line that is not a setting.
    fn other(&mut self, name: &[u8], values: &[&[u8]], depth: usize) -> Result<(), String> {
        match (name, values) {
            (b"include", [path]) => self.include(path, depth + 1),
            (b"rename-command", [old, new]) => {
                (self.rename)(old, new)?;
                self.config.renamed_commands.push((old.to_vec(), new.to_vec()));
                Ok(())
            }
            (b"user", [name, ..]) => {
                let is_known =
                    |user: &Vec<Vec<u8>>| user.first().is_some_and(|known| known == name);
                if self.config.users.iter().any(is_known) {
                    let name = String::from_utf8_lossy(name);
                    return Err(format!(
                        "Error in user declaration '{name}': Duplicate user found. A user can only \
                         be defined once in config files"
                    ));
                }
                users::check_line(values)?;
                self.config.users.push(values.iter().map(|word| word.to_vec()).collect());
                Ok(())
            }
            (b"loadmodule", [_, ..]) => Err("respool has no modules".to_owned()),
            (b"sentinel", _) => Err("respool is no Sentinel".to_owned()),
            (name, [_]) if directives::FORMER.iter().any(|known| known.as_bytes() == name) => {
                Ok(())
            }
            (name, [_, ..]) if name.contains(&b'.') => {
                Err("it is a setting of a module, and respool has no modules".to_owned())
            }
            _ => Err("Bad directive or wrong number of arguments".to_owned()),
        }
    }

    /// Includes other files: one that must exist, or all that match.
    fn include(&mut self, path: &[u8], depth: usize) -> Result<(), String> {
        if depth > limits::CONFIG_DEPTH_MAX || self.files >= limits::CONFIG_FILES_MAX {
            return Err("too many files include each other".to_owned());
        }
        let whole = self.config.path(Path::new(OsStr::from_bytes(path)));
        let paths = match path.iter().any(|byte| b"*?[".contains(byte)) {
            true => matching(&whole),
            false => vec![whole],
        };
        paths.iter().for_each(|path| self.file(path, depth));
        Ok(())
    }

    fn finish(mut self) -> Result<Config, String> {
        if let Some(path) = &self.config.requirepass_file {
            let password = match self.config.requirepass.is_empty() {
                true => read_password(&self.config.path(path)),
                false => Err("requirepass and requirepass-file exclude each other".to_owned()),
            };
            match password {
                Ok(password) => self.config.requirepass = password,
                Err(reason) => self.mistake("requirepass-file", b"", &reason),
            }
        }
        if self.config.aclfile.is_some() && !self.config.users.is_empty() {
            self.mistake("aclfile", b"", TWO_SOURCES_OF_USERS);
        }
        if let Some(path) = &self.config.logfile {
            let path = self.config.path(path);
            if let Err(error) = File::options().append(true).create(true).open(&path) {
                let reason = format!("Can't open the log file: {}", reason(&error));
                self.mistake(&path.to_string_lossy(), b"", &reason);
            }
        }
        let version = env!("CARGO_PKG_VERSION");
        match self.count {
            0 => Ok(self.config),
            count => Err(format!(
                "the server is not started, because of {count} mistake{} in its configuration\n\n\
                 *** FATAL CONFIG FILE ERROR (respool {version}) ***\n{}",
                if count == 1 { "" } else { "s" },
                self.mistakes.join("\n")
            )),
        }
    }
}

/// A line for an error message, without secrets, and without bytes that a terminal would interpret.
fn without_secret(line: &[u8]) -> String {
    let line = line.trim_ascii();
    let end = line.iter().position(|byte| byte.is_ascii_whitespace()).unwrap_or(line.len());
    let name = line[..end].strip_prefix(b"--").unwrap_or(&line[..end]);
    let is_secret = directives::find(name).is_some_and(|directive| directive.is_secret);
    if (is_secret || name.eq_ignore_ascii_case(b"user")) && end < line.len() {
        return format!("{} (redacted)", line[..end].escape_ascii());
    }
    let is_control = |c: char| c.is_control();
    String::from_utf8_lossy(line).replace(is_control, "?")
}

/// The paths that match a pattern, in order; `*` stops at a slash, and does not match the dot of a
/// hidden file.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern {
        if !part.as_bytes().iter().any(|byte| b"*?[".contains(byte)) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let mut matches = Vec::new();
        for folder in &found {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().into_vec()).filter(|name| {
                let is_hidden = name.starts_with(b".") && !part.as_bytes().starts_with(b".");
                !is_hidden && glob::matches(part.as_bytes(), name)
            });
            let mut names: Vec<Vec<u8>> = names.take(limits::CONFIG_FILES_MAX).collect();
            names.sort();
            matches.extend(names.into_iter().map(|name| folder.join(OsString::from_vec(name))));
        }
        matches.truncate(limits::CONFIG_FILES_MAX);
        found = matches;
    }
    found.retain(|path| path.exists());
    found
}
