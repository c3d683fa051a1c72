//! Users, replicas, modules: what clients ask to identify a server.

use crate::support::{TestServer, check, check3, words};
use respool::command::families;
use std::collections::BTreeSet;

/// Ensures that the only user is described as Redis describes its own.
#[test]
fn the_one_user_may_do_everything() {
    let session = |resp3: bool| {
        let (map, set) = if resp3 { ("%6", '~') } else { ("*12", '*') };
        format!(
            "
            > ACL GETUSER default
            {map}
            $5 flags
            {set}3
            $2 on
            $6 nopass
            $16 sanitize-payload
            $9 passwords
            *0
            $8 commands
            $5 +@all
            $4 keys
            $2 ~*
            $8 channels
            $2 &*
            $9 selectors
            *0
            "
        )
    };
    check(&session(false));
    check3(&session(true));
    check3("> ACL GETUSER nobody\n_");
}

/// Ensures that a password is never shown, but its hash.
#[test]
fn the_password_is_not_shown() {
    let server = TestServer::with(|config| config.requirepass = b"hunter2".to_vec());
    let mut client = server.client();
    assert_eq!(client.ask("AUTH hunter2"), "+OK");
    let hash = "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
    let line = format!("user default on sanitize-payload #{hash} ~* &* +@all");
    assert_eq!(client.ask("ACL LIST"), format!("*1 ${} {line}", line.len()));
    let user = client.ask("ACL GETUSER default");
    assert!(user.contains(&format!("$9 passwords *1 $64 {hash}")), "{user}");
    assert!(!user.contains("hunter2"));
}

const CATEGORIES: &str = "keyspace read write set sortedset list hash string bitmap hyperloglog \
     geo stream pubsub admin fast slow blocking dangerous connection transaction scripting";

/// Ensures that categories are those of Redis, and that each command is in some.
#[test]
fn categories_list_their_commands() {
    let server = TestServer::start();
    let mut client = server.client();
    let listed = client.ask("ACL CAT");
    assert_eq!(words(&listed).collect::<Vec<_>>(), CATEGORIES.split(' ').collect::<Vec<_>>());
    let mut in_some = BTreeSet::new();
    for name in CATEGORIES.split(' ') {
        in_some.extend(words(&client.ask(&format!("ACL CAT {name}"))).map(str::to_owned));
    }
    let rows = families::rows().iter();
    assert_eq!(in_some, rows.map(|row| row.full_name()).collect());
    assert!(client.ask("ACL CAT HASH").contains("$7 hgetall"));
    assert!(client.ask("ACL CAT dangerous").contains("$10 config|set"));
    assert!(client.ask("ACL CAT geo").contains("$6 geoadd"));
    for (request, expected) in [
        ("ACL CAT foo", "-ERR Unknown category 'foo'"),
        (
            "ACL CAT a b",
            "-ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.",
        ),
        ("ACL LIST x", "-ERR wrong number of arguments for 'acl|list' command"),
        ("ACL WHOAMI x", "-ERR wrong number of arguments for 'acl|whoami' command"),
        ("ACL SETUSER", "-ERR wrong number of arguments for 'acl|setuser' command"),
        ("ACL", "-ERR wrong number of arguments for 'acl' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
}

/// Ensures that a dry run checks what the gate would check, and executes nothing.
#[test]
fn a_dry_run_executes_nothing() {
    check(
        "
        > ACL DRYRUN default SET k v
        +OK
        > EXISTS k
        :0
        > ACL DRYRUN default CONFIG GET a
        +OK
        > ACL DRYRUN default CONFIG
        -ERR wrong number of arguments for 'config' command
        > ACL DRYRUN default GET
        -ERR wrong number of arguments for 'get' command
        > ACL DRYRUN default nosuch a
        -ERR Command 'nosuch' not found
        > ACL DRYRUN nobody GET a
        -ERR User 'nobody' not found
        > ACL DRYRUN default
        -ERR wrong number of arguments for 'acl|dryrun' command
        ",
    );
}

/// Ensures that a server which stands alone says so in Redis's words.
#[test]
fn there_are_no_other_servers() {
    let disabled = "-ERR This instance has cluster support disabled";
    let server = TestServer::start();
    let mut client = server.client();
    for (request, expected) in [
        ("ROLE", "*3 $6 master :0 *0"),
        ("WAIT 0 0", ":0"),
        ("WAIT x 1", "-ERR value is not an integer or out of range"),
        ("WAIT 1 x", "-ERR timeout is not an integer or out of range"),
        ("WAIT x -1", "-ERR value is not an integer or out of range"),
        ("CLUSTER NODES", disabled),
        ("CLUSTER SLOTS", disabled),
        ("READONLY", disabled),
        ("READWRITE", disabled),
        ("MODULE LIST", "*0"),
        ("MODULE LIST x", "-ERR wrong number of arguments for 'module|list' command"),
        ("MODULE nonsense", "-ERR unknown subcommand 'nonsense'. Try MODULE HELP."),
        ("CLIENT GETREDIR x", "-ERR wrong number of arguments for 'client|getredir' command"),
        (
            "SENTINEL MASTERS",
            "-ERR unknown command 'SENTINEL', with args beginning with: 'MASTERS'",
        ),
        (
            "REPLICAOF NO ONE",
            "-ERR unknown command 'REPLICAOF', with args beginning with: 'NO' 'ONE'",
        ),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    client.expect_wrong_arity(&[
        "ROLE x",
        "WAIT 1",
        "CLUSTER",
        "READONLY x",
        "READWRITE x",
        "MODULE",
    ]);
    check3("> CLIENT TRACKINGINFO\n%3\n$5 flags\n~1\n$3 off\n$8 redirect\n:-1\n$8 prefixes\n*0");
}

/// Ensures that LOLWUT draws and tells the version, always the same for the same number.
#[test]
fn lolwut_draws() {
    let server = TestServer::start();
    let mut client = server.client();
    let first = client.ask("LOLWUT");
    assert!(first.contains(&format!("respool ver. {}", env!("CARGO_PKG_VERSION"))), "{first}");
    assert_eq!(client.ask("LOLWUT VERSION 1"), first);
    assert_ne!(client.ask("LOLWUT version 5 1 2 3"), first);
    assert_eq!(client.ask("LOLWUT VERSION x"), "-ERR value is not an integer or out of range");
    assert!(client.ask("LOLWUT VERSION -9223372036854775808").contains("respool"));
}
