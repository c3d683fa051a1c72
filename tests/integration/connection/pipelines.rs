//! Many requests at once: order, exactly one reply each, and clients that read late or never.

use crate::raw::{PATIENCE, Raw, encode};
use crate::support::{TestServer, wait_until};
use respool::clients::end::NOT_READING;
use respool::shared::Stats;
use socket2::SockRef;
use std::io::Write;
use std::net::Shutdown;
use std::time::Instant;

/// Ensures exactly one reply per request, in order, with errors of every kind in between.
#[test]
fn errors_in_the_middle_keep_the_order() {
    let server = TestServer::start();
    let mut client = server.client();
    let mut pipeline = Vec::new();
    let mut expected = Vec::new();
    for at in 0..10_000 {
        let number = at.to_string();
        let (request, reply) = match at % 8 {
            0 => (vec!["SET", "k", &number], "+OK".to_owned()),
            1 => (
                vec!["NONSENSE"],
                "-ERR unknown command 'NONSENSE', with args beginning with: ".to_owned(),
            ),
            2 => (vec!["GET"], "-ERR wrong number of arguments for 'get' command".to_owned()),
            3 => (
                vec!["HGETALL", "k"],
                "-WRONGTYPE Operation against a key holding the wrong kind of value".to_owned(),
            ),
            4 => (vec!["INCRBY", "n", &number], format!(":{}", sum_of_fourths(at))),
            5 => (vec!["ECHO", &number], format!("${}\r\n{number}", number.len())),
            6 => (
                vec!["CLIENT", "nonsense"],
                "-ERR unknown subcommand 'nonsense'. Try CLIENT HELP.".to_owned(),
            ),
            _ => (vec!["PING"], "+PONG".to_owned()),
        };
        let words: Vec<&[u8]> = request.iter().map(|word| word.as_bytes()).collect();
        pipeline.extend(encode(&words));
        expected.extend(format!("{reply}\r\n").into_bytes());
    }
    client.send(&pipeline);
    assert_eq!(client.finish().escape_ascii().to_string(), expected.escape_ascii().to_string());
}

/// The sum of all numbers up to `at` that are four modulo eight.
fn sum_of_fourths(at: u64) -> u64 {
    (0..=at).filter(|number| number % 8 == 4).sum()
}

/// Ensures that a failing AUTH in the middle of a pipeline is answered once and changes nothing.
#[test]
fn a_failing_auth_in_the_middle() {
    let server = TestServer::with(|config| config.requirepass = b"secret".to_vec());
    let mut client = server.client();
    client.send(
        b"GET k\r\nAUTH wrong\r\nGET k\r\nAUTH secret\r\nSET k v\r\nAUTH x\r\nGET k\r\nPING\r\n",
    );
    let no_auth = "-NOAUTH Authentication required.\r\n";
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    let expected = format!("{no_auth}{wrong}{no_auth}+OK\r\n+OK\r\n{wrong}$1\r\nv\r\n+PONG\r\n");
    assert_eq!(String::from_utf8_lossy(&client.finish()), expected);
}

/// Ensures that the protocol can change in the middle of a pipeline.
#[test]
fn hello_in_the_middle() {
    let server = TestServer::start();
    let mut client = server.client();
    client.send(b"GET a\r\nHELLO 3\r\nGET a\r\nHGETALL h\r\nHELLO 2\r\nGET a\r\nHGETALL h\r\n");
    let replies = String::from_utf8(client.finish()).expect("text");
    assert!(replies.starts_with("$-1\r\n%7\r\n$6\r\nserver\r\n"), "{replies}");
    assert!(replies.contains("\r\n*0\r\n_\r\n%0\r\n*14\r\n$6\r\nserver\r\n"), "{replies}");
    assert!(replies.ends_with("\r\n*0\r\n$-1\r\n*0\r\n"), "{replies}");
}

/// Ensures that a client that has said all it will say still gets all its replies.
#[test]
fn a_half_closed_client_gets_its_replies() {
    let server = TestServer::start();
    let mut client = server.client();
    client.request(&[b"SET", b"k", &[b'x'; 1_000]]);
    client.reply();
    let requests = encode(&[b"GET", b"k"]).repeat(10_000);
    client.send(&requests);
    client.stream().shutdown(Shutdown::Write).expect("an open socket");
    assert_eq!(client.rest().len(), 10_000 * 1_009);
}

/// Ensures that a client may send a hundred thousand requests before it reads the first reply.
#[test]
fn reading_after_sending_everything() {
    const COUNT: usize = 100_000;
    let server = TestServer::start();
    let mut client = server.client();
    let value = [b'x'; 1_024];
    client.request(&[b"SET", b"k", &value]);
    assert_eq!(client.reply(), b"+OK\r\n");
    let requests = encode(&[b"GET", b"k"]).repeat(COUNT);
    // Everything is sent before anything is read: a server that only writes would wait for ever.
    client.send(&requests);
    let reply = [b"$1024\r\n", &value[..], b"\r\n"].concat();
    for at in 0..COUNT {
        assert!(client.reply() == reply, "reply {at}");
    }
    assert_eq!(client.finish(), b"");
}

/// Ensures that requests which are larger than any buffer on the way can all be sent before the
/// first reply is read, and that this takes no longer than executing them.
#[test]
fn reading_after_sending_more_than_fits_on_the_way() {
    const COUNT: usize = 20_000;
    let server = TestServer::start();
    let mut client = server.client();
    hold_little(&client);
    let value = [b'x'; 2_000];
    let request = encode(&[b"ECHO", &value]);
    let start = Instant::now();
    let check_time = || assert!(start.elapsed() < PATIENCE, "forty megabytes take too long");
    for _ in 0..COUNT / 100 {
        client.send(&request.repeat(100));
        check_time();
    }
    wait_until("all of it is executed while nobody reads", || {
        server.shared.calls.total() >= COUNT as u64
    });
    check_time();
    let reply = [b"$2000\r\n", &value[..], b"\r\n"].concat();
    for at in 0..COUNT {
        assert!(client.reply() == reply, "reply {at}");
    }
    assert_eq!(client.finish(), b"");
}

/// Has the kernel hold little on behalf of a client that does not read, so that it piles up in
/// the server.
fn hold_little(client: &Raw) {
    let set = SockRef::from(client.stream()).set_recv_buffer_size(64 * 1024);
    set.expect("a socket option");
}

/// Ensures that a client that never reads is dropped at the output limit without hindering others.
#[test]
fn a_client_that_never_reads_is_dropped() {
    let server = TestServer::start();
    let mut other = server.client();
    other.request(&[b"SET", b"k", &vec![b'x'; 1 << 20]]);
    assert_eq!(other.reply(), b"+OK\r\n");
    let client = server.client();
    let mut requests = encode(&[b"GET", b"k"]).repeat(400);
    let mut stream = client.stream();
    let dropped = || Stats::read(&server.shared.stats.ends[NOT_READING]);
    wait_until("the client was dropped", || {
        if !requests.is_empty() {
            // It may be dropped before it has said everything.
            let _ = stream.write_all(&std::mem::take(&mut requests));
        }
        assert_eq!(other.ask("PING"), "+PONG");
        dropped() == 1
    });
    wait_until("its place is free", || other.ask("CLIENT LIST").matches("id=").count() == 1);
}

/// Ensures that a client which reads gets everything, also if it asked for much in few bytes.
#[test]
fn lines_that_ask_for_much_are_answered() {
    let server = TestServer::start();
    let mut client = server.client();
    client.request(&[b"SET", b"k", &vec![b'x'; 1 << 20]]);
    client.reply();
    let mut stream = client.stream().try_clone().expect("a descriptor");
    std::thread::scope(|scope| {
        scope.spawn(move || stream.write_all(&b"GET k\r\n".repeat(600)).expect("it reads"));
        // So much is executed that replies wait in the server.
        let mut other = server.client();
        wait_until("replies wait", || other.ask("CLIENT LIST").matches(" omem=0 ").count() == 1);
        for at in 0..600 {
            assert_eq!(client.reply().len(), (1 << 20) + 12, "reply {at}");
        }
    });
    let dropped = Stats::read(&server.shared.stats.ends[NOT_READING]);
    assert_eq!(dropped, 0);
}

/// Ensures that a client which reads slowly, but reads, gets everything.
#[test]
fn a_slow_reader_gets_everything() {
    const COUNT: usize = 30;
    const REPLY_BYTES: usize = (1 << 20) + 12;
    let server = TestServer::start();
    let mut client = server.client();
    hold_little(&client);
    client.request(&[b"SET", b"k", &vec![b'x'; 1 << 20]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    client.send(&encode(&[b"GET", b"k"]).repeat(COUNT));
    let mut asked = "+OK\r\n".len() + COUNT * REPLY_BYTES;
    for at in 0..COUNT {
        // Nothing is read until the server has sent what it could.
        let (mut sent, mut waiting) = (0, 0);
        wait_until("the server does not try to send", || {
            waiting = server.shared.clients.list()[0].outbox.waiting().bytes;
            sent = Stats::read(&server.shared.stats.output_bytes) as usize;
            sent + waiting == asked
        });
        assert!(at > 0 || waiting > asked / 2, "{waiting} bytes wait in the server");
        assert_eq!(client.reply().len(), REPLY_BYTES, "reply {at}");
        // Other requests in between are served in their turn.
        client.send(b"PING\r\n");
        asked += "+PONG\r\n".len();
    }
    for _ in 0..COUNT {
        assert_eq!(client.reply(), b"+PONG\r\n");
    }
}

/// Ensures that a client that always stays some replies behind costs only these replies, and not
/// everything it was ever sent.
#[test]
fn a_slow_reader_costs_what_it_has_not_read() {
    const BEHIND: usize = 14_000;
    const PORTION: usize = 1_000;
    let server = TestServer::start();
    let (mut client, mut other) = (server.client(), server.client());
    client.ask("CLIENT SETNAME behind");
    hold_little(&client);
    client.request(&[b"SET", b"k", &[b'x'; 3_000]]);
    assert_eq!(client.reply(), b"+OK\r\n");
    let mut held_bytes = || {
        let list = other.ask("CLIENT LIST");
        let line = list.split("id=").find(|line| line.contains(" name=behind ")).expect("a line");
        let held = line.split(' ').find_map(|word| word.strip_prefix("tot-mem="));
        held.and_then(|bytes| bytes.parse::<usize>().ok()).expect("a number")
    };
    let request = encode(&[b"GET", b"k"]);
    client.send(&request.repeat(BEHIND));
    wait_until("most replies wait in the server", || held_bytes() > 20 << 20);
    for _ in 0..100 {
        client.send(&request.repeat(PORTION));
        (0..PORTION).for_each(|_| assert_eq!(client.reply().len(), 3_009));
        // Half of a buffer may have been sent already, and it doubles when it grows; all that was
        // ever sent would be three hundred megabytes in the end.
        let held = held_bytes();
        assert!(held < 4 * BEHIND * 3_009, "{held} bytes held for forty megabytes");
    }
    assert_eq!(client.finish().len(), BEHIND * 3_009);
}

/// Ensures that many clients that pipeline at the same time get their own replies.
#[test]
fn pipelines_do_not_mix() {
    let server = TestServer::start();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let server = &server;
            scope.spawn(move || {
                let mut client = server.client();
                let key = format!("key:{number}");
                for round in 0..20_u64 {
                    let requests = format!("INCR {key}\r\nINCR all\r\nECHO {key}\r\n").repeat(200);
                    client.send(requests.as_bytes());
                    for at in 1..=200 {
                        let expected = format!(":{}\r\n", round * 200 + at);
                        assert_eq!(client.reply(), expected.as_bytes());
                        assert_eq!(client.reply()[0], b':');
                        assert_eq!(client.reply(), format!("$5\r\n{key}\r\n").as_bytes());
                    }
                }
            });
        }
    });
    assert_eq!(server.client().ask("GET all"), "$5 32000");
}

/// Ensures that two clients wait for each other no longer than for a batch: a pipeline of
/// large requests does not keep a short one from being served.
#[test]
fn a_long_pipeline_lets_others_through() {
    let server = TestServer::start();
    let mut long = server.client();
    let mut short = server.client();
    long.send(&b"INCR n\r\n".repeat(500_000));
    let mut seen = 0;
    while seen == 0 {
        let reply = short.ask("GET n");
        seen = reply.split(' ').nth(1).map_or(0, |number| number.parse().expect("a number"));
    }
    // It got in between: had the pipeline run in one piece, all of it would be done.
    assert!(seen < 500_000, "served only after {seen} requests of another client");
    for at in 1..=500_000 {
        assert_eq!(long.reply(), format!(":{at}\r\n").as_bytes());
    }
}
