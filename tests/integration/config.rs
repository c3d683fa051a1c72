//! CONFIG GET: what was chosen at the start.

use crate::support::{TestServer, check, check3};

/// Ensures that one directive is found under its exact name in any case.
#[test]
fn config_get_finds_a_directive() {
    check("> CONFIG GET databases\n*2\n$9 databases\n$2 16");
    check("> config get DATABASES\n*2\n$9 databases\n$2 16");
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
    assert!(reply.starts_with("*6 "), "{reply}");
}

/// Ensures that what clients and tools ask for at the start is answered.
#[test]
fn config_get_knows_what_clients_ask_for() {
    let server = TestServer::with(|config| config.requirepass = String::new());
    let mut client = server.client();
    for (name, value) in [
        ("save", "$0"),
        ("appendonly", "$2 no"),
        ("timeout", "$1 0"),
        ("tcp-keepalive", "$3 300"),
        ("maxclients", "$4 1000"),
        ("requirepass", "$0"),
        ("bind", "$9 127.0.0.1"),
        ("maxmemory", "$1 0"),
        ("loglevel", "$6 notice"),
    ] {
        let expected = format!("*2 ${} {name} {value}", name.len());
        assert_eq!(client.ask(&format!("CONFIG GET {name}")), expected);
    }
    let everything = client.ask("CONFIG GET *");
    for directive in respool::config::DIRECTIVES {
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
        ("CONFIG HELP x", "-ERR wrong number of arguments for 'config|help' command"),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert!(client.ask("CONFIG HELP").contains("+CONFIG <subcommand>"));
}
