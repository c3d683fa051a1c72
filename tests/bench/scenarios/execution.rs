//! How long a command takes in the running server, by the server's own account.
//!
//! For respool that is the time for which the keyspace is locked, waiting for it left out; Redis
//! has no lock, and measures the command alone. With one request at a time the processor's caches
//! have seen two system calls and a thread switch since the last command: it takes several times
//! as long as `make bench-micro` says, and both figures are true.

use super::Trial;
use crate::client;
use crate::fill;
use crate::rows::{KEYS, Load};
use crate::server::Server;

const REQUESTS: u64 = 100_000;
const REQUESTS_QUICK: u64 = 25_000;

/// Microseconds of a GET without pipelining and with sixteen at a time.
pub fn us_per_get(trial: &mut Trial) -> Result<Vec<f64>, String> {
    let requests = if trial.quick { REQUESTS_QUICK } else { REQUESTS };
    let server = trial.server();
    fill::strings(server, KEYS, b"xxx")?;
    let mut figures = Vec::new();
    for (pipeline, factor) in [(1, 1), (16, 4)] {
        server.ask("CONFIG RESETSTAT")?;
        let load = Load { clients: 50, pipeline, threads: 0 };
        client::measure(&["GET", "key:__rand_int__"], load, requests * factor, KEYS, server)?;
        figures.push(us_per_call(server, "get")?);
    }
    Ok(figures)
}

/// The mean duration of a command in `INFO commandstats`, computed from its sum and count, because
/// the reported mean has two decimals only.
fn us_per_call(server: &Server, command: &str) -> Result<f64, String> {
    let fields = server.info_field("commandstats", &format!("cmdstat_{command}"))?;
    let field = |name: &str| -> Option<f64> {
        fields.split(',').find_map(|field| field.strip_prefix(name)?.parse().ok())
    };
    let mean = || Some(field("usec=")? / field("calls=")?);
    mean().ok_or_else(|| format!("{} says of {command} '{fields}'", server.name))
}
