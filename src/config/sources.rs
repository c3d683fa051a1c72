//! Where settings come from: flags of the command line and lines of configuration files, in the
//! order in which they are named. What comes later counts.
//!
//! `respool /etc/respool.conf --port 7000` reads the file and then overrules its port. A file has
//! Redis's syntax: a directive and its value on each line, `#` in front of a comment. The
//! environment is not read: what is in force can be seen in the list of processes and the file.

use super::{Config, DIRECTIVES, one_line};
use crate::text::quoting::next_word;
use argh::FromArgs;

/// A flag, dashes included, and its value. Only `--help` and `--version` have none, and a flag of
/// which the value was forgotten.
struct Setting {
    flag: String,
    value: Option<String>,
}

/// The words of the command line with files replaced by what they say, and each setting once.
///
/// # Errors
/// One line: the file that cannot be read, or its line that is wrong.
pub fn settled(arguments: &[String]) -> Result<Vec<String>, String> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let found = match word.as_str() {
            "help" | "--help" | "--version" => {
                vec![Setting { flag: word.clone(), value: None }]
            }
            flag if flag.starts_with('-') => {
                vec![Setting { flag: word.clone(), value: words.next().cloned() }]
            }
            path => read_file(path)?,
        };
        for setting in found {
            settings.retain(|earlier| earlier.flag != setting.flag);
            settings.push(setting);
        }
    }
    let words = |setting: Setting| [Some(setting.flag), setting.value].into_iter().flatten();
    Ok(settings.into_iter().flat_map(words).collect())
}

fn read_file(path: &str) -> Result<Vec<Setting>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the configuration file {path}: {error}"))?;
    let mut settings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            let setting = read_line(line)
                .map_err(|reason| format!("{path}, line {}, '{line}': {reason}", at + 1))?;
            settings.extend(setting);
        }
    }
    Ok(settings)
}

/// Reads one line; `None` if it says what is so anyway.
fn read_line(line: &str) -> Result<Option<Setting>, String> {
    let (name, value) = directive(line)?;
    let flag = format!("--{name}");
    // The same parser as for the command line, with only this to parse: so the line is known.
    match Config::from_args(&["respool"], &[&flag, &value]) {
        Ok(_) => Ok(Some(Setting { flag, value: Some(value) })),
        Err(_) if is_so_anyway(&name, &value) => Ok(None),
        Err(exit) => Err(one_line(&exit.output)),
    }
}

/// The name of a line's directive, and its value: what is behind it, parted by single spaces.
fn directive(line: &str) -> Result<(String, String), String> {
    let (mut rest, mut words) = (line.as_bytes(), Vec::new());
    let mut word = Vec::new();
    while let Some(behind) = next_word(rest, &mut word).map_err(|_| "unbalanced quotes")? {
        words.push(String::from_utf8(std::mem::take(&mut word)).map_err(|_| "not UTF-8")?);
        rest = behind;
    }
    match words.split_first() {
        Some((name, values)) if !values.is_empty() => Ok((name.to_lowercase(), values.join(" "))),
        _ => Err("a directive needs a value".to_owned()),
    }
}

/// Whether a directive that cannot be chosen is said to have the value that it has. Files written
/// for Redis say `save ""`.
fn is_so_anyway(name: &str, value: &str) -> bool {
    let row = DIRECTIVES.iter().find(|row| row.name == name);
    row.is_some_and(|row| (row.value)(&Config::with_defaults()) == value)
}
