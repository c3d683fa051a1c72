//! Reports from people who put respool in Redis's place: what was different is as it is there.

use crate::process::{PROGRAM, Process};
use crate::raw::Raw;
use crate::support::wait_until;
use respool::system::differences::abstract_address;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// A folder for one test.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A server on nothing but a Unix socket in its folder, killed at the end.
pub struct OnSocket {
    child: Child,
    folder: Option<TempDir>,
}

impl OnSocket {
    /// Starts the program in a folder, with a configuration file there if there is one, and with
    /// more words after it.
    pub fn start(folder: TempDir, words: &[&OsStr]) -> OnSocket {
        let mut command = Command::new(PROGRAM);
        let file = folder.path().join("redis.conf");
        if file.exists() {
            command.arg(file);
        }
        command.args(words).args(["--port", "0", "--unixsocket"]).arg(folder.path().join("s"));
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let log = fs::File::create(folder.path().join("stderr")).expect("a file");
        let child = command.stderr(log).spawn().expect("the program");
        OnSocket { child, folder: Some(folder) }
    }

    /// The same with words that are text.
    pub fn with(folder: TempDir, words: &[&str]) -> OnSocket {
        OnSocket::start(folder, &words.iter().map(OsStr::new).collect::<Vec<_>>())
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.as_ref().expect("a running server").path()
    }

    /// What it wrote to standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join("stderr")).expect("a log")
    }

    /// Stops it in good order and gives its folder back.
    pub fn stop(mut self) -> TempDir {
        self.client().send(b"SHUTDOWN\r\n");
        assert!(self.child.wait().expect("a child").success(), "{}", self.log());
        self.folder.take().expect("a running server")
    }

    /// A client, as soon as the server lets one in.
    pub fn client(&mut self) -> Raw {
        let socket = self.path().join("s");
        wait_until("the server listens", || {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "{}", self.log());
            std::os::unix::net::UnixStream::connect(&socket).is_ok()
        });
        let mut client = Raw::connect_unix(&socket);
        wait_until("the server has loaded", || !client.ask("PING").starts_with("-LOADING"));
        client
    }
}

impl Drop for OnSocket {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value that CONFIG GET shows.
pub fn value(client: &mut Raw, name: &str) -> String {
    client.request(&[b"CONFIG", b"GET", name.as_bytes()]);
    let reply = String::from_utf8_lossy(&client.reply()).into_owned();
    reply.split("\r\n").nth(4).unwrap_or_else(|| panic!("CONFIG GET {name}: {reply}")).to_owned()
}

fn run(words: &[&str]) -> Output {
    Command::new(PROGRAM).args(words).stdin(Stdio::null()).output().expect("the program")
}

/// Ensures that port 0 is no TCP port at all, and that a server nobody could reach does not start.
#[test]
fn port_0_is_no_port() {
    let mut server = OnSocket::with(folder(), &[]);
    assert_eq!(value(&mut server.client(), "port"), "0");
    let log = server.log();
    assert_eq!(log.matches("Ready to accept").count(), 1, "{log}");
    let refused = run(&["--port", "0"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(told.contains("Configured to not listen anywhere"), "{told}");
}

/// Ensures that relative paths are relative to `dir`, wherever the server was started from.
#[test]
fn paths_are_relative_to_dir() {
    let (folder, elsewhere) = (folder(), folder());
    let path = folder.path().display();
    let text = format!("dir {path}\nport 0\nunixsocket redis.sock\nlogfile log\npidfile pid\n");
    fs::write(elsewhere.path().join("redis.conf"), text).expect("a write");
    let mut command = Command::new(PROGRAM);
    command.arg("redis.conf").current_dir(elsewhere.path()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program");
    let socket = folder.path().join("redis.sock");
    wait_until("the socket is there", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
    let mut client = Raw::connect_unix(&socket);
    assert_eq!(value(&mut client, "unixsocket"), "redis.sock");
    let pid = folder.path().join("pid");
    wait_until("the number is written", || {
        fs::read_to_string(&pid).is_ok_and(|text| text == format!("{}\n", child.id()))
    });
    assert!(folder.path().join("log").exists());
    client.send(b"SHUTDOWN\r\n");
    assert!(child.wait().expect("it ends").success());
    assert!(!pid.exists() && !socket.exists(), "what says that it runs goes with it");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 1);
}

/// Ensures that a folder that is not there ends the start, whether anything is written or not.
#[test]
fn dir_has_to_exist() {
    let told = run(&["--dir", "/nowhere/at/all"]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("--dir \"/nowhere/at/all\"'\nNo such file or directory"), "{told}");
}

/// Ensures that a mode of 0 leaves the mode of the socket to the file mode mask.
#[test]
fn unixsocketperm_0_leaves_the_mode_alone() {
    let mode = |words: &[&str]| {
        let mut server = OnSocket::with(folder(), words);
        server.client();
        let found = fs::metadata(server.path().join("s")).expect("a socket");
        found.permissions().mode() & 0o777
    };
    let alone = mode(&["--unixsocketperm", "0"]);
    assert_eq!(alone, mode(&[]));
    assert_ne!(alone, 0);
    assert_eq!(mode(&["--unixsocketperm", "0640"]), 0o640);
}

/// Ensures that a hang-up ends nothing.
#[test]
fn a_hangup_ends_nothing() {
    let mut server = Process::start(&[]);
    server.signal("HUP");
    server.wait_for_line(&["notice", "SIGHUP"]);
    assert_eq!(server.client().ask("PING"), "+PONG");
    server.signal("TERM");
    assert_eq!(server.wait().0.code(), Some(0));
}

/// Ensures that a name is bound with all its addresses, and that one that may be missing may.
#[test]
fn names_can_be_bound() {
    let server = Process::start(&["--bind", "localhost", "-nowhere.invalid", "-::1"]);
    assert!(server.address.ip().is_loopback());
    let in_force = value(&mut server.client(), "bind");
    assert_eq!(in_force, "localhost -nowhere.invalid -::1");
    let all = Process::start(&["--bind", "* -::*"]);
    assert_eq!(all.address.ip(), IpAddr::from(Ipv4Addr::UNSPECIFIED));
    let refused = run(&["--port", "any", "--bind", "nowhere.invalid"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nowhere.invalid"));
}

/// Ensures that the command line is read as Redis reads it: several values, words that were joined,
/// lines in one word, names in any case, and an empty list at the end.
#[test]
fn the_command_line_is_redis_s() {
    let cases: [(&[&str], &str, &str); 10] = [
        (&["--save", "60", "1", "--loglevel", "warning"], "save", "60 1"),
        (&["--save", "60", "1", "--loglevel", "warning"], "loglevel", "warning"),
        (&["--save", "60 1", "--save", "5 2"], "save", "60 1 5 2"),
        (&["--save", "60 1", "--save", ""], "save", ""),
        (&["--timeout 7", "--TCP-KeepAlive", "9"], "tcp-keepalive", "9"),
        (&["--timeout 7\nmaxclients 33"], "maxclients", "33"),
        (&["--bind", "127.0.0.1 ::1"], "bind", "127.0.0.1 ::1"),
        (&["--save", "60", "1", "--save"], "save", ""),
        (&["--dbfilename", "--x.rdb"], "dbfilename", "--x.rdb"),
        (&["--tls-port 0", "--maxclients", "9"], "maxclients", "9"),
    ];
    for (words, name, expected) in cases {
        let mut server = OnSocket::with(folder(), words);
        assert_eq!(value(&mut server.client(), name), expected, "{words:?}");
    }
}

/// Ensures that a dash is standard input, read between the file and the words.
#[test]
fn a_dash_is_standard_input() {
    let folder = folder();
    let socket = folder.path().join("s");
    fs::write(folder.path().join("c"), "timeout 1\nmaxclients 11\ntcp-keepalive 1\n").expect("it");
    let mut command = Command::new(PROGRAM);
    command.arg(folder.path().join("c")).args(["--port", "0", "--tcp-keepalive", "3"]);
    command.arg("--unixsocket").arg(&socket).arg("-").stdin(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().expect("the program");
    let text = b"timeout 5\n# a comment\ntcp-keepalive 2\n";
    child.stdin.take().expect("a pipe").write_all(text).expect("a write");
    wait_until("it listens", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
    let mut client = Raw::connect_unix(&socket);
    for (name, expected) in [("timeout", "5"), ("maxclients", "11"), ("tcp-keepalive", "3")] {
        assert_eq!(value(&mut client, name), expected, "{name}");
    }
    client.send(b"SHUTDOWN\r\n");
    child.wait().expect("it ends");
}

/// Ensures that words which a file may say can be said on the command line.
#[test]
fn flags_and_lines_are_one_list() {
    let words = ["--save", "", "--aof-use-rdb-preamble", "no", "--appendfilename"];
    let mut server = OnSocket::with(folder(), &[&words[..], &["appendonly.aof"]].concat());
    assert_eq!(value(&mut server.client(), "appendfilename"), "appendonly.aof");
    assert!(!server.log().contains("Accepted without effect"), "{}", server.log());
}

/// Ensures that files are included in order, that a pattern without a match is nothing, and that
/// what comes later counts; as a line and as a word.
#[test]
fn files_are_included() {
    let folder = folder();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it");
    fs::create_dir(folder.path().join("conf.d")).expect("a folder");
    write("conf.d/10-a.conf", "timeout 10\nmaxclients 10\n");
    write("conf.d/20-b.conf", "timeout 20\ninclude extra\n");
    write("conf.d/.hidden.conf", "timeout 99\n");
    write("extra", "slowlog-max-len 5\n");
    write("redis.conf", "timeout 1\ninclude conf.d/*.conf\ninclude none/*.conf\n");
    let mut server = OnSocket::with(folder, &["--include", "ext?a"]);
    let mut client = server.client();
    for (name, expected) in [("timeout", "20"), ("maxclients", "10"), ("slowlog-max-len", "5")] {
        assert_eq!(value(&mut client, name), expected, "{name}");
    }
}

/// Ensures that files which include each other come to an end.
#[test]
fn a_circle_of_files_ends() {
    let folder = folder();
    let path = folder.path().join("redis.conf");
    fs::write(&path, format!("include {0}\ninclude {0}\n", path.display())).expect("a write");
    let told = run(&[path.to_str().expect("text")]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("too many files include each other"), "{told}");
    assert!(told.len() < 20_000, "{}", told.len());
}

/// Ensures that bounds are Redis's where the kernel has its own.
#[test]
fn bounds_are_redis_s() {
    for backlog in ["0", "100000"] {
        let mut server = OnSocket::with(folder(), &["--tcp-backlog", backlog]);
        assert_eq!(value(&mut server.client(), "tcp-backlog"), backlog);
    }
    let mut server = OnSocket::with(folder(), &["--enable-debug-command", "local"]);
    assert_eq!(server.client().ask("DEBUG SLEEP 0"), "+OK", "a Unix socket is local");
}

/// Ensures that a command can be removed or get another name, which is not told to those who do
/// not know it, and that a log is read under any names.
#[test]
fn commands_can_be_renamed() {
    let secret = "b840fc02d524045429941cc15f59e41cb7be6c52b840fc02";
    let mut server = OnSocket::with(folder(), &["--appendonly", "yes"]);
    assert_eq!(server.client().ask("SET old v"), "+OK");
    let folder = server.stop();
    let text = format!(
        "appendonly yes\nrename-command FLUSHALL \"\"\nrename-command config {secret}\n\
         rename-command SET store\n"
    );
    fs::write(folder.path().join("redis.conf"), text).expect("a write");
    let mut server = OnSocket::with(folder, &[]);
    let mut client = server.client();
    assert_eq!(client.ask("GET old"), "$1 v");
    let unknown = |name: &str| format!("-ERR unknown command '{name}', with args beginning with:");
    for name in ["FLUSHALL", "config", "CONFIG", "set"] {
        let reply = client.ask(name);
        assert!(reply.starts_with(&unknown(name)), "{reply}");
    }
    assert_eq!(client.ask(&format!("{secret} GET timeout")), "*2 $7 timeout $1 0");
    assert_eq!(client.ask("STORE new v"), "+OK");
    let mut server = OnSocket::with(server.stop(), &[]);
    let mut client = server.client();
    assert_eq!(client.ask("GET new"), "$1 v");
    assert_eq!(client.ask("GET old"), "$1 v");
    for (words, reason) in [
        (["nosuch", "x"], "No such command in rename-command"),
        (["get", "SET"], "Target command name already exists"),
    ] {
        let told = run(&["--rename-command", words[0], words[1]]);
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.contains(reason), "{told}");
    }
}

/// Ensures that bytes stay bytes: in comments, paths and passwords, in files and as words.
#[test]
fn bytes_stay_bytes() {
    let folder = folder();
    let mut text = b"# \xc4\xda\xb4\xe6\nmaxmemory 100mb\nlogfile ".to_vec();
    text.extend(b"\"m\\xfcll.log\"\n");
    fs::write(folder.path().join("redis.conf"), text).expect("a write");
    let words = [OsStr::new("--requirepass"), OsStr::from_bytes(b"caf\xe9")];
    let mut server = OnSocket::start(folder, &words);
    let mut client = server.client();
    client.request(&[b"AUTH", "café".as_bytes()]);
    assert!(client.reply().starts_with(b"-WRONGPASS"));
    client.request(&[b"AUTH", b"caf\xe9"]);
    assert_eq!(client.reply(), b"+OK\r\n");
    assert_eq!(value(&mut client, "maxmemory"), "104857600");
    assert!(server.path().join(OsStr::from_bytes(b"m\xfcll.log")).exists());
}

/// Ensures that systemd hears when clients are served and when the stop begins, through a path and
/// through a name without a file.
#[test]
fn systemd_is_told() {
    let folder = folder();
    let path = folder.path().join("notify");
    let name = format!("respool-test-{}", std::process::id());
    let address = abstract_address(name.as_bytes()).expect("a name");
    let sockets = [
        (path.clone().into_os_string(), UnixDatagram::bind(&path).expect("a socket")),
        (format!("@{name}").into(), UnixDatagram::bind_addr(&address).expect("a socket")),
    ];
    for ((name, socket), supervised) in sockets.into_iter().zip(["systemd", "auto"]) {
        socket.set_read_timeout(Some(crate::raw::PATIENCE)).expect("a socket option");
        let mut command = Command::new(PROGRAM);
        command.args(["--port", "any", "--supervised", supervised]).env("NOTIFY_SOCKET", name);
        let mut server = Process::spawn(command);
        let message = || {
            let mut message = [0; 256];
            let len = socket.recv(&mut message).expect("a message");
            String::from_utf8_lossy(&message[..len]).into_owned()
        };
        assert!(message().contains("READY=1\n"));
        server.signal("TERM");
        assert_eq!(message(), "STOPPING=1\n");
        assert_eq!(server.wait().0.code(), Some(0));
    }
}
