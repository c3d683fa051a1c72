//! The origin of settings: configuration files, password files, and the target of log lines.

use crate::process::{PROGRAM, Process};
use crate::raw::Raw;
use crate::support::wait_until;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder with one file in it.
fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("respool.conf");
    fs::write(&path, text).expect("a write");
    (folder, path)
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("a readable path")
}

/// Expects something on standard error and exit code 1, and returns it.
fn refusal(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(arguments).output().expect("the program");
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {line}");
    line
}

/// Ensures that a file in Redis's syntax is read: comments, quotes, capitals, lists, and directives
/// with only one possible value.
#[test]
fn a_file_says_what_flags_say() {
    let (_folder, path) = file(
        "# a cache\n\n  maxclients 77\nTIMEOUT 60\nrequirepass \"se\\x63ret word\"\n\
         bind 127.0.0.1 -::1\nsave \"\"\nprotected-mode 'no'\nport 1\n",
    );
    let mut command = Command::new(PROGRAM);
    let server = Process::spawn({
        command.args([text_of(&path), "--port", "any", "--timeout", "5"]);
        command
    });
    let mut client = server.client();
    assert_eq!(client.ask("AUTH \"secret word\""), "+OK");
    assert_eq!(client.ask("CONFIG GET maxclients"), "*2 $10 maxclients $2 77");
    assert_eq!(client.ask("CONFIG GET timeout"), "*2 $7 timeout $1 5", "what comes later counts");
    assert_eq!(client.ask("CONFIG GET protected-mode"), "*2 $14 protected-mode $2 no");
    assert_eq!(client.ask("CONFIG GET bind"), "*2 $4 bind $14 127.0.0.1 -::1");
}

/// Ensures that all mistakes are reported at once, each with file, line and reason.
#[test]
fn all_mistakes_in_a_file_are_reported_with_their_lines() {
    let mistakes = [
        ("nonsense 3", "Bad directive or wrong number of arguments"),
        ("port abc", "argument couldn't be parsed into an integer"),
        ("port", "wrong number of arguments"),
        ("appendonly \"half", "Unbalanced quotes in configuration line"),
        ("loglevel loud", "argument(s) must be one of the following: debug"),
        ("port 1 2", "wrong number of arguments"),
        ("save 900", "Invalid save parameters"),
        ("version yes", "Bad directive"),
        ("tls-port 6380", "respool does not encrypt"),
        ("include /nowhere/*.conf\ninclude /nowhere/x.conf", ""),
    ];
    let mut text = "# first\ntimeout 3\n".to_owned();
    mistakes.iter().for_each(|(line, _)| text += &format!("{line}\n"));
    let (_folder, path) = file(&text);
    let told = refusal(&[text_of(&path), "--maxclients", "0"]);
    for (at, (line, reason)) in mistakes.iter().enumerate().take(mistakes.len() - 1) {
        let expected = format!("{}, line {}\n>>> '{line}'\n{reason}", text_of(&path), at + 3);
        assert!(told.contains(&expected), "{expected} in {told}");
    }
    assert!(told.contains("command line\n>>> '--maxclients \"0\"'\nargument must be"), "{told}");
    assert!(told.contains("/nowhere/x.conf\ncan't open config file: No such file"), "{told}");
    assert!(told.contains("because of 11 mistakes"), "{told}");
    assert!(refusal(&["/nowhere/respool.conf"]).contains("/nowhere/respool.conf"));
}

/// Ensures that an error message does not contain a password.
#[test]
fn passwords_are_not_shown() {
    let (_folder, path) = file("requirepass open sesame\nmasterauth two words\n");
    let told = refusal(&[text_of(&path), "--requirepass", "a", "b"]);
    for (secret, shown) in [("sesame", "requirepass (redacted)"), ("two", "masterauth (red")] {
        assert!(!told.contains(secret) && told.contains(shown), "{told}");
    }
}

/// Ensures that the password can be in a file, but not in two sources.
#[test]
fn the_password_can_be_in_a_file() {
    let (_folder, path) = file("correct horse\r\nsecond line\n");
    let server = Process::start(&["--requirepass-file", text_of(&path)]);
    let mut client = server.client();
    assert!(client.ask("PING").starts_with("-NOAUTH"));
    assert!(client.ask("AUTH \"second line\"").starts_with("-WRONGPASS"));
    assert_eq!(client.ask("AUTH \"correct horse\""), "+OK");
    let twice = refusal(&["--requirepass-file", text_of(&path), "--requirepass", "x"]);
    assert!(twice.contains("exclude each other"), "{twice}");
    assert!(refusal(&["--requirepass-file", "/nowhere"]).contains("/nowhere"));
    let (_folder, empty) = file("\n");
    assert!(refusal(&["--requirepass-file", text_of(&empty)]).contains("empty"));
}

/// Ensures that log lines go to the file, and to a new one as soon as it is renamed.
#[test]
fn the_log_file_may_be_renamed() {
    let (folder, path) = file("earlier\n");
    let socket = folder.path().join("socket");
    let mut command = Command::new(PROGRAM);
    command.args(["--port", "any", "--loglevel", "verbose", "--logfile", text_of(&path)]);
    command.arg("--unixsocket").arg(&socket).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    let contains =
        |path: &Path, what: &str| fs::read_to_string(path).is_ok_and(|text| text.contains(what));
    wait_until("it is ready", || contains(&path, &format!("connections on {}", text_of(&socket))));
    assert!(contains(&path, "earlier\n"), "lines are added");
    let old = folder.path().join("old");
    fs::rename(&path, &old).expect("a rename");
    Raw::connect_unix(&socket).send(b"*x\r\n");
    wait_until("the new file has the line", || contains(&path, "Protocol error"));
    assert!(!contains(&path, "Ready"));
    child.kill().expect("it runs");
    let output = child.wait_with_output().expect("it ended");
    assert!(output.stderr.is_empty(), "{output:?}");
    assert!(refusal(&["--logfile", "/nowhere/log"]).contains("/nowhere/log"));
}
