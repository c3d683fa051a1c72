//! XADD and XTRIM.

use crate::support::check;

const IDS_OF_ENTRIES: &str = "
    > XADD s * f
    -ERR wrong number of arguments for 'xadd' command
    > XADD s 5-3 f v
    $3 5-3
    > XADD s 5-3 f v
    -ERR The ID specified in XADD is equal or smaller than the target stream top item
    > XADD s 5 f v
    -ERR The ID specified in XADD is equal or smaller than the target stream top item
    > XADD s 5-* f v
    $3 5-4
    > XADD s 6-* f v g w
    $3 6-0
    > XADD s 7 f v
    $3 7-0
    > XADD s 0-0 f v
    -ERR The ID specified in XADD must be greater than 0-0
    > XADD s x f v
    -ERR Invalid stream ID specified as stream command argument
    > XADD s -  f v
    -ERR Invalid stream ID specified as stream command argument
    > XADD s 7-1 f v g
    -ERR wrong number of arguments for 'xadd' command
    > XADD s 7-1
    -ERR wrong number of arguments for 'xadd' command
    > XADD t 0-* f v
    $3 0-1
    > XADD t 18446744073709551615-18446744073709551615 f v
    $41 18446744073709551615-18446744073709551615
    > XADD t * f v
    -ERR The stream has exhausted the last possible ID, unable to add more items
    > XADD none NOMKSTREAM 1-1 f v
    $-1
    > EXISTS none
    :0
    > SET str v
    +OK
    > XADD str 1-1 f v
    -WRONGTYPE Operation against a key holding the wrong kind of value
    > XLEN s
    :4
    > XLEN none
    :0
    > XLEN str
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that ids rise, are completed as Redis completes them, and are refused with its words.
#[test]
fn ids_of_entries() {
    check(IDS_OF_ENTRIES);
}

const XADD_TRIMS: &str = "
    > XADD s 1-1 f v
    $3 1-1
    > XADD s 2-1 f v
    $3 2-1
    > XADD s MAXLEN 2 3-1 f v
    $3 3-1
    > XRANGE s - +
    *2
    *2
    $3 2-1
    *2
    $1 f
    $1 v
    *2
    $3 3-1
    *2
    $1 f
    $1 v
    > XADD s MAXLEN = 1 4-1 f v
    $3 4-1
    > XADD s MINID 5 5-1 f v
    $3 5-1
    > XLEN s
    :1
    > XADD s MAXLEN ~ 1 6-1 f v
    $3 6-1
    > XLEN s
    :2
    > XADD s MAXLEN -1 7-1 f v
    -ERR The MAXLEN argument must be >= 0.
    > XADD s MAXLEN x 7-1 f v
    -ERR value is not an integer or out of range
    > XADD s MINID + 7-1 f v
    -ERR Invalid stream ID specified as stream command argument
    > XADD s MAXLEN 1 MINID 1 7-1 f v
    -ERR syntax error, MAXLEN and MINID options at the same time are not compatible
    > XADD s LIMIT 5 7-1 f v
    -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
    > XADD s LIMIT 0 7-1 f v
    -ERR syntax error, LIMIT cannot be used without the special ~ option
    > XADD s MAXLEN 1 LIMIT 5 7-1 f v
    -ERR syntax error, LIMIT cannot be used without the special ~ option
    > XADD s MAXLEN ~ 1 LIMIT -1 7-1 f v
    -ERR The LIMIT argument must be >= 0.
    > XADD s LIMIT 5 NOMKSTREAM MAXLEN ~ 1 7-1 f v
    $3 7-1
    > XLEN s
    :3
";

/// Ensures that XADD trims after it has added, and checks its options.
#[test]
fn xadd_trims() {
    check(XADD_TRIMS);
}

const XTRIM_OPTIONS: &str = "
    > XTRIM none MAXLEN 0
    :0
    > XADD s 1-1 f v
    $3 1-1
    > XADD s 2-1 f v
    $3 2-1
    > XADD s 3-1 f v
    $3 3-1
    > XTRIM s MAXLEN ~ 1
    :0
    > XTRIM s MAXLEN 2
    :1
    > XTRIM s MINID 3-0
    :1
    > XTRIM s MINID = 3-0
    :0
    > XTRIM s MAXLEN 0
    :1
    > EXISTS s
    :1
    > XADD s 3-1 f v
    -ERR The ID specified in XADD is equal or smaller than the target stream top item
    > XTRIM s
    -ERR wrong number of arguments for 'xtrim' command
    > XTRIM s MAXLEN
    -ERR wrong number of arguments for 'xtrim' command
    > XTRIM s LIMIT 5 x
    -ERR syntax error
    > XTRIM s LIMIT 5
    -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
    > XTRIM s LIMIT 0
    -ERR syntax error, XTRIM must be called with a trimming strategy
    > XTRIM s MAXLEN 5 LIMIT 5
    -ERR syntax error, LIMIT cannot be used without the special ~ option
    > XTRIM s MAXLEN ~ 5 LIMIT 5
    :0
    > XTRIM s MAXLEN 5 NOMKSTREAM
    -ERR syntax error
    > SET str v
    +OK
    > XTRIM str MAXLEN 5
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that XTRIM removes up to a length or an id, and refuses options that contradict.
#[test]
fn xtrim_options() {
    check(XTRIM_OPTIONS);
}
