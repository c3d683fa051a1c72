//! The one list of directives: it agrees with itself, with the help and with the guide.

use crate::house::guide::expect_between;
use crate::process::PROGRAM;
use respool::config::{Config, Effect, Moment, directives};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

const MARKERS: (&str, &str) = ("<!-- directives -->", "<!-- /directives -->");

/// The part of the guide that is made from the list.
fn expected_tables() -> String {
    let mut text = String::from("| directive | default | means |\n|---|---|---|\n");
    let (mut ignored, mut refused) = (Vec::new(), Vec::new());
    for row in directives::all() {
        match row.effect {
            Effect::Honoured => {
                let default = if row.default.is_empty() { "none" } else { row.default };
                writeln!(text, "| `{}` | {default} | {} |", row.name, row.doc).expect("a text");
            }
            Effect::Nothing(why) => ignored.push((row.name, why)),
            Effect::Refused(why) => refused.push((row.name, why)),
        }
    }
    for (line, doc) in directives::LINES {
        writeln!(text, "| `{line}` | | {doc} |").expect("a text");
    }
    for (title, rows) in
        [("accepted, without effect", ignored), ("refused, unless it has its default", refused)]
    {
        // Those with the same reason are one line, in the order of the list.
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, why) in rows {
            match reasons.iter_mut().find(|(other, _)| *other == why) {
                Some((_, names)) => names.push(format!("`{name}`")),
                None => reasons.push((why, vec![format!("`{name}`")])),
            }
        }
        write!(text, "\n| {title} | because |\n|---|---|\n").expect("a text");
        for (why, names) in reasons {
            writeln!(text, "| {} | {why} |", names.join(" ")).expect("a text");
        }
    }
    text
}

/// Ensures that the guide's tables of directives are the list's.
#[test]
fn the_guide_shows_the_list() {
    expect_between("src/guide/configuration.md", MARKERS, &expected_tables());
}

/// Ensures that names are in lower case and unique, including former names, and that each row has
/// an explanation.
#[test]
fn names_are_given_once() {
    let mut names = BTreeMap::new();
    for row in directives::all() {
        for name in [Some(row.name), row.alias].into_iter().flatten() {
            assert_eq!(names.insert(name, row.name), None, "{name} is given twice");
            assert_eq!(name, name.to_ascii_lowercase());
        }
        assert!(!row.doc.is_empty() && !row.doc.ends_with('.'), "{}: {}", row.name, row.doc);
    }
    assert!(names.len() > 195, "Redis 7.2 has as many: {}", names.len());
}

/// Ensures that a default is read as it is, shown as CONFIG SET takes it, and written so that a
/// line of a file says the same.
#[test]
fn what_is_shown_and_written_can_be_read() {
    let defaults = Config::with_defaults();
    for row in directives::all() {
        let shown = row.shown(&defaults);
        let words: Vec<&[u8]> = match row.is_list() {
            true => shown.split(|byte| *byte == b' ').collect(),
            false => vec![&shown],
        };
        let mut config = defaults.clone();
        let set = row.set(&mut config, &words, Moment::Running);
        assert_eq!(set, Ok(()), "{} '{}'", row.name, shown.escape_ascii());
        assert_eq!(row.shown(&config), shown, "{}", row.name);
        let mut is_first = true;
        for line in row.lines(&defaults) {
            let words = respool::config::words::words_of(&line).expect("balanced quotes");
            let words: Vec<&[u8]> = words[1..].iter().map(Vec::as_slice).collect();
            let set = row.set(&mut config, &words, Moment::Start { is_first });
            assert_eq!(set, Ok(()), "'{}'", line.escape_ascii());
            is_first = false;
        }
        assert!(row.is_default(&config), "{}", row.name);
    }
}

/// Ensures that the help names every directive and explains those that do something.
#[test]
fn the_help_names_every_directive() {
    let output = Command::new(PROGRAM).arg("--help").output().expect("the program");
    let help = String::from_utf8(output.stdout).expect("text");
    for row in directives::all() {
        match row.effect {
            Effect::Honoured => {
                let line = help.lines().find(|line| line.contains(&format!("  --{} ", row.name)));
                assert!(line.is_some_and(|line| line.contains(row.doc)), "{}", row.name);
            }
            _ => assert!(help.split_whitespace().any(|word| word == row.name), "{}", row.name),
        }
    }
}
