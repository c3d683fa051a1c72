//! The data after random requests survives a `kill -9`, read by respool and by Redis.

use crate::commands::{Generator, look_at_everything, words};
use crate::connection::{Connection, RawReply, show};
use crate::differential::seed;
use crate::replies::Transcript;
use crate::servers::{PATIENCE, Server};
use std::time::{Duration, Instant};

/// Episodes, each in a folder of its own.
const EPISODES: usize = 25;

/// Requests of one episode.
const REQUESTS: usize = 4_000;

/// The replies that show all data.
pub fn look(server: &Server) -> Vec<RawReply> {
    let mut connection = Connection::open(server.address);
    let deadline = Instant::now() + PATIENCE;
    // Redis listens while it is loading.
    while connection.run(&[words("PING")])[0] != b"+PONG\r\n" {
        assert!(Instant::now() < deadline, "the log is not loaded");
        std::thread::sleep(Duration::from_millis(5));
    }
    connection.run(&look_at_everything())
}

pub fn expect_same(what: &str, before: &[RawReply], after: &[RawReply]) {
    let mut transcript = Transcript::default();
    for (request, (before, after)) in look_at_everything().iter().zip(before.iter().zip(after)) {
        assert!(
            // The form of a value is not part of it, and Redis counts what has expired.
            request[0] == b"OBJECT"
                || request[0] == b"DBSIZE"
                || transcript.is_same(request, before, after),
            "{what}: {}\n  before: {}\n  after:  {}",
            show(request),
            before.escape_ascii(),
            after.escape_ascii()
        );
    }
}

/// Ensures that everything is there again after the process was killed, and that Redis finds the
/// same in our log.
#[test]
fn the_data_survives_a_kill() {
    let seed = seed();
    println!("RESPOOL_SEED={seed}");
    let mut generator = Generator::new(seed);
    for episode in 0..EPISODES {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a plain path");
        let flags = ["--appendonly", "yes", "--dir", path];
        let ours = [&["--port", "any"], &flags[..]].concat();
        let server = Server::respool_with(&ours);
        Connection::open(server.address).run(&generator.episode(REQUESTS));
        let before = look(&server);
        drop(server);
        let after = look(&Server::respool_with(&ours));
        expect_same(&format!("RESPOOL_SEED={seed}, episode {episode}, ours"), &before, &after);
        let after = look(&Server::redis_with(&flags));
        expect_same(&format!("RESPOOL_SEED={seed}, episode {episode}, Redis"), &before, &after);
    }
}
