//! Publish and subscribe: deliveries in a second, the way of one message, a channel with thousands
//! of subscribers; and what a monitor costs.
//!
//! One thread reads for all subscribers, with `poll`: a thread for each would be a load of its own.
//! Every message has the same length, so what has arrived is counted in bytes.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Trial;
use crate::client;
use crate::probe::Probe;
use crate::rows::{KEYS, Load};
use crate::server::Server;

const PUBLISH: &[u8] = b"*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$16\r\n0123456789abcdef\r\n";
const MESSAGE: &[u8] = b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$16\r\n0123456789abcdef\r\n";

/// Clients that publish.
const PUBLISHERS: usize = 4;

/// Numbers of subscribers.
const SUBSCRIBERS: [usize; 4] = [1, 10, 100, 1_000];

/// Deliveries in one measurement, and the most and fewest messages for them.
const DELIVERIES: usize = 600_000;
const MESSAGES_MAX: usize = 60_000;
const MESSAGES_MIN: usize = 600;

/// Messages whose way is timed, and the pause between them.
const TIMED: usize = 1_500;
const PAUSE: Duration = Duration::from_millis(1);

/// Subscribers of one channel, the messages that they get, and the pause between these.
const CROWD: usize = 5_000;
const CROWD_MESSAGES: usize = 60;
const CROWD_PAUSE: Duration = Duration::from_millis(50);

/// What does not arrive within this time will not.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Subscribers; the thread that asks for what has arrived reads for all of them.
struct Subscribers {
    streams: Vec<TcpStream>,
    buffer: Vec<u8>,
}

impl Subscribers {
    fn start(server: &Server, count: usize) -> Result<Subscribers, Error> {
        let mut streams = Vec::with_capacity(count);
        for _ in 0..count {
            let mut stream = server.connect()?;
            stream.write_all(b"SUBSCRIBE c\r\n")?;
            let mut confirmation = [0; b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n".len()];
            stream.read_exact(&mut confirmation)?;
            stream.set_nonblocking(true)?;
            streams.push(stream);
        }
        Ok(Subscribers { streams, buffer: vec![0; 1 << 16] })
    }

    /// Reads until `messages` have arrived at each of them.
    fn expect(&mut self, messages: usize) -> Result<(), Error> {
        let mut left = self.streams.len() * messages * MESSAGE.len();
        while left > 0 {
            let all = self.streams.iter().map(|stream| PollFd::new(stream, PollFlags::IN));
            let mut all: Vec<PollFd<'_>> = all.collect();
            let patience = Timespec { tv_sec: SILENCE_MAX.as_secs() as i64, tv_nsec: 0 };
            if poll(&mut all, Some(&patience))? == 0 {
                return Err(Error::new(ErrorKind::TimedOut, format!("{left} bytes are missing")));
            }
            for (mut stream, state) in self.streams.iter().zip(&all) {
                if !state.revents().is_empty() {
                    match stream.read(&mut self.buffer)? {
                        0 => return Err(ErrorKind::UnexpectedEof.into()),
                        bytes => left = left.saturating_sub(bytes),
                    }
                }
            }
        }
        Ok(())
    }
}

/// Publishes `messages` times, `pipeline` at a time.
fn publish(mut stream: TcpStream, messages: usize, pipeline: usize) -> Result<(), Error> {
    let mut replies = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    let mut left = messages;
    while left > 0 {
        let count = left.min(pipeline);
        stream.write_all(&PUBLISH.repeat(count))?;
        for _ in 0..count {
            line.clear();
            replies.read_line(&mut line)?;
        }
        left -= count;
    }
    Ok(())
}

/// Thousands of deliveries in a second.
fn kdeliveries(
    server: &Server,
    subscribers: usize,
    pipeline: usize,
    quick: bool,
) -> Result<f64, Error> {
    let deliveries = if quick { DELIVERIES / 5 } else { DELIVERIES };
    let messages = (deliveries / subscribers).clamp(MESSAGES_MIN, MESSAGES_MAX);
    // With a reply for each, publishing takes longer than delivering to a few.
    let messages = if pipeline == 1 { messages.min(MESSAGES_MAX / 2) } else { messages };
    let each = messages / PUBLISHERS;
    let mut subscribers = Subscribers::start(server, subscribers)?;
    let streams: Result<Vec<_>, _> = (0..PUBLISHERS).map(|_| server.connect()).collect();
    let began = Instant::now();
    thread::scope(|scope| {
        let publishers: Vec<_> = streams?
            .into_iter()
            .map(|stream| scope.spawn(move || publish(stream, each, pipeline)))
            .collect();
        subscribers.expect(each * PUBLISHERS)?;
        publishers.into_iter().try_for_each(|publisher| match publisher.join() {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::other("a publisher panicked")),
        })
    })?;
    let deliveries = subscribers.streams.len() * each * PUBLISHERS;
    Ok(deliveries as f64 / began.elapsed().as_secs_f64() / 1e3)
}

/// Thousands of deliveries in a second, for every number of subscribers, first without pipelining
/// and then with sixteen messages at a time.
pub fn deliveries(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let mut figures = Vec::new();
    for pipeline in [1, 16] {
        for subscribers in SUBSCRIBERS {
            let measured = kdeliveries(trial.server(), subscribers, pipeline, trial.quick);
            figures.push(measured.map_err(|e| format!("{subscribers} subscribers: {e}"))?);
        }
    }
    Ok(figures)
}

/// Microseconds from PUBLISH to the last of the subscribers, at a low rate: median and 99th
/// percentile, with one subscriber and with ten.
pub fn way_us(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let count = if trial.quick { TIMED / 5 } else { TIMED };
    let mut figures = Vec::new();
    for subscribers in [1, 10] {
        let measured = ways(trial.server(), subscribers, count);
        let mut ways = measured.map_err(|e| format!("{subscribers} subscribers: {e}"))?;
        ways.sort_by(f64::total_cmp);
        figures.extend([ways[count / 2], ways[count * 99 / 100]]);
    }
    Ok(figures)
}

fn ways(server: &Server, subscribers: usize, count: usize) -> Result<Vec<f64>, Error> {
    let mut subscribers = Subscribers::start(server, subscribers)?;
    let mut publisher = server.connect()?;
    let mut reply = vec![0; format!(":{}\r\n", subscribers.streams.len()).len()];
    let mut ways_us = Vec::with_capacity(count);
    for _ in 0..count {
        let sent = Instant::now();
        publisher.write_all(PUBLISH)?;
        subscribers.expect(1)?;
        ways_us.push(sent.elapsed().as_secs_f64() * 1e6);
        publisher.read_exact(&mut reply)?;
        thread::sleep(PAUSE);
    }
    Ok(ways_us)
}

/// Milliseconds until the last of [`CROWD`] subscribers has a message, and what another client
/// waits meanwhile.
pub fn crowd(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    let explain = |e: Error| format!("{CROWD} subscribers: {e}");
    let mut subscribers = Subscribers::start(server, CROWD).map_err(explain)?;
    let mut publisher = server.connect().map_err(explain)?;
    let messages = if trial.quick { CROWD_MESSAGES / 3 } else { CROWD_MESSAGES };
    let mut reply = vec![0; format!(":{CROWD}\r\n").len()];
    let mut took_ms = Vec::new();
    let probe = Probe::start(server)?;
    for _ in 0..messages {
        let sent = Instant::now();
        publisher.write_all(PUBLISH).map_err(explain)?;
        subscribers.expect(1).map_err(explain)?;
        publisher.read_exact(&mut reply).map_err(explain)?;
        took_ms.push(sent.elapsed().as_secs_f64() * 1e3);
        thread::sleep(CROWD_PAUSE.saturating_sub(sent.elapsed()));
    }
    let waits = probe.finish()?;
    took_ms.sort_by(f64::total_cmp);
    Ok(vec![took_ms[messages / 2], waits.p99_ms])
}

/// Microseconds of server CPU for a SET without a monitor, with one that reads, and the difference.
pub fn monitor_us(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    let requests = if trial.quick { 60_000 } else { 300_000 };
    let load = Load { clients: 50, pipeline: 16, threads: 0 };
    let cpu_us = || {
        let sample =
            client::measure(&["SET", "key:__rand_int__", "xxx"], load, requests, KEYS, server);
        Ok::<f64, String>(sample?.cpu_us_per_op)
    };
    cpu_us()?;
    let alone = cpu_us()?;
    let explain = |e: Error| format!("no monitor: {e}");
    let mut stream = server.connect().map_err(explain)?;
    stream.write_all(b"MONITOR\r\n").map_err(explain)?;
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = {
        let is_over = Arc::clone(&is_over);
        thread::spawn(move || {
            let (mut buffer, mut total) = (vec![0; 1 << 16], 0);
            while !is_over.load(Ordering::Relaxed) {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(bytes) => total += bytes,
                }
            }
            total
        })
    };
    let watched = cpu_us()?;
    is_over.store(true, Ordering::Relaxed);
    // One more line wakes the reader.
    server.expect_pong()?;
    let seen = reader.join().map_err(|_| "the monitor's reader panicked")?;
    if (seen as u64) < requests * 20 {
        return Err(format!("the monitor saw {seen} bytes of {requests} requests"));
    }
    Ok(vec![alone, watched, watched - alone])
}
