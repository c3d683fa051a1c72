//! `trace yes`: a line per batch, of the chosen clients only, and never a key or a value.

use crate::process::Process;
use crate::raw::encode;

/// The lines of the trace so far.
fn traced(server: &Process) -> Vec<String> {
    server.log().into_iter().filter(|line| line.contains(" trace ")).collect()
}

/// Ensures that the line of a batch shows its steps in order, with the log in between, and neither
/// keys nor values.
#[test]
fn a_batch_is_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path in UTF-8");
    let server = Process::start(&["--trace", "yes", "--appendonly", "yes", "--dir", dir]);
    let mut client = server.client();
    let set = encode(&[b"SET", b"secret-key", b"secret-value"]);
    let gets = [encode(&[b"GET", b"secret-key"]), encode(&[b"GET", b"other"])].concat();
    client.send(&[set, gets].concat());
    let replies = [client.reply(), client.reply(), client.reply()].concat();
    assert_eq!(replies.escape_ascii().to_string(), r"+OK\r\n$12\r\nsecret-value\r\n$-1\r\n");
    server.wait_for_line(&[" trace ", "read 103 B · parse 3 requests"]);
    let lines = traced(&server);
    let steps: Vec<&str> = lines[0].split(" · ").collect();
    let begins = ["", "parse 3 requests ", "wait ", "hold ", "log ", "write 29 B "];
    assert_eq!(steps.len(), begins.len(), "{lines:?}");
    for (step, begin) in steps.iter().zip(begins) {
        assert!(step.starts_with(begin) || begin.is_empty(), "'{begin}' in {lines:?}");
        assert!(step.contains(" µs") || begin.is_empty(), "{lines:?}");
    }
    assert!(steps[0].contains(" worker-") && steps[0].contains(" id="), "{lines:?}");
    assert!(steps[3].ends_with("µs: SET, GET hit, GET miss"), "{lines:?}");
    assert!(!lines[0].contains("secret"), "{lines:?}");
}

/// Ensures that only chosen clients are traced, from CONFIG SET on, until it is switched off.
#[test]
fn clients_are_chosen() {
    let server = Process::start(&[]);
    let (mut chosen, mut other) = (server.client(), server.client());
    chosen.ask("CLIENT SETNAME chosen");
    assert_eq!(other.ask("CONFIG SET trace yes trace-clients \"chosen 99\""), "+OK");
    assert_eq!(other.ask("INCR n"), ":1");
    assert_eq!(chosen.ask("INCR n"), ":2");
    assert_eq!(other.ask("INCR n"), ":3");
    server.wait_for_line(&[" trace ", ": INCR"]);
    assert_eq!(chosen.ask("CONFIG SET trace no"), "+OK");
    assert_eq!(chosen.ask("INCR n"), ":4");
    assert_eq!(chosen.ask("CONFIG SET trace yes"), "+OK");
    assert_eq!(chosen.ask("DECR n"), ":3");
    server.wait_for_line(&[": DECR"]);
    let lines = traced(&server);
    assert_eq!(lines.iter().filter(|line| line.contains("INCR")).count(), 1, "{lines:?}");
}
