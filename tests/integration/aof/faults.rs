//! The append-only file on a disk that is full or faulty.

use crate::logs::{folder, logging};
use crate::raw::Raw;
use crate::support::{TestServer, wait_until};
use respool::aof::faults::{
    BAD_DESCRIPTOR, BROKEN, Fault, Faults, INVALID, NO_LOCKS, NO_SPACE, Operation, UNSUPPORTED,
};
use respool::aof::{Aof, Directory, Disk, Names, Records};
use respool::config::Fsync;
use respool::keyspace::Key;
use std::path::Path;
use std::sync::Arc;

/// A server that logs to a disk with faults.
fn on_faults(dir: &Path) -> (TestServer, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let server = TestServer::on(Disk::with_faults(Arc::clone(&faults)), |config| {
        config.appendonly = true;
        config.dir = dir.to_path_buf();
    });
    (server, faults)
}

fn wait_until_writable(client: &mut Raw) {
    wait_until("writes are admitted", || client.ask("SET probe 1") == "+OK");
}

const FULL: &str = "-MISCONF Errors writing to the AOF file: No space left on device";

/// Ensures that a full disk is noticed while there is still room for what is in flight: writes are
/// refused and change nothing, reads go on, and all is well when there is room again.
#[test]
fn a_full_disk_refuses_writes_and_recovers() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let mut client = server.client();
    faults.plan(Operation::Reserve, 0, u64::MAX, NO_SPACE);
    assert_eq!(client.ask("SET k v"), "+OK", "there was room for this one");
    assert_eq!(client.ask("SET k w"), FULL);
    assert_eq!(client.ask("MSET k w l w"), FULL);
    assert_eq!(client.ask("GET k"), "$1 v");
    assert_eq!(client.ask("PING"), "+PONG");
    assert_eq!(client.ask("MULTI"), "+OK");
    assert_eq!(client.ask("SET k w"), FULL);
    let aborted = "-EXECABORT Transaction discarded because of previous errors.";
    assert_eq!(client.ask("EXEC"), aborted);
    assert_eq!(client.ask("EXISTS k l"), ":1");
    faults.heal();
    wait_until_writable(&mut client);
    assert_eq!(client.ask("APPEND k w"), ":2");
    drop(server);
    logging(dir.path()).check("> GET k\n$2 vw\n> EXISTS l\n:0");
}

/// Ensures that a write that fails although space was reserved is never acknowledged, and that the
/// data in memory is in the log when the disk works again.
#[test]
fn a_failed_write_is_not_acknowledged() {
    for fault in [NO_SPACE, BROKEN] {
        let dir = folder();
        let (server, faults) = on_faults(dir.path());
        let (mut client, mut other) = (server.client(), server.client());
        assert_eq!(client.ask("SET k v"), "+OK");
        faults.plan(Operation::Write, 0, 1, Fault::Short(7));
        faults.plan(Operation::Write, 0, u64::MAX, fault);
        client.say("APPEND k w");
        assert!(client.is_ended(), "no answer");
        assert!(other.ask("SET k x").starts_with("-MISCONF Errors writing to the AOF file: "));
        assert_eq!(other.ask("GET k"), "$2 vw");
        faults.heal();
        wait_until_writable(&mut other);
        assert_eq!(other.ask("APPEND k x"), ":3");
        drop(server);
        logging(dir.path()).check("> GET k\n$3 vwx");
    }
}

/// Ensures that a write which waited for the end of a pause is refused once if the disk is full by
/// then, and that its client goes on.
#[test]
fn what_waited_is_refused_once() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let (mut client, mut other) = (server.client(), server.client());
    assert_eq!(client.ask("MSET k v l v"), "+OK");
    assert_eq!(client.ask("PEXPIRE l 1000"), ":1");
    assert_eq!(client.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    other.say("SET k w");
    wait_until("it waits", || server.shared.clients.pause.waiting() == 1);
    faults.plan(Operation::Write, 0, u64::MAX, NO_SPACE);
    // What expires is logged, too.
    server.clock.advance_ms(1_000);
    wait_until("the disk is full", || server.shared.aof.refusal().is_some());
    assert_eq!(client.ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!(other.reply(), format!("{FULL}\r\n").as_bytes());
    assert_eq!(other.ask("GET k"), "$1 v");
}

/// Ensures that short writes are continued where they ended.
#[test]
fn short_writes_are_continued() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    faults.plan(Operation::Write, 0, 1_000, Fault::Short(3));
    let mut client = server.client();
    let value = "x".repeat(500);
    assert_eq!(client.ask(&format!("SET k {value}")), "+OK");
    client.request(&[b"SET", b"large", &vec![b'y'; 10_000]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    drop(server);
    logging(dir.path()).check("> STRLEN k\n:500\n> STRLEN large\n:10000");
}

/// Ensures that keys expire while the log cannot be written, and that this is logged when it can.
#[test]
fn keys_expire_while_the_disk_is_full() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("SET k v PX 10"), "+OK");
    faults.plan(Operation::Reserve, 0, u64::MAX, NO_SPACE);
    faults.plan(Operation::Write, 0, u64::MAX, NO_SPACE);
    server.clock.advance_ms(20);
    assert_eq!(client.ask("GET k"), "$-1");
    faults.heal();
    wait_until_writable(&mut client);
    assert_eq!(client.ask("INCR k"), ":1", "and not one more than what has expired");
    drop(server);
    logging(dir.path()).check("> GET k\n$1 1");
}

/// Ensures that a server logs on a file system that cannot sync folders, lock files or reserve
/// space, and that other failures of the same calls end the start.
#[test]
fn what_a_file_system_lacks_is_done_without() {
    use Operation::{Lock, Reserve, SyncFolder};
    for (operation, fault) in [
        (SyncFolder, INVALID),
        (SyncFolder, BAD_DESCRIPTOR),
        (Lock, NO_LOCKS),
        (Lock, UNSUPPORTED),
        (Reserve, UNSUPPORTED),
    ] {
        let dir = folder();
        let faults = Arc::new(Faults::default());
        faults.plan(operation, 0, u64::MAX, fault);
        let server = TestServer::on(Disk::with_faults(faults), |config| {
            config.appendonly = true;
            config.dir = dir.path().to_path_buf();
        });
        let mut client = server.client();
        assert_eq!(client.ask("SET k v"), "+OK", "{operation:?} {fault:?}");
        assert_eq!(client.ask("BGREWRITEAOF"), "+Background append only file rewriting started");
        let base = dir.path().join("appendonlydir/appendonly.aof.1.base.aof");
        wait_until("it is rewritten", || base.exists());
        drop(server);
        logging(dir.path()).check("> GET k\n$1 v");
    }
    for (operation, words) in
        [(SyncFolder, "Input/output error"), (Lock, "respool.lock: Input/output error")]
    {
        let dir = folder();
        let faults = Arc::new(Faults::default());
        faults.plan(operation, 0, u64::MAX, BROKEN);
        let (disk, names) = (Disk::with_faults(faults), Names::default());
        let error = Directory::open(disk, dir.path(), names).expect_err("a broken disk");
        assert!(error.contains(words), "{error}");
    }
}

/// Ensures that a crash after any operation leaves a log that loads, with all that was
/// acknowledged.
#[test]
fn a_crash_after_any_operation_loses_nothing_that_was_acknowledged() {
    let mut all_acknowledged = Vec::new();
    for operations in 0..60 {
        let dir = folder();
        let (server, faults) = on_faults(dir.path());
        let mut client = server.client();
        faults.crash_after(operations);
        let mut acknowledged = 0;
        for number in 1..=10 {
            client.send_anyway(format!("INCR n\r\nSET k{number} v\r\n").as_bytes());
            let mut replies = Vec::new();
            let answered = client.read_reply(&mut replies).and(client.read_reply(&mut replies));
            if answered.is_err() || replies.contains(&b'-') {
                break;
            }
            acknowledged = number;
        }
        drop(server);
        let server = logging(dir.path());
        let mut client = server.client();
        let n = client.ask("INCRBY n 0");
        let n: u64 = n.trim_start_matches(':').parse().expect("a number");
        assert!(n >= acknowledged && n <= acknowledged + 1, "{n} of {acknowledged}");
        for number in 1..=acknowledged {
            assert_eq!(client.ask(&format!("EXISTS k{number}")), ":1", "{operations}");
        }
        all_acknowledged.push(acknowledged);
    }
    // Space is reserved once. Each pair of requests is written at once, or in two halves.
    assert_eq!(all_acknowledged[0], 0, "{all_acknowledged:?}");
    assert!((4..=9).contains(&all_acknowledged[10]), "{all_acknowledged:?}");
    assert!(all_acknowledged[30..].iter().all(|number| *number == 10), "{all_acknowledged:?}");
}

/// Ensures that a log that could not be written can be turned off and on again, and that no client
/// waits for the records that were given up.
#[test]
fn a_stuck_log_is_turned_off_and_on() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let (mut client, mut other) = (server.client(), server.client());
    faults.plan(Operation::Write, 0, u64::MAX, NO_SPACE);
    client.say("SET k v");
    assert!(client.is_ended(), "no answer");
    assert_eq!(other.ask("CONFIG SET appendonly no"), "+OK");
    assert_eq!(other.ask("SET unlogged 1"), "+OK");
    faults.heal();
    assert_eq!(server.shared.aof.queued_bytes(), 0);
    assert_eq!(other.ask("CONFIG SET appendonly yes"), "+OK");
    assert_eq!(other.ask("APPEND k w"), ":2");
    drop(server);
}

/// Ensures that with `always` a failed fsync acknowledges no write, that replies to reads are sent
/// all the same, and that the log is rewritten.
#[test]
fn what_was_not_synced_is_not_acknowledged() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let (mut client, mut other) = (server.client(), server.client());
    assert_eq!(client.ask("CONFIG SET appendfsync always"), "+OK");
    assert_eq!(client.ask("SET k v"), "+OK");
    faults.plan(Operation::Sync, 0, 1, BROKEN);
    client.say("APPEND k w");
    assert!(client.is_ended(), "no answer");
    assert_eq!(other.ask("GET k"), "$2 vw");
    assert!(other.ask("SET k x").starts_with("-MISCONF Errors writing to the AOF file: "));
    wait_until("the log is rewritten", || {
        server.clock.advance_ms(100);
        other.ask("SET probe 1") == "+OK"
    });
    assert_eq!(other.ask("APPEND k x"), ":3");
    drop(server);
    logging(dir.path()).check("> GET k\n$3 vwx");
}

/// Ensures that an fsync of a rewrite that fails is remembered, too: the kernel reports the error
/// only once.
#[test]
fn a_rewrite_that_cannot_sync_the_log_says_so() {
    let dir = folder();
    let (server, faults) = on_faults(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("CONFIG SET appendfsync no"), "+OK");
    assert_eq!(client.ask("SET k v"), "+OK");
    faults.plan(Operation::Sync, 0, 1, BROKEN);
    assert_eq!(client.ask("BGREWRITEAOF"), "+Background append only file rewriting started");
    wait_until("it is noticed", || client.ask("SET probe 1").starts_with("-MISCONF"));
    wait_until("the log is rewritten", || {
        server.clock.advance_ms(100);
        client.ask("SET probe 1") == "+OK"
    });
    drop(server);
    logging(dir.path()).check("> GET k\n$1 v");
}

/// A log without a server, in a file with faults, with one record to write.
fn one_file(dir: &Path, faults: &Arc<Faults>) -> Aof {
    let disk = Disk::with_faults(Arc::clone(faults));
    let aof = Aof::new(disk.clone());
    aof.set_policy(Fsync::Always);
    aof.begin(disk.open(&dir.join("first"), true).expect("a file"), (0, 0));
    log_flushall(&aof);
    aof
}

/// The same, gone on to a second file.
fn two_files(dir: &Path, faults: &Arc<Faults>, second: &Disk) -> Aof {
    let aof = one_file(dir, faults);
    aof.sync();
    aof.switch(second.open(&dir.join("second"), true).expect("a file"));
    aof
}

fn log_flushall(aof: &Aof) {
    let mut records = Records::default();
    records.words(&[Key::new(b"FLUSHALL")]);
    aof.append(&mut records);
}

/// Ensures that a file whose sync has failed while it took the place of another one that had
/// failed is not trusted because the rewrite has succeeded.
#[test]
fn a_new_file_that_fails_as_well_is_not_trusted() {
    let dir = folder();
    let faults = Arc::new(Faults::default());
    faults.plan(Operation::Sync, 0, 2, BROKEN);
    let disk = Disk::with_faults(Arc::clone(&faults));
    let aof = two_files(dir.path(), &faults, &disk);
    assert!(aof.is_distrusted());
    log_flushall(&aof);
    // The first file is given up, the second one fails.
    aof.sync();
    aof.trust(0);
    assert!(aof.is_distrusted(), "the second file is no better than the first");
    aof.switch(disk.open(&dir.path().join("third"), true).expect("a file"));
    aof.trust(0);
    assert!(!aof.is_distrusted());
}

/// Ensures that what could not be written into a file does not keep the log from going on when a
/// rewrite has made that file history.
#[test]
fn a_file_that_cannot_be_written_is_given_up_for_a_new_base() {
    let dir = folder();
    let faults = Arc::new(Faults::default());
    faults.plan(Operation::Write, 0, u64::MAX, BROKEN);
    let aof = two_files(dir.path(), &faults, &Disk::default());
    log_flushall(&aof);
    aof.keep_up();
    assert!(aof.refusal().is_some() && aof.queued_bytes() > 0);
    aof.trust(0);
    aof.sync();
    assert_eq!((aof.refusal(), aof.queued_bytes()), (None, 0));
    let text = std::fs::read_to_string(dir.path().join("second")).expect("a file");
    assert_eq!(text, "*1\r\n$8\r\nFLUSHALL\r\n");
}

/// Ensures that turning the log off waits for the sync in progress, so that replies do not leave
/// before it is done.
#[test]
fn turning_off_waits_for_the_sync_under_way() {
    let dir = folder();
    let faults = Arc::new(Faults::default());
    let aof = one_file(dir.path(), &faults);
    let place = aof.end();
    let slowness = faults.slowness.lock();
    let operations_before = faults.operations();
    std::thread::scope(|scope| {
        scope.spawn(|| aof.sync());
        // Space is reserved, the record is written, the file is synced.
        wait_until("the disk syncs", || faults.operations() == operations_before + 3);
        let turned_off = scope.spawn(|| aof.finish());
        // Time enough for a thread that does not wait.
        (0..1_000).for_each(|_| std::thread::yield_now());
        assert!(aof.has_to_sync(place) && !turned_off.is_finished());
        drop(slowness);
    });
    assert!(!aof.has_to_sync(place) && !aof.is_on());
}
