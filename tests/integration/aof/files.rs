//! The append-only file: every file of a log cut, emptied, replaced, missing, doubled, or under
//! another name. Each case either loads all that was there, or refuses and changes nothing.

use crate::aof::recovery::load;
use crate::logs::folder;
use respool::limits;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "appendonly.aof.manifest";
const BASE: &str = "appendonly.aof.1.base.aof";
const CLOSED: &str = "appendonly.aof.1.incr.aof";
const LAST: &str = "appendonly.aof.2.incr.aof";

/// Keys in each of the three files with data.
const KEYS: usize = 200;

/// All keys.
const ALL: usize = 3 * KEYS;

/// Requests that set keys of their own.
fn sets(prefix: char) -> Vec<u8> {
    let set = |at: usize| format!("*3\r\n$3\r\nSET\r\n$4\r\n{prefix}{at:03}\r\n$5\r\nvalue\r\n");
    (0..KEYS).flat_map(|at| set(at).into_bytes()).collect()
}

/// Bytes of such a file, and of one request in it.
fn file_len() -> usize {
    sets('b').len()
}

/// A log of three files, whose manifest knows the lengths of the first two, or not, as in a log
/// that Redis has written.
fn write(dir: &Path, has_lengths: bool) -> PathBuf {
    let inside = dir.join("appendonlydir");
    fs::create_dir(&inside).expect("a folder");
    for (name, prefix) in [(BASE, 'b'), (CLOSED, 'c'), (LAST, 'l')] {
        fs::write(inside.join(name), sets(prefix)).expect("a file");
    }
    let bytes = if has_lengths { format!(" bytes {}", file_len()) } else { String::new() };
    let manifest = format!(
        "file {BASE} seq 1 type b{bytes}\nfile {CLOSED} seq 1 type i{bytes}\n\
         file {LAST} seq 2 type i\n"
    );
    fs::write(inside.join(MANIFEST), manifest).expect("a file");
    inside
}

/// The content of a folder, without the lock.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if !path.ends_with("respool.lock") {
            found.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    found
}

/// What becomes of a start.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// So many keys are there.
    Loads(usize),
    /// The reason contains these words.
    Refuses(&'static str),
}
use Outcome::{Loads, Refuses};

/// Starts, twice, and compares with what is expected. A refusal changes nothing.
fn expect(what: &str, dir: &Path, expected: Outcome) {
    let before = contents(dir);
    for time in 1..=2 {
        let found = load(dir);
        match (expected, &found) {
            (Loads(keys), Ok(found)) if keys == *found => {}
            (Refuses(words), Err(reason)) if reason.contains(words) => {
                assert_eq!(reason.lines().count(), 1, "{what}: {reason}");
                assert!(contents(dir) == before, "{what}: a refusal changed something");
            }
            _ => panic!("{what}, time {time}: {expected:?}, not {found:?}"),
        }
    }
}

/// A way to spoil a file, and its name.
type Way = (&'static str, fn(Vec<u8>) -> Vec<u8>);

/// Ways to spoil a file.
const WAYS: [Way; 8] = [
    ("emptied", |_| Vec::new()),
    ("gzip", |_| [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &random(3_000)].concat()),
    ("text", |_| b"Dear Ada,\n\nthe log is on the other disk.\n".repeat(40)),
    ("LF line ends", |bytes| bytes.into_iter().filter(|byte| *byte != b'\r').collect()),
    ("random bytes", |bytes| random(bytes.len())),
    ("zeros", |bytes| vec![0; bytes.len()]),
    ("nine tenths zeros", |mut bytes| {
        let tenth = bytes.len() / 10;
        bytes[tenth..].fill(0);
        bytes
    }),
    ("doubled", |bytes| [&bytes[..], &bytes].concat()),
];

/// Bytes that look random, and are the same in each run.
fn random(len: usize) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| rng.u8(..)).take(len).collect()
}

/// What becomes of a log one of whose files is spoiled, in the order of [`WAYS`].
fn expect_ways(has_lengths: bool, name: &str, outcomes: [Outcome; 8]) {
    for ((way, spoil), outcome) in WAYS.iter().zip(outcomes) {
        let dir = folder();
        let path = write(dir.path(), has_lengths).join(name);
        fs::write(&path, spoil(fs::read(&path).expect("a file"))).expect("a file");
        expect(&format!("{name} {way}, lengths {has_lengths}"), dir.path(), outcome);
    }
}

/// Ensures that a spoiled file is refused with a text that describes it, unless the rest looks like
/// a sound log.
#[test]
fn a_spoiled_file_is_refused() {
    let manifest = [
        Refuses("is not a manifest: it is empty"),
        Refuses("is not a manifest: it is not text"),
        Refuses("is not a manifest: line 1: it names no file"),
        // The line ends of a manifest are LF already.
        Loads(ALL),
        Refuses("is not a manifest: it is not text"),
        Refuses("is not a manifest: its last line has no end"),
        Refuses("is not a manifest: its last line has no end"),
        Refuses("it names appendonly.aof.1.base.aof a second time"),
    ];
    expect_ways(true, MANIFEST, manifest);
    let cut = "when it was finished: it was cut or replaced";
    // What was left as long as it was is found out by reading it.
    let (base, closed) = ("a base was complete", "another file was written after this one");
    for (name, read) in [(BASE, base), (CLOSED, closed)] {
        let [cut, read] = [cut, read].map(Refuses);
        expect_ways(true, name, [cut, cut, cut, cut, read, read, read, cut]);
        // Without its length, an empty file is that of an empty keyspace.
        let left = Loads(ALL - KEYS);
        expect_ways(false, name, [left, read, read, read, read, read, read, Loads(ALL)]);
    }
    let last = [
        // Nothing may have happened since the last rewrite.
        Loads(ALL - KEYS),
        Refuses("compressed with gzip"),
        Refuses("holds no request at all, so it is not torn but was replaced"),
        Refuses("LF instead of CRLF"),
        Refuses("holds no request at all"),
        Refuses("it begins with zero bytes"),
        Loads(ALL - KEYS + KEYS / 10),
        Loads(ALL),
    ];
    for has_lengths in [true, false] {
        expect_ways(has_lengths, LAST, last);
    }
}

/// Ensures that the growing file may be cut at every byte and loses only what follows the last
/// whole request, and that every other file is refused wherever it is cut.
#[test]
fn every_file_cut_at_every_byte() {
    let request_len = file_len() / KEYS;
    // Some requests are enough, as all have one length, and the end.
    let near = |cut: &usize| *cut < 3 * request_len || *cut + request_len > file_len();
    for name in [MANIFEST, BASE, CLOSED, LAST] {
        for cut in (0..file_len()).filter(near) {
            let dir = folder();
            let path = write(dir.path(), true).join(name);
            let whole = fs::read(&path).expect("a file");
            if cut >= whole.len() {
                break;
            }
            fs::write(&path, &whole[..cut]).expect("a file");
            let outcome = match name {
                LAST => Loads(ALL - KEYS + cut / request_len),
                MANIFEST if cut > 0 && whole[cut - 1] == b'\n' => Refuses("does not name it"),
                MANIFEST => Refuses("is not a manifest"),
                _ => Refuses("had"),
            };
            expect(&format!("{name} cut at {cut}"), dir.path(), outcome);
        }
    }
}

/// Ensures that a cut base of unknown length is refused, even if an empty increment follows:
/// nothing is appended to a base.
#[test]
fn a_cut_base_is_refused_without_its_length() {
    for last in [&sets('l')[..], b""] {
        let dir = folder();
        let inside = write(dir.path(), false);
        fs::write(inside.join(LAST), last).expect("a file");
        fs::write(inside.join(CLOSED), b"").expect("a file");
        fs::write(inside.join(BASE), &sets('b')[..file_len() / 3 + 1]).expect("a file");
        expect("a base cut to a third", dir.path(), Refuses("a base was complete"));
    }
}

/// Ensures that a missing file is named, and that a log without manifest is not replaced.
#[test]
fn a_missing_file_is_refused() {
    for (name, words) in [
        (MANIFEST, "appendonly.aof.manifest is missing, but there is"),
        (BASE, "base.aof is missing, and the manifest names it"),
        (CLOSED, "1.incr.aof is missing, and the manifest names it"),
        (LAST, "2.incr.aof is missing, and the manifest names it"),
    ] {
        let dir = folder();
        fs::remove_file(write(dir.path(), true).join(name)).expect("a file");
        expect(&format!("{name} missing"), dir.path(), Refuses(words));
    }
}

/// Ensures that a log is not passed over because it, or a part of it, has another name.
#[test]
fn another_name_is_refused() {
    let elsewhere = "looks like a log under another name than appenddirname 'appendonlydir'";
    for (from, to, words) in [
        ("appendonlydir", "redis-log", elsewhere),
        (
            "appendonlydir/appendonly.aof.manifest",
            "appendonlydir/other.manifest",
            "is missing, but",
        ),
        ("appendonlydir/appendonly.aof.2.incr.aof", "appendonlydir/other.aof", "is missing, and"),
        ("appendonlydir/appendonly.aof.1.base.aof", "base.aof", "is missing, and"),
    ] {
        let dir = folder();
        write(dir.path(), true);
        fs::rename(dir.path().join(from), dir.path().join(to)).expect("a file");
        expect(&format!("{from} is now {to}"), dir.path(), Refuses(words));
    }
    // All names, as with another appendfilename.
    let dir = folder();
    let inside = write(dir.path(), true);
    for name in [MANIFEST, BASE, CLOSED, LAST] {
        let path = inside.join(name);
        let text = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("a file");
        fs::write(inside.join(name.replace("appendonly", "cache")), text).expect("a file");
    }
    let words = "cache.aof.manifest looks like a log under another name";
    expect("another appendfilename", dir.path(), Refuses("cache.aof"));
    assert!(load(dir.path()).expect_err("a refusal").contains(words));
    // The files themselves in `dir`.
    let dir = folder();
    let inside = write(dir.path(), true);
    for name in [MANIFEST, BASE, CLOSED, LAST] {
        fs::rename(inside.join(name), dir.path().join(name)).expect("a file");
    }
    fs::remove_dir(&inside).expect("a folder");
    expect("the files in dir", dir.path(), Refuses("looks like a log"));
    assert!(!inside.exists(), "no folder is made next to a log that is refused");
}

/// Ensures that an additional file with data and a name of the log is refused if the manifest
/// should contain it, and that copies with other names are no obstacle.
#[test]
fn copies_are_distinguished_from_lost_lines() {
    let unnamed = "holds data, but the manifest does not name it";
    for (copy, outcome) in [
        ("appendonlydir/appendonly.aof.3.incr.aof", Refuses(unnamed)),
        ("appendonlydir/appendonly.aof.7.base.aof", Refuses(unnamed)),
        ("appendonlydir/appendonly.aof.2.incr.aof.bak", Loads(ALL)),
        ("appendonlydir/other.aof", Loads(ALL)),
        ("appendonly.aof.2.incr.aof", Loads(ALL)),
        ("appendonly.aof", Loads(ALL)),
        ("temp-rewriteaof-1.aof", Loads(ALL)),
    ] {
        let dir = folder();
        let inside = write(dir.path(), true);
        fs::copy(inside.join(LAST), dir.path().join(copy)).expect("a copy");
        expect(&format!("a copy {copy}"), dir.path(), outcome);
        assert!(dir.path().join(copy).is_file(), "{copy} is still there");
    }
}

/// Ensures that an end which cannot be read is cut off unasked only as far as a power failure could
/// have torn it.
#[test]
fn only_a_short_end_is_cut_off_unasked() {
    let dir = folder();
    let inside = dir.path().join("appendonlydir");
    fs::create_dir(&inside).expect("a folder");
    fs::write(inside.join(MANIFEST), format!("file {CLOSED} seq 1 type i\n")).expect("a file");
    let (log, all) = (inside.join(CLOSED), Loads(KEYS));
    let too_much = Refuses("which is too much for a torn end; restore the file, or give up");
    for (zeros, outcome) in [(8 * 1024, all), (8 * 1024 + 1, too_much)] {
        fs::write(&log, [sets('k'), vec![0; zeros]].concat()).expect("a file");
        expect(&format!("{zeros} zeros behind {} bytes", file_len()), dir.path(), outcome);
    }
    // A log that is long enough may lose more.
    let long = [sets('k').repeat(3), vec![0; 2 * file_len()]].concat();
    fs::write(&log, long).expect("a file");
    expect("zeros behind a longer log", dir.path(), all);
    // 64 MiB and a byte, in a file that takes no space for it.
    fs::write(&log, sets('k')).expect("a file");
    let file = fs::OpenOptions::new().append(true).open(&log).expect("a file");
    file.set_len(file_len() as u64 + limits::AOF_TORN_BYTES_MAX + 1).expect("a hole");
    let error = load(dir.path()).expect_err("too many zeros");
    assert!(error.contains("at most 67108864 are cut off unasked"), "{error}");
}
