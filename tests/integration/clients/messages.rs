//! Messages to clients that did not ask for them, where they meet replies, other messages, and the
//! end of a connection.

use crate::command::waiting::next;
use crate::raw::{Raw, lines_of};
use crate::support::{TestServer, wait_until};

use socket2::SockRef;

/// A RESP3 client that has subscribed to a channel.
fn subscriber(server: &TestServer, channel: &str) -> Raw {
    let mut client = server.client3();
    assert!(client.ask(&format!("SUBSCRIBE {channel}")).starts_with(">3 $9 subscribe "));
    client
}

/// Ensures that a message which arrives while a long reply is being sent in pieces stands behind
/// that reply.
#[test]
fn no_message_stands_between_the_halves_of_a_reply() {
    let server = TestServer::start();
    let (mut publisher, mut client) = (server.client(), subscriber(&server, "c"));
    SockRef::from(client.stream()).set_recv_buffer_size(16 * 1024).expect("a socket option");
    let value = vec![b'v'; 20 << 20];
    publisher.request(&[b"SET", b"k", &value]);
    assert_eq!(publisher.reply(), b"+OK\r\n");
    client.say("GET k");
    let outboxes = || server.shared.clients.list().into_iter().map(|one| one.outbox.waiting());
    wait_until("a part of it is sent", || outboxes().any(|waiting| waiting.bytes > 1 << 20));
    assert_eq!(publisher.ask("PUBLISH c news"), ":1");
    assert_eq!(client.reply().len(), value.len() + "$20971520\r\n\r\n".len());
    assert_eq!(next(&mut client), ">3 $7 message $1 c $4 news");
    assert_eq!(client.ask("PING"), "+PONG");
}

/// Ensures that an invalidation never stands before the reply of the GET that it concerns: while
/// others change the key as fast as they can, there are never more of them than replies.
#[test]
fn invalidations_follow_their_replies() {
    let server = TestServer::start();
    let mut reader = server.client3();
    assert_eq!(reader.ask("CLIENT TRACKING ON"), "+OK");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let mut writer = server.client();
            scope.spawn(move || {
                for _ in 0..40 {
                    writer.send(&b"INCR k\r\n".repeat(25));
                    (0..25).for_each(|_| drop(writer.reply()));
                }
            });
        }
        let (mut invalidations, mut values) = (0, 0);
        while values < 2_000 {
            reader.send(&b"GET k\r\n".repeat(20));
            let mut left = 20;
            while left > 0 {
                if next(&mut reader) == ">2 $10 invalidate *1 $1 k" {
                    invalidations += 1;
                    assert!(invalidations <= values, "an invalidation of what was not read");
                } else {
                    (left, values) = (left - 1, values + 1);
                }
            }
        }
    });
}

/// Ensures that clients which publish to each other and to themselves, and read nothing meanwhile,
/// do not block each other, and get everything.
#[test]
fn publishing_in_a_circle_blocks_nobody() {
    const MESSAGES: usize = 1_000;
    let server = TestServer::start();
    let mut clients: Vec<Raw> = (0..3).map(|_| subscriber(&server, "c")).collect();
    let request = format!("PUBLISH c {}\r\n", "x".repeat(2_000));
    for client in &mut clients {
        client.send(request.repeat(MESSAGES).as_bytes());
    }
    for client in &mut clients {
        let (mut replies, mut messages) = (0, 0);
        while (replies, messages) != (MESSAGES, 3 * MESSAGES) {
            match client.reply().first() {
                Some(b':') => replies += 1,
                _ => messages += 1,
            }
        }
        assert_eq!(client.ask("PING"), "+PONG");
    }
}

/// Ensures that one of a thousand subscribers which does not read is cut off, while all others get
/// every message in order.
#[test]
fn a_zombie_among_a_thousand() {
    let _ = rlimit::increase_nofile_limit(4_096);
    let server = TestServer::with(|config| config.maxclients = 1_100);
    let mut publisher = server.client();
    publisher.ask("CONFIG SET client-output-buffer-limit 'pubsub 1mb 0 0'");
    let mut zombie = server.client();
    SockRef::from(zombie.stream()).set_recv_buffer_size(16 * 1024).expect("a socket option");
    zombie.say("SUBSCRIBE c zombie");
    (0..2).for_each(|_| drop(zombie.reply()));
    let mut others: Vec<Raw> = (0..999).map(|_| subscriber(&server, "c")).collect();
    let text = vec![b'x'; 256 * 1024];
    let mut messages = 0;
    loop {
        publisher.request(&[b"PUBLISH", b"zombie", &text]);
        let is_there = publisher.reply() == b":1\r\n";
        let receivers = publisher.ask(&format!("PUBLISH c {messages}"));
        messages += 1;
        if receivers == ":999" {
            break;
        }
        assert!(is_there || receivers == ":1000");
        assert!(messages < 200, "it is cut off some time");
    }
    for client in &mut others {
        for number in 0..messages {
            let expected = format!("${} {number}", number.to_string().len());
            assert!(next(client).ends_with(&expected));
        }
    }
    assert!(zombie.is_ended());
    let info = publisher.ask("INFO stats");
    assert!(info.contains(",not_reading=1,"), "{info}");
}

/// Ensures that a key which is unlinked and expires in the same millisecond goes once: with one
/// event, and one invalidation.
#[test]
fn unlink_and_expiry_meet() {
    let server = TestServer::start();
    let (mut writer, mut listener) = (server.client(), server.client3());
    writer.ask("CONFIG SET notify-keyspace-events Egx");
    listener.say("PSUBSCRIBE __keyevent*");
    listener.reply();
    let mut reader = server.client3();
    assert_eq!(reader.ask("CLIENT TRACKING ON"), "+OK");
    for (wait_ms, removed, event) in [(9, ":1", "del"), (10, ":0", "expired")] {
        writer.ask("SET k v PX 10");
        for client in [&mut reader, &mut writer] {
            client.ask("GET k");
        }
        server.clock.advance_ms(wait_ms);
        assert_eq!(writer.ask("UNLINK k"), removed);
        server.clock.advance_ms(20);
        server.let_a_round_pass();
        let set = lines_of(&listener.reply()).join(" ");
        assert!(set.contains(":expire ") || set.contains(":set "), "{set}");
        let name = format!("__keyevent@0__:{event}");
        let expected = format!(">4 $8 pmessage $11 __keyevent* ${} {name} $1 k", name.len());
        let mut heard = lines_of(&listener.reply()).join(" ");
        if heard.contains(":expire ") {
            heard = lines_of(&listener.reply()).join(" ");
        }
        assert_eq!(heard, expected);
        assert_eq!(listener.ask("PING"), "+PONG", "one event");
        assert_eq!(next(&mut reader), ">2 $10 invalidate *1 $1 k");
        assert_eq!(reader.ask("PING"), "+PONG", "one invalidation");
    }
}

/// Ensures that INFO counts the reasons for which connections end.
#[test]
fn ends_are_counted() {
    let server = TestServer::start();
    let mut client = server.client();
    server.client().ask("QUIT");
    drop(server.client());
    let mut loud = server.client();
    loud.send(b"*x\r\n");
    assert!(loud.is_ended());
    let mut killed = server.client();
    let id = killed.ask("CLIENT ID")[1..].to_owned();
    client.ask(&format!("CLIENT KILL ID {id}"));
    assert!(killed.is_ended());
    let expected = "connection_ends:hung_up=1,quit=1,stop=0,killed=1,protocol=1,not_reading=0,\
                    unlogged=0,evicted=0,broken=0,bug=0";
    wait_until("all have ended", || client.ask("INFO stats").contains(expected));
}

/// Ensures that the requests between MULTI and EXEC are counted as their client's memory, and that
/// a client may have to leave because of them.
#[test]
fn queued_requests_are_counted() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    let text = "x".repeat(1 << 20);
    client.ask("CLIENT SETNAME queue");
    client.ask("MULTI");
    (0..8).for_each(|_| assert_eq!(client.ask(&format!("SET k {text}")), "+QUEUED"));
    let figure = |line: &str, name: &str| -> usize {
        let value = line.split(' ').find_map(|field| field.strip_prefix(name));
        value.and_then(|value| value.parse().ok()).expect("a number")
    };
    let list = other.ask("CLIENT LIST");
    let line = list.split("id=").find(|line| line.contains("name=queue ")).expect("it is there");
    assert!(figure(line, "multi-mem=") > 8 << 20, "{line}");
    assert!(figure(line, "tot-mem=") > 8 << 20, "{line}");
    assert_eq!(other.ask("CONFIG SET maxmemory-clients 4mb"), "+OK");
    assert!(client.is_ended());
    assert_eq!(other.ask("EXISTS k"), ":0");
}
