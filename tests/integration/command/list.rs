//! Elements in order under one key: the list family.

use crate::listener::{events, listen};
use crate::logs::{folder, logging};
use crate::support::{TestServer, check, check3};

const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

/// Ensures that elements come and go at both ends, and that the last one takes the key with it.
#[test]
fn elements_come_and_go_at_both_ends() {
    check(
        "
        > LPUSHX l x
        :0
        > RPUSHX l x
        :0
        > RPUSH l c d
        :2
        > LPUSH l b a
        :4
        > EXPIRE l 100
        :1
        > LPUSHX l z
        :5
        > LLEN l
        :5
        > LRANGE l 0 -1
        *5
        $1 z
        $1 a
        $1 b
        $1 c
        $1 d
        > LPOP l
        $1 z
        > RPOP l 2
        *2
        $1 d
        $1 c
        > TTL l
        :100
        > LPOP l 0
        *0
        > LPOP l 10
        *2
        $1 a
        $1 b
        > EXISTS l
        :0
        > LPOP l
        $-1
        > RPOP l 3
        *-1
        > LLEN l
        :0
        ",
    );
}

/// Ensures that indices count from either end, and that ranges are cut to what there is.
#[test]
fn indices_and_ranges() {
    check(
        "
        > RPUSH l a b c d
        :4
        > LINDEX l -4
        $1 a
        > LINDEX l -5
        $-1
        > LINDEX l 9223372036854775807
        $-1
        > LRANGE l -100 0
        *1
        $1 a
        > LRANGE l 3 100
        *1
        $1 d
        > LRANGE l 2 1
        *0
        > LRANGE l 5 9
        *0
        > LRANGE l -9223372036854775808 9223372036854775807
        *4
        $1 a
        $1 b
        $1 c
        $1 d
        > LSET l -1 D
        +OK
        > LINSERT l AFTER b x
        :5
        > LINSERT l before a y
        :6
        > LINSERT l AFTER nothing y
        :-1
        > LINSERT nobody AFTER a y
        :0
        > LTRIM l 1 -2
        +OK
        > LRANGE l 0 -1
        *4
        $1 a
        $1 b
        $1 x
        $1 c
        > LTRIM l 2 1
        +OK
        > EXISTS l
        :0
        ",
    );
}

/// Ensures that elements are found and removed by content, from either end.
#[test]
fn elements_by_content() {
    check(
        "
        > RPUSH l a 1 a 2 a 01
        :6
        > LPOS l a
        :0
        > LPOS l a RANK -1
        :4
        > LPOS l a COUNT 0
        *3
        :0
        :2
        :4
        > LPOS l a RANK -2 COUNT 5
        *2
        :2
        :0
        > LPOS l a RANK 2 COUNT 1 MAXLEN 2
        *0
        > LPOS l a RANK 4
        $-1
        > LPOS l 1
        :1
        > LREM l -1 a
        :1
        > LREM l 1 a
        :1
        > LREM l 0 1
        :1
        > LRANGE l 0 -1
        *3
        $1 a
        $1 2
        $2 01
        > LREM l 0 x
        :0
        ",
    );
}

/// Ensures that elements move between lists and within one, and what a wrong type hides.
#[test]
fn elements_move() {
    check(&format!(
        "
        > RPUSH a 1 2 3
        :3
        > LMOVE a b LEFT RIGHT
        $1 1
        > RPOPLPUSH a b
        $1 3
        > LRANGE b 0 -1
        *2
        $1 3
        $1 1
        > LMOVE b b left right
        $1 3
        > LRANGE b 0 -1
        *2
        $1 1
        $1 3
        > RPOPLPUSH a a
        $1 2
        > SET s v
        +OK
        > LMOVE nobody s LEFT LEFT
        $-1
        > LMOVE a s LEFT LEFT
        {WRONG_TYPE}
        > LMOVE s a up LEFT
        -ERR syntax error
        > RPOPLPUSH a b
        $1 2
        > EXISTS a
        :0
        > LMPOP 2 a b LEFT COUNT 2
        *2
        $1 b
        *2
        $1 2
        $1 1
        > LMPOP 2 a b RIGHT
        *2
        $1 b
        *1
        $1 3
        > LMPOP 2 a b RIGHT
        *-1
        "
    ));
    check3("> LPOP l\n_\n> LPOP l 1\n_\n> LMPOP 1 l LEFT\n_\n> LINDEX l 0\n_\n> LRANGE l 0 1\n*0");
}

/// Ensures that arguments are checked in Redis's order and words.
#[test]
fn arguments_are_checked_in_order() {
    let zero_rank = "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the \
                     second ... or use negative to start from the end of the list";
    let cases = [
        ("LPOP s -1", "-ERR value is out of range, must be positive"),
        ("LPOP s x", "-ERR value is out of range, must be positive"),
        ("LPOP l 1 2", "-ERR wrong number of arguments for 'lpop' command"),
        ("LINDEX nobody x", "$-1"),
        ("LINDEX l x", "-ERR value is not an integer or out of range"),
        ("LSET nobody x v", "-ERR no such key"),
        ("LSET l x v", "-ERR value is not an integer or out of range"),
        ("LSET l 9 v", "-ERR index out of range"),
        ("LINSERT s foo a b", "-ERR syntax error"),
        ("LREM s x a", "-ERR value is not an integer or out of range"),
        ("LTRIM s 0 x", "-ERR value is not an integer or out of range"),
        ("LRANGE s x 0", "-ERR value is not an integer or out of range"),
        ("LPOS s a RANK 0", zero_rank),
        ("LPOS s a RANK x", "-ERR value is not an integer or out of range"),
        ("LPOS s a COUNT -1", "-ERR COUNT can't be negative"),
        ("LPOS s a MAXLEN x", "-ERR MAXLEN can't be negative"),
        ("LPOS s a RANK", "-ERR syntax error"),
        ("LPOS nobody a COUNT 1", "*0"),
        ("LMPOP 0 s LEFT", "-ERR numkeys should be greater than 0"),
        ("LMPOP 2 s LEFT", "-ERR syntax error"),
        ("LMPOP 1 s up", "-ERR syntax error"),
        ("LMPOP 1 s LEFT COUNT 0", "-ERR count should be greater than 0"),
        ("LMPOP 1 s LEFT COUNT", "-ERR syntax error"),
        ("LMPOP 1 s LEFT COUNT 1 COUNT 1", "-ERR syntax error"),
        ("LMPOP 9223372036854775807 s LEFT", "-ERR syntax error"),
        ("BLPOP s x", "-ERR timeout is not a float or out of range"),
        ("BLPOP s -1", "-ERR timeout is negative"),
        ("BLMOVE s s up LEFT x", "-ERR syntax error"),
        ("BLMOVE s s LEFT LEFT x", "-ERR timeout is not a float or out of range"),
        ("BLMPOP x 0 s LEFT", "-ERR numkeys should be greater than 0"),
        ("BLMPOP x 1 s LEFT", "-ERR timeout is not a float or out of range"),
    ];
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("SET s v");
    client.ask("RPUSH l a");
    for (request, expected) in cases {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    for request in [
        "LPUSH s x",
        "RPUSHX s x",
        "LPOP s",
        "RPOP s 1",
        "LLEN s",
        "LRANGE s 0 1",
        "LINDEX s 0",
        "LSET s 0 v",
        "LINSERT s AFTER a b",
        "LREM s 0 a",
        "LTRIM s 0 1",
        "LPOS s a",
        "RPOPLPUSH s l",
        "LMPOP 2 nobody s LEFT",
        "BLPOP nobody s 0",
        "BLMOVE s l LEFT LEFT 0",
        "BLMOVE l s LEFT LEFT 0",
        "BLMPOP 0 2 nobody s LEFT",
    ] {
        assert_eq!(client.ask(request), WRONG_TYPE, "{request}");
    }
    assert_eq!(client.ask("LRANGE l 0 -1"), "*1 $1 a");
}

/// Ensures that the events have Redis's names and order.
#[test]
fn events_have_the_names_of_redis() {
    let (server, mut listener) = listen("Elg");
    let mut client = server.client();
    let cases: [(&str, &[&str]); 11] = [
        ("RPUSH l a b c d", &["rpush l"]),
        ("LPUSHX l z", &["lpush l"]),
        ("LSET l 0 y", &["lset l"]),
        ("LINSERT l AFTER a x", &["linsert l"]),
        ("LREM l 0 x", &["lrem l"]),
        ("LTRIM l 0 2", &["ltrim l"]),
        ("LMOVE l m LEFT RIGHT", &["rpush m", "lpop l"]),
        ("RPOPLPUSH m m", &["lpush m", "rpop m"]),
        ("LMOVE m l RIGHT LEFT", &["lpush l", "rpop m", "del m"]),
        ("BLPOP l 0", &["lpop l"]),
        ("LMPOP 1 l RIGHT COUNT 9", &["rpop l", "del l"]),
    ];
    for (request, expected) in cases {
        client.ask(request);
        assert_eq!(events(&mut client, &mut listener), expected, "{request}");
    }
}

/// Ensures that waiting pops are served by pushes, the oldest first and chained, and that the log
/// has their effects.
#[test]
fn pops_wait_for_pushes() {
    let dir = folder();
    {
        let server = logging(dir.path());
        let waiting = |request: &str| {
            let (mut client, before) = (server.client(), server.shared.clients.waiting.len());
            client.say(request);
            let waits = || server.shared.clients.waiting.len() > before;
            crate::support::wait_until("it waits", waits);
            client
        };
        let text = |reply: Vec<u8>| String::from_utf8_lossy(&reply).replace("\r\n", " ");
        let mut first = waiting("BLPOP other queue 0");
        let mut second = waiting("BRPOP queue 0");
        let mut mover = waiting("BLMOVE queue chain LEFT RIGHT 0");
        let mut chained = waiting("BLMPOP 0 2 x chain LEFT COUNT 5");
        let mut client = server.client();
        assert_eq!(client.ask("RPUSH queue a b c d"), ":4");
        assert_eq!(text(first.reply()), "*2 $5 queue $1 a ");
        assert_eq!(text(second.reply()), "*2 $5 queue $1 d ");
        assert_eq!(text(mover.reply()), "$1 b ");
        assert_eq!(text(chained.reply()), "*2 $5 chain *1 $1 b ");
        assert_eq!(client.ask("LRANGE queue 0 -1"), "*1 $1 c");
        // A key that comes and goes within a transaction serves nobody.
        let mut patient = waiting("BLPOP late 0");
        for request in ["MULTI", "RPUSH late x", "DEL late", "EXEC"] {
            client.ask(request);
        }
        assert_eq!(client.ask("RENAME queue late"), "+OK");
        assert_eq!(text(patient.reply()), "*2 $4 late $1 c ");
        assert_eq!(client.ask("RPUSH kept 1 2 3"), ":3");
        assert_eq!(client.ask("BRPOPLPUSH kept kept 0"), "$1 3");
    }
    let server = logging(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("KEYS *"), "*1 $4 kept");
    assert_eq!(client.ask("LRANGE kept 0 -1"), "*3 $1 3 $1 1 $1 2");
}

/// Ensures that a long list survives a rewrite of the log and a restart, its deadline too.
#[test]
fn a_long_list_is_rewritten() {
    let dir = folder();
    let elements: Vec<String> = (0..3_000).map(|at| format!("e{at}")).collect();
    {
        let server = logging(dir.path());
        let mut client = server.client();
        assert_eq!(client.ask(&format!("RPUSH l {}", elements.join(" "))), ":3000");
        client.ask(&format!("LPUSH l {}", "x".repeat(5_000)));
        client.ask("PEXPIRE l 100000");
        crate::logs::rewrite(&mut client);
        assert_eq!(client.ask("RPOP l"), "$5 e2999");
    }
    let server = logging(dir.path());
    let mut client = server.client();
    assert_eq!(client.ask("LLEN l"), ":3000");
    assert_eq!(client.ask("LINDEX l -1"), "$5 e2998");
    assert_eq!(client.ask("LPOS l e1500"), ":1501");
    assert_eq!(client.ask("PTTL l"), ":100000");
    // Numbers are found among the chunks of a large list too.
    assert_eq!(client.ask("LINSERT l AFTER e5 12"), ":3001");
    assert_eq!(client.ask("LPOS l 12"), ":7");
    assert_eq!(client.ask("LINSERT l BEFORE 12 13"), ":3002");
    assert_eq!(client.ask("LREM l 0 12"), ":1");
    assert_eq!(client.ask("LREM l 0 13"), ":1");
    assert_eq!(client.ask("OBJECT ENCODING l"), "$9 quicklist");
}

/// Ensures that elements longer than any packed block are set and found, in lists and sets of both
/// forms, and survive the request that brought them.
#[test]
fn long_elements_are_kept() {
    let server = TestServer::start();
    let mut client = server.client();
    let long = |letter: &str| letter.repeat(10_000);
    for others in [0, 500] {
        client.ask("FLUSHALL");
        (0..=others).for_each(|at| client.say(&format!("RPUSH l {at}")));
        (0..=others).for_each(|_| drop(client.reply()));
        assert_eq!(client.ask(&format!("LSET l 0 {}", long("a"))), "+OK");
        assert_eq!(client.ask(&format!("LSET l -1 {}", long("b"))), "+OK");
        assert_eq!(client.ask("LINDEX l -1"), format!("$10000 {}", long("b")));
        (0..others).for_each(|at| client.say(&format!("SADD s {at}")));
        (0..others).for_each(|_| drop(client.reply()));
        let members = format!("{} short {}", long("c"), long("c"));
        assert_eq!(client.ask(&format!("SADD s {members}")), ":2");
        assert_eq!(client.ask(&format!("SADD s {}", long("c"))), ":0");
        assert_eq!(client.ask(&format!("SISMEMBER s {}", long("c"))), ":1");
        assert_eq!(client.ask(&format!("SREM s {} x", long("c"))), ":1");
        assert_eq!(client.ask("SISMEMBER s short"), ":1");
    }
}
