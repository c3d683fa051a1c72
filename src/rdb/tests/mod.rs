//! Files and payloads written by hand, round trips, and hostile input.

mod files;
mod hostile;
mod payloads;
mod round_trips;

use super::error::Result;
use super::model::{Collector, Value};
use super::read::{Entry, Event, Reader};

/// Every entry of a file with its value.
fn load(file: &[u8]) -> Result<Vec<(Entry, Value)>> {
    let mut reader = Reader::new(file, true)?;
    let mut found = Vec::new();
    loop {
        match reader.next()? {
            Event::End => return Ok(found),
            Event::Entry(entry) => {
                let mut collector = Collector::default();
                reader.value(&mut collector)?;
                found.push((entry, collector.into_value().expect("a value began")));
            }
            _ => {}
        }
    }
}

/// A file without a sum that has these bytes between its header and its end.
fn file(version: u32, body: &[u8]) -> Vec<u8> {
    let end: &[u8] = if version >= 5 { b"\xff\0\0\0\0\0\0\0\0" } else { b"\xff" };
    [format!("REDIS{version:04}").as_bytes(), body, end].concat()
}

/// The only value of a file of such an encoding.
fn value(number: u8, bytes: &[u8]) -> Result<Value> {
    let body = [&[number][..], b"\x01k", bytes].concat();
    load(&file(13, &body)).map(|mut found| found.remove(0).1)
}

/// A string of up to 16383 bytes as it stands in a file.
fn string(bytes: &[u8]) -> Vec<u8> {
    [&[0x40 | (bytes.len() >> 8) as u8, bytes.len() as u8][..], bytes].concat()
}

/// Owned bytes.
fn owned(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Owned pairs of a hash.
fn pairs(texts: &[(&str, &str, Option<u64>)]) -> Value {
    let owned = |&(field, value, expires): &(&str, &str, Option<u64>)| {
        (field.as_bytes().to_vec(), value.as_bytes().to_vec(), expires)
    };
    Value::Hash(texts.iter().map(owned).collect())
}
