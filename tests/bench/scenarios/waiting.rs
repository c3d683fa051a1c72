//! Queues: from a push to the client that waits for it.

use std::io::{Error, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use super::Trial;
use crate::server::Server;

/// Hand-offs of a pair.
const HAND_OFFS: usize = 1_500;

/// Between the request that waits and the push: it waits by then.
const PAUSE: Duration = Duration::from_micros(500);

/// Microseconds from a push to the reply of the client that waited: median and 99th percentile for
/// one pair of clients, and for twenty at the same time.
pub fn hand_off_us(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let mut figures = Vec::new();
    for pairs in [1, 20] {
        let count = if trial.quick { HAND_OFFS / 5 } else { HAND_OFFS } / pairs.min(4);
        let server = trial.server();
        let measured = thread::scope(|scope| {
            let pair = |number| scope.spawn(move || hand_offs(server, number, count));
            let pairs: Vec<_> = (0..pairs).map(pair).collect();
            let joined = pairs.into_iter().map(|pair| pair.join().expect("a pair that measures"));
            joined.collect::<Result<Vec<_>, Error>>()
        });
        let mut all = measured.map_err(|e| format!("{pairs} pairs: {e}"))?.concat();
        all.sort_by(f64::total_cmp);
        figures.extend([all[all.len() / 2], all[all.len() * 99 / 100]]);
    }
    Ok(figures)
}

fn hand_offs(server: &Server, number: usize, count: usize) -> Result<Vec<f64>, Error> {
    let (mut popper, mut pusher) = (server.connect()?, server.connect()?);
    let key = format!("queue:{number:02}");
    let pop = format!("*3\r\n$5\r\nBLPOP\r\n$8\r\n{key}\r\n$1\r\n0\r\n");
    let push = format!("*3\r\n$5\r\nRPUSH\r\n$8\r\n{key}\r\n$3\r\nxxx\r\n");
    let mut popped = vec![0; format!("*2\r\n$8\r\n{key}\r\n$3\r\nxxx\r\n").len()];
    let mut took_us = Vec::with_capacity(count);
    for _ in 0..count {
        popper.write_all(pop.as_bytes())?;
        thread::sleep(PAUSE);
        let sent = Instant::now();
        pusher.write_all(push.as_bytes())?;
        popper.read_exact(&mut popped)?;
        took_us.push(sent.elapsed().as_secs_f64() * 1e6);
        pusher.read_exact(&mut [0; b":1\r\n".len()])?;
    }
    Ok(took_us)
}
