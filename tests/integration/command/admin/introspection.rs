//! COMMAND: the table as clients see it.

use crate::support::{TestServer, check, check3, words};
use respool::command::families;

/// Names of the rows that are not subcommands.
fn tops() -> impl Iterator<Item = &'static str> {
    families::rows().iter().filter(|row| row.container.is_none()).map(|row| row.command.name)
}

/// Ensures that COUNT, COMMAND and LIST agree on how many commands there are.
#[test]
fn the_ways_to_count_agree() {
    let server = TestServer::start();
    let mut client = server.client();
    let count = tops().count();
    assert_eq!(client.ask("COMMAND COUNT"), format!(":{count}"));
    for all in ["COMMAND", "COMMAND INFO"] {
        assert!(client.ask(all).starts_with(&format!("*{count} *10 ")), "{all}");
    }
    assert!(client.ask("COMMAND DOCS").starts_with(&format!("*{} ", 2 * count)));
    let list = client.ask("COMMAND LIST");
    let listed: Vec<&str> = words(&list).collect();
    for name in tops() {
        assert!(listed.contains(&name), "{name} in {list}");
    }
}

/// Ensures that INFO describes a command in the ten elements of Redis 7.
#[test]
fn info_describes_a_command() {
    let session = |resp3: bool| {
        let (set, map) =
            if resp3 { ("~", ["%3", "%2", "%1", "%3"]) } else { ("*", ["*6", "*4", "*2", "*6"]) };
        format!(
            "
            > COMMAND INFO GET
            *1
            *10
            $3 get
            :2
            {set}2
            +readonly
            +fast
            :1
            :1
            :1
            {set}3
            +@string
            +@read
            +@fast
            {set}0
            {set}1
            {}
            $5 flags
            {set}2
            +RO
            +access
            $12 begin_search
            {}
            $4 type
            $5 index
            $4 spec
            {}
            $5 index
            :1
            $9 find_keys
            {}
            $4 type
            $5 range
            $4 spec
            {}
            $7 lastkey
            :0
            $7 keystep
            :1
            $5 limit
            :0
            {set}0
            ",
            map[0], map[1], map[2], map[1], map[3]
        )
    };
    check(&session(false));
    check3(&session(true));
}

/// Ensures that an unknown name is a null element between the others.
#[test]
fn info_of_an_unknown_command_is_null() {
    let server = TestServer::start();
    let reply = server.client().ask("COMMAND INFO nonsense ping client|nonsense");
    assert!(reply.starts_with("*3 $-1 *10 $4 ping "), "{reply}");
    assert!(reply.ends_with(" $-1"), "{reply}");
    check3("> COMMAND INFO nonsense\n*1\n_");
}

/// Ensures that a container lists its subcommands, and that one can be asked for by itself.
#[test]
fn info_knows_subcommands() {
    let server = TestServer::start();
    let mut client = server.client();
    let reply = client.ask("COMMAND INFO client|setname");
    assert!(reply.starts_with("*1 *10 $14 client|setname :3 "), "{reply}");
    let reply = client.ask("COMMAND INFO config");
    assert!(reply.contains(" $10 config|get :-3 "), "{reply}");
}

/// Ensures that flags and positions that clients route by are right for every kind of command.
#[test]
fn info_gives_flags_and_key_positions() {
    let server = TestServer::start();
    let mut client = server.client();
    // As Redis 7.0 has them.
    for (name, expected) in [
        ("set", ":-3 *2 +write +denyoom :1 :1 :1"),
        ("mset", ":-3 *2 +write +denyoom :1 :-1 :2"),
        ("mget", ":-2 *2 +readonly +fast :1 :-1 :1"),
        ("del", ":-2 *1 +write :1 :-1 :1"),
        ("hset", ":-4 *3 +write +denyoom +fast :1 :1 :1"),
        ("hgetall", ":2 *1 +readonly :1 :1 :1"),
        ("expire", ":-3 *2 +write +fast :1 :1 :1"),
        ("ping", ":-1 *1 +fast :0 :0 :0"),
        ("dbsize", ":1 *2 +readonly +fast :0 :0 :0"),
        ("multi", ":1 *5 +noscript +loading +stale +fast +allow_busy :0 :0 :0"),
        ("exec", ":1 *4 +noscript +loading +stale +skip_slowlog :0 :0 :0"),
        ("auth", ":-2 *6 +noscript +loading +stale +fast +no_auth +allow_busy :0 :0 :0"),
        ("config|get", ":-3 *4 +admin +noscript +loading +stale :0 :0 :0"),
    ] {
        let reply = client.ask(&format!("COMMAND INFO {name}"));
        let head = format!("*1 *10 ${} {name} {expected} ", name.len());
        assert!(reply.starts_with(&head), "{head} in {reply}");
    }
}

/// Ensures that DOCS documents what is known and leaves out what is not.
#[test]
fn docs_document_what_is_known() {
    let server = TestServer::start();
    let mut client = server.client();
    let reply = client.ask("COMMAND DOCS nonsense get");
    assert!(reply.starts_with("*2 $3 get *"), "{reply}");
    for part in
        ["$7 summary $", "$5 since $5 1.0.0", "$5 group $6 string", "$10 complexity $4 O(1)"]
    {
        assert!(reply.contains(part), "{part} in {reply}");
    }
    assert_eq!(client.ask("COMMAND DOCS nonsense"), "*0");
    let reply = client.ask("COMMAND DOCS client");
    assert!(reply.contains("$11 subcommands"), "{reply}");
    assert!(
        reply.contains("$13 client|setname") || reply.contains("$14 client|setname"),
        "{reply}"
    );
    let mut client = server.client3();
    assert_eq!(client.ask("COMMAND DOCS nonsense"), "%0");
    assert!(client.ask("COMMAND DOCS get").starts_with("%1 $3 get %"));
}

/// Ensures that GETKEYS finds the keys of a request by the command's row.
#[test]
fn getkeys_finds_keys() {
    check(
        "
        > COMMAND GETKEYS GET k
        *1
        $1 k
        > COMMAND GETKEYS MSET a 1 b 2 c 3
        *3
        $1 a
        $1 b
        $1 c
        > COMMAND GETKEYS DEL a b
        *2
        $1 a
        $1 b
        > COMMAND GETKEYS set k v EX 10
        *1
        $1 k
        > COMMAND GETKEYS ZUNIONSTORE to 1 a
        *2
        $2 to
        $1 a
        > COMMAND GETKEYS ZUNIONSTORE to 2 a
        -ERR Invalid arguments specified for command
        > COMMAND GETKEYS ZDIFFSTORE to 0 a
        -ERR Invalid arguments specified for command
        > COMMAND GETKEYS EVAL script 0 a
        *0
        > COMMAND GETKEYS MIGRATE host 1 k 0 5 AUTH KEYS
        *1
        $1 k
        > COMMAND GETKEYS MIGRATE host 1 \"\" 0 5 AUTH KEYS KEYS a b
        *2
        $1 a
        $1 b
        > COMMAND GETKEYS MIGRATE host 1 k 0 5 KEYS a
        -ERR Invalid arguments specified for command
        > COMMAND GETKEYS ECHO k
        -ERR The command has no key arguments
        > COMMAND GETKEYS CLIENT ID
        -ERR The command has no key arguments
        > COMMAND GETKEYS nonsense k
        -ERR Invalid command specified
        > COMMAND GETKEYS CLIENT nonsense
        -ERR Invalid command specified
        > COMMAND GETKEYS GET a b
        -ERR Invalid number of arguments specified for command
        > COMMAND GETKEYS
        -ERR wrong number of arguments for 'command|getkeys' command
        ",
    );
}

/// Ensures that LIST can be narrowed down in its three ways, and in no other.
#[test]
fn list_filters() {
    let server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.ask("COMMAND LIST FILTERBY PATTERN mge?"), "*1 $4 mget");
    assert_eq!(client.ask("command list filterby pattern NOTHING*"), "*0");
    assert_eq!(client.ask("COMMAND LIST FILTERBY MODULE json"), "*0");
    let hashes = client.ask("COMMAND LIST FILTERBY ACLCAT hash");
    for name in ["hset", "hget", "hgetall", "hdel"] {
        assert!(hashes.contains(&format!("${} {name}", name.len())), "{name} in {hashes}");
    }
    assert!(!hashes.contains(" mget"), "{hashes}");
    assert_eq!(client.ask("COMMAND LIST FILTERBY ACLCAT nonsense"), "*0");
    for request in ["COMMAND LIST FILTERBY", "COMMAND LIST FILTERBY foo bar", "COMMAND LIST x"] {
        assert_eq!(client.ask(request), "-ERR syntax error", "{request}");
    }
}

/// Ensures that a subcommand that does not exist, or a wrong number of arguments, is an error.
#[test]
fn wrong_subcommands() {
    let server = TestServer::start();
    let mut client = server.client();
    for (request, expected) in [
        ("COMMAND nonsense", "-ERR unknown subcommand 'nonsense'. Try COMMAND HELP."),
        ("COMMAND COUNT x", "-ERR wrong number of arguments for 'command|count' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert!(client.ask("COMMAND HELP").contains("+COMMAND <subcommand>"));
}
