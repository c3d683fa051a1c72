//! DEBUG: the subset that tests of servers and clients use.

use crate::logs::{folder, logging};
use crate::support::TestServer;
use respool::config::Config;

/// The configuration's word for "every client may".
fn allow(config: &mut Config) {
    config.enable_debug_command = respool::config::Allowed::Yes;
}

/// Ensures that values of all types of the protocol are sent, in both versions.
#[test]
fn types_of_the_protocol_are_sent() {
    let server = TestServer::with(allow);
    let (mut two, mut three) = (server.client(), server.client3());
    for (kind, in_two, in_three) in [
        ("string", "$11 Hello World", "$11 Hello World"),
        ("integer", ":12345", ":12345"),
        ("double", "$5 3.141", ",3.141"),
        ("null", "$-1", "_"),
        ("array", "*3 :0 :1 :2", "*3 :0 :1 :2"),
        ("set", "*3 :0 :1 :2", "~3 :0 :1 :2"),
        ("map", "*6 :0 :0 :1 :1 :2 :0", "%3 :0 #f :1 #t :2 #f"),
        ("true", ":1", "#t"),
        ("FALSE", ":0", "#f"),
        (
            "bignum",
            "$37 1234567999999999999999999999999999999",
            "(1234567999999999999999999999999999999",
        ),
        ("push", "-ERR RESP2 is not supported by this command", ""),
    ] {
        let request = format!("DEBUG PROTOCOL {kind}");
        assert_eq!(two.ask(&request), in_two);
        if !in_three.is_empty() {
            assert_eq!(three.ask(&request), in_three);
        }
    }
    let wrong = "-ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";
    assert_eq!(two.ask("DEBUG PROTOCOL nope"), wrong);
}

/// Ensures that a value is described, and that wrong subcommands are refused in Redis's words.
#[test]
fn a_value_is_described() {
    let server = TestServer::with(allow);
    let mut client = server.client();
    assert_eq!(client.ask("SET k v"), "+OK");
    server.clock.advance_ms(5_000);
    let line = client.ask("DEBUG OBJECT k");
    let expected = "+Value at:0x0 refcount:1 encoding:embstr serializedlength:2 lru:";
    assert!(line.starts_with(expected) && line.ends_with(" lru_seconds_idle:5"), "{line}");
    assert_eq!(client.ask("DEBUG OBJECT nokey"), "-ERR no such key");
    assert_eq!(client.ask("DEBUG STRINGMATCH-LEN 10000 a*a*a*b"), ":0");
    assert_eq!(client.ask("DEBUG STRINGMATCH-LEN 3 a?a"), ":1");
    for request in ["OBJECT", "JMAP", "PROTOCOL", "HELP x"] {
        let word = request.split(' ').next().expect("a word");
        let expected = format!(
            "-ERR unknown subcommand or wrong number of arguments for '{word}'. Try DEBUG HELP."
        );
        assert_eq!(client.ask(&format!("DEBUG {request}")), expected);
    }
    assert!(client.ask("DEBUG HELP").contains("+RELOAD [MERGE] [NOFLUSH] [NOSAVE]"));
}

/// Ensures that expired keys stay until they are used, if that is wanted.
#[test]
fn the_sweep_can_be_switched_off() {
    let server = TestServer::with(allow);
    let mut client = server.client();
    assert_eq!(client.ask("DEBUG SET-ACTIVE-EXPIRE 0"), "+OK");
    assert_eq!(client.ask("SET k v PX 10"), "+OK");
    server.clock.advance_ms(100);
    server.let_a_round_pass();
    assert_eq!(client.ask("DBSIZE"), ":1");
    assert_eq!(client.ask("DEBUG SET-ACTIVE-EXPIRE 1"), "+OK");
    server.let_a_round_pass();
    assert_eq!(client.ask("DBSIZE"), ":0");
}

/// Ensures that a snapshot is saved and loaded into the running server, with a log as well.
#[test]
fn the_snapshot_is_loaded_again() {
    for appendonly in [false, true] {
        let folder = folder();
        let server = TestServer::with(|config| {
            allow(config);
            config.dir = folder.path().to_owned();
            config.appendonly = appendonly;
        });
        let mut client = server.client();
        for request in ["SET k v", "HSET h f v", "SET t v EX 100"] {
            assert!(!client.ask(request).starts_with('-'), "{request}");
        }
        assert_eq!(client.ask("DEBUG RELOAD"), "+OK");
        assert_eq!(client.ask("MGET k t"), "*2 $1 v $1 v");
        assert_eq!(client.ask("HGETALL h"), "*2 $1 f $1 v");
        assert_eq!(client.ask("TTL t"), ":100");
        assert_eq!(client.ask("SET k w"), "+OK");
        assert_eq!(client.ask("SET more v"), "+OK");
        assert_eq!(client.ask("DEBUG RELOAD NOSAVE NOFLUSH MERGE"), "+OK");
        assert_eq!(client.ask("MGET k more"), "*2 $1 v $1 v");
        assert_eq!(client.ask("DEBUG RELOAD NOSAVE"), "+OK");
        assert_eq!(client.ask("MGET k more"), "*2 $1 v $-1");
        let wrong = "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.";
        assert_eq!(client.ask("DEBUG RELOAD x"), wrong);
        if appendonly {
            assert_eq!(client.ask("SET last v"), "+OK");
            drop((client, server));
            let server = logging(folder.path());
            let keys = server.client().ask("MGET k more last");
            assert_eq!(keys, "*3 $1 v $-1 $1 v", "the log leads to what was loaded");
        }
    }
}

/// Ensures that the log is loaded again, and continued.
#[test]
fn the_log_is_loaded_again() {
    let folder = folder();
    let server = TestServer::with(|config| {
        allow(config);
        config.dir = folder.path().to_owned();
        config.appendonly = true;
    });
    let mut client = server.client();
    assert_eq!(client.ask("SET k v"), "+OK");
    assert_eq!(client.ask("DEBUG LOADAOF"), "+OK");
    assert_eq!(client.ask("GET k"), "$1 v");
    assert_eq!(client.ask("SET k w"), "+OK");
    assert_eq!(client.ask("DEBUG LOADAOF"), "+OK");
    assert_eq!(client.ask("GET k"), "$1 w");
    let without = TestServer::with(allow);
    let failed = "-ERR Error trying to load the AOF files, check server logs.";
    assert_eq!(without.client().ask("DEBUG LOADAOF"), failed);
}
