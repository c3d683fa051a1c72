//! Publish and subscribe: who gets which message, in which order, and how subscribers leave.

use crate::raw::{Raw, encode, lines_of};
use crate::support::{TestServer, check, check3, wait_until};
use respool::clients::channels::Kind;

const REFUSED: &str = "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in \
                       this context";

/// The next message or reply, its lines parted by a space.
fn next(client: &mut Raw) -> String {
    lines_of(&client.reply()).join(" ")
}

/// A client that has subscribed to one channel.
fn subscriber(server: &TestServer, channel: &str) -> Raw {
    let mut client = server.client();
    let len = channel.len();
    let confirmation = format!("*3 $9 subscribe ${len} {channel} :1");
    assert_eq!(client.ask(&format!("SUBSCRIBE {channel}")), confirmation);
    client
}

/// Ensures that every name is confirmed with the number of subscriptions, known ones too.
#[test]
fn confirmations_count() {
    let server = TestServer::start();
    let mut client = server.client();
    client.say("SUBSCRIBE a b a");
    client.say("PSUBSCRIBE p* a");
    client.say("SSUBSCRIBE a");
    client.say("UNSUBSCRIBE b unknown");
    client.say("PUNSUBSCRIBE");
    client.say("SUNSUBSCRIBE a");
    client.say("UNSUBSCRIBE");
    for expected in [
        "*3 $9 subscribe $1 a :1",
        "*3 $9 subscribe $1 b :2",
        "*3 $9 subscribe $1 a :2",
        "*3 $10 psubscribe $2 p* :3",
        "*3 $10 psubscribe $1 a :4",
        "*3 $10 ssubscribe $1 a :1",
        "*3 $11 unsubscribe $1 b :3",
        "*3 $11 unsubscribe $7 unknown :3",
        "*3 $12 punsubscribe $2 p* :2",
        "*3 $12 punsubscribe $1 a :1",
        "*3 $12 sunsubscribe $1 a :0",
        "*3 $11 unsubscribe $1 a :0",
    ] {
        assert_eq!(next(&mut client), expected);
    }
    assert_eq!(client.ask("GET k"), "$-1", "an ordinary client again");
    assert!(server.shared.channels.is_empty());
}

/// Ensures that leaving without having subscribed is confirmed once, with null.
#[test]
fn leaving_nothing_is_confirmed() {
    let session = "
        > UNSUBSCRIBE
        *3
        $11
        unsubscribe
        $-1
        :0
        > PUNSUBSCRIBE
        *3
        $12
        punsubscribe
        $-1
        :0
        > SUNSUBSCRIBE
        *3
        $12
        sunsubscribe
        $-1
        :0
        > GET k
        $-1
    ";
    check(session);
    check3(&session.replace("*3", ">3").replace("$-1", "_"));
}

/// Ensures that messages reach channels, patterns and shard channels, and are counted for the
/// publisher.
#[test]
fn messages_arrive() {
    let server = TestServer::start();
    let mut publisher = server.client();
    let mut client = subscriber(&server, "news");
    assert_eq!(client.ask("PSUBSCRIBE n*"), "*3 $10 psubscribe $2 n* :2");
    assert_eq!(client.ask("SSUBSCRIBE news"), "*3 $10 ssubscribe $4 news :1");
    assert_eq!(publisher.ask("PUBLISH news hi"), ":2");
    assert_eq!(publisher.ask("PUBLISH nothing x"), ":1");
    assert_eq!(publisher.ask("PUBLISH other x"), ":0");
    assert_eq!(publisher.ask("SPUBLISH news shard"), ":1");
    assert_eq!(publisher.ask("SPUBLISH nothing x"), ":0");
    assert_eq!(next(&mut client), "*3 $7 message $4 news $2 hi");
    assert_eq!(next(&mut client), "*4 $8 pmessage $2 n* $4 news $2 hi");
    assert_eq!(next(&mut client), "*4 $8 pmessage $2 n* $7 nothing $1 x");
    assert_eq!(next(&mut client), "*3 $8 smessage $4 news $5 shard");
    publisher.expect_wrong_arity(&["PUBLISH c", "SPUBLISH c m x", "SUBSCRIBE", "SSUBSCRIBE"]);
}

/// Ensures that a subscriber in RESP2 may change its subscriptions and nothing else, in Redis's
/// words, and that PING is answered in the form of a message.
#[test]
fn subscribers_in_resp2_are_restricted() {
    let server = TestServer::start();
    let mut client = subscriber(&server, "c");
    for name in ["get", "hello", "publish", "multi"] {
        let request = if name == "publish" { "PUBLISH a b" } else { name };
        let request = if name == "get" { "GET k" } else { request };
        assert_eq!(client.ask(request), format!("-ERR Can't execute '{name}': {REFUSED}"));
    }
    let refused = format!("-ERR Can't execute 'config|get': {REFUSED}");
    assert_eq!(client.ask("CONFIG GET save"), refused);
    assert!(client.ask("EXEC").starts_with("-EXECABORT Transaction discarded because of: Can't"));
    assert_eq!(
        client.ask("NONSENSE"),
        "-ERR unknown command 'NONSENSE', with args beginning with:"
    );
    assert_eq!(client.ask("GET"), "-ERR wrong number of arguments for 'get' command");
    assert_eq!(client.ask("PING"), "*2 $4 pong $0");
    assert_eq!(client.ask("PING hi"), "*2 $4 pong $2 hi");
    client.expect_wrong_arity(&["PING a b"]);
    assert_eq!(client.ask("RESET"), "+RESET");
    assert!(server.shared.channels.is_empty());
    assert_eq!(client.ask("PING"), "+PONG");
    assert_eq!(client.ask("SUBSCRIBE c"), "*3 $9 subscribe $1 c :1");
    assert_eq!(client.ask("QUIT"), "+OK");
    assert!(client.is_ended());
}

/// Ensures that a client may publish to a channel of its own, and gets the message behind the
/// replies to what it said at once, never inside them.
#[test]
fn a_client_hears_itself() {
    let server = TestServer::start();
    let mut client = server.client3();
    client.send(b"SUBSCRIBE c\r\nPUBLISH c 1\r\nPING\r\nUNSUBSCRIBE c\r\nPUBLISH c 2\r\n");
    assert_eq!(next(&mut client), ">3 $9 subscribe $1 c :1");
    let mut rest: Vec<String> = (0..5).map(|_| next(&mut client)).collect();
    let message = ">3 $7 message $1 c $1 1";
    // Before the confirmation that there is no more of it.
    let left = rest.iter().position(|line| line == ">3 $11 unsubscribe $1 c :0").expect("left");
    let at = rest.iter().position(|line| line == message).expect("the message");
    assert!(at < left, "{rest:?}");
    rest.retain(|line| !line.starts_with('>'));
    assert_eq!(rest, [":1", "+PONG", ":0"]);
    client.send(b"SUBSCRIBE c\r\nMULTI\r\nPUBLISH c 3\r\nPING\r\nEXEC\r\n");
    for expected in [
        ">3 $9 subscribe $1 c :1",
        "+OK",
        "+QUEUED",
        "+QUEUED",
        "*2 :1 +PONG",
        ">3 $7 message $1 c $1 3",
    ] {
        assert_eq!(next(&mut client), expected);
    }
}

/// Ensures that subscribing inside a transaction confirms every name, as Redis does, and that what
/// was published there is delivered at EXEC.
#[test]
fn transactions_subscribe_and_publish() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), subscriber(&server, "a"));
    client.send(b"MULTI\r\nSUBSCRIBE a b\r\nPUBLISH a x\r\nEXEC\r\nPING\r\n");
    for expected in ["+OK", "+QUEUED", "+QUEUED"] {
        assert_eq!(next(&mut client), expected);
    }
    let mut rest = Vec::new();
    let parts = "*2\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n\
                 *3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n\
                 :2\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";
    while rest.len() < parts.len() {
        client.read_reply(&mut rest).expect("more");
    }
    assert_eq!(rest.escape_ascii().to_string(), parts.escape_default().to_string());
    assert_eq!(next(&mut other), "*3 $7 message $1 a $1 x");
}

/// Ensures that confirmations are sent to a client that wants no replies, and no replies are.
#[test]
fn confirmations_come_without_replies() {
    let server = TestServer::start();
    let mut client = server.client3();
    client.send(b"CLIENT REPLY OFF\r\nSUBSCRIBE c\r\nPUBLISH c 1\r\nGET k\r\nCLIENT REPLY ON\r\n");
    assert_eq!(next(&mut client), ">3 $9 subscribe $1 c :1");
    let both = [next(&mut client), next(&mut client)];
    assert_eq!(both, ["+OK", ">3 $7 message $1 c $1 1"]);
}

/// Ensures that all subscribers see the messages of several publishers in the same order, and that
/// those of one publisher are in its order.
#[test]
fn all_subscribers_see_one_order() {
    const EACH: usize = 200;
    let server = TestServer::start();
    let mut subscribers: Vec<Raw> = (0..5).map(|_| subscriber(&server, "c")).collect();
    std::thread::scope(|scope| {
        for publisher in 0..3 {
            let mut client = server.client();
            scope.spawn(move || {
                let requests = (0..EACH).map(|n| format!("PUBLISH c {publisher}:{n}\r\n"));
                client.send(requests.collect::<String>().as_bytes());
                (0..EACH).for_each(|_| assert_eq!(client.reply(), b":5\r\n"));
            });
        }
    });
    let read = |client: &mut Raw| (0..3 * EACH).map(|_| next(client)).collect::<Vec<_>>();
    let first = read(&mut subscribers[0]);
    for publisher in 0..3 {
        let from = format!(" {publisher}:");
        let own: Vec<&String> = first.iter().filter(|line| line.contains(&from)).collect();
        assert_eq!(own.len(), EACH);
        let ends = |(n, line): (usize, &&String)| line.ends_with(&format!("{from}{n}"));
        assert!(own.iter().enumerate().all(ends), "publisher {publisher}");
    }
    subscribers[1..].iter_mut().for_each(|client| assert_eq!(read(client), first));
}

/// Ensures that a message longer than what leaves at once arrives whole, at each of several.
#[test]
fn long_messages_arrive_whole() {
    let server = TestServer::start();
    let mut subscribers: Vec<Raw> = (0..3).map(|_| subscriber(&server, "c")).collect();
    let text: Vec<u8> = (0..3_000_000_u32).map(|at| b'a' + (at % 23) as u8).collect();
    let mut publisher = server.client();
    publisher.request(&[b"PUBLISH", b"c", &text]);
    publisher.request(&[b"PUBLISH", b"c", b"end"]);
    assert_eq!(publisher.reply(), b":3\r\n");
    let expected = [b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3000000\r\n", &text[..], b"\r\n"].concat();
    for client in &mut subscribers {
        assert!(client.reply() == expected);
        assert_eq!(next(client), "*3 $7 message $1 c $3 end");
    }
}

/// Ensures that a client can listen to 100 000 channels and leave all of them, by asking or by
/// hanging up, while others publish.
#[test]
fn many_channels_and_leaving() {
    let server = TestServer::start();
    let names: Vec<String> = (0..100_000).map(|n| format!("channel:{n}")).collect();
    let words = std::iter::once("SUBSCRIBE").chain(names.iter().map(String::as_str));
    let request = encode(&words.map(str::as_bytes).collect::<Vec<_>>());
    let mut publisher = server.client();
    for asks in [true, false] {
        let mut client = server.client();
        client.send(&request);
        (0..names.len()).for_each(|_| drop(client.reply()));
        assert_eq!(server.shared.channels.len(Kind::Channel), names.len());
        assert_eq!(publisher.ask("PUBLISH channel:99999 x"), ":1");
        assert_eq!(next(&mut client), "*3 $7 message $13 channel:99999 $1 x");
        if asks {
            client.say("UNSUBSCRIBE");
            (0..names.len()).for_each(|_| drop(client.reply()));
            assert_eq!(client.ask("PING"), "+PONG");
        }
        drop(client);
        wait_until("all is left", || server.shared.channels.is_empty());
        assert_eq!(publisher.ask("PUBLISH channel:99999 x"), ":0");
    }
}

/// Ensures that one of 200 subscribers which does not read is cut off at the limit for its class,
/// is counted, and keeps nothing from the others.
#[test]
fn a_subscriber_that_does_not_read_is_dropped() {
    let server = TestServer::start();
    let mut publisher = server.client();
    let limit = "CONFIG SET client-output-buffer-limit 'pubsub 1mb 0 0'";
    assert_eq!(publisher.ask(limit), "+OK");
    let mut zombie = subscriber(&server, "c");
    let mut others: Vec<Raw> = (0..199).map(|_| subscriber(&server, "c")).collect();
    let text = vec![b'x'; 64 * 1024];
    let mut messages = 0;
    loop {
        publisher.request(&[b"PUBLISH", b"c", &text]);
        let receivers = publisher.reply();
        messages += 1;
        others.iter_mut().for_each(|client| assert!(client.reply().len() > text.len()));
        if receivers == b":199\r\n" {
            break;
        }
        assert!(messages < 1_000, "it is cut off some time");
    }
    assert!(zombie.is_ended());
    let info = publisher.ask("INFO stats");
    assert!(info.contains("client_output_buffer_limit_disconnections:1"), "{info}");
}

/// Ensures that subscribers who hang up while others publish to them are no obstacle.
#[test]
fn publishing_and_hanging_up_at_once() {
    let server = TestServer::start();
    std::thread::scope(|scope| {
        let mut publisher = server.client();
        scope.spawn(move || {
            for _ in 0..30 {
                publisher.send(&b"PUBLISH c x\r\n".repeat(50));
                (0..50).for_each(|_| drop(publisher.reply()));
            }
        });
        for _ in 0..4 {
            scope.spawn(|| (0..40).for_each(|_| drop(subscriber(&server, "c"))));
        }
    });
    wait_until("all have left", || server.shared.channels.is_empty());
}

/// Ensures that PUBSUB, INFO and CLIENT LIST tell about subscriptions, and that patterns choose
/// among channels.
#[test]
fn subscriptions_are_shown() {
    let server = TestServer::start();
    let mut asker = server.client();
    let mut client = server.client3();
    for request in ["SUBSCRIBE aa", "SUBSCRIBE b", "PSUBSCRIBE p*", "SSUBSCRIBE s"] {
        assert!(client.ask(request).starts_with(">3 "), "{request}");
    }
    let _second = subscriber(&server, "aa");
    assert_eq!(asker.ask("PUBSUB NUMSUB aa none"), "*4 $2 aa :2 $4 none :0");
    assert_eq!(asker.ask("PUBSUB NUMSUB"), "*0");
    assert_eq!(asker.ask("PUBSUB NUMPAT"), ":1");
    assert_eq!(asker.ask("PUBSUB CHANNELS a*"), "*1 $2 aa");
    assert!(asker.ask("PUBSUB CHANNELS").starts_with("*2 "));
    assert_eq!(asker.ask("PUBSUB SHARDCHANNELS"), "*1 $1 s");
    assert_eq!(asker.ask("PUBSUB SHARDNUMSUB s aa"), "*4 $1 s :1 $2 aa :0");
    let wrong =
        "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.";
    assert_eq!(asker.ask("PUBSUB CHANNELS a b"), wrong);
    let info = asker.ask("INFO stats");
    for line in ["pubsub_channels:2", "pubsub_patterns:1", "pubsubshard_channels:1"] {
        assert!(info.contains(line), "{line}");
    }
    assert!(client.ask("CLIENT INFO").contains(" flags=P db=0 sub=2 psub=1 ssub=1 "));
    let listed = |list: &str| list.matches("id=").count();
    assert_eq!(listed(&asker.ask("CLIENT LIST TYPE pubsub")), 2);
    assert_eq!(listed(&asker.ask("CLIENT LIST TYPE normal")), 1);
    assert_eq!(asker.ask("CLIENT KILL TYPE pubsub"), ":2");
    wait_until("they have left", || server.shared.channels.is_empty());
}

/// Ensures that subscribers, who have nothing to say, are not closed for their silence.
#[test]
fn subscribers_are_not_closed_for_silence() {
    let server = TestServer::with(|config| config.timeout = 30);
    let (mut listener, mut silent) = (subscriber(&server, "c"), server.client());
    assert_eq!(silent.ask("PING"), "+PONG");
    server.clock.advance_ms(31_000);
    assert!(silent.is_ended());
    assert_eq!(server.client().ask("PUBLISH c x"), ":1");
    assert_eq!(next(&mut listener), "*3 $7 message $1 c $1 x");
}

/// Ensures that a pause of writes makes publishers wait.
#[test]
fn publishing_waits_for_a_pause_of_writes() {
    let server = TestServer::start();
    let (mut publisher, mut listener) = (server.client(), subscriber(&server, "c"));
    assert_eq!(publisher.ask("CLIENT PAUSE 100000 WRITE"), "+OK");
    publisher.say("PUBLISH c x");
    let clients = &server.shared.clients;
    wait_until("it waits", || clients.pause.waiting() == 1);
    assert_eq!(server.client().ask("CLIENT UNPAUSE"), "+OK");
    assert_eq!(next(&mut publisher), ":1");
    assert_eq!(next(&mut listener), "*3 $7 message $1 c $1 x");
}
