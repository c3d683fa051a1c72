//! What a server weighs: bytes per key and per connection, its start, its idle self.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use super::Trial;
use crate::fill;

const KEYS: usize = 1_000_000;

/// Divisor of a byte count.
const KIB: f64 = 1024.0;

const CONNECTIONS: usize = 5_000;
const CONNECTIONS_QUICK: usize = 1_000;

/// What a server may still have to do after its start, or after the last of many clients: both
/// have rounds of a tenth of a second.
const SETTLE: Duration = Duration::from_millis(300);

/// Resident bytes that a key and its value cost: what the process grew by, divided.
pub fn bytes_per_key(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let server = trial.server();
    let before = server.resident_bytes()?;
    fill::strings(server, KEYS, &[b'x'; 32])?;
    server.expect_keys(KEYS)?;
    thread::sleep(SETTLE);
    Ok(vec![(server.resident_bytes()? - before) / KEYS as f64])
}

/// Resident KiB of the process for each client that is connected, has said PING, and is silent.
/// What the kernel keeps for a socket, and for a thread, is not in it.
pub fn kib_per_idle_connection(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let count = if trial.quick { CONNECTIONS_QUICK } else { CONNECTIONS };
    let server = trial.server();
    let before = server.resident_bytes()?;
    let explain = |e| format!("one of {count} clients: {e}");
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = server.connect().map_err(explain)?;
        client.write_all(b"*1\r\n$4\r\nPING\r\n").map_err(explain)?;
        let mut pong = [0; b"+PONG\r\n".len()];
        client.read_exact(&mut pong).map_err(explain)?;
        if pong != *b"+PONG\r\n" {
            return Err(format!("a client got '{}'", String::from_utf8_lossy(&pong)));
        }
        clients.push(client);
    }
    thread::sleep(SETTLE);
    Ok(vec![(server.resident_bytes()? - before) / KIB / count as f64])
}

/// Milliseconds from the birth of the process to its first PONG.
pub fn start_ms(trial: &mut Trial) -> Result<Vec<f64>, String> {
    // Not the trial's first start: that one may have had to read the program from disk.
    Ok(vec![trial.restart()?.as_secs_f64() * 1e3])
}

/// Resident MiB of a server that has nothing to do, and MiB of its program on disk. Redis's
/// comes without the libraries that it needs, respool's is all.
pub fn idle_server(trial: &mut Trial) -> Result<Vec<f64>, String> {
    thread::sleep(SETTLE);
    let path = &trial.program().path;
    let file = std::fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mib = KIB * KIB;
    Ok(vec![trial.server().resident_bytes()? / mib, file.len() as f64 / mib])
}
