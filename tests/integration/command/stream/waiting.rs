//! XREAD and XREADGROUP that wait.

use crate::raw::Raw;
use crate::support::{TestServer, check, wait_until};

/// A client whose request waits.
fn waiting(server: &TestServer, request: &str) -> Raw {
    let (mut client, before) = (server.client(), server.shared.clients.waiting.len());
    client.say(request);
    wait_until("it waits", || server.shared.clients.waiting.len() > before);
    client
}

fn hear(client: &mut Raw) -> String {
    String::from_utf8_lossy(&client.reply()).replace("\r\n", " ").trim_end().to_owned()
}

/// An answer with one entry, `f v`, of the stream `s`.
fn entry(id: &str) -> String {
    format!("*1 *2 $1 s *1 *2 ${} {id} *2 $1 f $1 v", id.len())
}

/// Ensures that all clients that read get a new entry, and one client of each group.
#[test]
fn readers_are_served() {
    let server = TestServer::start();
    let mut client = server.client();
    for name in ["g", "h"] {
        assert_eq!(client.ask(&format!("XGROUP CREATE s {name} $ MKSTREAM")), "+OK");
    }
    let mut groups = ["g a", "g b", "h a"]
        .map(|names| waiting(&server, &format!("XREADGROUP GROUP {names} BLOCK 0 STREAMS s >")));
    let mut readers =
        ["$", "0"].map(|id| waiting(&server, &format!("XREAD BLOCK 0 STREAMS s {id}")));
    let mut late = waiting(&server, "XREAD BLOCK 0 STREAMS t s $ 2");
    assert_eq!(client.ask("XADD s 1-1 f v"), "$3 1-1");
    readers.iter_mut().for_each(|reader| assert_eq!(hear(reader), entry("1-1")));
    assert_eq!(hear(&mut groups[0]), entry("1-1"));
    assert_eq!(hear(&mut groups[2]), entry("1-1"));
    assert_eq!(server.shared.clients.waiting.len(), 2);
    assert_eq!(client.ask("XADD s 3-1 f v"), "$3 3-1");
    assert_eq!(hear(&mut groups[1]), entry("3-1"));
    assert_eq!(hear(&mut late), entry("3-1"));
    assert_eq!(client.ask("XPENDING s g - + 9 a"), "*1 *4 $3 1-1 $1 a :0 :1");
    assert_eq!(client.ask("XPENDING s g - + 9 b"), "*1 *4 $3 3-1 $1 b :0 :1");
}

/// Ensures that clients of a group get an error when the group or the key is gone, and others wait
/// on for the key.
#[test]
fn groups_can_go() {
    const GONE: &str = "-UNBLOCKED the stream key no longer exists";
    let cases: [(&[&str], &str); 6] = [
        (
            &["XGROUP DESTROY s g"],
            "-NOGROUP the consumer group this client was blocked on no longer exists",
        ),
        (&["DEL s"], GONE),
        (&["SET s v"], GONE),
        (&["RENAME s other"], GONE),
        (&["FLUSHALL"], GONE),
        (&["PEXPIRE s 5"], GONE),
    ];
    for (requests, error) in cases {
        let server = TestServer::start();
        let mut client = server.client();
        assert_eq!(client.ask("XGROUP CREATE s g $ MKSTREAM"), "+OK");
        let mut of_group = waiting(&server, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
        let mut reader = waiting(&server, "XREAD BLOCK 0 STREAMS s $");
        for request in requests {
            assert!(!client.ask(request).starts_with('-'), "{request}");
        }
        server.clock.advance_ms(10);
        assert_eq!(
            client.ask("XADD s NOMKSTREAM 1-1"),
            "-ERR wrong number of arguments for 'xadd' command"
        );
        assert_eq!(client.ask("EXISTS s").len(), 2);
        assert_eq!(hear(&mut of_group), error, "{requests:?}");
        assert_eq!(client.ask("DEL s").len(), 2);
        assert_eq!(client.ask("XADD s 7-1 f v"), "$3 7-1");
        assert_eq!(hear(&mut reader), entry("7-1"), "{requests:?}");
    }
}

/// Ensures that nothing waits in a transaction, and that a time that is over is answered with null.
#[test]
fn waits_end() {
    check(
        "
        > XGROUP CREATE s g $ MKSTREAM
        +OK
        > MULTI
        +OK
        > XREAD BLOCK 0 STREAMS s $
        +QUEUED
        > XREADGROUP GROUP g c BLOCK 0 STREAMS s >
        +QUEUED
        > EXEC
        *2
        *-1
        *-1
        > XREAD BLOCK 1000 STREAMS s $
        @advance 1000ms
        *-1
    ",
    );
}
