//! The names of INFO's fields, and their order, as Debian's Redis has them.

use crate::connection::Connection;
use crate::servers::Server;

/// Sections whose fields depend on the server's state, or are made elsewhere.
const OTHER_SECTIONS: [&str; 5] =
    ["Persistence", "Commandstats", "Errorstats", "Latencystats", "Keyspace"];

/// Fields that Debian's 7.0 does not have, and why they are here.
const ADDED: &[(&str, &str)] = &[
    ("respool_version", "what runs"),
    ("listener0", "7.2"),
    ("total_blocking_keys", "7.2"),
    ("total_blocking_keys_on_nokey", "7.2"),
    ("mem_overhead_db_hashtable_rehashing", "7.4, and asked for by its monitors"),
    ("client_query_buffer_limit_disconnections", "7.2"),
    ("client_output_buffer_limit_disconnections", "7.2"),
    ("eventloop_cycles", "7.2"),
    ("eventloop_duration_sum", "7.2"),
    ("eventloop_duration_cmd_sum", "7.2"),
    ("instantaneous_eventloop_cycles_per_sec", "7.2"),
    ("instantaneous_eventloop_duration_usec", "7.2"),
    ("acl_access_denied_auth", "7.2"),
    ("acl_access_denied_cmd", "7.2"),
    ("acl_access_denied_key", "7.2"),
    ("acl_access_denied_channel", "7.2"),
    ("connection_ends", "the reasons for which connections have ended"),
];

/// Titles and names, in order.
fn names(server: &Server) -> Vec<String> {
    let mut connection = Connection::open(server.address);
    let replies = connection.run(&[vec![b"INFO".to_vec(), b"everything".to_vec()]]);
    let text = String::from_utf8_lossy(&replies[0]).into_owned();
    let mut names = Vec::new();
    let mut is_compared = true;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            is_compared = !OTHER_SECTIONS.contains(&title);
            names.push(line.to_owned());
        } else if is_compared && let Some((name, _)) = line.split_once(':') {
            names.push(name.to_owned());
        }
    }
    names
}

/// Ensures that INFO has Redis's fields, all of them and in its order.
#[test]
fn fields_are_the_same() {
    let (redis, respool) = (names(&Server::redis()), names(&Server::respool()));
    for (name, why) in ADDED {
        assert!(respool.iter().any(|found| found == name), "{name}: {why}");
    }
    let is_added = |name: &String| ADDED.iter().any(|(added, _)| added == name);
    let respool: Vec<String> = respool.into_iter().filter(|name| !is_added(name)).collect();
    assert!(redis.len() > 100, "{redis:?}");
    assert_eq!(respool, redis);
}
