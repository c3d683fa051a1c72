//! The code's own rules: sizes, layers, locks, and what may lie at the top of the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a file: somewhat more than the four hundred to aim at.
const FILE_LINES_MAX: usize = 420;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARS_MAX: usize = 100;

/// What each module may import from its own crate: downwards only. `resp` and `keyspace` know
/// nothing of each other, and no line imports what stands above it.
const LAYERS: &[(&str, &[&str])] = &[
    ("lib", &[]),
    ("main", &["clock", "config", "log", "server", "tool"]),
    ("tool", &["aof", "config"]),
    (
        "server",
        &[
            "aof",
            "clock",
            "config",
            "connection",
            "housekeeper",
            "limits",
            "listener",
            "loading",
            "log",
            "preflight",
            "rewriter",
            "shared",
        ],
    ),
    ("preflight", &["config", "limits", "log", "machine", "open_files", "units"]),
    (
        "housekeeper",
        &[
            "clients",
            "config",
            "keyspace",
            "limits",
            "log",
            "machine",
            "memory_watch",
            "policy",
            "shared",
            "units",
        ],
    ),
    ("rewriter", &["aof", "log", "shared"]),
    ("loading", &["aof", "command", "limits", "log", "machine", "resp", "shared"]),
    ("connection", &["aof", "clients", "command", "limits", "log", "resp", "shared"]),
    (
        "command",
        &[
            "aof", "clients", "clock", "command", "config", "error", "glob", "keyspace", "limits",
            "listener", "log", "machine", "observe", "resp", "shared", "units",
        ],
    ),
    (
        "shared",
        &[
            "aof",
            "clients",
            "clock",
            "config",
            "keyspace",
            "limits",
            "log",
            "observe",
            "open_files",
        ],
    ),
    ("aof", &["aof", "config", "keyspace", "limits", "log", "resp"]),
    ("clients", &["clock", "listener", "pause"]),
    ("pause", &["clock", "limits"]),
    ("observe", &["limits", "observe"]),
    ("keyspace", &["error", "keyspace", "limits", "policy"]),
    ("resp", &["error", "limits", "quoting", "resp"]),
    ("config", &["config", "limits", "log", "machine", "policy", "quoting", "units"]),
    ("open_files", &["limits", "log"]),
    ("log", &["clock"]),
    ("error", &[]),
    ("machine", &[]),
    ("memory_watch", &["limits"]),
    ("policy", &[]),
    ("units", &[]),
    ("listener", &[]),
    ("clock", &[]),
    ("glob", &[]),
    ("limits", &[]),
    ("quoting", &[]),
];

/// How a lock is taken; `read` and `write` without an argument are those of a lock for one writer
/// or many readers.
const LOCKING: [&str; 3] = [".lock()", ".read()", ".write()"];

/// Files that may take a lock, and what they lock.
const LOCKING_FILES: &[(&str, &str)] = &[
    ("src/shared.rs", "the keyspace, the configuration, and the change of it"),
    ("src/clients.rs", "the register of clients"),
    ("src/pause.rs", "the end of a pause"),
    ("src/observe/slowlog.rs", "the slow log"),
    ("src/observe/latency.rs", "the slow moments"),
    ("src/observe/monitors.rs", "the list of monitors"),
    ("src/command/client.rs", "the names of one client"),
    ("src/command/meter.rs", "the names of one client"),
    ("src/command/connection.rs", "the names of one client"),
    ("src/aof/commit.rs", "the queue of the log"),
    ("src/aof/refusal.rs", "the queue of the log"),
    ("src/aof/faults.rs", "the faults that a test has planned"),
    ("src/log.rs", "the standard error stream"),
];

/// Everything that may lie at the top of the repository, dot files aside.
const TOP_LEVEL: &[&str] =
    &["Cargo.lock", "Cargo.toml", "Dockerfile", "LICENSE", "Makefile", "README.md", "src", "tests"];

struct Source {
    /// Relative to the repository.
    path: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
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

fn expect_nothing(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// The module that a file of `src` belongs to: `command` for `src/command/gate.rs`.
fn module_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
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

/// Ensures that every line fits on a screen beside another.
#[test]
fn lines_are_short() {
    let mut found = Vec::new();
    for Source { path, text } in all_sources() {
        for (at, line) in text.lines().enumerate() {
            let chars = line.chars().count();
            if chars > LINE_CHARS_MAX {
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
            let len = match line.ends_with('}') {
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
    words.starts_with("fn ")
}

/// Names of this crate's modules that a file mentions in a path.
fn imports(text: &str, crate_name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in text.split(crate_name).skip(1) {
        let names: Vec<&str> = match piece.strip_prefix('{') {
            None => vec![piece],
            Some(list) => split_list(list),
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            found.push(name[..end].to_owned());
        }
    }
    found
}

/// The elements of `{a, b::{c, d}, e}` behind its first brace.
fn split_list(list: &str) -> Vec<&str> {
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

/// Ensures that imports go down only.
#[test]
fn layers_are_kept() {
    let mut found = Vec::new();
    for Source { path, text } in sources("src") {
        let module = module_of(&path);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            found.push(format!("{path}: the module '{module}' has no place in the layers"));
            continue;
        };
        let code: Vec<&str> =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let own = if module == "main" { "respool::" } else { "crate::" };
        for import in imports(&code, own) {
            if import != module && !allowed.contains(&import.as_str()) {
                found.push(format!("{path} must not import '{import}'"));
            }
        }
    }
    expect_nothing("Layers", &found);
}

/// Ensures that the list of layers is in order: each module imports from below itself only.
#[test]
fn layers_have_no_circles() {
    let place = |name: &str| LAYERS.iter().position(|(other, _)| *other == name);
    let mut found = Vec::new();
    for (at, (module, allowed)) in LAYERS.iter().enumerate() {
        for import in allowed.iter().filter(|import| *import != module) {
            if place(import).is_none_or(|below| below <= at) {
                found.push(format!("{module} imports {import}, which is not below it"));
            }
        }
    }
    let below = |module, import| {
        LAYERS.iter().any(|(name, allowed)| *name == module && allowed.contains(&import))
    };
    assert!(!below("resp", "keyspace") && !below("keyspace", "resp"));
    expect_nothing("Circles", &found);
}

/// Ensures that locks are taken only where the list of locks says.
#[test]
fn locks_are_taken_where_the_list_says() {
    let mut found = Vec::new();
    for Source { path, text } in sources("src") {
        let is_listed = LOCKING_FILES.iter().any(|(file, _)| *file == path);
        if LOCKING.iter().any(|call| text.contains(call)) != is_listed {
            let whether = if is_listed { "is listed but takes no lock" } else { "takes a lock" };
            found.push(format!("{path} {whether}"));
        }
    }
    expect_nothing("Locks", &found);
}

/// Ensures that nothing unfinished and no skipped test is left behind.
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

/// Ensures that nothing but what belongs there lies at the top of the repository.
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
