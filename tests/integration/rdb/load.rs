//! Snapshots that Redis 7.0 wrote are loaded: alone, as the base of a log, and in front of the
//! requests of an older log.

use crate::logs::{folder, logging};
use crate::support::TestServer;
use std::fs;
use std::path::{Path, PathBuf};

/// What the snapshot holds.
const STATE: &str = r#"
    > MGET int text gone
    *3
    $5 12345
    $9 some text
    $-1
    > STRLEN long
    :300
    > PEXPIRETIME text
    :4102444800000
    > TYPE list
    +list
    > TYPE zset
    +zset
    > OBJECT ENCODING list
    $8 listpack
    > OBJECT ENCODING zset
    $8 listpack
    > OBJECT ENCODING ranks
    $8 skiplist
    > OBJECT ENCODING ints
    $9 hashtable
    > SCARD ints
    :600
    > SISMEMBER ints 600
    :1
    > SMISMEMBER words x y 1 2
    *4
    :1
    :1
    :1
    :0
    > HGETALL hash
    *4
    $1 f
    $1 v
    $1 n
    $1 7
    > HLEN big
    :300
    > HGET big 300
    $4 v300
    > SELECT 5
    +OK
    > GET other
    $3 db5
    > DBSIZE
    :1
"#;

/// Keys of database 0.
const KEYS: usize = 10;

fn fixture() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rdb/served.rdb");
    fs::read(path).expect("a fixture")
}

/// A server without a log in `dir`.
fn server(dir: &Path) -> TestServer {
    TestServer::with(|config| config.dir = dir.to_path_buf())
}

/// The error with which a server in `dir` does not start.
fn refusal(dir: &Path, appendonly: bool) -> String {
    use respool::clock::Clock;
    use respool::config::{Config, bind::Port};
    use respool::server::Server;
    let mut config = Config::with_defaults();
    (config.port, config.dir, config.appendonly) = (Port::Any, dir.to_path_buf(), appendonly);
    let server = Server::bind(config, Clock::manual(1_700_000_000_000)).expect("a free port");
    server.run().expect_err("it is damaged")
}

/// Ensures that a server without a log loads the snapshot, and says so.
#[test]
fn a_snapshot_is_loaded() {
    let dir = folder();
    fs::write(dir.path().join("dump.rdb"), fixture()).expect("a file");
    let server = server(dir.path());
    server.check(&format!("> DBSIZE\n:{KEYS}\n{STATE}"));
    let info = server.client().ask("INFO persistence");
    assert!(info.contains(&format!("rdb_last_load_keys_loaded:{}", KEYS + 1)), "{info}");
    assert!(info.contains("loading:0"), "{info}");
}

/// Ensures that a log whose base is a snapshot is loaded and continued, twice.
#[test]
fn a_base_may_be_a_snapshot() {
    let dir = folder();
    let inside = |name: &str| -> PathBuf { dir.path().join("appendonlydir").join(name) };
    fs::create_dir(dir.path().join("appendonlydir")).expect("a folder");
    fs::write(inside("appendonly.aof.2.base.rdb"), fixture()).expect("a file");
    let increment = "\
        *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$5\r\nafter\r\n$3\r\nlog\r\n";
    fs::write(inside("appendonly.aof.2.incr.aof"), increment).expect("a file");
    let manifest = "file appendonly.aof.2.base.rdb seq 2 type b\n\
                    file appendonly.aof.2.incr.aof seq 2 type i\n";
    fs::write(inside("appendonly.aof.manifest"), manifest).expect("a file");
    logging(dir.path()).check("> GET after\n$3 log\n> SET more here\n+OK");
    let server = logging(dir.path());
    server.check(&format!("> DBSIZE\n:{}\n> GET more\n$4 here\n{STATE}", KEYS + 2));
}

/// Ensures that the single file of an older Redis may begin with a snapshot.
#[test]
fn a_preamble_may_be_a_snapshot() {
    let dir = folder();
    let requests = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*2\r\n$3\r\nDEL\r\n$4\r\nlist\r\n";
    let file = [&fixture(), &requests[..]].concat();
    fs::write(dir.path().join("appendonly.aof"), file).expect("a file");
    for _ in 0..2 {
        let server = logging(dir.path());
        server.check(&format!("> DBSIZE\n:{}\n> EXISTS list zset\n:1", KEYS - 1));
    }
}

/// Ensures that a damaged snapshot stops the start, names the place, and stays as it is.
#[test]
fn a_damaged_snapshot_is_refused() {
    let mut damaged = fixture();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let cut = fixture()[..middle].to_vec();
    for file in [damaged, cut, b"REDIS0099".to_vec(), b"no snapshot".to_vec()] {
        let dir = folder();
        let path = dir.path().join("dump.rdb");
        fs::write(&path, &file).expect("a file");
        let error = refusal(dir.path(), false);
        assert!(error.contains("dump.rdb: at offset") && error.contains("copy"), "{error}");
        assert_eq!(fs::read(&path).expect("a file"), file);
    }
}

/// Ensures that a file with a stream is loaded.
#[test]
fn streams_are_loaded() {
    let dir = folder();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rdb/small.rdb");
    fs::copy(fixture, dir.path().join("dump.rdb")).expect("a copy");
    let server = TestServer::with(|config| config.dir = dir.path().to_path_buf());
    let keys = server.client().ask("SCAN 0 TYPE stream COUNT 1000");
    assert!(!keys.ends_with("*0"), "{keys}");
}
