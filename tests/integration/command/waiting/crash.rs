//! Commands that wait for a key, when the server dies or the disk fails between the hand-off of an
//! element and its reply.

use super::{elements, wait_with};
use crate::logs::{folder, logging};
use crate::process::Process;
use crate::raw::{Raw, lines_of};
use crate::support::TestServer;
use respool::aof::Disk;
use respool::aof::faults::Faults;
use respool::config::Fsync;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Waits for elements and receives them, `count` of them or until the server dies.
fn receive(client: &mut Raw, count: usize, received: &Mutex<Vec<u64>>) {
    for _ in 0..count {
        let mut reply = Vec::new();
        client.send_anyway(b"BLPOP q 0\r\n");
        if client.read_reply(&mut reply).is_err() {
            return;
        }
        let reply = lines_of(&reply).join(" ");
        received.lock().expect("no panic").extend(elements(&reply));
    }
}

/// Checks what was found after a crash: nothing that was received is still there, and no more
/// elements than clients have waited are neither.
fn check_after_a_crash(acknowledged: u64, received: &[u64], left: &str, clients: usize) {
    let left: BTreeSet<u64> = elements(left).collect();
    let twice: Vec<_> = received.iter().filter(|element| left.contains(element)).collect();
    assert!(twice.is_empty(), "{twice:?} would come twice");
    let received: BTreeSet<u64> = received.iter().copied().collect();
    let is_lost = |element: &u64| !left.contains(element) && !received.contains(element);
    let lost = (0..acknowledged).filter(is_lost).count();
    assert!(lost <= clients, "{lost} elements were handed to nobody");
}

/// Ensures that what a client has received is not there any more after the server was killed, and
/// that only what was on its way then is lost.
#[test]
fn a_killed_server_hands_nothing_out_twice() {
    for policy in ["always", "everysec"] {
        let dir = folder();
        let path = dir.path().to_str().expect("a path of text");
        let flags = ["--appendonly", "yes", "--appendfsync", policy, "--dir", path];
        let mut server = Process::start(&flags);
        let (received, acknowledged) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            let (mut client, received) = (server.client(), &received);
            scope.spawn(move || receive(&mut client, usize::MAX, received));
            let (mut client, acknowledged) = (server.client(), &acknowledged);
            scope.spawn(move || {
                let mut reply = Vec::new();
                for at in 0.. {
                    client.send_anyway(format!("RPUSH q e{at}\r\n").as_bytes());
                    if client.read_reply(&mut reply).is_err() {
                        break;
                    }
                    acknowledged.store(at + 1, Relaxed);
                }
            });
            receive(&mut server.client(), 40, received);
            server.signal("KILL");
            server.wait();
        });
        let server = Process::start(&flags);
        let left = server.client().ask("LRANGE q 0 -1");
        let received = received.into_inner().expect("no panic");
        assert!(received.len() >= 40, "{}", received.len());
        check_after_a_crash(acknowledged.into_inner() as u64, &received, &left, 2);
    }
}

/// Ensures that the same holds when the disk fails after any operation: a client gets its element
/// only when the log has its removal.
#[test]
fn a_hand_off_is_logged_before_it_is_answered() {
    let mut counts = Vec::new();
    for operations in 0..40 {
        let (dir, faults) = (folder(), Arc::new(Faults::default()));
        let server = TestServer::on(Disk::with_faults(Arc::clone(&faults)), |config| {
            (config.appendonly, config.appendfsync) = (true, Fsync::Always);
            config.dir = dir.path().to_path_buf();
        });
        let (mut pusher, mut popper) = (server.client(), server.client());
        faults.crash_after(operations);
        let (mut received, mut acknowledged) = (Vec::new(), 0);
        for at in 0..6 {
            wait_with(&server, &mut popper, "BLPOP q 0");
            pusher.send_anyway(format!("RPUSH q e{at}\r\n").as_bytes());
            let (mut reply, mut popped) = (Vec::new(), Vec::new());
            let is_pushed = pusher.read_reply(&mut reply).is_ok() && reply.starts_with(b":");
            acknowledged += u64::from(is_pushed);
            if !is_pushed {
                let _ = popper.stream().shutdown(std::net::Shutdown::Write);
            }
            let is_popped = popper.read_reply(&mut popped).is_ok();
            received.extend(elements(&lines_of(&popped).join(" ")));
            if !is_pushed || !is_popped {
                break;
            }
        }
        drop(server);
        let left = logging(dir.path()).client().ask("LRANGE q 0 -1");
        check_after_a_crash(acknowledged, &received, &left, 1);
        counts.push(received.len());
    }
    assert_eq!(counts[0], 0, "{counts:?}");
    assert!(counts.contains(&6) && counts.contains(&2), "{counts:?}");
}
