//! XGROUP, XCLAIM, XAUTOCLAIM, XPENDING.

use crate::support::check;

const GROUPS_OF_A_STREAM: &str = "
    > XGROUP CREATE s g $
    -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want \
     to use the MKSTREAM option to create an empty stream automatically.
    > XGROUP CREATE s g $ MKSTREAM
    +OK
    > XGROUP CREATE s g $
    -BUSYGROUP Consumer Group name already exists
    > XGROUP CREATE s h x
    -ERR Invalid stream ID specified as stream command argument
    > XGROUP CREATE s h -
    -ERR Invalid stream ID specified as stream command argument
    > XGROUP CREATE s h 0 FOO
    -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
    > XGROUP CREATE s h 0 ENTRIESREAD -2
    -ERR value for ENTRIESREAD must be positive or -1
    > XGROUP CREATE s h 5 ENTRIESREAD 3
    +OK
    > XGROUP CREATECONSUMER s g ada
    :1
    > XGROUP CREATECONSUMER s g ada
    :0
    > XGROUP CREATECONSUMER s nope ada
    -NOGROUP No such consumer group 'nope' for key name 's'
    > XGROUP CREATECONSUMER none g ada
    -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want \
     to use the MKSTREAM option to create an empty stream automatically.
    > XGROUP SETID s h +
    +OK
    > XGROUP SETID s h $ ENTRIESREAD 7
    +OK
    > XGROUP SETID s nope 0
    -NOGROUP No such consumer group 'nope' for key name 's'
    > XGROUP SETID none nope 0
    -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want \
     to use the MKSTREAM option to create an empty stream automatically.
    > XINFO GROUPS s
    *2
    *12
    $4 name
    $1 g
    $9 consumers
    :1
    $7 pending
    :0
    $17 last-delivered-id
    $3 0-0
    $12 entries-read
    $-1
    $3 lag
    :0
    *12
    $4 name
    $1 h
    $9 consumers
    :0
    $7 pending
    :0
    $17 last-delivered-id
    $3 0-0
    $12 entries-read
    :7
    $3 lag
    :0
    > XGROUP DELCONSUMER s g ada
    :0
    > XGROUP DELCONSUMER s g ada
    :0
    > XGROUP DELCONSUMER s nope ada
    -NOGROUP No such consumer group 'nope' for key name 's'
    > XGROUP DESTROY s nope
    :0
    > XGROUP DESTROY s h
    :1
    > XGROUP DESTROY none h
    -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want \
     to use the MKSTREAM option to create an empty stream automatically.
    > XGROUP FOO s g
    -ERR unknown subcommand 'FOO'. Try XGROUP HELP.
    > XGROUP CREATE s
    -ERR wrong number of arguments for 'xgroup|create' command
    > SET str v
    +OK
    > XGROUP CREATE str g 0 MKSTREAM
    -WRONGTYPE Operation against a key holding the wrong kind of value
    > XGROUP DESTROY str g
    -WRONGTYPE Operation against a key holding the wrong kind of value
    > XINFO GROUPS s
    *1
    *12
    $4 name
    $1 g
    $9 consumers
    :0
    $7 pending
    :0
    $17 last-delivered-id
    $3 0-0
    $12 entries-read
    $-1
    $3 lag
    :0
";

/// Ensures that groups and consumers are created, set and removed.
#[test]
fn groups_of_a_stream() {
    check(GROUPS_OF_A_STREAM);
}

const CLAIMS: &str = "
    > XADD s 1-1 f a
    $3 1-1
    > XADD s 2-1 f b
    $3 2-1
    > XADD s 3-1 f c
    $3 3-1
    > XGROUP CREATE s g 0
    +OK
    > XREADGROUP GROUP g ada COUNT 2 STREAMS s >
    *1
    *2
    $1 s
    *2
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    *2
    $3 2-1
    *2
    $1 f
    $1 b
    > XCLAIM s g bob 0 1-1
    *1
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    > XCLAIM s g bob 0 3-1
    *0
    > XCLAIM s g bob 0 3-1 FORCE
    *1
    *2
    $3 3-1
    *2
    $1 f
    $1 c
    > XCLAIM s g bob 100000 2-1
    *0
    > XCLAIM s g bob 0 2-1 JUSTID RETRYCOUNT 7
    *1
    $3 2-1
    > XDEL s 1-1
    :1
    > XCLAIM s g eve 0 1-1
    *0
    > XPENDING s g
    *4
    :2
    $3 2-1
    $3 3-1
    *1
    *2
    $3 bob
    $1 2
    > XCLAIM s g bob 0 2-1 LASTID 9-9
    *1
    *2
    $3 2-1
    *2
    $1 f
    $1 b
    > XINFO GROUPS s
    *1
    *12
    $4 name
    $1 g
    $9 consumers
    :2
    $7 pending
    :2
    $17 last-delivered-id
    $3 9-9
    $12 entries-read
    :2
    $3 lag
    :1
    > XCLAIM s g bob x 1-1
    -ERR Invalid min-idle-time argument for XCLAIM
    > XCLAIM s g bob 0 x
    -ERR Unrecognized XCLAIM option 'x'
    > XCLAIM s g bob 0 1-1 IDLE x
    -ERR Invalid IDLE option argument for XCLAIM
    > XCLAIM s g bob 0 1-1 TIME x
    -ERR Invalid TIME option argument for XCLAIM
    > XCLAIM s g bob 0 1-1 RETRYCOUNT x
    -ERR Invalid RETRYCOUNT option argument for XCLAIM
    > XCLAIM s g bob 0 1-1 LASTID x
    -ERR Invalid stream ID specified as stream command argument
    > XCLAIM s g bob 0 1-1 IDLE
    -ERR Unrecognized XCLAIM option 'IDLE'
    > XCLAIM s nope bob 0 1-1
    -NOGROUP No such key 's' or consumer group 'nope'
    > XCLAIM none g bob 0 1-1
    -NOGROUP No such key 'none' or consumer group 'g'
    > XAUTOCLAIM s g eve 0 0 COUNT 1
    *3
    $3 3-1
    *1
    *2
    $3 2-1
    *2
    $1 f
    $1 b
    *0
    > XAUTOCLAIM s g eve 0 (2-1 JUSTID
    *3
    $3 0-0
    *1
    $3 3-1
    *0
    > XDEL s 2-1
    :1
    > XAUTOCLAIM s g ada 0 -
    *3
    $3 0-0
    *1
    *2
    $3 3-1
    *2
    $1 f
    $1 c
    *1
    $3 2-1
    > XAUTOCLAIM s g ada 0 - COUNT 0
    -ERR COUNT must be > 0
    > XAUTOCLAIM s g ada x -
    -ERR Invalid min-idle-time argument for XAUTOCLAIM
    > XAUTOCLAIM s g ada 0 x
    -ERR Invalid stream ID specified as stream command argument
    > XAUTOCLAIM s g ada 0 - FOO
    -ERR syntax error
    > XAUTOCLAIM s nope ada 0 -
    -NOGROUP No such key 's' or consumer group 'nope'
    > SET str v
    +OK
    > XCLAIM str g bob 0 1-1
    -WRONGTYPE Operation against a key holding the wrong kind of value
    > XAUTOCLAIM str g bob 0 1-1
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that entries are taken over, and those that were deleted cease to be pending.
#[test]
fn claims() {
    check(CLAIMS);
}

const XPENDING: &str = "
    > XADD s 1-1 f a
    $3 1-1
    > XADD s 2-1 f b
    $3 2-1
    > XGROUP CREATE s g 0
    +OK
    > XPENDING s g
    *4
    :0
    $-1
    $-1
    *-1
    > XPENDING s g - + 10
    *0
    > XREADGROUP GROUP g ada STREAMS s >
    *1
    *2
    $1 s
    *2
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    *2
    $3 2-1
    *2
    $1 f
    $1 b
    > XPENDING s g
    *4
    :2
    $3 1-1
    $3 2-1
    *1
    *2
    $3 ada
    $1 2
    > XPENDING s g - + 0
    *0
    > XPENDING s g - + -1
    *0
    > XPENDING s g - + 10 nobody
    *0
    > XPENDING s g IDLE 100000 - + 10
    *0
    > XPENDING s g (2-1 + 10
    *0
    > XPENDING s g -
    -ERR syntax error
    > XPENDING s g - +
    -ERR syntax error
    > XPENDING s g - + x
    -ERR value is not an integer or out of range
    > XPENDING s g x + 1
    -ERR Invalid stream ID specified as stream command argument
    > XPENDING s g IDLE x - + 1
    -ERR value is not an integer or out of range
    > XPENDING s g IDLE 0 - +
    -ERR syntax error
    > XPENDING none g
    -NOGROUP No such key 'none' or consumer group 'g'
";

/// Ensures that XPENDING sums up or lists, within its bounds.
#[test]
fn xpending() {
    check(XPENDING);
}
