//! XINFO, and what other commands say about streams.

use crate::support::{TestServer, check, check3};

/// Ensures that XINFO shows what Redis 7.2 shows, with the moments of consumers.
#[test]
fn everything_about_a_stream() {
    check(
        "
        > XADD s 1-1 f a
        $3 1-1
        > XADD s 2-1 f b
        $3 2-1
        > XGROUP CREATE s g 0
        +OK
        > XGROUP CREATECONSUMER s g eve
        :1
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
        @advance 50ms
        > XINFO CONSUMERS s g
        *2
        *8
        $4 name
        $3 ada
        $7 pending
        :1
        $4 idle
        :50
        $8 inactive
        :50
        *8
        $4 name
        $3 eve
        $7 pending
        :0
        $4 idle
        :50
        $8 inactive
        :-1
        > XINFO GROUPS s
        *1
        *12
        $4 name
        $1 g
        $9 consumers
        :2
        $7 pending
        :1
        $17 last-delivered-id
        $3 1-1
        $12 entries-read
        :1
        $3 lag
        :1
        > XINFO STREAM s FULL FOO
        -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
        > XINFO STREAM s FULL COUNT x
        -ERR value is not an integer or out of range
        > XINFO STREAM nobody
        -ERR no such key
        > XINFO GROUPS nobody
        -ERR no such key
        > XINFO CONSUMERS s nobody
        -NOGROUP No such consumer group 'nobody' for key name 's'
    ",
    );
}

/// Ensures that the full form has entries, groups, consumers and what is pending.
#[test]
fn the_full_form() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in ["XADD s 1-1 f a", "XADD s 2-1 f b", "XGROUP CREATE s g 0"] {
        client.ask(request);
    }
    client.ask("XREADGROUP GROUP g ada COUNT 1 STREAMS s >");
    let now_ms = client.ask("XPENDING s g");
    assert_eq!(now_ms, "*4 :1 $3 1-1 $3 1-1 *1 *2 $3 ada $1 1");
    let full = client.ask("XINFO STREAM s FULL COUNT 1");
    let time = full.split("$9 seen-time ").nth(1).and_then(|rest| rest.split(' ').next());
    let time = time.expect("a time");
    let figures = "*18 $6 length :2 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 \
        $17 last-generated-id $3 2-1 $20 max-deleted-entry-id $3 0-0 $13 entries-added :2 \
        $23 recorded-first-entry-id $3 1-1 $7 entries *1 *2 $3 1-1 *2 $1 f $1 a";
    let group = "$6 groups *1 *14 $4 name $1 g $17 last-delivered-id $3 1-1 $12 entries-read :1 \
        $3 lag :1 $9 pel-count :1";
    let own = format!("$7 pending *1 *3 $3 1-1 {time} :1");
    let consumer = format!(
        "$9 consumers *1 *10 $4 name $3 ada $9 seen-time {time} $11 active-time {time} \
        $9 pel-count :1 {own}"
    );
    let pending = format!("$7 pending *1 *4 $3 1-1 $3 ada {time} :1");
    assert_eq!(full, [figures, group, &pending, &consumer].join(" "));
}

/// Ensures that replies are maps in RESP3 where Redis has maps.
#[test]
fn maps_in_resp3() {
    check3(
        "
        > XADD s 1-1 f a
        $3 1-1
        > XREAD COUNT 1 STREAMS s 0
        %1
        $1 s
        *1
        *2
        $3 1-1
        *2
        $1 f
        $1 a
        > XREAD STREAMS s 1-1
        _
        > XRANGE s - + COUNT 0
        _
        > XGROUP CREATE s g 0 ENTRIESREAD -1
        +OK
        > XINFO GROUPS s
        *1
        %6
        $4 name
        $1 g
        $9 consumers
        :0
        $7 pending
        :0
        $17 last-delivered-id
        $3 0-0
        $12 entries-read
        _
        $3 lag
        :1
        > XPENDING s g
        *4
        :0
        _
        _
        _
    ",
    );
}

/// Ensures that commands of other families know streams.
#[test]
fn streams_are_values() {
    check(
        "
        > XADD s 1-1 f a
        $3 1-1
        > XGROUP CREATE s g 0
        +OK
        > TYPE s
        +stream
        > OBJECT ENCODING s
        $6 stream
        > SCAN 0 TYPE stream
        *2
        $1 0
        *1
        $1 s
        > COPY s t
        :1
        > XADD s 2-1 f b
        $3 2-1
        > XLEN t
        :1
        > XINFO GROUPS t
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
        :1
        > GET s
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > COMMAND GETKEYS XREAD COUNT 5 STREAMS a b 0 0
        *2
        $1 a
        $1 b
        > COMMAND GETKEYS XREADGROUP GROUP g c STREAMS a >
        *1
        $1 a
    ",
    );
}

/// Ensures that only changes of the content touch a watched key.
#[test]
fn what_is_watched() {
    let cases = [
        ("XADD s 9-1 f v", true),
        ("XDEL s 1-1", true),
        ("XTRIM s MAXLEN 0", true),
        ("XREADGROUP GROUP g c STREAMS s >", false),
        ("XACK s g 1-1", false),
        ("XCLAIM s g d 0 1-1 FORCE", false),
        ("XGROUP DESTROY s g", false),
        ("XSETID s 8-1", false),
    ];
    for (request, is_touched) in cases {
        let server = TestServer::start();
        let (mut client, mut other) = (server.client(), server.client());
        client.ask("XADD s 1-1 f v");
        client.ask("XGROUP CREATE s g 0");
        for request in ["WATCH s", "MULTI", "PING"] {
            client.ask(request);
        }
        assert!(!other.ask(request).starts_with('-'), "{request}");
        assert_eq!(client.ask("EXEC") == "*-1", is_touched, "{request}");
    }
}
