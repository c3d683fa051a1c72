//! A real client library: the `redis` crate, in both versions of the protocol.

use crate::support::TestServer;
use redis::{Commands, Connection};
use std::collections::HashMap;

/// Connections in RESP2 and in RESP3.
fn connections(server: &TestServer) -> [Connection; 2] {
    ["", "?protocol=resp3"].map(|protocol| connect(server, protocol))
}

fn connect(server: &TestServer, protocol: &str) -> Connection {
    let url = format!("redis://{}/{protocol}", server.address);
    let client = redis::Client::open(url).expect("a url");
    client.get_connection().expect("a connection")
}

/// Ensures that the library's typed commands get the types they expect.
#[test]
fn typed_commands() {
    let server = TestServer::start();
    for mut redis in connections(&server) {
        let () = redis::cmd("FLUSHALL").query(&mut redis).expect("OK");
        assert_eq!(redis.get::<_, Option<String>>("k"), Ok(None));
        let () = redis.set("k", 41).expect("OK");
        assert_eq!(redis.incr::<_, _, i64>("k", 1), Ok(42));
        assert_eq!(redis.get::<_, i64>("k"), Ok(42));
        assert_eq!(redis.expire::<_, bool>("k", 100), Ok(true));
        assert_eq!(redis.ttl::<_, i64>("k"), Ok(100));
        assert_eq!(redis.persist::<_, bool>("k"), Ok(true));
        assert_eq!(redis.exists::<_, bool>("k"), Ok(true));
        assert_eq!(redis.hset::<_, _, _, bool>("h", "a", 1), Ok(true));
        assert_eq!(redis.hset::<_, _, _, bool>("h", "b", 2), Ok(true));
        let all: HashMap<String, i64> = redis.hgetall("h").expect("a map");
        assert_eq!(all, HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
        assert_eq!(redis.hdel::<_, _, i64>("h", &["a", "b"]), Ok(2));
        assert_eq!(redis.del::<_, i64>(&["k", "h", "nothing"]), Ok(1));
        assert_eq!(redis.mget::<_, Vec<Option<i64>>>(&["k", "h"]), Ok(vec![None, None]));
    }
}

/// Ensures that the library recognises errors by their codes and goes on afterwards.
#[test]
fn errors_have_codes() {
    let server = TestServer::start();
    for mut redis in connections(&server) {
        let () = redis.set("s", "text").expect("OK");
        let error = redis.hget::<_, _, String>("s", "f").expect_err("a wrong type");
        assert_eq!(error.code(), Some("WRONGTYPE"));
        assert_eq!(redis.get::<_, String>("s"), Ok("text".to_owned()));
    }
}

/// Ensures that a pipeline's replies come back in order.
#[test]
fn pipelines() {
    let server = TestServer::start();
    for mut redis in connections(&server) {
        let mut pipeline = redis::pipe();
        for at in 0..1_000 {
            pipeline.set(format!("key:{at}"), at).ignore();
            pipeline.get(format!("key:{at}"));
        }
        let values: Vec<i64> = pipeline.query(&mut redis).expect("replies");
        assert_eq!(values, (0..1_000).collect::<Vec<i64>>());
    }
}

/// Ensures that values are bytes, not text.
#[test]
fn binary_values() {
    let server = TestServer::start();
    let value: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for mut redis in connections(&server) {
        let () = redis.set(&value[..300], &value).expect("OK");
        assert_eq!(redis.get::<_, Vec<u8>>(&value[..300]), Ok(value.clone()));
    }
}

/// Ensures that a database in the URL is selected, and a password there is used.
#[test]
fn database_and_password_in_the_url() {
    let server = TestServer::with(|config| config.requirepass = b"secret".to_vec());
    for protocol in ["", "?protocol=resp3"] {
        let url = format!("redis://:secret@{}/3{protocol}", server.address);
        let client = redis::Client::open(url).expect("a url");
        let mut redis = client.get_connection().expect("a connection");
        let () = redis.set("k", "v").expect("OK");
        let info: String = redis::cmd("CLIENT").arg("INFO").query(&mut redis).expect("a line");
        assert!(info.contains(" db=3 "), "{info}");
        assert!(info.contains(" lib-name=redis-rs"), "{info}");
        let wrong = redis::Client::open(format!("redis://:wrong@{}/{protocol}", server.address));
        assert!(wrong.expect("a url").get_connection().is_err());
    }
}

/// Ensures that threads with connections of their own count together.
#[test]
fn several_threads() {
    let server = TestServer::start();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let server = &server;
            scope.spawn(move || {
                let protocol = if number % 2 == 0 { "" } else { "?protocol=resp3" };
                let mut redis = connect(server, protocol);
                for _ in 0..500 {
                    let () = redis.incr("n", 1).expect("a number");
                    let () = redis.hset(format!("h:{number}"), "f", number).expect("a number");
                }
                assert_eq!(redis.hget::<_, _, i64>(format!("h:{number}"), "f"), Ok(number));
            });
        }
    });
    let [mut redis, _] = connections(&server);
    assert_eq!(redis.get::<_, i64>("n"), Ok(4_000));
}
