//! The code's own rules: sizes, tests, and the files at the top of the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a file: somewhat more than the four hundred to aim at.
const FILE_LINES_MAX: usize = 420;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARS_MAX: usize = 100;

/// All files at the top of the repository, except dot files.
const TOP_LEVEL: &[&str] =
    &["Cargo.lock", "Cargo.toml", "Dockerfile", "LICENSE", "Makefile", "README.md", "src", "tests"];

pub struct Source {
    /// Relative to the repository.
    pub path: String,
    pub text: String,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                let path = path.strip_prefix(root()).expect("below the root");
                found.push(Source { path: path.to_string_lossy().into_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn all_sources() -> Vec<Source> {
    [sources("src"), sources("tests")].into_iter().flatten().collect()
}

pub fn expect_nothing(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// Ensures that every file says what it is for, and is short enough to be read in one sitting.
#[test]
fn files_are_short_and_introduce_themselves() {
    let mut found = Vec::new();
    for Source { path, text } in all_sources() {
        if !text.starts_with("//! ") {
            found.push(format!("{path} does not begin with `//! `"));
        }
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            found.push(format!("{path} has {lines} lines, more than {FILE_LINES_MAX}"));
        }
    }
    expect_nothing("Files", &found);
}

/// Ensures that two files fit on a screen next to each other.
#[test]
fn lines_are_short() {
    let mut found = Vec::new();
    for Source { path, text } in all_sources() {
        for (at, line) in text.lines().enumerate() {
            let chars = line.chars().count();
            // A row of a table cannot be broken.
            if chars > LINE_CHARS_MAX && !line.starts_with("//! |") {
                found.push(format!("{path}:{} has {chars} characters", at + 1));
            }
            if line.ends_with([' ', '\t']) {
                found.push(format!("{path}:{} ends with a space", at + 1));
            }
        }
    }
    expect_nothing("Long lines", &found);
}

/// Ensures that every function fits on a screen.
#[test]
fn functions_are_short() {
    let mut found = Vec::new();
    for Source { path, text } in all_sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| begins_function(line)) {
            // rustfmt gives the closing brace the indentation of the beginning.
            let indentation = &line[..line.len() - line.trim_start().len()];
            let end = format!("{indentation}}}");
            let rest = lines[at..].iter();
            // A method without a body, in a trait, ends with a semicolon.
            let len = match line.ends_with(['}', ';']) {
                true => 1,
                false => rest.take_while(|other| ***other != *end).count() + 1,
            };
            if len > FUNCTION_LINES_MAX {
                found.push(format!("{path}:{} has {len} lines: {}", at + 1, line.trim()));
            }
        }
    }
    expect_nothing("Long functions", &found);
}

fn begins_function(line: &str) -> bool {
    let words = line.trim_start();
    let words = words.strip_prefix("pub(super) ").unwrap_or(words);
    let words = words.strip_prefix("pub ").unwrap_or(words);
    let words = words.strip_prefix("const ").unwrap_or(words);
    words.starts_with("fn ") && !words.ends_with(';')
}

/// Ensures that there is no unfinished code and no skipped test.
#[test]
fn nothing_is_left_unfinished() {
    // Put together here, so that this file does not contain them.
    let words = [["todo", "!("], ["unimplemented", "!("], ["#[ign", "ore"], ["dbg", "!("]];
    let words = words.map(|parts| parts.concat());
    let mut found = Vec::new();
    for Source { path, text } in all_sources() {
        for word in words.iter().filter(|word| text.contains(word.as_str())) {
            found.push(format!("{path} contains {word}"));
        }
    }
    expect_nothing("Unfinished", &found);
}

/// Ensures that every test says what it ensures.
#[test]
fn tests_say_what_they_ensure() {
    let mut found = Vec::new();
    for Source { path, text } in all_sources() {
        let mut comment = "";
        for (at, line) in text.lines().map(str::trim).enumerate() {
            if line.starts_with("///") && !comment.starts_with("/// Ensures that ") {
                comment = line;
            } else if line == "#[test]" && !comment.starts_with("/// Ensures ") {
                found.push(format!("{path}:{}", at + 1));
            } else if line.is_empty() || line == "}" {
                comment = "";
            }
        }
    }
    expect_nothing("Tests without `/// Ensures that …`", &found);
}

/// Ensures that the top of the repository contains only what belongs there.
#[test]
fn the_top_level_is_tidy() {
    let listed = Command::new("git").arg("ls-files").current_dir(root()).output();
    // Without git, or outside of a repository, there is nothing to look at.
    let Ok(listed) = listed else { return };
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut found: Vec<String> = names
        .lines()
        .map(|path| path.split('/').next().unwrap_or(path).to_owned())
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()))
        .collect();
    found.dedup();
    expect_nothing("These do not belong at the top", &found);
}

/// Ensures that no test sleeps: what a test waits for has a condition, and the clock of the
/// keyspace is moved by hand.
#[test]
fn tests_do_not_sleep() {
    // The one place that looks again after a pause; put together, so that this line is not found.
    let (word, waiting) = (["thread::", "sleep("].concat(), "tests/integration/support.rs");
    let sources = sources("tests/integration");
    let sleeping = sources.iter().filter(|it| it.path != waiting && it.text.contains(&word));
    expect_nothing("Tests that sleep", &sleeping.map(|it| it.path.clone()).collect::<Vec<_>>());
}
