//! Walks over everything: SCAN and HSCAN return cursors that only their own server understands, so
//! that whole walks are compared, not steps.

use crate::commands::words;
use crate::connection::{Connection, Request};
use crate::replies::elements;
use crate::servers::Server;

/// Keys and fields: enough for many steps, and for Redis to leave its compact form.
const COUNT: usize = 5_000;

/// Everything that a walk returns, in ascending order and once.
fn walk(connection: &mut Connection, before: &str, options: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut cursor = b"0".to_vec();
    for _ in 0..100 * COUNT {
        let mut request: Request = words(before);
        request.push(cursor.clone());
        request.extend(words(options).into_iter().filter(|word| !word.is_empty()));
        let reply = connection.run(&[request]).remove(0);
        let (_, step) = elements(&reply).expect("a cursor and what was found");
        let (_, names) = elements(step[1]).expect("an array");
        found.extend(names.into_iter().map(<[u8]>::to_vec));
        // `$1 0`: the number is in the second line.
        cursor = step[0].split(|byte| *byte == b'\n').nth(1).expect("a line").to_vec();
        cursor.pop();
        if cursor == b"0" {
            found.sort();
            found.dedup();
            return found;
        }
    }
    panic!("{before} … {options} does not end");
}

/// Numbered keys of both types, and a hash with as many fields.
fn data() -> Vec<Request> {
    let key = |at: usize| match at % 3 {
        0 => format!("HSET key:{at} f v"),
        1 => format!("SET key:{at} v"),
        // Has expired.
        _ => format!("SET key:{at} v PXAT 1"),
    };
    let field = |at: usize| format!("HSET hash field:{at} value:{at}");
    (0..COUNT).flat_map(|at| [words(&key(at)), words(&field(at))]).collect()
}

/// Ensures that whole walks, in steps of any size, find the same in both servers.
#[test]
fn whole_walks_find_the_same() {
    let servers = [Server::redis(), Server::respool()];
    let mut both = servers.each_ref().map(|server| Connection::open(server.address));
    both.iter_mut().for_each(|connection| {
        connection.run(&data());
    });
    let walks = [
        ("SCAN", ""),
        ("SCAN", "COUNT 1"),
        ("SCAN", "COUNT 999 MATCH key:*7"),
        ("SCAN", "TYPE string MATCH *1* COUNT 100"),
        ("SCAN", "TYPE hash"),
        ("SCAN", "TYPE nonsense COUNT 1000"),
        ("HSCAN hash", ""),
        ("HSCAN hash", "COUNT 3"),
        ("HSCAN hash", "MATCH field:[1-3]* COUNT 70"),
        ("HSCAN key:0", "COUNT 1"),
        ("HSCAN nobody", ""),
    ];
    for (before, options) in walks {
        let [redis, respool] = both.each_mut().map(|both| walk(both, before, options));
        assert_eq!(redis.len(), respool.len(), "{before} … {options}");
        assert!(redis == respool, "{before} … {options}");
    }
}
