//! Commands that wait for a key: who is served, from what, and how a wait ends otherwise.

use super::{id, next, wait_with, waiting};
use crate::raw::Raw;
use crate::support::{TestServer, check, wait_until};

/// Ensures that nothing waits in a transaction, and that each command says so with Redis's kind of
/// null.
#[test]
fn nothing_waits_in_a_transaction() {
    let server = TestServer::start();
    let (mut client, mut resp3) = (server.client(), server.client3());
    let requests = [
        ("BLPOP q 0", "*-1"),
        ("BRPOP q 0", "*-1"),
        ("BLMOVE q r LEFT LEFT 0", "$-1"),
        ("BRPOPLPUSH q r 0", "$-1"),
        ("BLMPOP 0 1 q LEFT", "*-1"),
        ("BZPOPMIN q 0", "*-1"),
        ("BZMPOP 0 1 q MIN", "*-1"),
    ];
    for (client, nulls) in
        [(&mut client, requests.map(|(_, null)| null).join(" ")), (&mut resp3, ["_"; 7].join(" "))]
    {
        assert_eq!(client.ask("MULTI"), "+OK");
        requests.iter().for_each(|(request, _)| assert_eq!(client.ask(request), "+QUEUED"));
        assert_eq!(client.ask("EXEC"), format!("*7 {nulls}"));
    }
    assert!(server.shared.clients.waiting.is_empty());
}

/// Ensures that a wait whose time is over ends with a null array, BLMOVE's too, and that a time
/// below a millisecond is not for ever.
#[test]
fn waits_end_in_time() {
    let server = TestServer::start();
    for (request, seconds) in [("BZPOPMIN z", "0.001"), ("BLPOP q", "0.0001"), ("BRPOP q", "1")] {
        let mut client = waiting(&server, &format!("{request} {seconds}"));
        server.clock.advance_ms(if seconds == "1" { 1_000 } else { 1 });
        assert_eq!(next(&mut client), "*-1", "{request}");
        assert_eq!(client.ask("PING"), "+PONG");
    }
    let mut client = waiting(&server, "BLMOVE q r LEFT LEFT 0.5");
    server.clock.advance_ms(500);
    assert_eq!(next(&mut client), "*-1");
    assert!(server.shared.clients.waiting.is_empty());
}

/// Ensures that the oldest client is served first, one element each, whether elements come at once
/// or one by one.
#[test]
fn the_oldest_is_served_first() {
    let server = TestServer::start();
    let mut clients: Vec<Raw> = (0..20).map(|_| waiting(&server, "BLPOP x q 0")).collect();
    let mut pusher = server.client();
    assert_eq!(pusher.ask("RPUSH q 0 1 2 3 4 5 6 7 8 9"), ":10");
    for at in 10..20 {
        assert_eq!(pusher.ask(&format!("RPUSH q {at}")), ":1");
    }
    for (at, client) in clients.iter_mut().enumerate() {
        assert_eq!(next(client), format!("*2 $1 q ${} {at}", at.to_string().len()));
    }
    assert_eq!(pusher.ask("EXISTS q"), ":0");
}

/// Ensures that the second of two waits of one pipeline begins when the first one is over, and that
/// what stands behind a wait is executed after it.
#[test]
fn pipelines_wait_as_a_whole() {
    let server = TestServer::start();
    let mut pusher = server.client();
    for is_one_packet in [true, false] {
        let mut client = server.client();
        let rest = "BLPOP b 0\r\nSET k v\r\nGET k\r\nPING\r\n";
        if is_one_packet {
            client.send(format!("BLPOP a 0\r\n{rest}").as_bytes());
            wait_until("it waits", || server.shared.clients.waiting.len() == 1);
        } else {
            wait_with(&server, &mut client, "BLPOP a 0");
            client.send(rest.as_bytes());
        }
        assert_eq!(pusher.ask("RPUSH b second"), ":1");
        assert_eq!(pusher.ask("EXISTS k"), ":0", "nothing behind a wait is executed");
        assert_eq!(pusher.ask("LLEN b"), ":1");
        assert_eq!(pusher.ask("RPUSH a first"), ":1");
        for expected in ["*2 $1 a $5 first", "*2 $1 b $6 second", "+OK", "$1 v", "+PONG"] {
            assert_eq!(next(&mut client), expected);
        }
        assert_eq!(pusher.ask("DEL k"), ":1");
    }
}

/// Ensures that a chain of moves carries an element from one waiting client to the next, and that
/// a circle of them ends.
#[test]
fn moves_are_chained() {
    let server = TestServer::start();
    let mut last = waiting(&server, "BLPOP d 0");
    let mut movers: Vec<Raw> = [("c", "d"), ("b", "c"), ("a", "b")]
        .iter()
        .map(|(from, to)| waiting(&server, &format!("BLMOVE {from} {to} LEFT RIGHT 0")))
        .collect();
    let mut pusher = server.client();
    assert_eq!(pusher.ask("RPUSH a x"), ":1");
    assert_eq!(next(&mut last), "*2 $1 d $1 x");
    movers.iter_mut().for_each(|mover| assert_eq!(next(mover), "$1 x"));
    assert_eq!(pusher.ask("DBSIZE"), ":0");
    let mut there = waiting(&server, "BLMOVE a b LEFT LEFT 0");
    let mut back = waiting(&server, "BRPOPLPUSH b a 0");
    assert_eq!(pusher.ask("RPUSH a x"), ":1");
    assert_eq!((next(&mut there), next(&mut back)), ("$1 x".to_owned(), "$1 x".to_owned()));
    assert_eq!(pusher.ask("LRANGE a 0 -1"), "*1 $1 x");
    // A destination of another type ends the wait, and nothing has moved.
    pusher.ask("SET s v");
    let mut wrong = waiting(&server, "BLMOVE c s LEFT LEFT 0");
    assert_eq!(pusher.ask("RPUSH c x"), ":1");
    assert!(next(&mut wrong).starts_with("-WRONGTYPE "));
    assert_eq!(pusher.ask("LLEN c"), ":1");
}

/// Ensures that a key of another type serves nobody, and nor does one that is made and removed
/// within one transaction, or changed and emptied within one script.
#[test]
fn what_does_not_serve() {
    let server = TestServer::start();
    let mut client = waiting(&server, "BLPOP k 0");
    let mut second = waiting(&server, "BZPOPMIN k 0");
    let mut other = server.client();
    for request in ["SET k v", "DEL k", "HSET k f v", "SET k w", "DEL k", "SADD k m", "DEL k"] {
        other.ask(request);
    }
    for request in ["MULTI", "RPUSH k x", "DEL k", "ZADD k 1 m", "DEL k", "EXEC"] {
        other.ask(request);
    }
    other.ask("EVAL \"redis.call('rpush', KEYS[1], 1) return redis.call('lpop', KEYS[1])\" 1 k");
    assert_eq!(server.shared.clients.waiting.len(), 2);
    // In one transaction a list, and then a sorted set in its place: its end counts.
    for request in ["MULTI", "RPUSH k x", "DEL k", "ZADD k 1 m", "EXEC"] {
        other.ask(request);
    }
    assert_eq!(next(&mut second), "*3 $1 k $1 m $1 1");
    assert_eq!(other.ask("RPUSH k x"), ":1");
    assert_eq!(next(&mut client), "*2 $1 k $1 x");
}

/// Ensures that every command that makes a key appear serves the clients that wait for it.
#[test]
fn all_that_makes_a_key_ready() {
    let server = TestServer::start();
    let mut other = server.client();
    let cases: [(&str, &[&str]); 15] = [
        ("BLPOP q 0", &["RPUSH x 1", "RENAME x q"]),
        ("BLPOP q 0", &["RPUSH x 1", "RENAMENX x q"]),
        ("BLPOP q 0", &["RPUSH x 1", "COPY x q", "DEL x"]),
        ("BLPOP q 0", &["RPUSH x 1", "SORT x STORE q", "DEL x"]),
        ("BLPOP q 0", &["SELECT 1", "RPUSH q 1", "SELECT 0", "SWAPDB 0 1"]),
        ("BLPOP q 0", &["SELECT 1", "RPUSH q 1", "MOVE q 0", "SELECT 0"]),
        ("BLPOP q 0", &["RPUSH x 1", "LMOVE x q LEFT LEFT"]),
        ("BLPOP q 0", &["LPUSH q 1"]),
        ("BLPOP q 0", &["EVAL \"return redis.call('rpush', KEYS[1], 1)\" 1 q"]),
        ("BLPOP q 0", &["MULTI", "RPUSH q 1", "EXEC"]),
        ("BZPOPMIN q 0", &["ZINCRBY q 1 1"]),
        ("BZPOPMAX q 0", &["ZADD x 1 1", "ZUNIONSTORE q 1 x", "DEL x"]),
        ("BZPOPMIN q 0", &["ZADD x 1 1", "ZRANGESTORE q x 0 -1", "DEL x"]),
        ("BZPOPMIN q 0", &["SADD x 1", "ZINTERSTORE q 1 x", "DEL x"]),
        ("BZMPOP 0 1 q MIN", &["ZADD x 1 1", "RENAME x q"]),
    ];
    for (wait, requests) in cases {
        let mut client = waiting(&server, wait);
        for request in requests {
            let reply = other.ask(request);
            assert!(!reply.starts_with('-'), "{request}: {reply}");
        }
        let reply = next(&mut client);
        assert!(reply.contains(" $1 1") && reply.contains("$1 q"), "{requests:?}: {reply}");
        assert_eq!(other.ask("DBSIZE"), ":0", "{requests:?}");
    }
}

/// Ensures that RESTORE serves those who wait, too.
#[test]
fn a_restored_key_serves() {
    let server = TestServer::start();
    let (mut other, mut client) = (server.client(), waiting(&server, "BRPOP q 0"));
    other.ask("RPUSH x 1 2");
    other.request(&[b"DUMP", b"x"]);
    let dump = other.reply();
    let start = dump.iter().position(|byte| *byte == b'\n').expect("a bulk string") + 1;
    other.request(&[b"RESTORE", b"q", b"0", &dump[start..dump.len() - 2]]);
    assert_eq!(other.reply(), b"+OK\r\n");
    assert_eq!(next(&mut client), "*2 $1 q $1 2");
}

/// Ensures that CLIENT UNBLOCK ends a wait like its time-out or with an error, once.
#[test]
fn unblocking() {
    let server = TestServer::start();
    let (mut other, mut client) = (server.client(), server.client());
    let id = id(&mut client);
    for (option, expected) in [
        ("", "*-1"),
        (" TIMEOUT", "*-1"),
        (" ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK"),
    ] {
        wait_with(&server, &mut client, "BLPOP q 0");
        assert_eq!(other.ask(&format!("CLIENT UNBLOCK {id}{option}")), ":1");
        assert_eq!(other.ask(&format!("CLIENT UNBLOCK {id}{option}")), ":0");
        assert_eq!(next(&mut client), expected);
        assert_eq!(client.ask("PING"), "+PONG");
    }
    assert_eq!(other.ask("RPUSH q x"), ":1", "nobody waits");
    assert_eq!(other.ask("LLEN q"), ":1");
    check(
        "> CLIENT UNBLOCK 1 SOON
         -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
         > CLIENT UNBLOCK x
         -ERR value is not an integer or out of range
         > CLIENT UNBLOCK 999
         :0",
    );
}

/// Ensures that a client that is killed by the transaction that also makes its key ready gets
/// nothing, and the next one does.
#[test]
fn nothing_is_popped_for_the_killed() {
    let server = TestServer::start();
    let (mut victim, mut other) = (server.client(), server.client());
    let id = id(&mut victim);
    wait_with(&server, &mut victim, "BLPOP q 0");
    let mut heir = waiting(&server, "BLPOP q 0");
    for request in ["MULTI", &format!("CLIENT KILL ID {id}"), "RPUSH q x y"] {
        other.ask(request);
    }
    assert_eq!(other.ask("EXEC"), "*2 :1 :2");
    assert_eq!(next(&mut heir), "*2 $1 q $1 x");
    assert!(victim.is_ended());
    assert_eq!(other.ask("LRANGE q 0 -1"), "*1 $1 y");
}

/// Ensures that a client that has hung up is forgotten, whether it has said more or not.
#[test]
fn nothing_is_popped_for_those_who_hung_up() {
    let server = TestServer::start();
    for rest in ["", "PING\r\nPING\r\n"] {
        let mut gone = waiting(&server, "BLPOP q 0");
        gone.send(rest.as_bytes());
        drop(gone);
        wait_until("it is forgotten", || server.shared.clients.waiting.is_empty());
        server.check("> RPUSH q x\n:1\n> LPOP q\n$1 x");
    }
}

/// Ensures that a pause of writes delays what would serve, and a wait that begins meanwhile.
#[test]
fn a_pause_delays_the_hand_off() {
    let server = TestServer::start();
    let (mut other, mut pusher) = (server.client(), server.client());
    let mut first = waiting(&server, "BLPOP q 0");
    assert_eq!(other.ask("CLIENT PAUSE 60000 WRITE"), "+OK");
    let pause = &server.shared.clients.pause;
    let mut second = server.client();
    second.say("BLPOP q 0");
    wait_until("it waits", || pause.waiting() == 1);
    pusher.say("RPUSH q x y");
    wait_until("it waits", || pause.waiting() == 2);
    assert_eq!(other.ask("EXISTS q"), ":0");
    assert_eq!(other.ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!(next(&mut pusher), ":2");
    assert_eq!(next(&mut first), "*2 $1 q $1 x");
    assert_eq!(next(&mut second), "*2 $1 q $1 y");
}

/// Ensures that a client which is served at the beginning of a long batch gets its reply, although
/// its worker looks around before the batch has ended.
#[test]
fn a_reply_outlives_a_long_batch() {
    let server = TestServer::start();
    let (mut client, mut pusher) = (server.client(), server.client());
    // A client that has sent more looks around now and then.
    client.send(b"BLPOP q 0\r\nPING\r\n");
    wait_until("it waits", || server.shared.clients.waiting.len() == 1);
    let script = "local n = 0 for i = 1, 5000000 do n = n + i end return 1";
    pusher.send(format!("RPUSH q x\r\nEVAL \"{script}\" 0\r\n").as_bytes());
    assert_eq!(next(&mut client), "*2 $1 q $1 x");
    assert_eq!(next(&mut client), "+PONG");
    assert_eq!((next(&mut pusher), next(&mut pusher)), (":1".to_owned(), ":1".to_owned()));
}

/// Ensures that the key which was written first serves a client that waits for several, whatever
/// the others hold by then.
#[test]
fn the_first_key_written_serves() {
    let server = TestServer::start();
    let mut other = server.client();
    for (request, low) in [
        ("BLPOP high low 0", "*2 $3 low $1 x"),
        ("BLMPOP 0 2 high low LEFT COUNT 5", "*2 $3 low *1 $1 x"),
    ] {
        let mut client = waiting(&server, request);
        assert_eq!(other.ask("SET high taken"), "+OK");
        assert_eq!(other.ask("RPUSH low x"), ":1");
        assert_eq!(next(&mut client), low);
        other.ask("DEL high");
        let mut client = waiting(&server, request);
        other.send(b"MULTI\r\nRPUSH low x\r\nRPUSH high y\r\nEXEC\r\n");
        (0..4).for_each(|_| drop(other.reply()));
        assert_eq!(next(&mut client), low);
        assert_eq!(other.ask("DEL high"), ":1");
    }
    let mut client = waiting(&server, "BZMPOP 0 2 high low MAX");
    other.ask("SADD high x");
    assert_eq!(other.ask("ZADD low 1 x"), ":1");
    assert_eq!(next(&mut client), "*2 $3 low *1 *2 $1 x $1 1");
}
