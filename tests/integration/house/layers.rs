//! Imports go down only, no circle of imports is larger than two files, and locks are taken where
//! `lib.rs` says. The test reads the tables in the documentation, so there is no second copy of
//! them.

use crate::house::tidy::{Source, expect_nothing, sources};
use std::collections::{BTreeMap, BTreeSet};

/// How a lock is taken; `read` and `write` without an argument are those of a lock for one writer
/// or many readers.
const LOCKING: [&str; 3] = [".lock()", ".read()", ".write()"];

/// The files whose documentation has a table of layers, and what each table is about.
const LAYERED: [&str; 3] = ["src/lib.rs", "src/command/mod.rs", "src/keyspace/mod.rs"];

/// The cells of the table under a heading of a file's documentation, row by row.
fn table_under(heading: &str, text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("//! "));
    let lines = lines.skip_while(|line| *line != format!("# {heading}")).skip(1);
    let rows =
        lines.take_while(|line| !line.starts_with("# ")).filter(|line| line.starts_with("| "));
    // The first row is the head of the table.
    rows.skip(1).map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The names between backticks in a cell.
fn names_in(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The layer of each module in a table: a higher number is further down. A row without a name is
/// the layer of all modules that no row names.
fn layers(text: &str) -> (BTreeMap<String, usize>, Option<usize>) {
    let (mut named, mut others) = (BTreeMap::new(), None);
    for (layer, row) in table_under("Layers", text).into_iter().enumerate() {
        let names = names_in(&row[1]);
        others = others.or(names.is_empty().then_some(layer));
        named.extend(names.into_iter().map(|name| (name, layer)));
    }
    (named, others)
}

/// One file of `src`, as a module.
struct Module {
    path: String,
    /// `["command", "engine", "gate"]`.
    name: Vec<String>,
    /// Paths from the crate's root that its code mentions, tests inside the file aside.
    mentions: BTreeSet<Vec<String>>,
    /// What it re-exports: a name, and the path that it stands for.
    exports: BTreeMap<String, Vec<String>>,
}

fn module_name(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let names = inside.split('/').filter(|name| !["mod", "lib"].contains(name));
    names.map(str::to_owned).collect()
}

fn read(Source { path, text }: Source) -> Module {
    let name = module_name(&path);
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    let code: Vec<&str> =
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n").replace("respool::", "crate::");
    let (mut mentions, mut exports) = (BTreeSet::new(), BTreeMap::new());
    for (at, _) in code.match_indices("crate::") {
        mentions.extend(paths(&code[at + "crate::".len()..], &[]));
    }
    let parent = &name[..name.len().saturating_sub(1)];
    // In `mod.rs` and `lib.rs` a name of a child needs nothing in front of it.
    let own = if path.ends_with("mod.rs") || path == "src/lib.rs" { &name[..] } else { parent };
    for (at, _) in code.match_indices("super::") {
        if !code[..at].ends_with("super::") {
            mentions.extend(paths(
                &code[at + "super::".len()..],
                if own == parent { own } else { &name[..name.len() - 1] },
            ));
        }
    }
    for statement in code.split(';').map(str::trim) {
        let Some(at) = statement.rfind("use ") else { continue };
        let (before, body) = (&statement[..at], &statement[at + "use ".len()..]);
        let body = body.strip_prefix("self::").unwrap_or(body);
        let is_child = !["crate::", "super::", "std::"].iter().any(|root| body.starts_with(root));
        let found = match body.strip_prefix("crate::") {
            Some(absolute) => paths(absolute, &[]),
            None if is_child && own == name => paths(body, &name),
            None => continue,
        };
        if before.ends_with("pub ") || before.ends_with("pub(crate) ") {
            let named = found.iter().filter_map(|path| Some((path.last()?.clone(), path.clone())));
            exports.extend(named);
        }
        mentions.extend(found);
    }
    Module { path, name, mentions, exports }
}

/// The paths that `text` begins with, below `root`: one, or those of a list in braces.
fn paths(text: &str, root: &[String]) -> Vec<Vec<String>> {
    let mut path = root.to_vec();
    let mut rest = text;
    loop {
        if let Some(list) = rest.strip_prefix('{') {
            return elements(list).into_iter().flat_map(|one| paths(one, &path)).collect();
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end > 0 && &rest[..end] != "self" {
            path.push(rest[..end].to_owned());
        }
        match rest[end..].strip_prefix("::") {
            Some(after) => rest = after,
            None => return vec![path],
        }
    }
}

/// The elements of `{a, b::{c, d}, e}` after its first brace.
fn elements(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut elements) = (1, 0, Vec::new());
    for (at, byte) in list.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || depth == 1 && byte == b',' {
            elements.push(list[start..at].trim());
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    elements.retain(|element| !element.is_empty());
    elements
}

fn modules() -> Vec<Module> {
    sources("src").into_iter().map(read).collect()
}

/// The file in which the thing at `path` is defined, re-exports followed.
fn home<'a>(modules: &'a [Module], path: &[String]) -> Option<&'a Module> {
    let deepest = (0..=path.len()).rev().find_map(|len| {
        modules.iter().find(|module| module.path != "src/main.rs" && module.name == path[..len])
    })?;
    match path.get(deepest.name.len()).and_then(|name| deepest.exports.get(name)) {
        Some(target) if target[..] != *path => home(modules, target),
        _ => Some(deepest),
    }
}

/// Ensures that imports go down only: in the crate, in `command` and in `keyspace`.
#[test]
fn layers_are_kept() {
    let modules = modules();
    let mut found = Vec::new();
    for source in sources("src").iter().filter(|source| LAYERED.contains(&source.path.as_str())) {
        let (root, (layers, others)) = (module_name(&source.path), layers(&source.text));
        assert!(layers.len() > 2, "{} has a table of layers", source.path);
        let layer_of = |name: &[String]| -> Option<(String, Option<usize>)> {
            let inside = name.strip_prefix(root.as_slice())?;
            let first = inside.first()?.clone();
            let layer = layers.get(&first).copied().or(others);
            Some((first, layer))
        };
        for module in &modules {
            let Some((name, layer)) = layer_of(&module.name) else { continue };
            let Some(layer) = layer else {
                found.push(format!("{}: '{name}' is in no layer of {}", module.path, source.path));
                continue;
            };
            for mention in &module.mentions {
                let target = home(&modules, mention).and_then(|home| layer_of(&home.name));
                if let Some((target, Some(below))) = target
                    && target != name
                    && below <= layer
                {
                    found.push(format!("{} must not import '{target}'", module.path));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    expect_nothing("Layers", &found);
}

/// Ensures that no circle of imports has more than two files, and none crosses a folder.
#[test]
fn circles_of_imports_are_small() {
    let modules = modules();
    let reached: BTreeMap<&str, BTreeSet<&str>> = modules
        .iter()
        .map(|module| {
            let homes = module.mentions.iter().filter_map(|path| home(&modules, path));
            let paths = homes.map(|home| home.path.as_str()).filter(|path| *path != module.path);
            (module.path.as_str(), paths.collect())
        })
        .collect();
    let from = |start: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start.to_owned()]);
        while let Some(path) = open.pop() {
            for next in reached.get(path.as_str()).into_iter().flatten() {
                if seen.insert((*next).to_owned()) {
                    open.push((*next).to_owned());
                }
            }
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<String>> =
        reached.keys().map(|path| (*path, from(path))).collect();
    let mut found = BTreeSet::new();
    for (path, seen) in &all {
        let circle: Vec<&str> = seen
            .iter()
            .map(String::as_str)
            .filter(|other| all.get(other).is_some_and(|back| back.contains(*path)))
            .collect();
        if circle.len() > 2 {
            found.insert(format!("a circle of {}: {}", circle.len(), circle.join(" ")));
        }
    }
    expect_nothing("Circles", &found.into_iter().collect::<Vec<_>>());
}

/// Ensures that locks are taken only where the list of locks says.
#[test]
fn locks_are_taken_where_the_list_says() {
    let sources = sources("src");
    let lib = sources.iter().find(|source| source.path == "src/lib.rs").expect("lib.rs");
    let rows = table_under("Locks", &lib.text);
    let listed: BTreeSet<String> =
        rows.iter().flat_map(|row| names_in(&row[3])).map(|file| format!("src/{file}")).collect();
    assert!(listed.len() > 5, "lib.rs has a table of locks");
    let mut found = Vec::new();
    for Source { path, text } in &sources {
        let is_listed = listed.contains(path);
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        if LOCKING.iter().any(|call| code.contains(call)) != is_listed {
            let whether = if is_listed { "is listed but takes no lock" } else { "takes a lock" };
            found.push(format!("{path} {whether}"));
        }
    }
    expect_nothing("Locks", &found);
}
