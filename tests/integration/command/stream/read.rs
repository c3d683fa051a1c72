//! XREAD and XREADGROUP, without waiting.

use crate::support::check;

const XREAD: &str = "
    > XADD s 1-1 f a
    $3 1-1
    > XADD s 2-1 f b
    $3 2-1
    > XADD t 1-1 f c
    $3 1-1
    > XREAD STREAMS s t 1 0
    *2
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
    *2
    $1 t
    *1
    *2
    $3 1-1
    *2
    $1 f
    $1 c
    > XREAD COUNT 1 STREAMS s none 0 0
    *1
    *2
    $1 s
    *1
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    > XREAD COUNT 0 STREAMS s 1-1
    *1
    *2
    $1 s
    *1
    *2
    $3 2-1
    *2
    $1 f
    $1 b
    > XREAD STREAMS s 2-1
    *-1
    > XREAD STREAMS s $
    *-1
    > XREAD STREAMS s t 0
    -ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
    > XREAD STREAMS s
    -ERR wrong number of arguments for 'xread' command
    > XREAD COUNT 5
    -ERR wrong number of arguments for 'xread' command
    > XREAD COUNT x STREAMS s 0
    -ERR value is not an integer or out of range
    > XREAD BLOCK x STREAMS s 0
    -ERR timeout is not an integer or out of range
    > XREAD BLOCK -1 STREAMS s 0
    -ERR timeout is negative
    > XREAD STREAMS s -
    -ERR Invalid stream ID specified as stream command argument
    > XREAD STREAMS s >
    -ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> \
     <consumer> option.
    > XREAD GROUP g c STREAMS s 0
    -ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
    > XREAD NOACK STREAMS s 0
    -ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
    > SET str v
    +OK
    > XREAD STREAMS s str 0 0
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that XREAD returns what follows of each stream, and refuses what only groups have.
#[test]
fn xread() {
    check(XREAD);
}

const XREADGROUP: &str = "
    > XADD s 1-1 f a
    $3 1-1
    > XADD s 2-1 f b
    $3 2-1
    > XADD s 3-1 f c
    $3 3-1
    > XGROUP CREATE s g 0
    +OK
    > XREADGROUP GROUP g ada COUNT 1 STREAMS s >
    *1
    *2
    $1 s
    *1
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    > XREADGROUP GROUP g bob STREAMS s >
    *1
    *2
    $1 s
    *2
    *2
    $3 2-1
    *2
    $1 f
    $1 b
    *2
    $3 3-1
    *2
    $1 f
    $1 c
    > XREADGROUP GROUP g bob STREAMS s >
    *-1
    > XREADGROUP GROUP g ada STREAMS s 0
    *1
    *2
    $1 s
    *1
    *2
    $3 1-1
    *2
    $1 f
    $1 a
    > XREADGROUP GROUP g eve STREAMS s 0
    *1
    *2
    $1 s
    *0
    > XREADGROUP GROUP g bob COUNT 1 STREAMS s 2-1
    *1
    *2
    $1 s
    *1
    *2
    $3 3-1
    *2
    $1 f
    $1 c
    > XDEL s 3-1
    :1
    > XREADGROUP GROUP g bob STREAMS s 0
    *1
    *2
    $1 s
    *2
    *2
    $3 2-1
    *2
    $1 f
    $1 b
    *2
    $3 3-1
    *-1
    > XPENDING s g
    *4
    :3
    $3 1-1
    $3 3-1
    *2
    *2
    $3 ada
    $1 1
    *2
    $3 bob
    $1 2
    > XACK s g 1-1 2-1 9-9
    :2
    > XACK s nope 1-1
    :0
    > XACK none g 1-1
    :0
    > XACK s g x
    -ERR Invalid stream ID specified as stream command argument
    > XPENDING s g
    *4
    :1
    $3 3-1
    $3 3-1
    *1
    *2
    $3 bob
    $1 1
    > XPENDING s nope
    -NOGROUP No such key 's' or consumer group 'nope'
    > XADD s 4-1 f d
    $3 4-1
    > XREADGROUP GROUP g ada NOACK STREAMS s >
    *1
    *2
    $1 s
    *1
    *2
    $3 4-1
    *2
    $1 f
    $1 d
    > XPENDING s g - + 10
    *1
    *4
    $3 3-1
    $3 bob
    :0
    :2
    > XREADGROUP GROUP g ada STREAMS s $
    -ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history \
     of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ \
     ID would just return an empty result set.
    > XREADGROUP GROUP nope ada STREAMS s >
    -NOGROUP No such key 's' or consumer group 'nope' in XREADGROUP with GROUP option
    > XREADGROUP GROUP g ada STREAMS none >
    -NOGROUP No such key 'none' or consumer group 'g' in XREADGROUP with GROUP option
    > XREADGROUP COUNT 1 NOACK NOACK STREAMS s >
    -ERR Missing GROUP option for XREADGROUP
    > XREADGROUP GROUP g ada STREAMS s
    -ERR wrong number of arguments for 'xreadgroup' command
    > XREADGROUP GROUP g ada STREAMS s >  >
    -ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
    > XINFO CONSUMERS s nope
    -NOGROUP No such consumer group 'nope' for key name 's'
    > XINFO CONSUMERS none g
    -ERR no such key
    > SET str v
    +OK
    > XREADGROUP GROUP g ada STREAMS str >
    -WRONGTYPE Operation against a key holding the wrong kind of value
    > XACK str g 1-1
    -WRONGTYPE Operation against a key holding the wrong kind of value
    > XPENDING str g
    -WRONGTYPE Operation against a key holding the wrong kind of value
";

/// Ensures that a group reads each entry once, and a consumer its own again.
#[test]
fn xreadgroup() {
    check(XREADGROUP);
}
