//! The README and the pages of the guide: short enough, in plain words, and with true links.

use crate::house::tidy::{expect_nothing, root};
use crate::house::words;
use std::fs;
use std::path::PathBuf;

const README_LINES_MAX: usize = 250;

/// A page of documentation.
pub struct Page {
    /// Relative to the repository.
    pub path: String,
    pub text: String,
}

/// The README, and every Markdown file of the guide and of the course.
pub fn pages() -> Vec<Page> {
    let mut files = vec![root().join("README.md")];
    let mut folders = vec![root().join("src/guide"), root().join("tests/course")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    let page = |path: PathBuf| Page {
        text: fs::read_to_string(&path).expect("text"),
        path: path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned(),
    };
    files.into_iter().map(page).collect()
}

/// Writes what is generated between two markers of a page, if it is asked for by the environment,
/// or fails unless it is there.
pub fn expect_between(path: &str, (begin, end): (&str, &str), expected: &str) {
    let file = root().join(path);
    let page = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("no {path} ({error}); it should have\n\n{expected}"));
    let (before, rest) = page.split_once(begin).expect("the marker before the tables");
    let (found, after) = rest.split_once(end).expect("the marker behind the tables");
    if found.trim() == expected.trim() {
        return;
    }
    if std::env::var("UPDATE_README").is_ok_and(|wanted| wanted == "1") {
        let updated = format!("{before}{begin}\n{expected}{end}{after}");
        return fs::write(file, updated).expect("the page can be written");
    }
    panic!("UPDATE_README=1 cargo test puts this into {path}:\n\n{expected}");
}

/// The targets of all links of a page that lead to files.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    files.filter_map(|target| target.split('#').next())
}

/// Ensures that the README stays a page that is read to its end.
#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let lines = readme.lines().count();
    assert!(lines <= README_LINES_MAX, "README.md has {lines} lines; the guide has room");
}

/// Ensures that every link to a file leads to one.
#[test]
fn links_lead_to_files() {
    let mut found = Vec::new();
    for Page { path, text } in pages() {
        let folder = root().join(&path);
        let folder = folder.parent().expect("a folder");
        for target in links(&text).filter(|target| !folder.join(target).exists()) {
            found.push(format!("{path}: {target}"));
        }
    }
    expect_nothing("Links to nothing", &found);
}

/// Ensures that every page of the guide is shown by `cargo doc` and found from the README.
#[test]
fn every_page_is_shown() {
    let shown = fs::read_to_string(root().join("src/guide/mod.rs")).expect("the guide");
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let mut found = Vec::new();
    for Page { path, .. } in pages() {
        let Some(name) = path.strip_prefix("src/guide/").filter(|name| !name.contains('/')) else {
            continue;
        };
        if !shown.contains(&format!("include_str!(\"{name}\")")) {
            found.push(format!("{name} is not in src/guide/mod.rs"));
        }
        if !readme.contains(&format!("](src/guide/{name})")) {
            found.push(format!("{name} is not in README.md"));
        }
    }
    expect_nothing("Pages that are not shown", &found);
}

/// Ensures that the pages contain no word for which there is a plain one. Quotations are exempt.
#[test]
fn pages_are_in_plain_words() {
    let mut found = Vec::new();
    for Page { path, text } in pages() {
        let own = text.lines().filter(|line| !line.starts_with('>')).collect::<Vec<_>>().join("\n");
        found.extend(words::not_plain(&own).into_iter().map(|word| format!("{path}: {word}")));
    }
    expect_nothing("Words that are not plain", &found);
}

/// Ensures that each idea in the tour's table is where the table says.
#[test]
fn the_tour_leads_to_what_it_names() {
    let tour = fs::read_to_string(root().join("src/guide/tour.md")).expect("the tour");
    let (_, table) = tour.split_once("| idea | where |").expect("the table of ideas");
    let (mut found, mut rows) = (Vec::new(), 0);
    for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        // | idea | [`path`](link) | `what to look for` |
        let names: Vec<&str> = row.split('`').collect();
        let cells = row.split(" | ").count();
        let (path, symbol) = (names[names.len() - 4], names[names.len() - 2]);
        let text = fs::read_to_string(root().join(path)).unwrap_or_default().to_lowercase();
        if cells != 3 || !text.contains(&symbol.to_lowercase()) {
            found.push(format!("{path} does not contain '{symbol}'"));
        }
        rows += 1;
    }
    assert!(rows > 40, "{rows} ideas");
    expect_nothing("Ideas that are not there", &found);
}
