//! CONFIG GET and SET.

use respool::config::memory::MaxMemory;

use crate::support::{TestServer, check, check3};

/// Ensures that one directive is found under its exact name in any case.
#[test]
fn config_get_finds_a_directive() {
    check("> CONFIG GET databases\n*2\n$9 databases\n$2 16");
    check("> config get DATABASES\n*2\n$9 DATABASES\n$2 16");
    check3("> CONFIG GET databases\n%1\n$9 databases\n$2 16");
}

/// Ensures that a name which nothing fits is an empty reply and no error.
#[test]
fn config_get_of_an_unknown_name_is_empty() {
    check("> CONFIG GET nonsense\n*0");
    check3("> CONFIG GET nonsense other*\n%0");
}

/// Ensures that several patterns are one question, and that no directive comes twice.
#[test]
fn config_get_takes_several_patterns() {
    let server = TestServer::start();
    let mut client = server.client();
    let reply = client.ask("CONFIG GET data* databases maxclient? *timeout*");
    for name in ["databases", "maxclients", "timeout"] {
        assert_eq!(reply.matches(&format!(" {name} ")).count(), 1, "{name} in {reply}");
    }
    assert!(reply.starts_with("*14 "), "{reply}");
}

/// Ensures that what clients and tools ask for at the start is answered.
#[test]
fn config_get_knows_what_clients_ask_for() {
    let server = TestServer::with(|config| config.maxmemory = MaxMemory::Bytes(1 << 30));
    let mut client = server.client();
    for (name, value) in [
        ("save", "$0"),
        ("appendonly", "$2 no"),
        ("timeout", "$1 0"),
        ("tcp-keepalive", "$3 300"),
        ("maxclients", "$4 1000"),
        ("requirepass", "$0"),
        ("bind", "$9 127.0.0.1"),
        ("maxmemory", "$10 1073741824"),
        ("maxmemory-policy", "$11 allkeys-lru"),
        ("loglevel", "$7 warning"),
    ] {
        let expected = format!("*2 ${} {name} {value}", name.len());
        assert_eq!(client.ask(&format!("CONFIG GET {name}")), expected);
    }
    let everything = client.ask("CONFIG GET *");
    for directive in respool::config::directives::all() {
        assert!(everything.contains(directive.name), "{} in {everything}", directive.name);
    }
}

/// Ensures that the container and its subcommands refuse what they do not know.
#[test]
fn wrong_subcommands_and_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    for (request, expected) in [
        ("CONFIG", "-ERR wrong number of arguments for 'config' command"),
        ("CONFIG GET", "-ERR wrong number of arguments for 'config|get' command"),
        ("CONFIG Foo", "-ERR unknown subcommand 'Foo'. Try CONFIG HELP."),
        ("CONFIG SET", "-ERR wrong number of arguments for 'config|set' command"),
        ("CONFIG SET timeout", "-ERR wrong number of arguments for 'config|set' command"),
        ("CONFIG SET timeout 1 port", "-ERR syntax error"),
        ("CONFIG HELP x", "-ERR wrong number of arguments for 'config|help' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert!(client.ask("CONFIG HELP").contains("+CONFIG <subcommand>"));
}

/// Ensures that CONFIG SET puts all directives in force or none.
#[test]
fn config_set_is_all_or_nothing() {
    let server = TestServer::start();
    let mut client = server.client();
    let failed = |name: &str, reason: &str| {
        format!("-ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}")
    };
    for (pair, expected) in [
        ("foo 1", "-ERR Unknown option or number of arguments for CONFIG SET - 'foo'".to_owned()),
        ("port 1", failed("port", "can't set immutable config")),
        ("dir /tmp", failed("dir", "can't set protected config")),
        ("timeout 1", failed("timeout", "duplicate parameter")),
        ("TCP-keepalive x", failed("tcp-keepalive", "argument couldn't be parsed into an integer")),
        (
            "tcp-keepalive -1",
            failed("tcp-keepalive", "argument must be between 0 and 2147483647 inclusive"),
        ),
        (
            "maxclients 0",
            failed("maxclients", "argument must be between 1 and 4294967295 inclusive"),
        ),
        (
            "loglevel loud",
            failed(
                "loglevel",
                "argument(s) must be one of the following: debug, verbose, notice, warning, \
                 nothing",
            ),
        ),
    ] {
        assert_eq!(client.ask(&format!("CONFIG SET timeout 60 {pair}")), expected);
        assert_eq!(client.ask("CONFIG GET timeout"), "*2 $7 timeout $1 0", "after {pair}");
    }
    let more_than_there_can_be = client.ask("CONFIG SET timeout 60 maxclients 4294967295");
    assert!(more_than_there_can_be.contains("try with "), "{more_than_there_can_be}");
    assert_eq!(client.ask("CONFIG GET timeout"), "*2 $7 timeout $1 0");
    assert_eq!(client.ask("CONFIG SET timeout 60 tcp-keepalive 5"), "+OK");
    assert_eq!(
        client.ask("CONFIG GET timeout tcp-keepalive"),
        "*4 $7 timeout $2 60 $13 tcp-keepalive $1 5"
    );
    client.request(&[b"CONFIG", b"SET", b"requirepass", b"caf\xe9"]);
    assert_eq!(client.reply(), b"+OK\r\n");
    client.request(&[b"AUTH", b"caf\xe9"]);
    assert_eq!(client.reply(), b"+OK\r\n", "a password is bytes");
}

/// Ensures that a changed setting is in force at once.
#[test]
fn config_set_is_in_force_at_once() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    assert_eq!(other.ask("PING"), "+PONG");
    assert_eq!(client.ask("CONFIG SET requirepass secret maxclients 2"), "+OK");
    // Connected clients stay connected.
    assert_eq!(other.ask("PING"), "+PONG");
    assert_eq!(server.client().finish(), b"-ERR max number of clients reached\r\n");
    assert_eq!(client.ask("CONFIG SET maxclients 3"), "+OK");
    let mut late = server.client();
    assert_eq!(late.ask("PING"), "-NOAUTH Authentication required.");
    assert_eq!(late.ask("AUTH secret"), "+OK");
    assert_eq!(late.ask("MULTI"), "+OK");
    assert_eq!(late.ask("CONFIG SET timeout 1"), "-ERR Command not allowed inside a transaction");
}
