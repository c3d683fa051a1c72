//! Moving between Redis and respool as `src/guide/migration.md` describes it: its commands are run,
//! and all keys are compared with those before, one by one.

use crate::commands::words;
use crate::connection::{Connection, Request};
use crate::differential::seed;
use crate::random::Random;
use crate::rdb::filling;
use crate::replies::elements;
use crate::servers::{PATIENCE, free_address};
use crate::snapshot::{keys, without_minus_zero, without_streams};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Thresholds of encodings: the usual ones, those with which all values have their large form, and
/// those with which all have the small one. Redis 7.0 has no packed sets.
const THRESHOLDS: [&str; 3] = [
    "--set-max-listpack-entries 0",
    "--set-max-listpack-entries 0 --hash-max-listpack-entries 0 --zset-max-listpack-entries 0 \
     --set-max-intset-entries 0 --list-max-listpack-size 1",
    "--set-max-listpack-entries 0 --hash-max-listpack-entries 100000 \
     --hash-max-listpack-value 100000 --zset-max-listpack-entries 100000 \
     --zset-max-listpack-value 100000 --set-max-intset-entries 100000",
];

/// Names that Redis 7.0 and 7.2 give to the same list.
const LIST_NAMES: [&str; 2] = ["quicklist", "listpack"];

/// The folder of the data, and programs that run there with the thresholds of the test.
struct Stage {
    /// Has `data`, `bin` and `pids`.
    folder: tempfile::TempDir,
    /// What is 6379 and 6380 in the guide.
    addresses: [SocketAddr; 2],
}

impl Stage {
    fn new(thresholds: &str) -> Stage {
        let stage = Stage {
            folder: tempfile::tempdir().expect("a folder"),
            addresses: [free_address(), free_address()],
        };
        let path = |name: &str| stage.folder.path().join(name);
        ["data", "bin"].iter().for_each(|name| fs::create_dir(path(name)).expect("a folder"));
        let known_to_redis = thresholds.replace("--set-max-listpack-entries 0", "");
        let redis = format!("{known_to_redis} --enable-debug-command local");
        let programs = [
            ("respool", env!("CARGO_BIN_EXE_respool"), thresholds),
            ("redis-server", "/usr/bin/redis-server", &redis),
        ];
        for (name, program, flags) in programs {
            // The process keeps its number, which the test needs to wait for its end.
            let text = format!(
                "#!/bin/sh\ncase \"$1\" in\n--*) echo $$ >> {}; exec {program} \"$@\" {flags} ;;\n\
                 *) exec {program} \"$@\" ;;\nesac\n",
                path("pids").display()
            );
            fs::write(path("bin").join(name), text).expect("a script");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(path("bin").join(name), mode).expect("a script");
        }
        fs::write(path("pids"), "").expect("a file");
        stage
    }

    /// Runs commands of the guide; returns what they print. `swaps` exchanges the two ports.
    fn run(&self, commands: &str, swaps: bool) -> String {
        let [first, second] = self.addresses.map(|address| address.port().to_string());
        let ports = if swaps { [second, first] } else { [first, second] };
        let folder = self.folder.path();
        let commands = commands
            .replace("6379", "FIRST")
            .replace("6380", &ports[1])
            .replace("FIRST", &ports[0])
            .replace("/var/lib/redis", &folder.join("data").to_string_lossy());
        // The servers must not hold the pipe.
        let commands = commands.replace(" &\n", " > /dev/null 2>&1 &\n");
        let inherited = std::env::var("PATH").unwrap_or_default();
        let search = format!("{}:{inherited}", folder.join("bin").display());
        let output = Command::new("bash")
            .args(["-e", "-u", "-o", "pipefail", "-c", &commands])
            .env("PATH", search)
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{commands}\n{said}\n{errors}");
        said
    }

    /// Runs the commands under a marker of the guide. A server that they stop has ended, and one
    /// that they start is ready, when this returns.
    fn follow(&self, marker: &str) -> String {
        let commands = guide(marker);
        let mut said = String::new();
        for line in commands.lines() {
            said += &self.run(&format!("{line}\n"), false);
            if line.contains("SHUTDOWN") {
                self.wait_until("the server has ended", || self.running().is_empty());
            }
        }
        if commands.ends_with("&\n") {
            self.wait_until_ready(0);
        }
        said
    }

    /// The processes that have not ended.
    fn running(&self) -> Vec<String> {
        let pids = fs::read_to_string(self.folder.path().join("pids")).unwrap_or_default();
        let is_there = |pid: &&str| {
            let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            !status.is_empty() && !status.contains(") Z ")
        };
        pids.lines().filter(is_there).map(str::to_owned).collect()
    }

    fn wait_until_ready(&self, at: usize) {
        let address = self.addresses[at];
        let is_ready = || {
            let Ok(mut stream) = TcpStream::connect(address) else { return false };
            let mut reply = [0; 7];
            let said = stream.write_all(b"PING\r\n").and_then(|()| stream.read_exact(&mut reply));
            said.is_ok() && &reply == b"+PONG\r\n"
        };
        self.wait_until("the data is loaded", is_ready);
    }

    fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < deadline, "waited too long until {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn open(&self, at: usize) -> Connection {
        Connection::open(self.addresses[at])
    }

    /// Has the log rewritten for the first time since the start.
    fn rewrite(&self) {
        self.open(0).run(&[words("BGREWRITEAOF")]);
        self.wait_until("the log is rewritten", || {
            let info = text(&self.open(0).run(&[words("INFO persistence")])[0]);
            let is_so = |line: &str| info.contains(line);
            is_so("aof_rewrite_in_progress:0")
                && is_so("aof_rewrite_scheduled:0")
                && !is_so("aof_last_rewrite_time_sec:-1")
        });
    }

    /// A Redis with values of all types that are served.
    fn fill(&self, random: &mut Random) {
        let mut redis = self.open(0);
        redis.run(&filling(random));
        without_streams(&mut redis);
        without_minus_zero(&mut redis);
        redis.run(&["SELECT 7", "SET other database PX 100000000", "SELECT 0"].map(words));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for pid in self.running() {
            let _ = Command::new("kill").args(["-9", &pid]).status();
        }
    }
}

/// The commands under a marker of the guide.
fn guide(marker: &str) -> String {
    let text = include_str!("../../src/guide/migration.md");
    let (_, rest) = text.split_once(&format!("<!-- test: {marker} -->")).expect("the marker");
    let (_, rest) = rest.split_once("```sh\n").expect("commands");
    rest.split_once("```").expect("the end of the commands").0.to_owned()
}

/// What is known of a key: type, encoding, deadline, and the elements of the value.
type Known = (String, String, String, Vec<String>);

/// Everything in a server, by database and key.
fn state(connection: &mut Connection) -> BTreeMap<String, Known> {
    let mut state = BTreeMap::new();
    for db in [0, 7] {
        connection.run(&[words(&format!("SELECT {db}"))]);
        for key in keys(connection) {
            let known = known(connection, &key);
            state.insert(format!("{db} {}", key.escape_ascii()), known);
        }
    }
    connection.run(&[words("SELECT 0")]);
    state
}

fn known(connection: &mut Connection, key: &[u8]) -> Known {
    let mut ask = |before: &str, after: &str| {
        let mut request: Request = words(before);
        request.push(key.to_vec());
        request.extend(words(after).into_iter().filter(|word| !word.is_empty()));
        connection.run(&[request]).remove(0)
    };
    let kind = text(&ask("TYPE", ""));
    let encoding = text(&ask("OBJECT ENCODING", ""));
    let mut encoding = encoding.rsplit("\\n").next().unwrap_or_default().to_owned();
    let deadline = text(&ask("PEXPIRETIME", ""));
    let kind_of = kind.trim_start_matches('+');
    let value = match kind_of {
        "string" => ask("GET", ""),
        "list" => ask("LRANGE", "0 -1"),
        "set" => ask("SMEMBERS", ""),
        "hash" => ask("HGETALL", ""),
        "zset" => ask("ZRANGE", "0 -1 WITHSCORES"),
        other => panic!("a type of its own: {other}"),
    };
    let mut value = match kind_of {
        "string" => vec![text(&value)],
        _ => elements(&value).expect("an array").1.into_iter().map(text).collect(),
    };
    match kind_of {
        "list" => encoding = encoding.replace(LIST_NAMES[0], LIST_NAMES[1]),
        "set" => value.sort(),
        "hash" => {
            let pairs = value.chunks(2).map(|pair| pair.join("="));
            value = pairs.collect();
            value.sort();
        }
        // The same number has other digits in Redis 7.0.
        "zset" => value.iter_mut().skip(1).step_by(2).for_each(|score| {
            let digits = score.rsplit("\\n").next().unwrap_or_default();
            let number: f64 = digits.parse().expect("a score");
            *score = format!("{number:e}");
        }),
        _ => {}
    }
    (kind, encoding, deadline, value)
}

/// A reply that can be shown.
fn text(reply: &[u8]) -> String {
    reply.strip_suffix(b"\r\n").unwrap_or(reply).escape_ascii().to_string()
}

/// Compares, and names the first key that differs.
fn expect_same(what: &str, before: &BTreeMap<String, Known>, after: &BTreeMap<String, Known>) {
    for (key, known) in before {
        let found = after.get(key).unwrap_or_else(|| panic!("{what}: {key} is gone"));
        let shown = |known: &Known| format!("{known:?}").chars().take(300).collect::<String>();
        assert!(known == found, "{what}: {key}\n{}\n{}", shown(known), shown(found));
    }
    assert_eq!(before.len(), after.len(), "{what}: there is more");
}

/// Writes that leave traces in values of all types.
fn write(connection: &mut Connection) {
    let requests = [
        "SET from respool PX 1000000000",
        "SET string1 changed",
        "RPUSH list1 respool",
        "SADD set1 respool",
        "SADD integers1 99999",
        "HSET hash1 respool 1",
        "ZADD zset1 2.5 respool",
        "DEL hash2",
        "RENAME zset2 renamed",
        "PERSIST list3",
    ];
    for reply in connection.run(&requests.map(words)) {
        assert!(!reply.starts_with(b"-"), "{}", reply.escape_ascii());
    }
}

/// Ensures that a Redis's data is here after a snapshot and there again after another, key by key,
/// with all thresholds.
#[test]
fn snapshots_go_there_and_back() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    for thresholds in THRESHOLDS {
        let stage = Stage::new(thresholds);
        stage.run("redis-server --port 6379 --dir /var/lib/redis &\n", false);
        stage.wait_until_ready(0);
        stage.fill(&mut random);
        let before = state(&mut stage.open(0));
        stage.follow("snapshot");
        let what = format!("RESPOOL_SEED={seed} {thresholds}");
        expect_same(&what, &before, &state(&mut stage.open(0)));
        let said = stage.follow("look");
        assert!(said.contains("db0:keys=") && said.contains("used_memory:"), "{said}");
        write(&mut stage.open(0));
        let before = state(&mut stage.open(0));
        stage.follow("back");
        expect_same(&what, &before, &state(&mut stage.open(0)));
    }
}

/// Ensures that a log goes there and back, too, whichever form our base has.
#[test]
fn logs_go_there_and_back() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    for form in ["yes", "no"] {
        let stage = Stage::new(THRESHOLDS[0]);
        stage.run("redis-server --port 6379 --dir /var/lib/redis --appendonly yes &\n", false);
        stage.wait_until_ready(0);
        stage.fill(&mut random);
        // The history has commands that are not served yet; a new base has none of them.
        stage.rewrite();
        let before = state(&mut stage.open(0));
        stage.follow("log");
        let what = format!("RESPOOL_SEED={seed} {form}");
        expect_same(&what, &before, &state(&mut stage.open(0)));
        let mut ours = stage.open(0);
        ours.run(&[words(&format!("CONFIG SET aof-use-rdb-preamble {form}"))]);
        stage.rewrite();
        write(&mut ours);
        let before = state(&mut ours);
        drop(ours);
        stage.follow("log back");
        expect_same(&what, &before, &state(&mut stage.open(0)));
    }
}

/// Ensures that keys are moved between two running servers, and back.
#[test]
fn keys_go_there_and_back() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    for thresholds in THRESHOLDS {
        let stage = Stage::new(thresholds);
        stage.run("redis-server --port 6379 --dir /var/lib/redis &\n", false);
        stage.run("respool --port 6380 &\n", false);
        (0..2).for_each(|at| stage.wait_until_ready(at));
        stage.fill(&mut random);
        // A moved key gets the rest of its time to live, which is another moment a little later.
        let steady = |state: BTreeMap<String, Known>| {
            let no_moment = |known: Known| {
                let has_moment = known.2 != ":-1";
                (known.0, known.1, has_moment.to_string(), known.3)
            };
            let state = state.into_iter().filter(|(key, _)| key.starts_with("0 "));
            state.map(|(key, known)| (key, no_moment(known))).collect::<BTreeMap<_, _>>()
        };
        let before = steady(state(&mut stage.open(0)));
        let what = format!("RESPOOL_SEED={seed} {thresholds}");
        for (swaps, from, to) in [(false, 0, 1), (true, 1, 0)] {
            let said = stage.run(&guide("live"), swaps);
            assert!(said.lines().all(|line| line == "OK"), "{said}");
            expect_same(&what, &before, &steady(state(&mut stage.open(to))));
            assert_eq!(stage.open(from).run(&[words("DBSIZE")])[0], b":0\r\n");
        }
    }
}
