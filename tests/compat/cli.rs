//! `respool cli` next to Debian's `redis-cli`: the same command lines, each client with a Redis of
//! its own, and the same bytes on standard output, standard error and as exit code.

use crate::servers::{Server, free_address};
use respool::text::quoting::next_word;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// A client: its first words.
type Client = [&'static str];

const OURS: &Client = &[env!("CARGO_BIN_EXE_respool"), "redis-cli"];
const THEIRS: &Client = &["redis-cli"];

/// Exit code, standard output, standard error; ports differ and are replaced.
type Told = (Option<i32>, String, String);

fn run(client: &Client, address: SocketAddr, arguments: &[Vec<u8>], input: &str) -> Told {
    use std::os::unix::ffi::OsStrExt;
    let port = address.port().to_string();
    let mut command = Command::new(client[0]);
    command.args(&client[1..]).args(["-p", &port]);
    command.args(arguments.iter().map(|word| std::ffi::OsStr::from_bytes(word)));
    command.env_remove("REDISCLI_AUTH").env_remove("FAKETTY").env_remove("RUST_BACKTRACE");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("redis-cli, from the package redis-tools");
    // It may end before it has read everything.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("its output");
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string().replace(&port, "PORT");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn words(line: &str) -> Vec<Vec<u8>> {
    let (mut rest, mut words, mut word) = (line.as_bytes(), Vec::new(), Vec::new());
    while let Some(behind) = next_word(rest, &mut word).expect("quotes that close") {
        words.push(std::mem::take(&mut word));
        rest = behind;
    }
    words
}

/// The two servers, in the same state.
struct Pair {
    ours: Server,
    theirs: Server,
}

impl Pair {
    fn start(flags: &[&str]) -> Pair {
        let flags = [&["--enable-debug-command", "yes"], flags].concat();
        Pair { ours: Server::redis_with(&flags), theirs: Server::redis_with(&flags) }
    }

    /// Runs a command line with each client.
    fn compare(&self, line: &str, input: &str) {
        let arguments = words(line);
        let ours = run(OURS, self.ours.address, &arguments, input);
        let theirs = run(THEIRS, self.theirs.address, &arguments, input);
        assert_eq!(ours, theirs, "left is ours: {line}, with {input:?}");
    }
}

/// Commands that make values of every type and show every type of reply.
const COMMANDS: &[&str] = &[
    "set k \"a \\\"b\\\"\\r\\n\\x01\\xff\\xc3\\xa9\\t\\a\"",
    "get k",
    "get none",
    "append k x",
    "incrbyfloat f 1.25",
    "rpush l a b c d e f g h i j k",
    "lrange l 0 -1",
    "lrange none 0 -1",
    "hset h a 1 b \"2 2\"",
    "hgetall h",
    "hgetall none",
    "sadd s only",
    "smembers s",
    "zadd z 1 a 2.5 b inf c",
    "zrange z 0 -1 withscores",
    "zscore z b",
    "zmscore z a none b",
    "xadd x 1-1 f v g w",
    "xadd x 2-1 f v",
    "xrange x - +",
    "xinfo stream x",
    "lpop none 5",
    "get l",
    "nonsense a b",
    "object help",
    "command docs get sort",
    "command info get nonsense",
    "config get maxmemory",
    "eval \"return {1,{2,{'three',{}}},redis.error_reply('E x'),false,'s'}\" 0",
    "eval \"return redis.status_reply('fine')\" 0",
    "eval \"redis.setresp(3); return redis.call('hgetall','h')\" 0",
    "debug protocol string",
    "debug protocol integer",
    "debug protocol double",
    "debug protocol null",
    "debug protocol array",
    "debug protocol set",
    "debug protocol map",
    "debug protocol verbatim",
    "debug protocol true",
    "debug protocol false",
    "debug stringmatch-len 3 a",
    "memory doctor",
    "lolwut version 5 1 1 1",
    "cluster info",
    "latency doctor",
    "client getname",
    "acl whoami",
    "multi",
    "exec",
    "subscribe",
];

/// Ensures that every type of reply is shown alike in every style and both protocols.
#[test]
fn every_reply_in_every_style() {
    let pair = Pair::start(&[]);
    for style in ["", "--raw", "--no-raw", "--csv", "--json", "--quoted-json", "-d , -D ;"] {
        for version in ["", "-3"] {
            for command in COMMANDS {
                pair.compare(&format!("{style} {version} {command}"), "");
            }
            pair.compare("flushall", "");
        }
    }
    pair.compare("-3 --no-raw debug protocol push", "");
    pair.compare("-3 --no-raw --show-pushes yes debug protocol push", "");
}

/// Ensures that options do the same, in whatever order they come, and wrong ones are refused alike.
#[test]
fn options() {
    let pair = Pair::start(&[]);
    for (line, input) in [
        ("ping", ""),
        ("-x set k", "a\r\n\n"),
        ("-x set k", ""),
        ("get k", ""),
        ("-X tag set tag v", "key"),
        ("-X tag set k v", "key"),
        ("-x -X tag set tag v", "key"),
        ("get key", ""),
        ("-r 3 incr n", ""),
        ("-r 3 -i 0 incr n", ""),
        ("-r 2 -i 0.01 incr n", ""),
        ("-r 0 incr n", ""),
        ("-r x incr n", ""),
        ("-r 3x incr n", ""),
        ("-i x incr n", ""),
        ("-n 3 incr n", ""),
        ("-n 3x incr n", ""),
        ("-n x incr n", ""),
        ("-n 99 incr n", ""),
        ("-n -1 incr n", ""),
        ("-e get", ""),
        ("-e --no-raw nonsense", ""),
        ("-e -r 3 nonsense", ""),
        ("-e ping", ""),
        ("-e eval \"return {redis.error_reply('E x')}\" 0", ""),
        ("--quoted-input echo \"\\\"\\\\x41\\\"\"", ""),
        ("--quoted-input echo \"'a\"", ""),
        ("--quoted-input echo \"a b\"", ""),
        ("del n k", ""),
        ("--scan", ""),
        ("--scan --no-raw", ""),
        ("--scan --pattern k*", ""),
        ("--scan --quoted-pattern \"\\\"\\\\x6b*\\\"\" --no-raw", ""),
        ("--scan --quoted-pattern \"\\\"k\"", ""),
        ("--scan --csv -i 0.01", ""),
        ("-u http://127.0.0.1", ""),
        ("-u redis://a%zz@127.0.0.1", ""),
        ("-h 127.0.0.1 -2 -3 ping", ""),
        ("-3 -2 --nonsense", ""),
        ("-a pw ping", ""),
        ("-a pw --no-auth-warning ping", ""),
        ("--user u ping", ""),
        ("--show-pushes maybe ping", ""),
        ("--show-pushes", ""),
        ("--nonsense ping", ""),
        ("- ping", ""),
        ("-- ping", ""),
        ("-a", ""),
        ("--eval /nonexistent", ""),
        ("-s /nonexistent ping", ""),
        ("-h nonexistent.invalid ping", ""),
        ("PING --raw", ""),
        ("shutdown nosave", ""),
        ("ping", ""),
        ("--scan", ""),
        ("", "ping\n"),
    ] {
        pair.compare(line, input);
    }
}

/// Ensures that what is typed is understood alike.
#[test]
fn sessions() {
    let pair = Pair::start(&[]);
    let sessions = [
        "set a b\nget a\n\n   \nget 'a\nget \"a\"b\nGET  \"\\x61\"  \n",
        "2 incr x\n0 incr x\n-1 incr x\n5\n99999999999999999999 incr x\n2x incr x\n+3 incr x\n",
        "select 3\nset a c\nget a\nselect 99\nget a\nselect 0\nget a",
        "multi\nget a\nexec\nmulti\ndiscard\nexec\nwatch a\nmulti\nincr a\nexec\nreset\nget a\n",
        "info nonsense\nclient getname\nhello 3\nhgetall none\nhello 2\nhgetall none\n",
        ":set hints\n:set nonsense\n:nonsense\n#comment\nquit now\nget a\n",
        "clear\nconnect 127.0.0.1 1\nget a\nEXIT\n",
        "connect a\nconnect\nclear a\nhelp nonsense\n? @nonsense\nget a\r\nquit",
        "client kill id 0\nclient kill type normal\nget a\nget a\n",
        "auth pw\nauth nobody pw\nget a\n",
        "subscribe\nmonitor x\nget a\n",
        "debug sleep 0.6\nget a\n",
        "eval \"return {1,{2}}\" 0\neval 'return {}' 0\neval 'return {false}' 0\n",
    ];
    for style in ["", "--no-raw", "--csv", "-3 --no-raw", "-n 5 --no-raw", "-e"] {
        for session in sessions {
            // How long it slept is shown to the hundredth, which varies.
            if !session.starts_with("debug") || style.is_empty() {
                pair.compare(style, session);
            }
        }
    }
    for topic in ["set", "Client Kill", "config", "zrange", "@string", "@server", "sort", "get x"] {
        pair.compare(&format!("help {topic}"), "");
    }
}

/// Ensures that passwords and refusals are reported alike.
#[test]
fn passwords() {
    let pair = Pair::start(&["--requirepass", "pw"]);
    for line in [
        "ping",
        "-e get k",
        "-a pw ping",
        "-a wrong ping",
        "--pass pw --user default --no-auth-warning ping",
        "--pass pw --user nobody --no-auth-warning ping",
        "-a wrong -n 2 -3 --no-auth-warning get k",
        "-n 2 get k",
        "-3 get k",
        "--json get k",
        "--scan",
    ] {
        pair.compare(line, "get k\n");
    }
    for session in ["get k\nauth pw\nget k\n", "auth wrong\nget k\n", "hello 3 auth default pw\n"] {
        pair.compare("--no-raw", session);
        pair.compare("-n 2 --no-raw", session);
    }
}

/// Ensures that a missing server is reported alike, and that both clients show the same of respool.
#[test]
fn no_server_and_our_server() {
    let free = free_address();
    for line in
        ["ping", "-e ping", "-a pw ping", "--scan", "--stat", "-n 3 ping", "-h ::1 ping", ""]
    {
        let told = |client| run(client, free, &words(line), "ping\n");
        assert_eq!(told(OURS), told(THEIRS), "{line}");
    }
    let server = Server::respool();
    for line in
        ["set k v", "--no-raw get k", "-3 --no-raw hello", "client list", "--csv hgetall none"]
    {
        let told = |client| run(client, server.address, &words(line), "");
        let ((ours, text, _), (theirs, other, _)) = (told(OURS), told(THEIRS));
        assert_eq!(ours, theirs);
        assert_eq!(text.lines().count(), other.lines().count(), "{text}\n{other}");
    }
}
