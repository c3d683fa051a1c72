//! Libraries of functions: loading them, and where they are kept.

use crate::logs::{folder, logging, rewrite};
use crate::raw::Raw;
use crate::support::{TestServer, check};
use std::path::Path;

/// The reply to FUNCTION LOAD of a library `l` with this code.
fn load(client: &mut Raw, body: &str) -> String {
    let code = format!("#!lua name=l\n{body}");
    client.request(&[b"FUNCTION", b"LOAD", code.as_bytes()]);
    String::from_utf8_lossy(&client.reply()).trim_end().to_owned()
}

/// Ensures that the first line is checked as in Redis.
#[test]
fn the_first_line_is_checked() {
    let server = TestServer::start();
    let mut client = server.client();
    const BAD_NAME: &str = "ERR Library names can only contain letters, numbers, or \
                            underscores(_) and must be at least one character long";
    for (code, expected) in [
        ("return 1", "ERR Missing library metadata"),
        ("#!lua name=a", "ERR Invalid library metadata"),
        ("#!lua name=\"a\nreturn 1", "ERR Invalid library metadata"),
        ("#!lua\n", "ERR Library name was not given"),
        ("#!lua name=\n", BAD_NAME),
        ("#!lua name=a-b\n", BAD_NAME),
        ("#!lua foo=1\n", "ERR Invalid metadata value given: foo=1"),
        ("#!py name=a\n", "ERR Engine 'py' not found"),
        ("#! name=a\n", "ERR Engine '' not found"),
        ("#!lua name=a\n", "ERR No functions registered"),
        (
            "#!lua name=a name=b\n",
            "ERR Invalid metadata value, name argument was given multiple times",
        ),
        (
            "#!lua name=a\nx x",
            "ERR Error compiling function: user_function:2: '=' expected near 'x'",
        ),
    ] {
        client.request(&[b"FUNCTION", b"LOAD", code.as_bytes()]);
        assert_eq!(client.reply(), format!("-{expected}\r\n").into_bytes(), "{code}");
    }
}

/// Ensures that a library finds nothing but `redis.register_function` and `redis.log` while it is
/// loaded, and that it may not run for long.
#[test]
fn a_library_can_only_register() {
    let server = TestServer::start();
    let mut client = server.client();
    const TABLE: &str = "ERR user_function:2: Attempt to modify a readonly table";
    let missing = |name: &str| {
        format!(
            "ERR user_function:2: Script attempted to access nonexistent global variable '{name}'"
        )
    };
    for (body, expected) in [
        ("x = 1", TABLE.to_owned()),
        ("redis.x = 1", TABLE.to_owned()),
        ("function f() end", TABLE.to_owned()),
        ("local a = y", missing("y")),
        ("redis.call('GET', 'x')", missing("call")),
        ("local a = string", missing("string")),
        ("error('x')", missing("error")),
        ("while true do end", "ERR FUNCTION LOAD timeout".to_owned()),
        ("local t = {} for i = 1, 1e8 do t[i] = {} end", "ERR not enough memory".to_owned()),
    ] {
        let expected = format!("-ERR Error registering functions: {expected}");
        assert_eq!(load(&mut client, body), expected, "{body}");
    }
    assert_eq!(
        load(&mut client, "redis.log(redis.LOG_NOTICE, 'x')"),
        "-ERR No functions registered"
    );
}

/// Ensures that the arguments of a registration are checked as in Redis.
#[test]
fn registrations_are_checked() {
    let server = TestServer::start();
    let mut client = server.client();
    for (args, expected) in [
        ("()", "wrong number of arguments to redis.register_function"),
        ("({})", "redis.register_function must get a function name argument"),
        ("{function_name = 'a'}", "redis.register_function must get a callback argument"),
        ("({}, function() end)", "first argument to redis.register_function must be a string"),
        ("('a', 1)", "second argument to redis.register_function must be a function"),
        ("{function_name = 'a', callback = redis.log, flags = {'x'}}", "unknown flag given"),
        (
            "{function_name = 'a', callback = redis.log, foo = 1}",
            "unknown argument given to redis.register_function",
        ),
        (
            "{function_name = 'a', callback = redis.log, flags = 1}",
            "flags argument to redis.register_function must be a table representing function flags",
        ),
        (
            "('a b', redis.log)",
            "Library names can only contain letters, numbers, or underscores(_) and must be at \
             least one character long",
        ),
        (
            "('a', redis.log) redis.register_function('a', redis.log)",
            "Function already exists in the library",
        ),
    ] {
        let expected = format!("-ERR Error registering functions: ERR {expected}");
        assert_eq!(load(&mut client, &format!("redis.register_function{args}")), expected);
    }
}

/// Ensures that libraries are listed, replaced and removed, and that a function has one library.
#[test]
fn libraries_are_listed_and_removed() {
    const F: &str = "redis.register_function{function_name='f', callback=redis.log, \
                     flags={'allow-oom','no-writes'}, description='d'}";
    check(&format!(
        "
        > FUNCTION LOAD \"#!lua name=a\\n{F}\"
        $1 a
        > FUNCTION LOAD \"#!lua name=a\\n{F}\"
        -ERR Library 'a' already exists
        > FUNCTION LOAD \"#!lua name=b\\n{F}\"
        -ERR Function f already exists
        > FUNCTION LOAD ABC \"#!lua name=b\\n{F}\"
        -ERR Unknown option given: ABC
        > FUNCTION LIST LIBRARYNAME A*
        *1
        *6
        $12 library_name
        $1 a
        $6 engine
        $3 LUA
        $9 functions
        *1
        *6
        $4 name
        $1 f
        $11 description
        $1 d
        $5 flags
        *2
        +no-writes
        +allow-oom
        > FUNCTION LIST FOO
        -ERR Unknown argument FOO
        > FUNCTION LIST LIBRARYNAME
        -ERR library name argument was not given
        > FUNCTION LOAD REPLACE \"#!lua name=a\\nredis.register_function('g', redis.log)\"
        $1 a
        > FCALL f 0
        -ERR Function not found
        > FLUSHALL
        +OK
        > FUNCTION DELETE b
        -ERR Library not found
        > FUNCTION DELETE a
        +OK
        > FUNCTION LIST
        *0
        > FUNCTION FLUSH LATER
        -ERR FUNCTION FLUSH only supports SYNC|ASYNC option
        > FUNCTION FLUSH ASYNC
        +OK
        "
    ));
}

/// Ensures that a dump is restored under each policy, wholly or not at all.
#[test]
fn a_dump_is_restored() {
    let server = TestServer::start();
    let mut client = server.client();
    client.request(&[b"FUNCTION", b"DUMP"]);
    // What Redis 7.0 sends if there is no library.
    assert_eq!(client.reply(), b"$10\r\n\n\x00]\x9b\\@\x0f\x7f\xa2\xda\r\n");
    load(&mut client, "redis.register_function('f', function() return 1 end)");
    client.request(&[b"FUNCTION", b"DUMP"]);
    let reply = client.reply();
    let start = reply.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let payload = &reply[start..reply.len() - 2];
    let mut restore = |policy: &[&[u8]]| {
        let words = [&[&b"FUNCTION"[..], b"RESTORE", payload], policy].concat();
        client.request(&words);
        String::from_utf8_lossy(&client.reply()).trim_end().to_owned()
    };
    assert_eq!(restore(&[]), "-ERR Library l already exists");
    assert_eq!(restore(&[b"APPEND"]), "-ERR Library l already exists");
    assert_eq!(restore(&[b"REPLACE"]), "+OK");
    assert_eq!(restore(&[b"FLUSH"]), "+OK");
    let policy =
        "-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.";
    assert_eq!(restore(&[b"SOMEHOW"]), policy);
    server.check(
        "> FCALL f 0\n:1\n> FUNCTION DELETE l\n+OK
         > FUNCTION LOAD \"#!lua name=other\\nredis.register_function('f', redis.log)\"\n$5 other",
    );
    assert_eq!(restore(&[b"REPLACE"]), "-ERR Function f already exists");
    assert_eq!(restore(&[b"FLUSH"]), "+OK");
    server.check("> FCALL f 0\n:1");
}

const LIBRARY: &str = "redis.register_function('f', function(k, a)
    redis.call('INCR', k[1]) return redis.call('INCR', k[1]) end)";

/// Loads a library, deletes another, and calls a function.
fn fill(server: &TestServer) {
    let mut client = server.client();
    assert_eq!(load(&mut client, LIBRARY), "$1\r\nl");
    server.check(
        "> FUNCTION LOAD \"#!lua name=gone\\nredis.register_function('g', redis.log)\"\n$4 gone
         > FCALL f 1 n\n:2\n> FUNCTION DELETE gone\n+OK",
    );
}

const STATE: &str = "> FCALL f 1 n\n:4\n> FCALL g 0\n-ERR Function not found\n> DBSIZE\n:1";

/// Ensures that the log keeps libraries, and the effects of their functions.
#[test]
fn the_log_keeps_libraries() {
    let dir = folder();
    fill(&logging(dir.path()));
    let server = logging(dir.path());
    server.check(STATE);
    rewrite(&mut server.client());
    server.check("> SET n 2\n+OK");
    drop(server);
    logging(dir.path()).check(STATE);
}

/// Ensures that a snapshot keeps libraries.
#[test]
fn a_snapshot_keeps_libraries() {
    let saving = |dir: &Path| TestServer::with(|config| config.dir = dir.to_path_buf());
    let dir = folder();
    let server = saving(dir.path());
    fill(&server);
    server.check("> SAVE\n+OK");
    drop(server);
    saving(dir.path()).check(STATE);
}

/// Ensures that INFO counts libraries, functions and scripts.
#[test]
fn info_counts_functions() {
    let server = TestServer::start();
    fill(&server);
    let info = server.client().ask("INFO memory");
    let figure = |name: &str| {
        let line = info.split(' ').find_map(|line| line.strip_prefix(&format!("{name}:")));
        line.unwrap_or_default().parse::<u64>().unwrap_or_else(|_| panic!("{name} in {info}"))
    };
    assert_eq!((figure("number_of_functions"), figure("number_of_libraries")), (1, 1));
    assert!(figure("used_memory_functions") > 100);
    assert!(figure("used_memory_scripts") >= figure("used_memory_functions"));
}
