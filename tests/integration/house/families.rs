//! The map in `src/command/mod.rs` leads from every command to its file.

use crate::house::guide::expect_between;
use crate::house::tidy::root;
use respool::command::engine::table::Row;
use respool::command::families;
use std::fmt::Write;
use std::fs;

const MARKERS: (&str, &str) = ("//! <!-- families -->", "//! <!-- /families -->");

/// The Rust files of a family: its only one, or those of its folder in the order of the alphabet.
fn files(family: &str) -> Vec<(String, String)> {
    let folder = root().join("src/command").join(family);
    let paths = match fs::read_dir(&folder) {
        Err(_) => vec![folder.with_extension("rs")],
        Ok(entries) => entries.map(|entry| entry.expect("an entry").path()).collect(),
    };
    let rust = paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut files: Vec<(String, String)> = rust
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("text"))
        })
        .collect();
    files.sort();
    files
}

/// The names in the rows of a file, and whether the list at its top has them.
fn rows_of(text: &str) -> Vec<(&str, bool)> {
    let list = text.split_once("pub const COMMANDS").map_or("", |(_, rest)| rest);
    let list = list.split_once("];").map_or("", |(list, _)| list);
    let listed: Vec<&str> =
        list.split(|sign: char| !(sign == '_' || sign.is_alphanumeric())).collect();
    let mut found = Vec::new();
    for (at, _) in text.match_indices(": Command = Command {\n") {
        let constant = text[..at].rsplit(' ').next().expect("a name");
        let is_static = text[..at - constant.len()].ends_with("static ");
        let row = text[at..].split("\n};").next().expect("its end");
        let call = ["row(", "named("].iter().filter_map(|call| row.rfind(call)).max();
        let call = &row[call.unwrap_or(0)..];
        if is_static && !row.contains("..help::row(") {
            found.push((call.split('"').nth(1).expect("a name"), listed.contains(&constant)));
        }
    }
    found
}

/// The command that has a subcommand of this name: one of the same file, or else of the family.
fn container_of(name: &str, file: &str, family: &[&str]) -> &'static str {
    let own: Vec<&str> = rows_of(file).into_iter().map(|(name, _)| name).collect();
    let has = |row: &Row, name: &str| row.command.subcommands().iter().any(|sub| sub.name == name);
    let among = |tops: &[&str]| {
        let rows = families::rows().iter().filter(|row| has(row, name));
        let rows = rows.filter(|row| tops.contains(&row.command.name));
        // The one to which most of the file belongs: several have a LIST.
        let best = rows.max_by_key(|row| own.iter().filter(|name| has(row, name)).count());
        best.map(|row| row.command.name)
    };
    among(&own).or_else(|| among(family)).expect("its command")
}

/// The table of families, files and commands, and the names in it.
fn map() -> (String, Vec<String>) {
    let list = fs::read_to_string(root().join("src/command/families.rs")).expect("the list");
    let list = list.split_once("const FAMILIES").expect("the list").1;
    let list = list.split_once("];").expect("its end").0;
    let names = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("super::")?.strip_suffix("::COMMANDS,"));
    let mut table = String::from("//!\n//! | family | file | commands |\n//! |---|---|---|\n");
    let mut all = Vec::new();
    for family in names {
        let (files, mut shown) = (files(family), format!("[`{family}`]"));
        let rows = files.iter().flat_map(|(_, text)| rows_of(text));
        let tops: Vec<&str> = rows.filter(|(_, is_top)| *is_top).map(|(name, _)| name).collect();
        for (file, text) in &files {
            let commands: Vec<String> = rows_of(text)
                .into_iter()
                .map(|(name, is_top)| match is_top {
                    true => name.to_uppercase(),
                    false => {
                        let container = container_of(name, text, &tops);
                        format!("{container} {name}").to_uppercase()
                    }
                })
                .collect();
            if !commands.is_empty() {
                let names = commands.join(", ");
                writeln!(table, "//! | {shown} | `{file}` | {names} |").expect("a string");
                shown.clear();
                all.extend(commands);
            }
        }
    }
    (table.replace("|  |", "| |"), all)
}

/// Ensures that the map names every command, and the file in which its row is.
#[test]
fn the_map_leads_to_every_command() {
    let (table, mut named) = map();
    expect_between("src/command/mod.rs", MARKERS, &table);
    let rows = families::rows().iter().filter(|row| row.command.name != "help");
    let mut expected: Vec<String> =
        rows.map(|row| row.full_name().replace('|', " ").to_uppercase()).collect();
    named.sort();
    expected.sort();
    assert_eq!(named, expected);
}
