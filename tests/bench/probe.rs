//! A client that does little and measures how long it waits: what others feel of a storm.
//!
//! It reads one key, about once in a millisecond, on a connection of its own. A client that waits
//! for its reply sends nothing meanwhile, so a pause of a hundred milliseconds would be one bad
//! reply among thousands and vanish from every percentile. Therefore each request that should
//! have been sent during a wait counts too, with what was left of that wait.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::server::Server;

/// Between two requests.
const INTERVAL: Duration = Duration::from_millis(1);

/// What is asked, and the only right answer to it.
const REQUEST: &[u8] = b"*2\r\n$3\r\nGET\r\n$5\r\nprobe\r\n";
const REPLY: &[u8] = b"$3\r\nxxx\r\n";

/// A probe at work. One that is dropped ends with its next reply.
pub struct Probe {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<std::io::Result<Vec<f64>>>>,
}

/// How long the replies took.
pub struct Waits {
    /// The 99th percentile in milliseconds.
    pub p99_ms: f64,
    /// The longest in milliseconds.
    pub longest_ms: f64,
}

impl Probe {
    /// Writes the key that is read and begins. The server holds one key more from now on.
    pub fn start(server: &Server) -> Result<Probe, String> {
        let reply = server.ask("SET probe xxx")?;
        if reply != "+OK" {
            return Err(format!("{} answers SET with '{reply}'", server.name));
        }
        let stream = server.connect().map_err(|e| format!("no connection for a probe: {e}"))?;
        let ended = Arc::new(AtomicBool::new(false));
        let thread = {
            let ended = Arc::clone(&ended);
            thread::spawn(move || probe(stream, &ended))
        };
        Ok(Probe { ended, thread: Some(thread) })
    }

    /// Ends it and tells what it saw.
    pub fn finish(mut self) -> Result<Waits, String> {
        self.ended.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("only this takes the thread");
        let mut waits_ms = match thread.join() {
            Ok(waited) => waited.map_err(|e| format!("the probe got no reply: {e}"))?,
            Err(_) => return Err("the probe panicked".into()),
        };
        waits_ms.sort_by(f64::total_cmp);
        let longest_ms = *waits_ms.last().ok_or("the probe had no time for a request")?;
        Ok(Waits { p99_ms: waits_ms[waits_ms.len() * 99 / 100], longest_ms })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// Asks until it is stopped; returns every wait in milliseconds.
fn probe(mut stream: TcpStream, ended: &AtomicBool) -> std::io::Result<Vec<f64>> {
    let mut waits_ms = Vec::new();
    let mut reply = [0; REPLY.len()];
    while !ended.load(Ordering::Relaxed) {
        // Counted from the sending and not from the time for it: that this thread is woken too
        // late is not the server's doing.
        let sent = Instant::now();
        stream.write_all(REQUEST)?;
        stream.read_exact(&mut reply)?;
        if reply != REPLY {
            let reply = String::from_utf8_lossy(&reply).into_owned();
            return Err(Error::new(ErrorKind::InvalidData, reply));
        }
        let waited = sent.elapsed();
        let mut left = waited;
        loop {
            waits_ms.push(left.as_secs_f64() * 1e3);
            match left.checked_sub(INTERVAL) {
                Some(rest) if !rest.is_zero() => left = rest,
                _ => break,
            }
        }
        thread::sleep(INTERVAL.saturating_sub(waited));
    }
    Ok(waits_ms)
}
