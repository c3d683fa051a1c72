//! What is done before the keyspace lock is taken, and what is served while a script holds it.

use crate::support::{TestServer, check, wait_until};

/// Ensures that a script which is no Lua fails with the same text whenever it is sent: alone,
/// again, in a transaction, and by SCRIPT LOAD.
#[test]
fn a_script_that_is_no_lua_is_refused_each_time() {
    let server = TestServer::start();
    let mut client = server.client();
    let text = "-ERR Error compiling script (new function): user_script:1: unexpected symbol near \
                '+'";
    assert_eq!(client.ask("EVAL \"return +\" 0"), text);
    assert_eq!(client.ask("EVAL \"return +\" 0"), text);
    assert_eq!(client.ask("SCRIPT LOAD \"return +\""), text);
    client.ask("MULTI");
    assert_eq!(client.ask("EVAL \"return +\" 0"), "+QUEUED");
    assert_eq!(client.ask("EXEC"), format!("*1 {text}"));
}

/// Ensures that EVAL makes a script known to EVALSHA again after SCRIPT FLUSH, although the session
/// remembers it.
#[test]
fn a_flushed_script_is_cached_again() {
    let digest = sha1_smol::Sha1::from("return 7").digest().to_string();
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    for _ in 0..3 {
        assert_eq!(client.ask("EVAL \"return 7\" 0"), ":7");
        assert_eq!(other.ask(&format!("EVALSHA {digest} 0")), ":7");
        assert_eq!(other.ask("SCRIPT FLUSH"), "+OK");
        assert!(other.ask(&format!("EVALSHA {digest} 0")).starts_with("-NOSCRIPT"));
    }
}

/// Ensures that many scripts in one pipeline, more than a session remembers, are each the one that
/// was sent.
#[test]
fn scripts_of_a_pipeline_are_not_confused() {
    let server = TestServer::start();
    let mut client = server.client();
    for round in 0..3 {
        for number in 0..40 {
            client.say(&format!("EVAL \"return {}\" 0", number % 7 + round));
        }
        for number in 0..40 {
            assert_eq!(client.reply(), format!(":{}\r\n", number % 7 + round).into_bytes());
        }
    }
}

/// Ensures that scripts which came with EVAL are forgotten when they are too many, or too large,
/// and that those which came with SCRIPT LOAD are not.
#[test]
fn evaluated_scripts_are_bounded() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("SCRIPT LOAD \"return 'kept'\"");
    for number in 0..600 {
        client.say(&format!("EVAL \"return {number}\" 0"));
        client.reply();
    }
    assert_eq!(server.shared.scripts.len(), respool::limits::SCRIPTS_EVALUATED_MAX + 1);
    let large = format!("return #'{}'", "x".repeat(3_000_000));
    for number in 0..40 {
        let source = format!("{large} + {number}");
        client.request(&[b"EVAL", source.as_bytes(), b"0"]);
        assert_eq!(client.reply(), format!(":{}\r\n", 3_000_000 + number).into_bytes());
    }
    let bytes = server.shared.scripts.bytes();
    assert!(bytes < respool::limits::SCRIPTS_EVALUATED_BYTES_MAX + 1_000_000, "{bytes}");
    let digest = sha1_smol::Sha1::from("return 'kept'").digest().to_string();
    assert_eq!(client.ask(&format!("EVALSHA {digest} 0")), "$4 kept");
}

/// Ensures that `math.random` goes on where the run before has ended, as in Redis.
#[test]
fn random_numbers_go_on() {
    check(
        "
        > EVAL \"return tostring(math.random())\" 0
        $16 0.39646477363839
        > EVAL \"return tostring(math.random())\" 0
        $16 0.84048536971234
        > EVAL \"math.randomseed(7) return tostring(math.random())\" 0
        $16 0.26644419658298
        > EVAL \"return tostring(math.random())\" 0
        $16 0.68203523041775
        ",
    );
}

/// Ensures that commands without keys, INFO and the health check answer while a script runs, and
/// that a transaction is refused and forgotten.
#[test]
fn what_needs_no_key_answers_while_a_script_runs() {
    let server = TestServer::with(|config| config.busy_reply_threshold = 0);
    let (mut slow, mut other) = (server.client(), server.client());
    other.ask("WATCH k");
    other.ask("MULTI");
    other.ask("GET k");
    slow.say("EVAL \"while true do end\" 0");
    wait_until("the script runs", || server.shared.scripts.is_running());
    assert!(other.ask("EXEC").starts_with("-EXECABORT Transaction discarded because of: BUSY"));
    for (request, beginning) in [
        ("PING", "+PONG"),
        ("ECHO x", "$1 x"),
        ("CLIENT ID", ":"),
        ("CLIENT LIST", "$"),
        ("CONFIG GET maxclients", "*2"),
        ("SLOWLOG LEN", ":"),
        ("COMMAND COUNT", ":"),
        ("SCRIPT EXISTS x", "*1 :0"),
        ("FUNCTION STATS", "*4"),
        ("FUNCTION LIST", "*0"),
        ("FUNCTION KILL", "-BUSY Redis is busy running a script. You can only call SCRIPT KILL"),
        ("GET k", "-BUSY Redis is busy running a script. You can only call SCRIPT KILL"),
        ("EVAL \"return 1\" 0", "-BUSY "),
        ("FUNCTION FLUSH", "-BUSY "),
    ] {
        let reply = other.ask(request);
        assert!(reply.starts_with(beginning), "{request}: {reply}");
    }
    let info = other.ask("INFO");
    assert!(info.contains("redis_version:") && info.contains("connected_clients:2"), "{info}");
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    slow.reply();
    assert_eq!(other.ask("SET k v"), "+OK");
}
