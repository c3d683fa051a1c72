//! `--stat`: a line of figures from INFO every second, or every `-i` seconds.

use super::client::{Client, Failure, print};
use super::stop::Stop;
use std::time::Duration;

/// Lines between two headings: about what a small terminal shows.
const LINES_PER_HEADING: usize = 20;

const HEADING: &str = concat!(
    "------- data ------ --------------------- load -------------------- - child -\n",
    "keys       mem      clients blocked requests            connections          \n",
);

/// Shows figures until the connection or the output is closed.
pub fn run(client: &mut Client<'_>) -> Result<(), Stop> {
    let interval = match client.options.interval {
        Duration::ZERO => Duration::from_secs(1),
        interval => interval,
    };
    let mut requests_before = None;
    for round in 0_usize.. {
        let answer = match client.ask("INFO") {
            Err(Failure::Lost(_)) => return Err(Stop::Message("\nI/O error".to_owned())),
            answer => answer?,
        };
        if let Some(error) = answer.error() {
            let error = String::from_utf8_lossy(error);
            return Err(Stop::Message(format!("ERROR: {error}")));
        }
        let info = String::from_utf8_lossy(answer.text().unwrap_or_default());
        let requests = number(&info, "total_commands_processed");
        let more = requests - requests_before.unwrap_or(requests);
        let heading = if round % LINES_PER_HEADING == 0 { HEADING } else { "" };
        print(format!("{heading}{}\n", line(&info, requests, more)).as_bytes())?;
        requests_before = Some(requests);
        std::thread::sleep(interval);
    }
    Ok(())
}

fn line(info: &str, requests: i64, more: i64) -> String {
    let keys: i64 = info.lines().filter_map(keys_of_database).sum();
    let memory = human(number(info, "used_memory"));
    let (clients, blocked) = (number(info, "connected_clients"), number(info, "blocked_clients"));
    let requests = format!("{requests} (+{more})");
    let connections = number(info, "total_connections_received");
    let is_so = |field| number(info, field) != 0;
    let child = match (is_so("rdb_bgsave_in_progress"), is_so("aof_rewrite_in_progress")) {
        _ if is_so("loading") => "LOAD",
        (false, false) => "",
        (true, false) => "SAVE",
        (false, true) => "AOF",
        (true, true) => "SAVE+AOF",
    };
    format!("{keys:<11}{memory:<9}{clients:<8}{blocked:<8}{requests:<20}{connections:<12}{child}")
}

/// A field of INFO; 0 if it is not there.
fn number(info: &str, field: &str) -> i64 {
    let mut lines = info.lines();
    let value = lines.find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

/// The keys in a line like `db0:keys=2,expires=0,avg_ttl=0`.
fn keys_of_database(line: &str) -> Option<i64> {
    let (_, rest) = line.strip_prefix("db")?.split_once(":keys=")?;
    rest.split(',').next()?.parse().ok()
}

/// Bytes in the unit that leaves one to four digits.
fn human(bytes: i64) -> String {
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let (mut value, mut units) = (bytes as f64 / 1024.0, "KMGT".chars());
    let mut unit = units.next();
    while value >= 1024.0 && units.as_str() != "" {
        value /= 1024.0;
        unit = units.next();
    }
    format!("{value:.2}{}", unit.unwrap_or('T'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a line has redis-cli's columns.
    #[test]
    fn columns() {
        let info = "used_memory:1216348\r\nconnected_clients:1\r\nblocked_clients:0\r\n\
            total_connections_received:53\r\nused_memory_peak:7\r\naof_rewrite_in_progress:1\r\n\
            db0:keys=2,expires=0,avg_ttl=0\r\ndb3:keys=40,expires=0\r\n";
        assert_eq!(
            line(info, 967, 3),
            "42         1.16M    1       0       967 (+3)            53          AOF"
        );
        assert_eq!([0, 1023, 1024, 5 << 30].map(human), ["0B", "1023B", "1.00K", "5.00G"]);
    }
}
