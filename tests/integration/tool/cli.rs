//! `respool cli`: the command line, its options and exit codes, against the real server and against
//! one that says what a test wants.

use crate::process::{PROGRAM, Process};
use crate::support::TestServer;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

/// What redis-cli says about a password in the list of processes.
const PASSWORD_WARNING: &str = "Warning: Using a password with '-a' or '-u' option on the command \
                                line interface may not be safe.\n";

/// A server that answers one request after the other with the next bytes. Without bytes, and after
/// the last ones, it closes the connection.
pub struct Scripted {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Starts it; an empty reply closes the connection.
    pub fn start(replies: &[&[u8]]) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut replies: Vec<Vec<u8>> = replies.iter().map(|reply| reply.to_vec()).collect();
        replies.reverse();
        std::thread::spawn({
            let requests = Arc::clone(&requests);
            // The thread ends with the process of the tests, if no more clients come.
            move || {
                while let Ok((stream, _)) = listener.accept() {
                    serve(stream, &mut replies, &requests);
                }
            }
        });
        Scripted { address, requests }
    }

    /// What it was sent so far, as words.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn serve(mut stream: TcpStream, replies: &mut Vec<Vec<u8>>, requests: &Mutex<Vec<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(len @ 1..) = stream.read(&mut buffer) {
        let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
        let words: Vec<&str> = text.split("\r\n").skip(2).step_by(2).collect();
        requests.lock().expect("no panic").push(words.join(" "));
        match replies.pop() {
            Some(reply) if !reply.is_empty() => stream.write_all(&reply).expect("it reads"),
            _ => return,
        }
    }
}

/// Runs the client with `input` on its standard input.
pub fn run(address: SocketAddr, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["cli", "-p", &address.port().to_string()]).args(arguments);
    run_command(command, input)
}

/// Runs a command with `input` on its standard input.
pub fn run_command(mut command: Command, input: &str) -> Output {
    command.env_remove("REDISCLI_AUTH").env_remove("FAKETTY");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    // The program may end before it has read everything.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("its output")
}

/// Exit code, standard output and standard error.
pub fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\n");
    let code = output.status.code().expect("an exit code");
    (code, text(&output.stdout), text(&output.stderr).replace("\\'", "'"))
}

fn expect(output: &Output, code: i32, stdout: &str, stderr: &str) {
    assert_eq!(told(output), (code, stdout.to_owned(), stderr.to_owned()));
}

/// Ensures that the commands of health checks and scripts do what they do with redis-cli.
#[test]
fn one_shot_commands() {
    let server = TestServer::start();
    let ask = |arguments: &[&str]| run(server.address, arguments, "");
    expect(&ask(&["ping"]), 0, "PONG\n", "");
    expect(&ask(&["set", "k", "a b"]), 0, "OK\n", "");
    expect(&ask(&["get", "k"]), 0, "a b\n", "");
    expect(&ask(&["--no-raw", "get", "k"]), 0, "\\\"a b\\\"\n", "");
    expect(&ask(&["get", "none"]), 0, "\n", "");
    expect(&ask(&["--raw", "incr", "n"]), 0, "1\n", "");
    expect(&ask(&["-r", "2", "incr", "n"]), 0, "2\n3\n", "");
    expect(&ask(&["-r", "0", "incr", "n"]), 0, "", "");
    expect(&ask(&["-n", "3", "exists", "k"]), 0, "0\n", "");
    expect(&ask(&["-3", "--no-raw", "hgetall", "none"]), 0, "(empty hash)\n", "");
    expect(&ask(&["--json", "mget", "k", "none"]), 0, "[\\\"a b\\\",null]\n", "");
    let error = "ERR wrong number of arguments for 'get' command";
    let shown = error.replace('\'', "\\'");
    expect(&ask(&["get"]), 0, &format!("{shown}\n\n"), "");
    expect(&ask(&["-e", "get"]), 1, "", &format!("{error}\n"));
    let unknown = "SELECT 99 failed: ERR DB index is out of range\n";
    expect(&ask(&["-n", "99", "ping"]), 0, "PONG\n", unknown);
}

/// Ensures that standard input takes the place of an argument, whatever bytes it has.
#[test]
fn arguments_from_standard_input() {
    let server = TestServer::start();
    let ask = |arguments: &[&str], input: &str| run(server.address, arguments, input);
    expect(&ask(&["-x", "set", "k"], "a\r\n\0b\n"), 0, "OK\n", "");
    expect(&ask(&["strlen", "k"], ""), 0, "6\n", "");
    expect(&ask(&["-X", "T", "set", "T", "v"], "key"), 0, "OK\n", "");
    expect(&ask(&["get", "key"], ""), 0, "v\n", "");
    expect(&ask(&["--quoted-input", "echo", "\"\\x41\""], ""), 0, "A\n", "");
    expect(&ask(&["--quoted-input", "echo", "'a"], ""), 1, "Invalid quoted string\n", "");
    let no_tag = "Using -X option but stdin tag not match.\n";
    expect(&ask(&["-X", "T", "get", "k"], ""), 1, "", no_tag);
    let both = "Options -x and -X are mutually exclusive.\n";
    expect(&ask(&["-x", "-X", "T", "get"], ""), 1, "", both);
}

/// Ensures that a password is taken from wherever redis-cli takes it, and is warned about if it
/// stands in the command line.
#[test]
fn passwords() {
    let server = TestServer::with(|config| config.requirepass = "pw".into());
    let ask = |arguments: &[&str]| run(server.address, arguments, "");
    expect(&ask(&["get", "k"]), 0, "NOAUTH Authentication required.\n\n", "");
    expect(&ask(&["-a", "pw", "ping"]), 0, "PONG\n", PASSWORD_WARNING);
    let silent = ["--user", "default", "--pass", "pw", "--no-auth-warning", "ping"];
    expect(&ask(&silent), 0, "PONG\n", "");
    let wrong = "AUTH failed: WRONGPASS invalid username-password pair or user is disabled.\n";
    let output = ask(&["--no-auth-warning", "-a", "wrong", "-n", "2", "get", "k"]);
    expect(&output, 0, "NOAUTH Authentication required.\n\n", wrong);
    let uri = format!("redis://default:p%77@127.0.0.1:{}/2", server.address.port());
    expect(&ask(&["-u", &uri, "ping"]), 0, "PONG\n", PASSWORD_WARNING);

    let mut command = Command::new(PROGRAM);
    let port = server.address.port().to_string();
    command.args(["cli", "-p", &port, "ping"]).env("REDISCLI_AUTH", "pw");
    let output = command.output().expect("the program");
    assert_eq!(told(&output), (0, "PONG\n".to_owned(), String::new()));
}

/// Ensures that a missing reply is explained, and shows in the exit code.
#[test]
fn failures() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("one");
    let refused = format!("Could not connect to Redis at {free}: Connection refused\n");
    expect(&run(free, &["ping"], ""), 1, "", &refused);
    expect(&run(free, &["--scan"], ""), 1, "", &refused);
    expect(&run(free, &["--latency"], ""), 1, "", &refused);
    expect(&run(free, &[], "ping\n"), 0, "", &refused.repeat(2));
    let no_socket = "Could not connect to Redis at /nonexistent: No such file or directory\n";
    expect(&run(free, &["-s", "/nonexistent", "ping"], ""), 1, "", no_socket);
    for (arguments, message) in [
        (
            &["--nonsense", "ping"][..],
            "Unrecognized option or bad number of args for: '--nonsense'",
        ),
        (&["-a"], "Unrecognized option or bad number of args for: '-a'"),
        (&["-p", "70000", "ping"], "Invalid server port."),
        (&["-u", "http://h"], "Invalid URI scheme"),
        (&["--tls", "ping"], "This redis-cli is respool's, and does not have '--tls'"),
    ] {
        expect(&run(free, arguments, ""), 1, "", &format!("{message}\n"));
    }
    let closed = "Error: Server closed the connection\n";
    let server = || Scripted::start(&[]).address;
    expect(&run(server(), &["ping"], ""), 1, "", closed);
    expect(&run(server(), &["shutdown"], ""), 0, "", "");
    let twice = format!("\nI/O error\n\nI/O error\n{closed}");
    expect(&run(server(), &["-n", "1", "ping"], ""), 1, "", &twice);
    let bytes = Scripted::start(&[b"HTTP/1.1 400\r\n"]).address;
    let protocol = "Error: Protocol error, got \\\"H\\\" as reply type byte\n";
    expect(&run(bytes, &["ping"], ""), 1, "", protocol);
}

/// Ensures that what is said before the command is what was asked for, in redis-cli's order.
#[test]
fn introduction() {
    let server = Scripted::start(&[b"+OK\r\n", b"+OK\r\n", b"%0\r\n", b"+x\r\n"]);
    let options = ["--user", "u", "-a", "p w", "--no-auth-warning", "-n", "3x", "-3", "get", "k"];
    expect(&run(server.address, &options, ""), 0, "x\n", "");
    assert_eq!(server.requests(), ["AUTH u p w", "SELECT 3", "HELLO 3", "get k"]);
    let server = Scripted::start(&[b"-ERR no\r\n", b"+x\r\n"]);
    expect(
        &run(server.address, &["--json", "g"], ""),
        0,
        "\\\"x\\\"\n",
        "HELLO 3 failed: ERR no\n",
    );
    let server = Scripted::start(&[b"+x\r\n"]);
    expect(&run(server.address, &["--json", "-2", "g"], ""), 0, "\\\"x\\\"\n", "");
}

/// Ensures that keys are listed until the cursor is back at the beginning.
#[test]
fn scan() {
    let pages: [&[u8]; 2] =
        [b"*2\r\n$1\r\n7\r\n*1\r\n$2\r\na\"\r\n", b"*2\r\n$1\r\n0\r\n*1\r\n$1\r\n\n\r\n"];
    let server = Scripted::start(&pages);
    let options = ["--scan", "--pattern", "a*", "--count", "5"];
    expect(&run(server.address, &options, ""), 0, "a\\\"\n\n\n", "");
    assert_eq!(server.requests(), ["SCAN 0 MATCH a* COUNT 5", "SCAN 7 MATCH a* COUNT 5"]);
    let server = Scripted::start(&pages);
    let options = ["--scan", "--no-raw", "--quoted-pattern", "\"\\x41\""];
    expect(&run(server.address, &options, ""), 0, "\\\"a\\\\\\\"\\\"\n\\\"\\\n\\\"\n", "");
    assert_eq!(server.requests()[0], "SCAN 0 MATCH A");
    for (reply, error) in [
        (&b"-ERR no\r\n"[..], "SCAN error: ERR no\n"),
        (b"+OK\r\n", "Non ARRAY response from SCAN!\n"),
        (b"", "\nI/O error\n"),
    ] {
        expect(&run(Scripted::start(&[reply]).address, &["--scan"], ""), 1, "", error);
    }
}

/// Ensures that a script is sent with its keys counted.
#[test]
fn eval() {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(b"return 1").expect("a write");
    let path = file.path().to_str().expect("text");
    let server = Scripted::start(&[b":1\r\n", b":1\r\n"]);
    expect(&run(server.address, &["--eval", path, "k", "l", ",", "a", ","], ""), 0, "1\n", "");
    expect(&run(server.address, &["--eval", path], ""), 0, "1\n", "");
    assert_eq!(server.requests(), ["EVAL return 1 2 k l a ,", "EVAL return 1 0"]);
    let missing = "Can't open file '/nonexistent': No such file or directory\n";
    expect(&run(server.address, &["--eval", "/nonexistent"], ""), 1, "", missing);
}

/// Ensures that figures and times are shown in redis-cli's columns.
#[test]
fn stat_and_latency() {
    let server = TestServer::start();
    let (code, line, error) = told(&run(server.address, &["--latency", "-i", "0.02"], ""));
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    assert!(code == 0 && numbers.len() == 4 && numbers[3] >= 1.0, "{line}{error}");
    let info = "db0:keys=2\r\ndb1:keys=3\r\nused_memory:1048576\r\nconnected_clients:4\r\n\
        total_commands_processed:7\r\ntotal_connections_received:9\r\n";
    let reply = format!("${}\r\n{info}\r\n", info.len());
    let server = Scripted::start(&[reply.as_bytes()]);
    let (code, text, error) = told(&run(server.address, &["--stat", "-i", "0.01"], ""));
    assert_eq!((code, error.as_str()), (1, "\nI/O error\n"));
    let line = "5          1.00M    4       0       7 (+0)              9           ";
    assert_eq!(text.lines().nth(2), Some(line));
}

/// Ensures that the binary is the client under each of its names.
#[test]
fn names() {
    let server = TestServer::start();
    let port = server.address.port().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("redis-cli");
    std::os::unix::fs::symlink(PROGRAM, &link).expect("a link");
    let mut by_link = Command::new(&link);
    by_link.args(["-p", &port, "ping"]);
    let mut by_word = Command::new(PROGRAM);
    by_word.args(["redis-cli", "-p", &port, "ping"]);
    let mut in_image = Command::new(PROGRAM);
    in_image.args(["--bind", "0.0.0.0", "--", "redis-cli", "-p", &port, "ping"]);
    for command in [by_link, by_word, in_image] {
        expect(&run_command(command, ""), 0, "PONG\n", "");
    }
    let (code, version, _) = told(&run(server.address, &["--version"], ""));
    assert!(code == 0 && version.starts_with("redis-cli 7."), "{version}");
    let (code, help, _) = told(&run(server.address, &["-h"], ""));
    assert!(code == 0 && help.contains("--no-auth-warning"), "{help}");
}

/// Ensures that the commonest start line of compose files starts a server, in the image too.
#[test]
fn a_server_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("redis-server");
    std::os::unix::fs::symlink(PROGRAM, &link).expect("a link");
    let before = |words: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(words);
        command
    };
    let image = ["--bind", "127.0.0.1", "--maxmemory", "50mb", "--", "redis-server"];
    for mut command in [Command::new(&link), before(&["redis-server"]), before(&image)] {
        command.args(["--requirepass", "pw", "--port", "any", "--save", "60", "1"]);
        command.current_dir(folder.path());
        let server = Process::spawn(command);
        let options = ["-a", "pw", "--no-auth-warning", "config", "get", "requirepass"];
        expect(&run(server.address, &options, ""), 0, "requirepass\npw\n", "");
    }
}
