//! Scripts: EVAL and its relatives, SCRIPT, and what a script that runs too long does to others.

use crate::support::{TestServer, check, check3, wait_until};

/// Ensures that values of Lua become replies as in Redis.
#[test]
fn results_become_replies() {
    check(
        r#"
        > EVAL "return 1" 0
        :1
        > EVAL "return 3.99" 0
        :3
        > EVAL "return 'x'" 0
        $1 x
        > EVAL "return true" 0
        :1
        > EVAL "return false" 0
        $-1
        > EVAL "return nil" 0
        $-1
        > EVAL "return" 0
        $-1
        > EVAL "return {1, 2, {3, 'Hello'}, nil, 4}" 0
        *3
        :1
        :2
        *2
        :3
        $5 Hello
        > EVAL "return {ok = 'fine'}" 0
        +fine
        > EVAL "return {err = 'ERR bad'}" 0
        -ERR bad
        > EVAL "return redis.error_reply('My Err')" 0
        -My Err
        > EVAL "return redis.status_reply('TEST')" 0
        +TEST
        > EVAL "return {double = 3.5}" 0
        $3 3.5
        > EVAL "return {KEYS[1], KEYS[2], ARGV[1], #ARGV}" 2 a b c d
        *4
        $1 a
        $1 b
        $1 c
        :2
        "#,
    );
    check3("> EVAL \"redis.setresp(3) return {double = 3.5}\" 0\n,3.5");
    check3("> EVAL \"redis.setresp(3) return true\" 0\n#t");
    check3("> EVAL \"return true\" 0\n:1");
}

/// Ensures that replies of commands become values of Lua, and that all of a script is one unit.
#[test]
fn commands_are_called() {
    check(
        r#"
        > EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 k v
        +OK
        > EVAL "return redis.call('GET', KEYS[1])" 1 k
        $1 v
        > EVAL "return {type(redis.call('GET', 'nobody')), redis.call('SET', 'a', 1).ok}" 0
        *2
        $7 boolean
        $2 OK
        > EVAL "return redis.call('HSET', 'h', 'f', 1, 'g', 2.5)" 0
        :2
        > EVAL "return redis.call('HGETALL', 'h')" 0
        *4
        $1 f
        $1 1
        $1 g
        $3 2.5
        > EVAL "redis.call('SELECT', 3) redis.call('SET', 'k', 'three')" 0
        $-1
        > GET k
        $1 v
        > SELECT 3
        +OK
        > GET k
        $5 three
        > EVAL "return redis.pcall('HGET', 'k', 'f').err" 0
        $65 WRONGTYPE Operation against a key holding the wrong kind of value
        "#,
    );
}

/// Ensures that errors have Redis's texts, with digest and line.
#[test]
fn errors_have_redis_texts() {
    let digest = "script: ";
    let server = TestServer::start();
    let mut client = server.client();
    let cases = [
        ("EVAL \"return redis.call('nope')\" 0", "-ERR Unknown Redis command called from script"),
        ("EVAL \"return redis.call('get')\" 0", "-ERR Wrong number of args calling Redis command"),
        ("EVAL \"return redis.call('multi')\" 0", "-ERR This Redis command is not allowed"),
        ("EVAL \"return redis.call()\" 0", "-ERR Please specify at least one argument"),
        ("EVAL \"return redis.call('get', {})\" 0", "-ERR Lua redis lib command arguments"),
        ("EVAL \"error('boom')\" 0", "-ERR user_script:1: boom "),
        ("EVAL \"return x\" 0", "-ERR user_script:1: Script attempted to access nonexistent"),
        ("EVAL \"return +\" 0", "-ERR Error compiling script (new function): user_script:1:"),
        ("EVAL_RO \"return redis.call('set', 'a', 1)\" 0", "-ERR Write commands are not allowed"),
        ("EVAL \"return 1\" 1", "-ERR Number of keys can't be greater than number of args"),
        ("EVAL \"return 1\" -1", "-ERR Number of keys can't be negative"),
        ("EVAL \"return 1\" x", "-ERR value is not an integer or out of range"),
        ("EVALSHA ffff 0", "-NOSCRIPT No matching script. Please use EVAL."),
        ("EVAL \"#!python\" 0", "-ERR Invalid script shebang"),
    ];
    for (request, expected) in cases {
        let reply = client.ask(request);
        assert!(reply.starts_with(expected), "{request}: {reply}");
        let is_run = reply.contains("user_script:1:") || reply.contains("from script");
        let has_place = reply.contains(digest) && reply.ends_with(", on @user_script:1.");
        assert!(!is_run || has_place || reply.contains("compiling"), "{request}: {reply}");
    }
}

/// Ensures that a script is known by its digest after EVAL and SCRIPT LOAD, until SCRIPT FLUSH.
#[test]
fn scripts_are_cached() {
    let server = TestServer::start();
    let mut client = server.client();
    let loaded = digest("return 'loaded'");
    assert_eq!(client.ask("SCRIPT LOAD \"return 'loaded'\""), format!("$40 {loaded}"));
    assert_eq!(client.ask(&format!("EVALSHA {loaded} 0")), "$6 loaded");
    let name = digest("return 'evaluated'");
    assert!(client.ask(&format!("EVALSHA {name} 0")).starts_with("-NOSCRIPT"));
    assert_eq!(client.ask("EVAL \"return 'evaluated'\" 0"), "$9 evaluated");
    assert_eq!(client.ask(&format!("EVALSHA {} 0", name.to_uppercase())), "$9 evaluated");
    assert_eq!(client.ask(&format!("SCRIPT EXISTS {name} x")), "*2 :1 :0");
    assert_eq!(client.ask("SCRIPT FLUSH"), "+OK");
    assert!(client.ask(&format!("EVALSHA {name} 0")).starts_with("-NOSCRIPT"));
}

fn digest(source: &str) -> String {
    sha1_smol::Sha1::from(source).digest().to_string()
}

/// Ensures that others are refused while a script runs too long, that commands without keys are
/// served, and that SCRIPT KILL ends it.
#[test]
fn a_slow_script_is_killed() {
    let server = TestServer::with(|config| config.busy_reply_threshold = 0);
    let (mut slow, mut other) = (server.client(), server.client());
    slow.say("EVAL \"while true do pcall(function() while true do end end) end\" 0");
    wait_until("the script runs", || server.shared.scripts.is_running());
    assert!(other.ask("GET k").starts_with("-BUSY "), "busy");
    assert_eq!(other.ask("PING"), "+PONG");
    assert_eq!(other.ask("SCRIPT KILL"), "+OK");
    let reply = String::from_utf8_lossy(&slow.reply()).into_owned();
    assert!(reply.starts_with("-ERR Script killed by user with SCRIPT KILL."), "{reply}");
    assert_eq!(other.ask("GET k"), "$-1");
    assert!(other.ask("SCRIPT KILL").starts_with("-NOTBUSY "), "none runs");
}

/// Ensures that a script that has written cannot be killed, and that a stop ends it.
#[test]
fn a_script_that_has_written_is_not_killed() {
    let server = TestServer::start();
    let (mut slow, mut other) = (server.client(), server.client());
    slow.say("EVAL \"redis.call('SET', 'k', 1) while true do end\" 0");
    wait_until("the script runs", || server.shared.scripts.is_running());
    wait_until("it has written", || other.ask("SCRIPT KILL").starts_with("-UNKILLABLE "));
    // The server stops all the same, within the patience of the test.
    drop(server);
}
