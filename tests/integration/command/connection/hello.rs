//! The connection itself: PING, ECHO, QUIT, RESET, HELLO, AUTH, SELECT.

use crate::support::{TestServer, check, check3};

fn with_password() -> TestServer {
    TestServer::with(|config| config.requirepass = b"secret".to_vec())
}

const NO_AUTH: &str = "-NOAUTH Authentication required.";

/// Ensures that PING and ECHO return their argument, byte for byte.
#[test]
fn ping_and_echo() {
    check(
        r#"
        > PING
        +PONG
        > PING ""
        $0
        > ping "a b"
        $3 a b
        > ECHO "\x00\r\n\xff"
        $4
        \x00
        \xff
        > PING a b
        -ERR wrong number of arguments for 'ping' command
        > ECHO
        -ERR wrong number of arguments for 'echo' command
        > ECHO a b
        -ERR wrong number of arguments for 'echo' command
        "#,
    );
}

/// Ensures that an unknown command is named together with the beginning of its arguments.
#[test]
fn unknown_commands_are_named() {
    let server = TestServer::start();
    let mut client = server.client();
    let head = "-ERR unknown command";
    assert_eq!(client.ask("FOO"), format!("{head} 'FOO', with args beginning with:"));
    assert_eq!(
        client.ask("foo a 'b c'"),
        format!("{head} 'foo', with args beginning with: 'a' 'b c'")
    );
    let long = "x".repeat(200);
    let shown = "x".repeat(128);
    assert_eq!(
        client.ask(&format!("{long} {long} tail")),
        format!("{head} '{shown}', with args beginning with: '{shown}'")
    );
    client.request(&[b"a\r\nb", b"c\nd"]);
    let reply = String::from_utf8(client.reply()).expect("text");
    assert_eq!(reply, "-ERR unknown command 'a  b', with args beginning with: 'c d' \r\n");
    assert_eq!(client.ask("PING"), "+PONG", "the connection lives");
}

/// Ensures that QUIT is answered, closes, and that no request after it is executed.
#[test]
fn quit_ends_the_connection() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send(b"SET a 1\r\nQUIT\r\nSET a 2\r\n");
    assert_eq!(client.rest(), b"+OK\r\n+OK\r\n");
    assert_eq!(server.client().ask("GET a"), "$1 1");
    let mut client = server.client();
    assert_eq!(client.ask("QUIT now please"), "+OK", "its arguments do not matter");
    assert!(client.is_ended());
}

/// Ensures that HELLO describes the server: a map in RESP3, flat in RESP2, seven fields.
#[test]
fn hello_describes_the_server() {
    let server = TestServer::start();
    let mut client = server.client();
    let fields = "$6 server $5 redis $7 version $5 7.2.0 $5 proto :2 $2 id :1 $4 mode \
                  $10 standalone $4 role $6 master $7 modules *0";
    assert_eq!(client.ask("HELLO"), format!("*14 {fields}"));
    assert_eq!(client.ask("HELLO 2"), format!("*14 {fields}"));
    let fields = fields.replace(":2", ":3");
    assert_eq!(client.ask("HELLO 3"), format!("%7 {fields}"));
    assert_eq!(client.ask("hello"), format!("%7 {fields}"), "the version stays");
    assert_eq!(client.ask("GET nothing"), "_");
    assert!(client.ask("HELLO 2").starts_with("*14 "));
    assert_eq!(client.ask("GET nothing"), "$-1");
}

/// Ensures that any word in place of the version asks for the description only.
#[test]
fn hello_world_describes_the_server() {
    let server = TestServer::start();
    assert!(server.client().ask("HELLO world").starts_with("*14 $6 server"));
    assert!(server.client3().ask("HELLO world").starts_with("%7 $6 server"));
}

/// Ensures that HELLO refuses what it cannot do, and that nothing of it is then in force.
#[test]
fn hello_refuses_what_it_cannot_do() {
    let server = TestServer::start();
    let mut client = server.client();
    for (request, expected) in [
        ("HELLO 1", "-NOPROTO unsupported protocol version"),
        ("HELLO 4", "-NOPROTO unsupported protocol version"),
        ("HELLO -3", "-NOPROTO unsupported protocol version"),
        ("HELLO 3 foo", "-ERR Syntax error in HELLO option 'foo'"),
        ("HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'"),
        ("HELLO 3 AUTH default", "-ERR Syntax error in HELLO option 'AUTH'"),
        ("HELLO 3 AUTH nobody x", "-WRONGPASS invalid username-password pair or user is disabled."),
        (
            "HELLO 3 SETNAME 'a b'",
            "-ERR Client names cannot contain spaces, newlines or special characters.",
        ),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert_eq!(client.ask("GET nothing"), "$-1", "still RESP2");
    assert_eq!(client.ask("CLIENT GETNAME"), "$-1");
    assert!(client.ask("HELLO 3 SETNAME me AUTH default x").starts_with("%7"));
    assert_eq!(client.ask("CLIENT GETNAME"), "$2 me");
}

/// Ensures that before AUTH only the commands needed for it are served, if there is a password.
#[test]
fn clients_have_to_authenticate() {
    let server = with_password();
    let mut client = server.client();
    for request in
        ["PING", "GET k", "SET k v", "SELECT 1", "CLIENT ID", "INFO", "COMMAND", "ECHO a"]
    {
        assert_eq!(client.ask(request), NO_AUTH, "{request}");
    }
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
    assert_eq!(client.ask("AUTH wrong"), wrong);
    assert_eq!(client.ask("AUTH secre"), wrong);
    assert_eq!(client.ask("AUTH secretsecret"), wrong);
    assert_eq!(client.ask("AUTH ''"), wrong);
    assert_eq!(client.ask("AUTH nobody secret"), wrong);
    assert_eq!(client.ask("AUTH a b c"), "-ERR syntax error");
    assert_eq!(client.ask("AUTH"), "-ERR wrong number of arguments for 'auth' command");
    assert_eq!(client.ask("GET k"), NO_AUTH, "a failed attempt is no entrance");
    assert_eq!(client.ask("AUTH secret"), "+OK");
    assert_eq!(client.ask("PING"), "+PONG");
    assert_eq!(client.ask("AUTH wrong"), wrong);
    assert_eq!(client.ask("PING"), "+PONG", "who is in stays in");
    let mut client = server.client();
    assert_eq!(client.ask("AUTH default secret"), "+OK");
    assert_eq!(client.ask("PING"), "+PONG");
}

/// Ensures that HELLO can authenticate, and says what is needed if it does not.
#[test]
fn hello_can_authenticate() {
    let server = with_password();
    let mut client = server.client();
    let needed = "-NOAUTH HELLO must be called with the client already authenticated, otherwise \
                  the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the \
                  client and select the RESP protocol version at the same time";
    assert_eq!(client.ask("HELLO 3"), needed);
    assert_eq!(client.ask("HELLO"), needed);
    assert!(client.ask("HELLO 3 AUTH default wrong").starts_with("-WRONGPASS"));
    assert_eq!(client.ask("GET k"), NO_AUTH);
    assert!(client.ask("HELLO 3 AUTH default secret SETNAME me").starts_with("%7"));
    assert_eq!(client.ask("CLIENT GETNAME"), "$2 me");
}

/// Ensures that unauthenticated clients can still QUIT and RESET.
#[test]
fn unauthenticated_clients_may_quit_and_reset() {
    let server = with_password();
    let mut client = server.client();
    assert_eq!(client.ask("RESET"), "+RESET");
    assert_eq!(client.ask("QUIT"), "+OK");
    assert!(client.is_ended());
}

/// Ensures that AUTH without a configured password is Redis's explanation.
#[test]
fn auth_without_a_password() {
    check(
        "
        > AUTH x
        -ERR AUTH <password> called without any password configured for the default user. \
        Are you sure your configuration is correct?
        > AUTH default x
        +OK
        > AUTH nobody x
        -WRONGPASS invalid username-password pair or user is disabled.
        ",
    );
}

/// Ensures that RESET restores the beginning, but not the library's name.
#[test]
fn reset_restores_the_beginning() {
    let server = TestServer::start();
    let mut client = server.client3();
    for request in ["SELECT 5", "CLIENT SETNAME me", "CLIENT NO-TOUCH on", "CLIENT NO-EVICT on"] {
        assert_eq!(client.ask(request), "+OK", "{request}");
    }
    assert_eq!(client.ask("CLIENT SETINFO LIB-NAME lib"), "+OK");
    assert_eq!(client.ask("RESET"), "+RESET");
    assert_eq!(client.ask("GET nothing"), "$-1", "RESP2");
    assert_eq!(client.ask("CLIENT GETNAME"), "$-1");
    let info = client.ask("CLIENT INFO");
    for part in [" db=0 ", " flags=N ", " resp=2 ", " name= ", " lib-name=lib "] {
        assert!(info.contains(part), "{part} in {info}");
    }
    let server = with_password();
    let mut client = server.client();
    assert_eq!(client.ask("AUTH secret"), "+OK");
    assert_eq!(client.ask("RESET"), "+RESET");
    assert_eq!(client.ask("GET k"), NO_AUTH, "logged out as well");
    assert_eq!(client.ask("RESET now"), "-ERR wrong number of arguments for 'reset' command");
}

/// Ensures that SELECT takes the numbers there are, and tells apart what is wrong with others.
#[test]
fn select_takes_the_databases_there_are() {
    let server = TestServer::with(|config| config.databases = 3);
    let mut client = server.client();
    assert_eq!(client.ask("SELECT 2"), "+OK");
    for index in ["3", "-1", "2147483647"] {
        assert_eq!(client.ask(&format!("SELECT {index}")), "-ERR DB index is out of range");
    }
    for index in ["x", "''", "1.0", "99999999999999999999"] {
        let reply = client.ask(&format!("SELECT {index}"));
        assert_eq!(reply, "-ERR value is not an integer or out of range", "{index}");
    }
    let expected = "-ERR value is out of range, value must between -2147483648 and 2147483647";
    assert_eq!(client.ask("SELECT 2147483648"), expected);
    assert_eq!(client.ask("SELECT -2147483649"), expected);
    assert!(client.ask("CLIENT INFO").contains(" db=2 "), "an error changes nothing");
}

/// Ensures that simple replies and errors are the same in both versions.
#[test]
fn resp3_changes_no_simple_reply() {
    check3(
        "
        > PING
        +PONG
        > ECHO a
        $1 a
        > SELECT 1
        +OK
        > NONSENSE
        -ERR unknown command 'NONSENSE', with args beginning with:
        ",
    );
}
