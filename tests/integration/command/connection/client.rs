//! CLIENT: the list of clients, their names, and killing them.

use crate::raw::Raw;
use crate::support::{TestServer, check, check3, wait_until};

/// The value of a field in a line of CLIENT LIST.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let prefix = format!("{name}=");
    let found = line.split(' ').find_map(|word| word.strip_prefix(prefix.as_str()));
    found.unwrap_or_else(|| panic!("no field {name} in {line}"))
}

fn id(client: &mut Raw) -> u64 {
    client.ask("CLIENT ID")[1..].parse().expect("an id")
}

/// Ensures that a name is kept, can be taken away, and must fit between two spaces.
#[test]
fn names_are_kept() {
    let session = |null: &str| {
        format!(
            r#"
            > CLIENT GETNAME
            {null}
            > CLIENT SETNAME me
            +OK
            > client getname
            $2 me
            > CLIENT SETNAME "a b"
            -ERR Client names cannot contain spaces, newlines or special characters.
            > CLIENT SETNAME "a\nb"
            -ERR Client names cannot contain spaces, newlines or special characters.
            > CLIENT GETNAME
            $2 me
            > CLIENT SETNAME ""
            +OK
            > CLIENT GETNAME
            {null}
            "#
        )
    };
    check(&session("$-1"));
    check3(&session("_"));
}

/// Ensures that a library can introduce itself, and that nothing else is taken for it.
#[test]
fn setinfo_names_the_library() {
    let server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.ask("CLIENT SETINFO lib-name my-lib"), "+OK");
    assert_eq!(client.ask("CLIENT SETINFO LIB-VER 1.2.3"), "+OK");
    for (request, expected) in [
        (
            "CLIENT SETINFO LIB-NAME 'a b'",
            "-ERR lib-name cannot contain spaces, newlines or special characters.",
        ),
        (
            "CLIENT SETINFO LIB-VER \"a\\nb\"",
            "-ERR lib-ver cannot contain spaces, newlines or special characters.",
        ),
        ("CLIENT SETINFO lib-color x", "-ERR Unrecognized option 'lib-color'"),
        ("CLIENT SETINFO LIB-NAME", "-ERR wrong number of arguments for 'client|setinfo' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    let info = client.ask("CLIENT INFO");
    assert_eq!((field(&info, "lib-name"), field(&info, "lib-ver")), ("my-lib", "1.2.3"));
    assert_eq!(client.ask("CLIENT SETINFO LIB-NAME ''"), "+OK");
    assert_eq!(field(&client.ask("CLIENT INFO"), "lib-name"), "");
}

/// Ensures that ids are unique and rising.
#[test]
fn ids_rise() {
    let server = TestServer::start();
    let ids: Vec<u64> = (0..5).map(|_| id(&mut server.client())).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

/// Ensures that CLIENT INFO tells the truth about its own connection.
#[test]
fn info_describes_the_connection() {
    let server = TestServer::start();
    let mut client = server.client3();
    client.ask("SELECT 7");
    client.ask("CLIENT SETNAME me");
    server.clock.advance_ms(5_500);
    client.say("CLIENT INFO");
    let raw = String::from_utf8(client.reply()).expect("text");
    assert!(raw.starts_with('=') && raw.contains("\r\ntxt:id="), "verbatim in RESP3: {raw}");
    let line = raw.lines().nth(1).expect("a line").trim_start_matches("txt:").to_owned();
    let peer = client.stream().local_addr().expect("an address").to_string();
    for (name, value) in [
        ("addr", peer.as_str()),
        ("laddr", &server.address.to_string()),
        ("name", "me"),
        ("age", "5"),
        ("idle", "0"),
        ("flags", "N"),
        ("db", "7"),
        ("sub", "0"),
        ("multi", "-1"),
        ("cmd", "client|info"),
        ("user", "default"),
        ("resp", "3"),
    ] {
        assert_eq!(field(&line, name), value, "{name} in {line}");
    }
}

/// Ensures that CLIENT LIST has a line for each connection, in order, and can be narrowed down.
#[test]
fn list_has_a_line_for_each_connection() {
    let server = TestServer::start();
    // One after the other: workers give the ids, and may overtake each other.
    let admitted = |_| {
        let mut client = server.client();
        (id(&mut client), client)
    };
    let (ids, mut clients): (Vec<u64>, Vec<Raw>) = (0..3).map(admitted).unzip();
    let asker = &mut clients[1];
    let listed = |list: &str| -> Vec<u64> {
        let ids = list.split(' ').filter_map(|word| word.strip_prefix("id="));
        ids.map(|id| id.parse().expect("an id")).collect()
    };
    assert_eq!(listed(&asker.ask("CLIENT LIST")), ids);
    assert_eq!(listed(&asker.ask("CLIENT LIST TYPE normal")), ids);
    let some = format!("CLIENT LIST ID {} {} 99999", ids[2], ids[0]);
    assert_eq!(listed(&asker.ask(&some)), [ids[0], ids[2]]);
    for kind in ["master", "replica", "SLAVE", "pubsub"] {
        assert_eq!(asker.ask(&format!("CLIENT LIST TYPE {kind}")), "$0", "{kind}");
    }
    for (request, expected) in [
        ("CLIENT LIST TYPE", "-ERR syntax error"),
        ("CLIENT LIST TYPE x", "-ERR Unknown client type 'x'"),
        ("CLIENT LIST ID", "-ERR syntax error"),
        ("CLIENT LIST ID x", "-ERR Invalid client ID"),
        ("CLIENT LIST ID 0", "$0"),
        ("CLIENT LIST foo", "-ERR syntax error"),
        ("CLIENT LIST TYPE normal ID 1", "-ERR syntax error"),
    ] {
        assert_eq!(asker.ask(request), expected, "{request}");
    }
    drop(clients.remove(0));
    wait_until("the one that left is not listed", || {
        listed(&clients[0].ask("CLIENT LIST")) == ids[1..]
    });
}

/// Ensures that KILL by address ends that connection, and fails if there is none.
#[test]
fn kill_by_address() {
    let server = TestServer::start();
    let (mut killer, mut victim) = (server.client(), server.client());
    assert_eq!(victim.ask("PING"), "+PONG");
    let address = victim.stream().local_addr().expect("an address");
    assert_eq!(killer.ask("CLIENT KILL 127.0.0.1:1"), "-ERR No such client");
    assert_eq!(killer.ask(&format!("CLIENT KILL {address}")), "+OK");
    assert!(victim.is_ended());
    assert_eq!(killer.ask(&format!("CLIENT KILL ADDR {address}")), ":0");
    assert_eq!(killer.ask("PING"), "+PONG");
}

/// Ensures that filters are taken together, and that the killer spares itself unless told not to.
#[test]
fn kill_by_filters() {
    let server = TestServer::start();
    let mut clients: Vec<Raw> = (0..4).map(|_| server.client()).collect();
    let ids: Vec<u64> = clients.iter_mut().map(id).collect();
    let mut killer = clients.remove(0);
    assert_eq!(killer.ask(&format!("CLIENT KILL ID {}", ids[1])), ":1");
    assert!(clients[0].is_ended());
    let both = format!("CLIENT KILL ID {} ADDR 127.0.0.1:1", ids[2]);
    assert_eq!(killer.ask(&both), ":0", "filters are taken together");
    assert_eq!(killer.ask("CLIENT KILL TYPE pubsub"), ":0");
    assert_eq!(killer.ask(&format!("CLIENT KILL ID {}", ids[0])), ":0", "it spares itself");
    let everyone = format!("CLIENT KILL LADDR {} USER default TYPE normal", server.address);
    assert_eq!(killer.ask(&everyone), ":2");
    assert!(clients[1].is_ended() && clients[2].is_ended());
    assert_eq!(killer.ask("PING"), "+PONG");
    assert_eq!(killer.ask("CLIENT KILL TYPE normal SKIPME no"), ":1", "the reply comes first");
    assert!(killer.is_ended());
}

/// Ensures that a connection is killed once: afterwards it is neither found nor listed.
#[test]
fn a_client_is_killed_once() {
    let server = TestServer::start();
    let (mut killer, mut victim) = (server.client(), server.client());
    let (own, other) = (id(&mut killer), id(&mut victim));
    let kill = format!("CLIENT KILL ID {other}\r\n");
    for reply in [":1\r\n", ":0\r\n", ":0\r\n"] {
        killer.send(kill.as_bytes());
        assert_eq!(killer.reply(), reply.as_bytes());
    }
    let list = killer.ask("CLIENT LIST");
    assert_eq!(field(&list, "id"), own.to_string());
    assert_eq!(list.matches("id=").count(), 1, "{list}");
}

/// Ensures that a connection that kills itself by address gets its answer.
#[test]
fn kill_of_oneself_is_answered() {
    let server = TestServer::start();
    let mut client = server.client();
    let address = client.stream().local_addr().expect("an address");
    client.send(format!("CLIENT KILL {address}\r\nSET k v\r\n").as_bytes());
    assert_eq!(client.rest(), b"+OK\r\n");
    assert_eq!(server.client().ask("EXISTS k"), ":0", "what came behind is not executed");
}

/// Ensures that each filter refuses a value that it cannot have.
#[test]
fn kill_refuses_nonsense() {
    let server = TestServer::start();
    let mut client = server.client();
    for (request, expected) in [
        ("CLIENT KILL ID x", "-ERR client-id should be greater than 0"),
        ("CLIENT KILL ID 0", "-ERR client-id should be greater than 0"),
        ("CLIENT KILL TYPE x", "-ERR Unknown client type 'x'"),
        ("CLIENT KILL USER x", "-ERR No such user 'x'"),
        ("CLIENT KILL SKIPME x", "-ERR syntax error"),
        ("CLIENT KILL FOO x", "-ERR syntax error"),
        ("CLIENT KILL ID 1 TYPE", "-ERR syntax error"),
        ("CLIENT KILL", "-ERR wrong number of arguments for 'client|kill' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
}

/// Ensures that a subcommand that does not exist is a plain error and the connection lives.
#[test]
fn unknown_subcommands_are_plain_errors() {
    let server = TestServer::start();
    let mut client = server.client();
    for name in ["MAINT_NOTIFICATIONS", "CAPA", "nonsense"] {
        let expected = format!("-ERR unknown subcommand '{name}'. Try CLIENT HELP.");
        assert_eq!(client.ask(&format!("CLIENT {name} x y")), expected);
    }
    assert_eq!(client.ask("CLIENT"), "-ERR wrong number of arguments for 'client' command");
    assert_eq!(client.ask("PING"), "+PONG");
}

/// Ensures that HELP begins as in Redis and names every subcommand.
#[test]
fn help_names_every_subcommand() {
    let server = TestServer::start();
    let help = server.client().ask("CLIENT HELP");
    let head = "+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
    assert!(help.contains(head), "{help}");
    for name in [
        "GETNAME",
        "GETREDIR",
        "HELP",
        "ID",
        "INFO",
        "KILL",
        "LIST",
        "NO-EVICT",
        "NO-TOUCH",
        "PAUSE",
        "REPLY",
        "TRACKINGINFO",
        "UNBLOCK",
        "UNPAUSE",
        "SETINFO",
        "SETNAME",
    ] {
        assert!(help.contains(&format!(" +{name}")), "{name} in {help}");
    }
}

/// Ensures that a wrong number of arguments names the subcommand.
#[test]
fn wrong_numbers_of_arguments() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in [
        "GETNAME x",
        "ID x",
        "INFO x",
        "REPLY",
        "REPLY ON OFF",
        "NO-EVICT",
        "NO-TOUCH",
        "SETNAME",
        "SETNAME a b",
        "SETINFO",
        "HELP x",
    ] {
        let name = request.split(' ').next().unwrap_or(request).to_lowercase();
        let expected = format!("-ERR wrong number of arguments for 'client|{name}' command");
        assert_eq!(client.ask(&format!("CLIENT {request}")), expected, "{request}");
    }
}
