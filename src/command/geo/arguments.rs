//! What several commands read: positions, units and lengths; and how they are answered.

use super::geohash::{LATITUDES, LONGITUDES, Position};
use crate::command::engine::sums::NOT_A_FLOAT;
use crate::command::engine::{Args, CommandError, Reply};
use crate::keyspace::types::score;

/// The longitude in argument `at` and the latitude behind it.
///
/// # Errors
/// They are not numbers, or not on the map.
pub fn position(args: Args<'_>, at: usize) -> Result<Position, CommandError> {
    let number = |at| score::parse(args.at(at)).ok_or(NOT_A_FLOAT);
    let (longitude, latitude) = (number(at)?, number(at + 1)?);
    if LONGITUDES.contains(&longitude) && LATITUDES.contains(&latitude) {
        return Ok(Position { longitude, latitude });
    }
    Err(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}").into())
}

/// The metres of a unit.
///
/// # Errors
/// There is no such unit.
pub fn unit_m(name: &[u8]) -> Result<f64, CommandError> {
    match name.to_ascii_lowercase().as_slice() {
        b"m" => Ok(1.0),
        b"km" => Ok(1_000.0),
        b"ft" => Ok(0.3048),
        b"mi" => Ok(1_609.34),
        _ => Err(CommandError::new("ERR unsupported unit provided. please use M, KM, FT, MI")),
    }
}

/// The number in argument `at`, or the error `ERR need numeric …`.
pub fn length(args: Args<'_>, at: usize, what: &str) -> Result<f64, CommandError> {
    score::parse(args.at(at)).ok_or_else(|| format!("ERR need numeric {what}").into())
}

/// The radius in argument `at`, and the metres of the unit behind it.
///
/// # Errors
/// It is not a number, or a negative one, or there is no such unit.
pub fn radius(args: Args<'_>, at: usize) -> Result<(f64, f64), CommandError> {
    let radius = length(args, at, "radius")?;
    if radius < 0.0 {
        return Err(CommandError::new("ERR radius cannot be negative"));
    }
    Ok((radius, unit_m(args.at(at + 1))?))
}

/// Replies with a position: a pair of decimal numbers with up to 17 digits behind the point.
pub fn reply_position(reply: &mut Reply, position: Position) {
    reply.array(2);
    for degrees in [position.longitude, position.latitude] {
        let text = format!("{degrees:.17}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        reply.double_text(if text == "-0" { b"0" } else { text.as_bytes() });
    }
}

/// Replies with a distance: a text with four digits behind the point.
pub fn reply_distance(reply: &mut Reply, distance: f64) {
    reply.bulk(format!("{distance:.4}").as_bytes());
}
