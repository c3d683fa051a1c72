//! HyperLogLog: the answers and the stored bytes are those of Redis 7.0.

use crate::listener::{events, listen};
use crate::logs::{folder, logging};
use crate::raw::Raw;
use crate::support::{TestServer, check};

/// Ensures that elements are counted once, and that the answer says whether something changed.
#[test]
fn elements_count_once() {
    check(
        r#"
        > PFADD k
        :1
        > PFADD k
        :0
        > PFCOUNT k
        :0
        > PFADD k a b c d
        :1
        > PFADD k a d
        :0
        > PFCOUNT k
        :4
        > PFCOUNT nobody
        :0
        > PFADD other d e
        :1
        > PFCOUNT k other nobody
        :5
        > TYPE k
        +string
        > OBJECT ENCODING k
        $3 raw
        "#,
    );
}

/// Ensures that the stored string is Redis's byte by byte, and that the count is cached in it.
#[test]
fn the_string_is_that_of_redis() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in ["PFADD k a b c d", "PFCOUNT k", "PFADD n a"] {
        client.ask(request);
    }
    let expected = b"$30\r\nHYLL\x01\0\0\0\x04\0\0\0\0\0\0\0\\{\x80Dv\x80P\xb1\x84K\xfb\x80BZ\r\n";
    client.say("GET k");
    assert_eq!(client.reply(), expected);
    // The highest bit of the cached count says that it is out of date.
    let expected = b"$21\r\nHYLL\x01\0\0\0\0\0\0\0\0\0\0\x80q\xa6\x84NW\r\n";
    client.say("GET n");
    assert_eq!(client.reply(), expected);
    server.check(
        r#"
        > PFDEBUG DECODE k
        $57 Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603
        > PFDEBUG ENCODING k
        +sparse
        > PFDEBUG TODENSE k
        :1
        > PFDEBUG TODENSE k
        :0
        > PFDEBUG ENCODING k
        +dense
        > STRLEN k
        :12304
        > PFCOUNT k
        :4
        > PFADD k a
        :0
        > PFADD k e
        :1
        > PFCOUNT k
        :5
        "#,
    );
    assert!(client.ask("PFDEBUG GETREG n").starts_with("*16384"));
}

/// Ensures that merging makes the union, in the destination as well, and dense if a source is.
#[test]
fn merging_makes_the_union() {
    check(
        "
        > PFADD a 1 2 3
        :1
        > PFADD b 3 4
        :1
        > PFMERGE b a nobody
        +OK
        > PFCOUNT b
        :4
        > PFMERGE c a b
        +OK
        > PFDEBUG ENCODING c
        +sparse
        > PFDEBUG TODENSE a
        :1
        > PFMERGE c a b
        +OK
        > PFDEBUG ENCODING c
        +dense
        > PFCOUNT c
        :4
        > PFMERGE empty
        +OK
        > PFCOUNT empty
        :0
        > PFSELFTEST
        +OK
        ",
    );
}

/// Ensures that a sparse sketch becomes dense beyond `hll-sparse-max-bytes`.
#[test]
fn a_sketch_becomes_dense_beyond_the_limit() {
    check(
        "
        > CONFIG SET hll-sparse-max-bytes 24
        +OK
        > PFADD k a
        :1
        > PFDEBUG ENCODING k
        +sparse
        > PFADD k b c
        :1
        > PFDEBUG ENCODING k
        +dense
        > PFCOUNT k
        :3
        > CONFIG GET hll-sparse-max-bytes
        *2
        $20 hll-sparse-max-bytes
        $2 24
        ",
    );
}

/// Ensures that other strings and other types are refused, and that nothing changes.
#[test]
fn other_values_are_refused() {
    check(
        "
        > SET text hello
        +OK
        > RPUSH list a
        :1
        > PFADD text a
        -WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFADD list a
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > PFCOUNT text
        -WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFCOUNT nobody text
        -WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFMERGE new text
        -WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFMERGE list
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > EXISTS new
        :0
        > PFDEBUG ENCODING nobody
        -ERR The specified key does not exist
        > PFDEBUG ENCODING text
        -WRONGTYPE Key is not a valid HyperLogLog string value.
        > PFADD k a
        :1
        > PFDEBUG nothing k
        -ERR Unknown PFDEBUG subcommand 'nothing'
        > PFDEBUG TODENSE k
        :1
        > PFDEBUG DECODE k
        -ERR HLL encoding is not sparse
        > PFDEBUG ENCODING
        -ERR wrong number of arguments for 'pfdebug' command
        ",
    );
}

/// Ensures that a corrupt sketch gets Redis's answer, and that an error changes nothing.
#[test]
fn corrupt_sketches_are_refused() {
    check(
        r#"
        > SET k "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f"
        +OK
        > PFCOUNT k
        -INVALIDOBJ Corrupted HLL object detected
        > PFADD k a
        -INVALIDOBJ Corrupted HLL object detected
        > PFMERGE k
        -INVALIDOBJ Corrupted HLL object detected
        > PFMERGE new k
        -INVALIDOBJ Corrupted HLL object detected
        > PFDEBUG TODENSE k
        -INVALIDOBJ Corrupted HLL object detected
        > PFDEBUG DECODE k
        $7 Z:16129
        > STRLEN k
        :17
        > PFADD k
        :0
        > SET k "HYLL\x01\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00"
        +OK
        > PFCOUNT k
        :7
        > SET k "HYLL\x02\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00"
        +OK
        > PFCOUNT k
        -WRONGTYPE Key is not a valid HyperLogLog string value.
        "#,
    );
}

/// Ensures that caching a count is a change for watchers, as in Redis, and reading it is none.
#[test]
fn caching_a_count_is_a_change() {
    check(
        "
        > PFADD k a
        :1
        > WATCH k
        +OK
        > PFCOUNT k
        :1
        > MULTI
        +OK
        > EXEC
        *-1
        > WATCH k
        +OK
        > PFCOUNT k
        :1
        > MULTI
        +OK
        > EXEC
        *0
        ",
    );
}

/// Ensures that adding and merging are announced as PFADD, and that counting is not.
#[test]
fn changes_are_announced() {
    let (server, mut listener) = listen("E$");
    let mut client = server.client();
    for request in ["PFADD k a", "PFADD k a", "PFMERGE m k", "PFCOUNT k", "PFDEBUG TODENSE k"] {
        client.ask(request);
    }
    assert_eq!(events(&mut client, &mut listener), ["pfadd k", "pfadd m"]);
}

/// Ensures that a log, and a rewritten one, make the same strings again.
#[test]
fn logs_make_the_same_strings_again() {
    let folder = folder();
    let mut expected = Vec::new();
    for round in 0..3 {
        let server = logging(folder.path());
        let mut client = server.client();
        let all = |client: &mut Raw| -> Vec<Vec<u8>> {
            let get = |request: &str| {
                client.say(request);
                client.reply()
            };
            ["GET k", "GET d", "GET m"].map(get).into()
        };
        if round > 0 {
            assert!(all(&mut client) == expected, "round {round}");
        }
        for request in ["PFADD k a b c", "PFADD d x", "PFDEBUG TODENSE d", "PFMERGE m k d"] {
            client.ask(request);
        }
        client.ask("PFCOUNT k");
        if round == 1 {
            assert!(client.ask("BGREWRITEAOF").starts_with('+'));
        }
        expected = all(&mut client);
    }
}
