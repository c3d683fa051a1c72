//! Fairness: large replies, slow commands, kills and stops do not delay other clients.

use crate::logs::folder;
use crate::raw::{Raw, encode};
use crate::support::{TestServer, wait_until};
use respool::keyspace::{Event, Keyspace, Value};
use respool::limits;
use respool::shared::Stats;
use std::io::Write;
use std::sync::atomic::Ordering::Relaxed;

/// Ensures that a single reply larger than the output limit arrives whole.
#[test]
fn one_reply_may_be_larger_than_the_limit() {
    let server = TestServer::start();
    let mut client = server.client();
    let value = vec![b'x'; 270 << 20];
    client.request(&[b"SET", b"k", &value]);
    assert_eq!(client.reply(), b"+OK\r\n");
    client.send(b"*2\r\n$3\r\nGE");
    client.send(b"T\r\n$1\r\nk\r\n");
    let sent = || Stats::read(&server.shared.stats.output_bytes) > 100_000;
    wait_until("the kernel takes no more", sent);
    assert_eq!(client.reply().len(), value.len() + "$283115520\r\n\r\n".len());
}

/// Ensures that a killed client's waiting commands are not executed, beyond the batch in hand.
#[test]
fn a_killed_client_executes_nothing_more() {
    let server = TestServer::start();
    let (mut killer, mut victim) = (server.client(), server.client());
    assert_eq!(killer.ask("PING"), "+PONG");
    let id = victim.ask("CLIENT ID").trim_start_matches(':').to_owned();
    let mut stream = victim.stream().try_clone().expect("a descriptor");
    let executed = |client: &mut Raw| -> usize {
        let n = client.ask("INCRBY n 0");
        n.trim_start_matches(':').parse().expect("a number")
    };
    let mut at_kill = 0;
    std::thread::scope(|scope| {
        let flood = scope.spawn(move || {
            let requests = [b"CLIENT REPLY OFF\r\n".to_vec(), encode(&[b"INCR", b"n"]).repeat(500)];
            while stream.write_all(&requests.concat()).is_ok() {}
        });
        // By then much more of it waits: it is sent faster than it is executed.
        wait_until("the flood is under way", || executed(&mut killer) > 50_000);
        assert_eq!(killer.ask(&format!("CLIENT KILL ID {id}")), ":1");
        at_kill = executed(&mut killer);
        flood.join().expect("the flood ends");
    });
    wait_until("the victim is gone", || server.shared.clients.len() == 1);
    let more = executed(&mut killer) - at_kill;
    assert!(more <= limits::BATCH_REQUESTS_MAX, "{more} more after {at_kill}");
}

/// Ensures that picking a random key does not walk through all those that have expired.
#[test]
fn a_random_key_among_expired_ones() {
    let mut keyspace = Keyspace::new(1);
    for key in 0..5_000 {
        let key = key.to_string();
        keyspace.keys(0, 1_000, false).set(
            key.as_bytes(),
            Value::string(b"v"),
            Some(1_100),
            Event::SET,
        );
    }
    assert!(keyspace.keys(0, 1_100, false).random().is_some());
    let expired = keyspace.counters().expired;
    assert!((1..=limits::RANDOM_KEY_TRIES as u64).contains(&expired), "{expired} removed");
    keyspace.check_invariants();
}

/// Ensures that a client that reads its reply slowly does not count as idle.
#[test]
fn a_slow_download_is_not_silence() {
    let server = TestServer::start();
    let mut client = server.client();
    client.request(&[b"SET", b"k", &vec![b'x'; 64 << 20]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    client.send(b"GET k\r\n");
    let sent = || Stats::read(&server.shared.stats.output_bytes);
    wait_until("the reply is on its way", || sent() > 1_000_000);
    server.clock.advance_ms(5_000);
    assert_eq!(client.reply().len(), (64 << 20) + "$67108864\r\n\r\n".len());
    let listed = server.shared.clients.list();
    wait_until("the client counts as active", || {
        listed[0].active_at_ms.load(Relaxed) == server.clock.steady_ms()
    });
}

/// Ensures that an EXEC that is refused also ends the transaction.
#[test]
fn a_refused_exec_ends_the_transaction() {
    let server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.ask("MULTI"), "+OK");
    let aborted = "-EXECABORT Transaction discarded because of: wrong number of arguments for \
                   'exec' command";
    assert_eq!(client.ask("EXEC now"), aborted);
    assert_eq!(client.ask("EXEC"), "-ERR EXEC without MULTI");
}

/// Ensures that a write that waits for the disk need not wait until all expired keys are removed.
#[test]
fn a_write_is_synced_while_many_keys_expire() {
    const KEYS: usize = 100_000;
    let dir = folder();
    let server = TestServer::with(|config| {
        config.appendonly = true;
        config.dir = dir.path().to_path_buf();
    });
    let mut client = server.client();
    for first in (0..KEYS).step_by(1_000) {
        let keys = (first..first + 1_000).map(|key| key.to_string());
        let sets = keys.flat_map(|key| encode(&[b"SET", key.as_bytes(), b"v", b"PX", b"100"]));
        client.send(&sets.collect::<Vec<u8>>());
        (0..1_000).for_each(|_| assert_eq!(client.reply(), b"+OK\r\n"));
    }
    assert_eq!(client.ask("CONFIG SET appendfsync always"), "+OK");
    server.clock.advance_ms(100);
    wait_until("keys expire", || client.ask("DBSIZE") != format!(":{KEYS}"));
    assert_eq!(client.ask("SET late 1"), "+OK");
    assert_ne!(client.ask("DBSIZE"), ":1", "everything was removed first");
}
