//! Members drawn by lot, and what others learn of changed sets: WATCH, events, the log.

use crate::listener::{events, listen};
use crate::logs::{folder, logging};
use crate::raw::Raw;
use crate::support::{TestServer, words};
use std::collections::BTreeSet;

/// Ensures that draws take every member sooner or later, a positive count never the same twice,
/// from a small set of numbers, a small one of words, and a large one.
#[test]
fn draws_are_fair() {
    let server = TestServer::start();
    let mut client = server.client();
    for (kind, len) in [("", 8), ("word", 8), ("w", 600)] {
        let members: Vec<String> = (0..len).map(|at| format!("{kind}{at}")).collect();
        client.ask("DEL s");
        assert_eq!(client.ask(&format!("SADD s {}", members.join(" "))), format!(":{len}"));
        let mut ever = BTreeSet::new();
        for round in 0..60 {
            let count = 1 + (round * 7) % len;
            let reply = client.ask(&format!("SRANDMEMBER s {count}"));
            let drawn: Vec<&str> = words(&reply).collect();
            assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), count, "{reply}");
            ever.extend(drawn.into_iter().map(str::to_owned));
        }
        assert_eq!(ever.len(), len, "all are drawn");
        let mut popped = BTreeSet::new();
        let reply = client.ask(&format!("SPOP s {}", len / 2));
        popped.extend(words(&reply).map(str::to_owned));
        for _ in len / 2..len {
            let reply = client.ask("SPOP s");
            popped.insert(reply.split(' ').nth(1).expect("a member").to_owned());
        }
        assert_eq!(popped, ever, "each is popped once");
        assert_eq!(client.ask("EXISTS s"), ":0");
    }
}

/// Ensures that WATCH sees changes, and only changes.
#[test]
fn watch_sees_changes() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    client.ask("SADD s a");
    let changes = [
        ("SADD s a", false),
        ("SADD s b", true),
        ("SREM s x", false),
        ("SREM s b", true),
        ("SMOVE s other x", false),
        ("SINTERSTORE s s", true),
        ("SPOP s", true),
    ];
    for (request, is_change) in changes {
        client.ask("WATCH s");
        other.ask(request);
        client.ask("MULTI");
        client.ask("PING");
        assert_eq!(client.ask("EXEC"), if is_change { "*-1" } else { "*1 +PONG" }, "{request}");
    }
}

/// Ensures that the events have Redis's names and order.
#[test]
fn events_have_the_names_of_redis() {
    let (server, mut listener) = listen("Esg");
    let mut client = server.client();
    let cases: [(&str, &[&str]); 9] = [
        ("SADD s a b c d", &["sadd s"]),
        ("SADD s a", &[]),
        ("SREM s a", &["srem s"]),
        ("SMOVE s t b", &["srem s", "sadd t"]),
        ("SUNIONSTORE u s t", &["sunionstore u"]),
        ("SINTERSTORE u s t", &["del u"]),
        ("SPOP t 5", &["spop t", "del t"]),
        ("SPOP s", &["spop s"]),
        ("SPOP s", &["spop s", "del s"]),
    ];
    for (request, expected) in cases {
        client.ask(request);
        assert_eq!(events(&mut client, &mut listener), expected, "{request}");
    }
}

fn members(client: &mut Raw, key: &str) -> BTreeSet<String> {
    words(&client.ask(&format!("SMEMBERS {key}"))).map(str::to_owned).collect()
}

/// Ensures that a log is replayed to the same sets although SPOP draws by lot, and that a
/// rewritten one is as well.
#[test]
fn what_was_drawn_is_logged() {
    let dir = folder();
    let mut kept = Vec::new();
    {
        let server = logging(dir.path());
        let mut client = server.client();
        let many: Vec<String> = (0..3_000).map(|at| format!("m{at}")).collect();
        client.ask(&format!("SADD large {}", many.join(" ")));
        client.ask("SADD small 1 2 3 4 5 6 7 8");
        client.ask("SADD gone a b");
        client.ask("SPOP large 1500");
        client.ask("SPOP large");
        client.ask("SPOP small 3");
        client.ask("SPOP small");
        client.ask("SPOP gone 2");
        client.ask("SUNIONSTORE all small large");
        client.ask("PEXPIRE small 100000");
        for key in ["large", "small", "gone", "all"] {
            kept.push((key, members(&mut client, key)));
        }
        assert_eq!(kept[0].1.len(), 1_499);
    }
    for round in 0..2 {
        let server = logging(dir.path());
        let mut client = server.client();
        for (key, expected) in &kept {
            assert_eq!(&members(&mut client, key), expected, "{key}, start {round}");
        }
        assert_eq!(client.ask("PTTL small"), ":100000");
        if round == 0 {
            crate::logs::rewrite(&mut client);
        }
    }
}
