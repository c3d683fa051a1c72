//! Large hashes: walks through some fields at a time, and random fields.

use crate::support::{TestServer, check, check3, words};
use proptest::prelude::*;
use respool::keyspace::Hash;
use respool::keyspace::types::Listpack;
use std::collections::BTreeSet;

/// Ensures that a small hash comes in one step, in order, and that MATCH and NOVALUES choose.
#[test]
fn a_small_hash_is_walked_in_one_step() {
    check(
        "
        > HSET h name Ada born 1815 note x
        :3
        > HSCAN h 0 COUNT 1
        *2
        $1 0
        *6
        $4 name
        $3 Ada
        $4 born
        $4 1815
        $4 note
        $1 x
        > HSCAN h 17 MATCH n* NOVALUES
        *2
        $1 0
        *2
        $4 name
        $4 note
        > HSCAN h 0 novalues count 10 match b*
        *2
        $1 0
        *1
        $4 born
        > HSCAN nobody 0
        *2
        $1 0
        *0
        ",
    );
    check3("> HSET h f v\n:1\n> HSCAN h 0\n*2\n$1 0\n*2\n$1 f\n$1 v");
}

/// Ensures that HSCAN checks the cursor before the key, and the options after it.
#[test]
fn hscan_errors_are_in_order() {
    check(
        "
        > SET s v
        +OK
        > HSCAN s x nonsense
        -ERR invalid cursor
        > HSCAN s 0 nonsense
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > HSCAN nobody 0 nonsense
        *2
        $1 0
        *0
        > HSET h f v
        :1
        > HSCAN h 0 nonsense
        -ERR syntax error
        > HSCAN h 0 TYPE hash
        -ERR syntax error
        > HSCAN h 0 COUNT
        -ERR syntax error
        > HSCAN h 0 COUNT 0
        -ERR syntax error
        > HSCAN h 0 COUNT x
        -ERR value is not an integer or out of range
        > HSCAN h 18446744073709551616
        -ERR invalid cursor
        > HSCAN h 18446744073709551615
        *2
        $1 0
        *2
        $1 f
        $1 v
        ",
    );
}

/// Ensures that a large hash is walked through over the wire, a hundred fields at a time.
#[test]
fn a_large_hash_is_walked_through() {
    const COUNT: usize = 20_000;
    let server = TestServer::start();
    let mut client = server.client();
    for chunk in 0..COUNT / 100 {
        let pairs: Vec<String> = (0..100).map(|at| format!("f{} v", chunk * 100 + at)).collect();
        assert_eq!(client.ask(&format!("HSET h {}", pairs.join(" "))), ":100");
    }
    let mut seen = BTreeSet::new();
    let mut cursor = "0".to_owned();
    let mut steps = 0;
    loop {
        let reply = client.ask(&format!("HSCAN h {cursor} COUNT 100 NOVALUES"));
        // *2 $n cursor *m $n name …
        let words: Vec<&str> = reply.split(' ').collect();
        seen.extend(words[4..].iter().skip(1).step_by(2).map(|name| (*name).to_owned()));
        cursor = words[2].to_owned();
        steps += 1;
        if cursor == "0" {
            break;
        }
    }
    assert_eq!((seen.len(), steps), (COUNT, COUNT / 100));
}

#[derive(Debug, Clone)]
enum Step {
    Add(u16),
    Remove(u16),
    Scan(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..2_000_u16).prop_map(Step::Add),
        3 => (0..2_000_u16).prop_map(Step::Remove),
        1 => (1..100_usize).prop_map(Step::Scan),
    ]
}

const NAMES: Listpack = Listpack::OF_HASHES;

fn config() -> ProptestConfig {
    ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Ensures that every field that stays throughout a walk is seen, whatever comes and goes.
    #[test]
    fn what_stays_is_seen(size in 1..1_500_u16, steps in prop::collection::vec(step(), 0..400)) {
        let mut fields = Hash::new();
        let name = |number: u16| format!("field {number}").into_bytes();
        // A long value makes it large, however few fields there are.
        fields.set(b"long", &[b'x'; 100], NAMES);
        (0..size).for_each(|number| {
            fields.set(&name(number), b"v", NAMES);
        });
        let mut stayed: BTreeSet<Vec<u8>> = (0..size).map(name).collect();
        let mut seen = BTreeSet::new();
        let mut cursor = 0;
        // What the steps leave over is seen at the end.
        for step in steps.into_iter().chain(std::iter::repeat(Step::Scan(10))) {
            match step {
                Step::Add(number) => {
                    fields.set(&name(number), b"new", NAMES);
                }
                Step::Remove(number) => {
                    fields.remove(&name(number));
                    stayed.remove(&name(number));
                }
                Step::Scan(count) => {
                    cursor = fields.scan(cursor, count, |name, _| {
                        seen.insert(name.to_vec());
                    });
                    if cursor == 0 {
                        break;
                    }
                }
            }
        }
        let missed: Vec<_> = stayed.difference(&seen).collect();
        prop_assert!(missed.is_empty(), "missed {} of {}", missed.len(), stayed.len());
    }
}

/// Ensures that the forms of the draw's answer are Redis's in both protocols.
#[test]
fn hrandfield_answers_in_redis_forms() {
    let session = "
        > HSET h f v
        :1
        > HRANDFIELD h
        $1 f
        > HRANDFIELD h 5
        *1
        $1 f
        > HRANDFIELD h -2
        *2
        $1 f
        $1 f
        > HRANDFIELD h 0
        *0
        > HRANDFIELD nobody 5 WITHVALUES
        *0
    ";
    check(&format!("{session}\n> HRANDFIELD h 5 withvalues\n*2\n$1 f\n$1 v"));
    check(&format!("{session}\n> HRANDFIELD nobody\n$-1"));
    check3(&format!("{session}\n> HRANDFIELD h 5 withvalues\n*1\n*2\n$1 f\n$1 v"));
    check3(&format!("{session}\n> HRANDFIELD h -1 withvalues\n*1\n*2\n$1 f\n$1 v"));
    check3("> HRANDFIELD nobody\n_");
}

/// Ensures that HRANDFIELD checks its arguments before the key, and bounds what it is asked for.
#[test]
fn hrandfield_errors() {
    let out_of_range = "-ERR value is out of range";
    check(&format!(
        "
        > SET s v
        +OK
        > HRANDFIELD s x
        -ERR value is not an integer or out of range
        > HRANDFIELD s 1 nonsense
        -ERR syntax error
        > HRANDFIELD s 1 withvalues withvalues
        -ERR syntax error
        > HRANDFIELD s -9223372036854775808
        {out_of_range}, value must between -9223372036854775807 and 9223372036854775807
        > HRANDFIELD s -9223372036854775807 WITHVALUES
        {out_of_range}
        > HRANDFIELD s 1
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > HRANDFIELD s
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > HSET h f v
        :1
        > HRANDFIELD h -100001
        {out_of_range}
        > HRANDFIELD h 4611686018427387903 WITHVALUES
        *2
        $1 f
        $1 v
        "
    ));
}

/// Ensures that a positive count never draws the same field twice, however large it is, and that
/// every field is drawn sooner or later.
#[test]
fn a_positive_count_draws_different_fields() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask("HSET h a 1 b 1 c 1 d 1 e 1 f 1 g 1 h 1");
    let mut ever = BTreeSet::new();
    for round in 0..400 {
        let count = 1 + round % 8;
        let reply = client.ask(&format!("HRANDFIELD h {count}"));
        let names: Vec<&str> = words(&reply).collect();
        assert_eq!(names.len(), count, "{reply}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), count, "{reply}");
        ever.extend(names.into_iter().map(str::to_owned));
    }
    assert_eq!(ever.len(), 8, "all are drawn: {ever:?}");
}
