//! XRANGE, XREVRANGE, XDEL, XSETID.

use crate::support::check;

const RANGES: &str = "
    > XADD s 1-1 f a
    $3 1-1
    > XADD s 1-2 f b
    $3 1-2
    > XADD s 2-0 g c
    $3 2-0
    > XRANGE s - +
    *3
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    *2
    $3 1-2
    *2
    $1 f
    $1 b
    *2
    $3 2-0
    *2
    $1 g
    $1 c
    > XRANGE s 1 1
    *2
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    *2
    $3 1-2
    *2
    $1 f
    $1 b
    > XRANGE s (1-1 (2-0
    *1
    *2
    $3 1-2
    *2
    $1 f
    $1 b
    > XRANGE s - + COUNT 1
    *1
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    > XRANGE s - + COUNT 0
    *-1
    > XRANGE s - + COUNT -1
    *-1
    > XRANGE s - + COUNT x
    -ERR value is not an integer or out of range
    > XRANGE s - + COUNT
    -ERR syntax error
    > XRANGE s - + LIMIT 1
    -ERR syntax error
    > XRANGE s (- +
    -ERR Invalid stream ID specified as stream command argument
    > XRANGE s - (18446744073709551615-18446744073709551616
    -ERR Invalid stream ID specified as stream command argument
    > XRANGE s (18446744073709551615-18446744073709551615 +
    -ERR invalid start ID for the interval
    > XRANGE s - (0-0
    -ERR invalid end ID for the interval
    > XREVRANGE s + - COUNT 2
    *2
    *2
    $3 2-0
    *2
    $1 g
    $1 c
    *2
    $3 1-2
    *2
    $1 f
    $1 b
    > XREVRANGE s (2 1-2
    *2
    *2
    $3 2-0
    *2
    $1 g
    $1 c
    *2
    $3 1-2
    *2
    $1 f
    $1 b
    > XREVRANGE s - +
    *0
    > XRANGE none - +
    *0
    > SET str v
    +OK
    > XRANGE str - +
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that ranges have open and closed ends, a count, and a way back.
#[test]
fn ranges() {
    check(RANGES);
}

const DELETION: &str = "
    > XADD s 1-1 f a
    $3 1-1
    > XADD s 2-1 f b
    $3 2-1
    > XADD s 3-1 f c
    $3 3-1
    > XDEL s 2-1 2-1 9-9
    :1
    > XDEL s x
    -ERR Invalid stream ID specified as stream command argument
    > XDEL none x
    :0
    > XINFO STREAM s
    *20
    $6 length
    :2
    $15 radix-tree-keys
    :1
    $16 radix-tree-nodes
    :2
    $17 last-generated-id
    $3 3-1
    $20 max-deleted-entry-id
    $3 2-1
    $13 entries-added
    :3
    $23 recorded-first-entry-id
    $3 1-1
    $6 groups
    :0
    $11 first-entry
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    $10 last-entry
    *2
    $3 3-1
    *2
    $1 f
    $1 c
    > XDEL s 1-1 3-1
    :2
    > XINFO STREAM s
    *20
    $6 length
    :0
    $15 radix-tree-keys
    :0
    $16 radix-tree-nodes
    :1
    $17 last-generated-id
    $3 3-1
    $20 max-deleted-entry-id
    $3 3-1
    $13 entries-added
    :3
    $23 recorded-first-entry-id
    $3 0-0
    $6 groups
    :0
    $11 first-entry
    $-1
    $10 last-entry
    $-1
    > XADD s 3-1 f v
    -ERR The ID specified in XADD is equal or smaller than the target stream top item
    > XADD s 4-1 f v
    $3 4-1
    > SET str v
    +OK
    > XDEL str 1-1
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that entries are removed one by one, and the stream stays without any.
#[test]
fn deletion() {
    check(DELETION);
}

const XSETID: &str = "
    > XSETID none 1-1
    -ERR no such key
    > XADD s 1-1 f a
    $3 1-1
    > XADD s 2-1 f a
    $3 2-1
    > XDEL s 1-1
    :1
    > XSETID s 1-1
    -ERR The ID specified in XSETID is smaller than the target stream top item
    > XSETID s 5 ENTRIESADDED 1 MAXDELETEDID 2-2
    +OK
    > XSETID s 5 ENTRIESADDED 0
    -ERR The entries_added specified in XSETID is smaller than the target stream length
    > XSETID s 5 ENTRIESADDED -1
    -ERR entries_added must be positive
    > XSETID s 5 MAXDELETEDID 6-0
    -ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
    > XSETID s 3
    +OK
    > XSETID s 5 ENTRIESADDED
    -ERR syntax error
    > XSETID s x
    -ERR Invalid stream ID specified as stream command argument
    > XINFO STREAM s
    *20
    $6 length
    :1
    $15 radix-tree-keys
    :1
    $16 radix-tree-nodes
    :2
    $17 last-generated-id
    $3 3-0
    $20 max-deleted-entry-id
    $3 2-2
    $13 entries-added
    :1
    $23 recorded-first-entry-id
    $3 2-1
    $6 groups
    :0
    $11 first-entry
    *2
    $3 2-1
    *2
    $1 f
    $1 a
    $10 last-entry
    *2
    $3 2-1
    *2
    $1 f
    $1 a
    > SET str v
    +OK
    > XSETID str 1-1
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that what XSETID sets fits what the stream holds.
#[test]
fn xsetid() {
    check(XSETID);
}
