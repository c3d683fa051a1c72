//! `--scan`: every key, a line each, by SCAN.
//!
//! SCAN promises each key that stayed throughout at least once; what comes twice is shown twice.

use super::client::{Client, Failure, print};
use super::link::words;
use super::options::Style;
use super::stop::Stop;
use crate::resp::Answer;
use crate::text::quoting::quote;

/// Lists the keys.
pub fn run(client: &mut Client<'_>) -> Result<(), Stop> {
    let mut cursor = b"0".to_vec();
    loop {
        let mut request = words("SCAN");
        request.push(cursor);
        for (word, value) in [("MATCH", &client.options.pattern), ("COUNT", &client.options.count)]
        {
            if let Some(value) = value {
                request.extend([word.as_bytes().to_vec(), value.clone()]);
            }
        }
        let answer = match client.ask_words(&request) {
            Err(Failure::Lost(_)) => return Err(Stop::Message("\nI/O error".to_owned())),
            answer => answer?,
        };
        if let Some(error) = answer.error() {
            let error = String::from_utf8_lossy(error);
            return Err(Stop::Message(format!("SCAN error: {error}")));
        }
        let Some([Answer::Bulk(next), Answer::Array(keys)]) = answer.elements() else {
            return Err(Stop::Message("Non ARRAY response from SCAN!".to_owned()));
        };
        print(&lines(keys, client.format.style == Style::Standard))?;
        if next == b"0" {
            return Ok(());
        }
        cursor = next.clone();
        std::thread::sleep(client.options.interval);
    }
}

fn lines(keys: &[Answer], is_quoted: bool) -> Vec<u8> {
    let mut lines = Vec::new();
    for key in keys {
        let key = key.text().unwrap_or_default();
        match is_quoted {
            true => quote(key, &mut lines),
            false => lines.extend_from_slice(key),
        }
        lines.push(b'\n');
    }
    lines
}
