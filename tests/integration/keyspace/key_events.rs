//! Key events: what is published when keys change, and that it is published in order.

use crate::listener::{listen, next};
use crate::raw::{Raw, lines_of};
use crate::support::TestServer;

/// Ensures that a change is published under the name of the key and under that of the event.
#[test]
fn a_change_is_published_twice() {
    let (server, mut listener) = listen("KEA");
    let mut client = server.client();
    client.ask("SELECT 3");
    client.ask("SET k v EX 100");
    client.ask("DEL k none");
    for expected in [
        "__keyspace@3__:k set",
        "__keyevent@3__:set k",
        "__keyspace@3__:k expire",
        "__keyevent@3__:expire k",
        "__keyspace@3__:k del",
        "__keyevent@3__:del k",
    ] {
        assert_eq!(next(&mut listener), expected);
    }
}

/// Ensures that only the chosen classes are published, on the chosen channels; misses and new keys
/// only if they are named.
#[test]
fn classes_are_chosen() {
    let (server, mut listener) = listen("Eg$");
    let mut client = server.client();
    let fence = |client: &mut Raw, listener: &mut Raw| {
        client.ask("PUBLISH fence x");
        assert_eq!(next(listener), "fence x");
    };
    client.ask("HSET h f v");
    client.ask("SET k v");
    client.ask("GET none");
    assert_eq!(next(&mut listener), "__keyevent@0__:set k");
    fence(&mut client, &mut listener);
    client.ask("CONFIG SET notify-keyspace-events Kmn");
    client.ask("GET none");
    client.ask("SET new v");
    client.ask("SET new v");
    assert_eq!(next(&mut listener), "__keyspace@0__:none keymiss");
    assert_eq!(next(&mut listener), "__keyspace@0__:new new");
    fence(&mut client, &mut listener);
    for nothing in ["A", "\"\""] {
        client.ask(&format!("CONFIG SET notify-keyspace-events {nothing}"));
        client.ask("SET k v");
        fence(&mut client, &mut listener);
    }
}

/// Ensures that events are in the order of execution, with messages that are published in the same
/// transaction in between.
#[test]
fn events_and_messages_are_in_order() {
    let (server, mut listener) = listen("E$");
    let mut client = server.client();
    client.send(b"MULTI\r\nSET a 1\r\nPUBLISH c m\r\nINCR a\r\nEXEC\r\nSET b 1\r\nPUBLISH c n\r\n");
    for expected in
        ["__keyevent@0__:set a", "c m", "__keyevent@0__:incrby a", "__keyevent@0__:set b", "c n"]
    {
        assert_eq!(next(&mut listener), expected);
    }
}

/// Ensures that a key whose time is over is reported once, whether somebody asks for it or not.
#[test]
fn expiry_is_reported() {
    let (server, mut listener) = listen("Ex");
    let mut client = server.client();
    client.ask("SET seen v PX 10");
    client.ask("SET unseen v PX 10");
    server.clock.advance_ms(20);
    client.ask("GET seen");
    let mut expired = [next(&mut listener), next(&mut listener)];
    expired.sort();
    assert_eq!(expired, ["__keyevent@0__:expired seen", "__keyevent@0__:expired unseen"]);
}

/// Ensures that keys that are removed because memory is short are reported.
#[test]
fn eviction_is_reported() {
    let (server, mut listener) = listen("Ke");
    let mut client = server.client();
    client.ask("SET k v");
    client.ask("CONFIG SET maxmemory 1 maxmemory-policy allkeys-lru");
    assert_eq!(next(&mut listener), "__keyspace@0__:k evicted");
}

/// Ensures that a message about a key that expires while several keys are read stands behind the
/// reply and not inside it, and that a client hears of its own changes.
#[test]
fn no_message_stands_inside_a_reply() {
    let server = TestServer::start();
    let mut client = server.client3();
    client.ask("CONFIG SET notify-keyspace-events Ex$");
    client.ask("MSET a 1 b 2 c 3");
    client.ask("PEXPIRE b 10");
    client.say("PSUBSCRIBE *");
    client.reply();
    server.clock.advance_ms(20);
    client.say("MGET a b c");
    let mut both = [client.reply(), client.reply()].map(|reply| lines_of(&reply).join(" "));
    // The housekeeper may have been faster.
    both.sort();
    assert_eq!(both, ["*3 $1 1 _ $1 3", ">4 $8 pmessage $1 * $22 __keyevent@0__:expired $1 b"]);
    client.send(b"SET a 2\r\nGET a\r\n");
    for expected in ["+OK", "$1 2", ">4 $8 pmessage $1 * $18 __keyevent@0__:set $1 a"] {
        assert_eq!(lines_of(&client.reply()).join(" "), expected);
    }
}
