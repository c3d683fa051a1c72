//! The memory limit from a client's view: evictions, refusals and figures.

use crate::support::TestServer;
use respool::config::memory::MaxMemory;
use respool::policy::Policy;

/// A server whose data may take so many bytes more than an empty keyspace.
fn limited(bytes: u64, policy: Policy) -> TestServer {
    TestServer::with(|config| {
        config.databases = 2;
        config.maxmemory = MaxMemory::Bytes(bytes);
        config.maxmemory_policy = policy;
    })
}

fn used(server: &TestServer) -> usize {
    server.shared.lock_keyspace().used_bytes()
}

/// Ensures that commands which may grow are refused when nothing can be removed, in Redis's words,
/// and that all others are served.
#[test]
fn without_eviction_what_grows_is_refused() {
    let server = limited(0, Policy::NoEviction);
    server.check(
        "
        > MSET k v n 1
        +OK
        > CONFIG SET maxmemory 1
        +OK
        > SET other v
        -OOM command not allowed when used memory > 'maxmemory'.
        > INCR n
        -OOM command not allowed when used memory > 'maxmemory'.
        > HSET h f v
        -OOM command not allowed when used memory > 'maxmemory'.
        > GET k
        $1 v
        > EXPIRE k 100
        :1
        > DEL k
        :1
        > PING
        +PONG
        > CONFIG SET maxmemory 100mb
        +OK
        > SET other v
        +OK
    ",
    );
}

/// Ensures that a transaction is refused when it is queued, or when it is executed, as Redis does.
#[test]
fn a_transaction_that_may_grow_is_refused_as_a_whole() {
    let server = limited(0, Policy::NoEviction);
    server.check(
        "
        > SET k v
        +OK
        > MULTI
        +OK
        > INCR n
        +QUEUED
        2> CONFIG SET maxmemory 1
        +OK
        > EXEC
        -EXECABORT Transaction discarded because of: \
         OOM command not allowed when used memory > 'maxmemory'.
        > MULTI
        +OK
        > GET k
        -OOM command not allowed when used memory > 'maxmemory'.
        > WATCH k
        -OOM command not allowed when used memory > 'maxmemory'.
        > EXEC
        -EXECABORT Transaction discarded because of previous errors.
        > MULTI
        +OK
        > DISCARD
        +OK
        2> CONFIG SET maxmemory 0
        +OK
        > MULTI
        +OK
        > GET k
        +QUEUED
        2> CONFIG SET maxmemory 1
        +OK
        > EXEC
        *1
        $1 v
    ",
    );
}

/// Ensures that the limit holds while far more is written than fits, that the oldest keys are
/// evicted first, and that keys that are read stay.
#[test]
fn the_limit_holds_and_the_oldest_go_first() {
    const LIMIT: usize = 200_000;
    let server = limited(LIMIT as u64, Policy::AllKeysLru);
    let mut client = server.client();
    assert_eq!(client.ask("SET hot 1"), "+OK");
    for at in 0..5_000 {
        let value = vec![b'x'; at % 1_000];
        client.request(&[b"SET", format!("key:{at}").as_bytes(), &value]);
        assert_eq!(client.reply(), b"+OK\r\n");
        assert!(used(&server) <= LIMIT, "after {at} keys");
        if at % 50 == 0 {
            assert_eq!(client.ask("GET hot"), "$1 1", "after {at} keys");
        }
    }
    let left: usize = client.ask("DBSIZE")[1..].parse().expect("a number");
    let evicted = server.shared.lock_keyspace().counters().evicted as usize;
    assert_eq!(left + evicted, 5_001, "nothing else removes keys");
    // Every remaining key is newer than every evicted one.
    let mut was_there = false;
    for at in 0..5_000 {
        let is_there = client.ask(&format!("EXISTS key:{at}")) == ":1";
        assert!(is_there || !was_there, "key:{at}");
        was_there = is_there;
    }
}

/// Ensures that reads, writes and TOUCH record a use, that questions about a key do not, and that
/// under CLIENT NO-TOUCH only TOUCH does.
#[test]
fn reads_refresh_and_questions_do_not() {
    for (request, refreshes) in [
        ("GET old", true),
        ("TOUCH old", true),
        ("SETRANGE old 0 w", true),
        ("EXPIRE old 100", true),
        ("EXISTS old", false),
        ("TTL old", false),
        ("TYPE old", false),
        ("OBJECT ENCODING old", false),
        ("OBJECT IDLETIME old", false),
        ("SCAN 0", false),
        ("RANDOMKEY", false),
        ("MULTI\nGET old\nDISCARD", false),
        ("CLIENT NO-TOUCH on\nGET old", false),
        ("CLIENT NO-TOUCH on\nTOUCH old", true),
    ] {
        let server = limited(0, Policy::AllKeysLru);
        let mut client = server.client();
        client.ask("MSET old v young v");
        for line in request.lines() {
            let reply = client.ask(line);
            assert!(!reply.starts_with('-'), "{line}: {reply}");
        }
        let bytes = used(&server) - 1;
        assert_eq!(client.ask(&format!("CONFIG SET maxmemory {bytes}")), "+OK");
        assert_eq!(client.ask("SETRANGE small 0 \"\""), ":0");
        assert_eq!(client.ask("EXISTS old"), if refreshes { ":1" } else { ":0" }, "{request}");
        assert_eq!(client.ask("EXISTS young"), if refreshes { ":0" } else { ":1" }, "{request}");
    }
}

/// Ensures that the volatile policies remove keys with a deadline only and refuse when none is
/// left, and that volatile-ttl takes the nearest deadline first.
#[test]
fn volatile_policies_spare_keys_without_a_deadline() {
    for policy in ["volatile-lru", "volatile-ttl", "volatile-random"] {
        let server = limited(0, Policy::NoEviction);
        let mut client = server.client();
        for request in ["SET stays v", "SET b v EX 10", "SET a v EX 20", "SET c v EX 5"] {
            assert_eq!(client.ask(request), "+OK");
        }
        let bytes = used(&server) - 1;
        client.ask(&format!("CONFIG SET maxmemory-policy {policy} maxmemory {bytes}"));
        assert_eq!(client.ask("SETRANGE small 0 \"\""), ":0");
        let mut left = client.ask("EXISTS a b c");
        assert_eq!(left, ":2", "one had to go under {policy}");
        match policy {
            "volatile-lru" => assert_eq!(client.ask("EXISTS b"), ":0"),
            "volatile-ttl" => assert_eq!(client.ask("EXISTS c"), ":0"),
            _ => {}
        }
        client.ask("CONFIG SET maxmemory 1");
        let refused = "-OOM command not allowed when used memory > 'maxmemory'.";
        assert_eq!(client.ask("SETRANGE small 0 \"\""), refused, "under {policy}");
        left = client.ask("EXISTS a b c stays");
        assert_eq!(left, ":1", "under {policy}");
        assert_eq!(client.ask("GET stays"), "$1 v");
    }
}

/// Ensures that the oldest key of all databases is evicted, also after databases were swapped.
#[test]
fn the_oldest_of_all_databases_goes() {
    let server = limited(0, Policy::AllKeysLru);
    let mut client = server.client();
    for request in
        ["SELECT 1", "SET first v", "SELECT 0", "SET second v", "SWAPDB 0 1", "SET third v"]
    {
        assert_eq!(client.ask(request), "+OK");
    }
    for expected in [[":0", ":1", ":1"], [":0", ":0", ":1"]] {
        let bytes = used(&server) - 1;
        client.ask(&format!("CONFIG SET maxmemory {bytes}"));
        client.ask("SETRANGE small 0 \"\"");
        let places = [("0", "first"), ("1", "second"), ("0", "third")];
        let found = places.map(|(db, key)| {
            client.ask(&format!("SELECT {db}"));
            client.ask(&format!("EXISTS {key}"))
        });
        assert_eq!(found, expected);
    }
}

/// Ensures that the eviction of a watched key makes EXEC do nothing.
#[test]
fn eviction_is_a_change_to_those_who_watch() {
    let server = limited(0, Policy::AllKeysLru);
    server.check(
        "
        > SET k v
        +OK
        > WATCH k
        +OK
        2> CONFIG SET maxmemory 1
        +OK
        2> SET other v
        -OOM command not allowed when used memory > 'maxmemory'.
        2> CONFIG SET maxmemory 0
        +OK
        > MULTI
        +OK
        > PING
        +QUEUED
        > EXEC
        *-1
    ",
    );
}

/// Ensures that CONFIG SET reads Redis's units and shares, and refuses everything else.
#[test]
fn the_limit_is_set_in_units_and_shares() {
    let server = TestServer::start();
    let mut client = server.client();
    for (amount, bytes) in
        [("100mb", "104857600"), ("2k", "2000"), ("0", "0"), ("1GB", "1073741824")]
    {
        assert_eq!(client.ask(&format!("CONFIG SET maxmemory {amount}")), "+OK");
        let shown = format!("*2 $9 maxmemory ${} {bytes}", bytes.len());
        assert_eq!(client.ask("CONFIG GET maxmemory"), shown);
    }
    assert_eq!(client.ask("CONFIG SET maxmemory 50%"), "+OK");
    assert_ne!(client.ask("CONFIG GET maxmemory"), "*2 $9 maxmemory $1 0");
    for bad in ["much", "-1", "101%"] {
        let reply = client.ask(&format!("CONFIG SET maxmemory {bad}"));
        assert!(reply.ends_with("argument must be a memory or percent value"), "{reply}");
    }
    let reply = client.ask("CONFIG SET maxmemory-policy often");
    assert!(reply.contains("must be one of the following: volatile-lru, volatile-lfu"), "{reply}");
}

/// Ensures that data far beyond a lowered limit is evicted in the background.
#[test]
fn a_lowered_limit_is_kept_in_the_background() {
    let server = limited(0, Policy::AllKeysRandom);
    let mut client = server.client();
    for at in 0..20_000 {
        client.say(&format!("SET key:{at} v"));
    }
    for _ in 0..20_000 {
        assert_eq!(client.reply(), b"+OK\r\n");
    }
    let bytes = used(&server) / 4;
    assert_eq!(client.ask(&format!("CONFIG SET maxmemory {bytes}")), "+OK");
    crate::support::wait_until("the limit is kept", || used(&server) <= bytes);
}

/// Ensures that keys in frequent use survive a scan through many others under both LFU policies,
/// and that OBJECT tells how often a key is used instead of when.
#[test]
fn frequent_keys_survive_a_scan() {
    for (policy, ttl) in [(Policy::AllKeysLfu, ""), (Policy::VolatileLfu, " EX 1000")] {
        let server = limited(400_000, policy);
        let mut client = server.client();
        for at in 0..20 {
            client.ask(&format!("SET hot:{at} v{ttl}"));
            (0..50).for_each(|_| assert_eq!(client.ask(&format!("GET hot:{at}")), "$1 v"));
        }
        for at in 0..20_000 {
            client.say(&format!("SET cold:{at} {}{ttl}", "v".repeat(500)));
        }
        (0..20_000).for_each(|_| assert_eq!(client.reply(), b"+OK\r\n"));
        assert_ne!(client.ask("EXISTS cold:0"), ":1", "there was not enough for a scan");
        for at in 0..20 {
            assert_eq!(client.ask(&format!("GET hot:{at}")), "$1 v", "hot:{at} under {policy:?}");
        }
        let count: u8 = client.ask("OBJECT FREQ hot:0")[1..].parse().expect("a count");
        assert!(count > 5, "{count}");
        assert!(client.ask("OBJECT IDLETIME hot:0").contains("idle time not tracked"));
        server.clock.advance_ms(60_000);
        assert_eq!(client.ask("OBJECT FREQ hot:0"), format!(":{}", count - 1));
        client.ask("SET new v");
        assert_eq!(client.ask("OBJECT FREQ new"), ":5");
    }
}
