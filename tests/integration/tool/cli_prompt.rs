//! `respool cli` without a command: lines from standard input, streams of messages, and help.

use crate::process::PROGRAM;
use crate::support::{TestServer, wait_until};
use crate::tool::cli::{Scripted, run, told};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// Ensures that lines are executed one after the other, and that repetition, quotes and the
/// prompt's own commands are understood.
#[test]
fn lines_are_executed() {
    let server = TestServer::start();
    let input = "set \"a b\" '1 2'\n\n  get \"\\x61 b\"  \nset 'x\n2 incr n\nselect 3\nexists n\n\
        multi\nget n\nexec\n0 incr n\n:set hints\nnonsense\nquit\nget n\n";
    let shown = "OK\n\"1 2\"\nInvalid argument(s)\n(integer) 1\n(integer) 2\nOK\n(integer) 0\nOK\n\
        QUEUED\n1) (nil)\nInvalid redis-cli repeat command option value.\n\
        (error) ERR unknown command 'nonsense', with args beginning with: \n";
    let output = run(server.address, &["--no-raw"], input);
    assert_eq!(String::from_utf8_lossy(&output.stdout), shown);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// Ensures that a lost connection costs one command, and the next connection is the same to the
/// user: password, database and protocol.
#[test]
fn a_lost_connection_is_made_again() {
    let ok: &[u8] = b"+OK\r\n";
    let server = Scripted::start(&[ok, ok, b":1\r\n", b"", ok, ok, b":3\r\n"]);
    let options = ["-a", "pw", "--no-auth-warning"];
    let output = run(server.address, &options, "select 3\nget a\nget b\nget c\n");
    let error = "Error: Server closed the connection\n";
    assert_eq!(told(&output), (0, "OK\n1\n3\n".to_owned(), error.to_owned()));
    let expected = ["AUTH pw", "select 3", "get a", "get b", "AUTH pw", "SELECT 3", "get c"];
    assert_eq!(server.requests(), expected);
    let server = Scripted::start(&[b"x\r\n", ok]);
    let (code, shown, error) = told(&run(server.address, &[], "get a\nget b\n"));
    assert_eq!((code, shown.as_str()), (1, ""), "bytes that are no reply end the prompt: {error}");
}

/// Ensures that another server can be chosen.
#[test]
fn connect() {
    let (one, other) = (Scripted::start(&[b":1\r\n"]), TestServer::start());
    let input = format!("get a\nconnect 127.0.0.1 {}\nping\n", other.address.port());
    assert_eq!(told(&run(one.address, &[], &input)), (0, "1\nPONG\n".into(), String::new()));
}

/// Ensures that messages are shown as they come, and that one-shot streams end with an error.
#[test]
fn streams() {
    let subscribed: &[u8] =
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\n\
        c\r\n$2\r\nhi\r\n-ERR over\r\n";
    let heading = "Reading messages... (press Ctrl-C to quit)\n";
    for (options, expected) in [
        (&["--raw"][..], "subscribe\nc\n1\nmessage\nc\nhi\nERR over\n\n".to_owned()),
        (
            &["--csv"],
            format!(
                "{heading}\"subscribe\",\"c\",1\n\"message\",\"c\",\"hi\"\nERROR,\"ERR over\"\n"
            ),
        ),
    ] {
        let server = Scripted::start(&[subscribed]);
        let output = run(server.address, &[options, &["subscribe", "c"]].concat(), "");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        assert!(output.status.success());
    }
    let server = Scripted::start(&[b"+OK\r\n+1 [0 a:1] \"get\" \"k\"\r\n-ERR over\r\n"]);
    let output = run(server.address, &["monitor"], "");
    let expected = "OK\n1 [0 a:1] \"get\" \"k\"\nERR over\n\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

/// A client with pipes, ended when the test is.
struct Piped(Child);

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ensures that Ctrl-C ends a stream and not the prompt, and then the prompt.
#[test]
fn interrupts() {
    let server = TestServer::start();
    let port = server.address.port().to_string();
    let mut command = Command::new(PROGRAM);
    command.args(["cli", "-p", &port]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut client = Piped(command.spawn().expect("the program"));
    let mut input = client.0.stdin.take().expect("a pipe");
    let mut output = BufReader::new(client.0.stdout.take().expect("a pipe")).lines();
    let mut next_line = || output.next().expect("a line").expect("text");
    let interrupt = |client: &Piped| {
        let sent = Command::new("kill").args(["-INT", &client.0.id().to_string()]).status();
        assert!(sent.expect("kill").success());
    };
    writeln!(input, "monitor").expect("it reads");
    assert_eq!(next_line(), "OK");
    interrupt(&client);
    writeln!(input, "echo here").expect("it reads");
    assert_eq!(next_line(), "here");
    interrupt(&client);
    wait_until("the program ends", || client.0.try_wait().expect("a child").is_some());
    assert_eq!(client.0.wait().expect("a child").code(), Some(1));
}

/// Ensures that help comes from the server, in redis-cli's layout.
#[test]
fn help() {
    // A reply of version 2, in which `*4` is an array of four, and every other word a bulk string.
    let docs = "*4 set *8 summary Set. since 1.0.0 group string arguments *2 \
        *4 name key type key \
        *8 name x type oneof flags *1 optional arguments *2 \
        *6 name nx type pure-token token NX \
        *8 name seconds type integer token EX flags *2 multiple multiple_token \
        config *8 summary C since 2 group server subcommands *2 config|get *2 summary G";
    let encoded = docs.split_whitespace().map(|word| match word.strip_prefix('*') {
        Some(len) => format!("*{len}\r\n"),
        None => format!("${}\r\n{word}\r\n", word.len()),
    });
    let server = Scripted::start(&[encoded.collect::<String>().as_bytes()]);
    let shown = |topic: &[&str]| {
        let output = run(server.address, &[&["help"], topic].concat(), "");
        String::from_utf8_lossy(&output.stdout).replace("\x1b[0m", "|").replace('\x1b', "")
    };
    let set = "\r\n  [1mSET| [90mkey [NX|EX seconds [EX seconds ...]]|\r\n  \
        [33msummary:| Set.\r\n  [33msince:| 1.0.0\r\n  [33mgroup:| string\r\n\r\n";
    assert_eq!(shown(&["Set"]), set);
    let server = TestServer::start();
    let shown = |topic: &[&str]| {
        let output = run(server.address, &[&["?"], topic].concat(), "");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(shown(&["config"]).contains("CONFIG GET"));
    assert!(!shown(&["config", "set"]).contains("CONFIG GET"));
    assert!(shown(&["@string"]).contains("APPEND") && !shown(&["@string"]).contains("group:"));
    assert_eq!(shown(&["nonsense"]), "\r\n");
    assert!(shown(&[]).contains("help @<group>"));
}
