//! Running other people's programs, never longer than a test is willing to wait.

use crate::servers::Guarded;
use std::io::{Read, Write};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Runs a program with `input` on its standard input to its end, which has to be a good one, and
/// returns what it prints.
pub fn run(command: &mut Command, input: &[u8], patience: Duration) -> String {
    let mut child = spawn(command);
    let mut stdin = child.0.stdin.take().expect("a pipe");
    let (mut stdout, mut stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let (out, err) = std::thread::scope(|scope| {
        scope.spawn(move || {
            // The program may end before it has read everything.
            let _ = stdin.write_all(input);
        });
        let out = scope.spawn(move || read(stdout.as_mut().expect("a pipe")));
        let err = scope.spawn(move || read(stderr.as_mut().expect("a pipe")));
        let deadline = Instant::now() + patience;
        while child.0.try_wait().expect("a child").is_none() {
            if Instant::now() > deadline {
                let _ = child.0.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        (out.join().expect("a reader"), err.join().expect("a reader"))
    });
    let status = child.0.wait().expect("a child");
    assert!(status.success(), "{command:?} ended with {status}: {out}{err}");
    assert!(!err.to_lowercase().contains("error"), "{command:?}: {err}");
    out
}

/// Runs a program that does not end by itself until what it has printed is enough, and returns
/// that.
pub fn run_until(
    command: &mut Command,
    patience: Duration,
    is_enough: impl Fn(&str) -> bool,
) -> String {
    let mut child = spawn(command);
    let printed = Arc::new(Mutex::new(String::new()));
    let stdout = child.0.stdout.take().expect("a pipe");
    let reader = std::thread::spawn({
        let printed = Arc::clone(&printed);
        move || collect(stdout, &printed)
    });
    let deadline = Instant::now() + patience;
    let so_far = || printed.lock().expect("a reader that did not panic").clone();
    while !is_enough(&so_far()) {
        assert!(Instant::now() < deadline, "{command:?} printed no more than {}", so_far());
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(child);
    reader.join().expect("a reader that did not panic");
    so_far()
}

fn collect(mut stdout: ChildStdout, printed: &Mutex<String>) {
    let mut bytes = [0; 4096];
    while let Ok(len @ 1..) = stdout.read(&mut bytes) {
        let text = String::from_utf8_lossy(&bytes[..len]).into_owned();
        printed.lock().expect("a reader that did not panic").push_str(&text);
    }
}

fn spawn(command: &mut Command) -> Guarded {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = command.spawn();
    Guarded(spawned.unwrap_or_else(|error| panic!("{command:?}: {error}; is it installed?")))
}

/// Everything that comes until the end.
pub fn read(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
