//! Functions of libraries: what FCALL calls, and what a function may do.

use crate::support::{TestServer, check, check3, wait_until};

/// A server with a library of this code.
fn with_library(body: &str) -> TestServer {
    let server = TestServer::start();
    load(&server, body);
    server
}

fn load(server: &TestServer, body: &str) {
    let mut client = server.client();
    let code = format!("#!lua name=lib\n{body}");
    client.request(&[b"FUNCTION", b"LOAD", b"REPLACE", code.as_bytes()]);
    assert_eq!(String::from_utf8_lossy(&client.reply()), "$3\r\nlib\r\n", "{body}");
}

/// Ensures that a function gets its keys and arguments, and calls commands.
#[test]
fn a_function_gets_keys_and_arguments() {
    let server = with_library(
        "redis.register_function('f', function(keys, args) return {keys, args, #keys} end)
         redis.register_function{function_name = 'put', callback = function(keys, args)
             return redis.call('SET', keys[1], args[1])
         end, description = 'puts'}",
    );
    server.check(
        "
        > FCALL f 2 a b c
        *3
        *2
        $1 a
        $1 b
        *1
        $1 c
        :2
        > fcall PUT 1 k v
        +OK
        > GET k
        $1 v
        > FCALL f 0
        *3
        *0
        *0
        :0
        > FCALL g 0
        -ERR Function not found
        > FCALL f x
        -ERR Bad number of keys provided
        > FCALL f 2 a
        -ERR Number of keys can't be greater than number of args
        > FCALL f -1
        -ERR Number of keys can't be negative
        > FCALL_RO f 0
        -ERR Can not execute a script with write flag using *_ro command.
        ",
    );
}

/// Ensures that errors have Redis's texts, with the function's name and the line in the library.
#[test]
fn errors_name_the_function() {
    let server = with_library(
        "redis.register_function('boom', function()
             error('boom') end)
         redis.register_function('bad', function() return redis.call('nope') end)
         redis.register_function('keys', function() return KEYS[1] end)
         redis.register_function('put', function() x = 1 end)
         redis.register_function('own', function() error({err = 'MY err'}) end)
         redis.register_function('late', function() redis.register_function('x', print) end)
         redis.register_function{function_name = 'ro', flags = {'no-writes'},
             callback = function() redis.call('SET', 'k', 'v') end}",
    );
    server.check(
        "
        > FCALL boom 0
        -ERR user_function:3: boom script: boom, on @user_function:3.
        > FCALL bad 0
        -ERR Unknown Redis command called from script script: bad, on @user_function:4.
        > FCALL keys 0
        -ERR user_function:5: Script attempted to access nonexistent global variable 'KEYS' \
         script: keys, on @user_function:5.
        > FCALL put 0
        -ERR user_function:6: Attempt to modify a readonly table script: put, on @user_function:6.
        > FCALL own 0
        -MY err script: own, on @user_function:7.
        > FCALL ro 0
        -ERR Write commands are not allowed from read-only scripts. script: ro, on \
         @user_function:10.
        > FCALL_RO ro 0
        -ERR Write commands are not allowed from read-only scripts. script: ro, on \
         @user_function:10.
        ",
    );
    let reply = server.client().ask("FCALL late 0");
    assert!(reply.starts_with("-ERR user_function:8: "), "{reply}");
}

/// Ensures that values of one call do not reach the next, not even variables of the library.
#[test]
fn no_value_outlives_a_call() {
    let server = with_library(
        "local count = 0
         local function add() count = count + 1 return count end
         redis.register_function('f', function() add() return add() end)",
    );
    server.check("> FCALL f 0\n:2\n> FCALL f 0\n:2");
}

/// Ensures that the callback survives a collection of garbage, and that memory is bounded.
#[test]
fn memory_is_bounded() {
    let server = with_library(
        "redis.register_function('f', function(keys, args)
             local t = {}
             for i = 1, 300000 do t[i % 100] = {i, tostring(i)} end
             return #keys + #args
         end)
         redis.register_function('g', function()
             local t = {} for i = 1, 1e9 do t[i] = {i} end end)",
    );
    server.check("> FCALL f 1 k a b\n:3");
    let reply = server.client().ask("FCALL g 0");
    assert!(reply.starts_with("-ERR not enough memory script: g"), "{reply}");
}

/// Ensures that what a function does is one unit, inside a transaction too, and that RESP3 is
/// spoken to those who chose it.
#[test]
fn functions_in_transactions() {
    check(
        "
        > MULTI
        +OK
        > FUNCTION LOAD \"#!lua name=l\\nredis.register_function('f', function(k, a) \
            redis.call('INCR', k[1]) return redis.call('INCR', k[1]) end)\"
        +QUEUED
        > FCALL f 1 n
        +QUEUED
        > EXEC
        *2
        $1 l
        :2
        ",
    );
    check3(
        "
        > FUNCTION LOAD \"#!lua name=l\\nredis.register_function('f', function(k, a) \
            redis.setresp(3) redis.call('HSET', 'h', 'f', 'v') \
            return redis.call('HGETALL', 'h') end)\"
        $1 l
        > FCALL f 0
        %1
        $1 f
        $1 v
        ",
    );
}

/// Ensures that a function which runs too long is shown, is ended by FUNCTION KILL and not by
/// SCRIPT KILL, and that others are referred to FUNCTION KILL.
#[test]
fn a_slow_function_is_killed() {
    let server = TestServer::with(|config| config.busy_reply_threshold = 0);
    load(&server, "redis.register_function('slow', function() while true do end end)");
    let (mut slow, mut other) = (server.client(), server.client());
    slow.say("FCALL slow 1 key arg");
    wait_until("it is shown", || {
        !other.ask("FUNCTION STATS").starts_with("*4 $14 running_script $-1")
    });
    let stats = other.ask("FUNCTION STATS");
    let expected = "*4 $14 running_script *6 $4 name $4 slow $7 command *5 $5 FCALL $4 slow $1 1 \
                    $3 key $3 arg $11 duration_ms :";
    assert!(stats.starts_with(expected), "{stats}");
    let busy = "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN \
                NOSAVE.";
    assert_eq!(other.ask("GET k"), busy);
    assert_eq!(other.ask("SCRIPT KILL"), busy);
    assert_eq!(other.ask("FUNCTION KILL"), "+OK");
    let reply = String::from_utf8_lossy(&slow.reply()).into_owned();
    let expected = "-ERR Script killed by user with FUNCTION KILL. script: slow, on \
                    @user_function:";
    assert!(reply.starts_with(expected), "{reply}");
    assert!(other.ask("FUNCTION STATS").starts_with("*4 $14 running_script $-1"), "it ended");
}
