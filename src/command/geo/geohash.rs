//! The geohash: a position as one number, by halving the map again and again.
//!
//! Every bit halves the cell in which the position lies, longitude and latitude in turns. So all
//! positions in a cell have the same leading bits, and a cell is a range of numbers. The map is the
//! square one of web maps, without the poles.

use std::ops::RangeInclusive;

/// Halvings of each coordinate in a score.
pub const DEPTH_MAX: u32 = 26;

/// Degrees of longitude.
pub const LONGITUDES: RangeInclusive<f64> = -180.0..=180.0;

/// Degrees of latitude on a square map (EPSG:3857).
pub const LATITUDES: RangeInclusive<f64> = -85.051_128_78..=85.051_128_78;

/// Degrees of latitude in a geohash as text, which has the poles.
const ALL_LATITUDES: RangeInclusive<f64> = -90.0..=90.0;

/// The letters of a geohash as text, five bits each.
const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Letters of a geohash as text.
const TEXT_LEN: usize = 11;

/// A place, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// East is positive.
    pub longitude: f64,
    /// North is positive.
    pub latitude: f64,
}

/// A rectangle of the map after `depth` halvings of each coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    longitude: u32,
    latitude: u32,
    depth: u32,
}

/// The edges of a cell, in degrees.
#[derive(Debug, Clone, Copy)]
pub struct Edges {
    /// West and east.
    pub longitude: (f64, f64),
    /// South and north.
    pub latitude: (f64, f64),
}

impl Cell {
    /// The cell in which a position lies.
    pub fn at(position: Position, depth: u32) -> Cell {
        Cell::within(position, &LATITUDES, depth)
    }

    fn within(position: Position, latitudes: &RangeInclusive<f64>, depth: u32) -> Cell {
        let number = |degrees: f64, range: &RangeInclusive<f64>| {
            let share = (degrees - range.start()) / (range.end() - range.start());
            (share * (1_u64 << depth) as f64) as u32
        };
        Cell {
            longitude: number(position.longitude, &LONGITUDES),
            latitude: number(position.latitude, latitudes),
            depth,
        }
    }

    /// The smallest cell, in which all positions of a score lie. A sorted set may have any scores;
    /// they are converted as the processors convert them on which Redis mostly runs.
    pub fn of_score(score: f64) -> Cell {
        const EDGE: f64 = (1_u64 << 63) as f64;
        let bits = match score {
            score if score < EDGE => score as i64 as u64,
            score if score - EDGE < EDGE => (score - EDGE) as u64 ^ 1 << 63,
            _ => 0,
        };
        Cell { longitude: gather(bits >> 1), latitude: gather(bits), depth: DEPTH_MAX }
    }

    /// Longitude and latitude in turns.
    fn bits(self) -> u64 {
        spread(self.latitude) | spread(self.longitude) << 1
    }

    /// The scores of the positions inside: from the first one to the one after the last one.
    pub fn scores(self) -> (f64, f64) {
        let shift = 2 * (DEPTH_MAX - self.depth);
        ((self.bits() << shift) as f64, ((self.bits() + 1) << shift) as f64)
    }

    /// The score of a position in the smallest cell.
    pub fn score(self) -> f64 {
        self.scores().0
    }

    /// The cell so many steps to the east and to the north: around the world, and from one pole to
    /// the other.
    pub fn neighbour(self, east: i32, north: i32) -> Cell {
        let step = |number: u32, steps: i32| match steps {
            0 => number,
            _ => number.wrapping_add_signed(steps) & ((1 << self.depth) - 1),
        };
        Cell { longitude: step(self.longitude, east), latitude: step(self.latitude, north), ..self }
    }

    /// The edges.
    pub fn edges(self) -> Edges {
        let edge = |number: u32, range: &RangeInclusive<f64>| {
            let scale = range.end() - range.start();
            range.start() + (f64::from(number) / (1_u64 << self.depth) as f64) * scale
        };
        let both = |number: u32, range: &RangeInclusive<f64>| {
            (edge(number, range), edge(number.wrapping_add(1), range))
        };
        Edges {
            longitude: both(self.longitude, &LONGITUDES),
            latitude: both(self.latitude, &LATITUDES),
        }
    }

    /// The middle.
    pub fn middle(self) -> Position {
        let Edges { longitude, latitude } = self.edges();
        let middle = |(low, high): (f64, f64), range: &RangeInclusive<f64>| {
            ((low + high) / 2.0).clamp(*range.start(), *range.end())
        };
        Position {
            longitude: middle(longitude, &LONGITUDES),
            latitude: middle(latitude, &LATITUDES),
        }
    }
}

/// A position as the eleven letters of a geohash, as other services write it.
pub fn text(position: Position) -> [u8; TEXT_LEN] {
    let bits = Cell::within(position, &ALL_LATITUDES, DEPTH_MAX).bits();
    let letter = |at: usize| match 52_usize.checked_sub(5 * (at + 1)) {
        Some(shift) => LETTERS[(bits >> shift) as usize & 31],
        // There are 52 bits, and the last letter would need three more.
        None => LETTERS[0],
    };
    std::array::from_fn(letter)
}

/// The bits of `number` with a zero in front of each.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    bits = (bits | bits << 16) & 0x0000_ffff_0000_ffff;
    bits = (bits | bits << 8) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
    (bits | bits << 1) & 0x5555_5555_5555_5555
}

/// Every other bit of `bits`: the inverse of [`spread`].
fn gather(bits: u64) -> u32 {
    let mut bits = bits & 0x5555_5555_5555_5555;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff;
    (bits | bits >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const PALERMO: Position = Position { longitude: 13.361389, latitude: 38.115556 };

    /// Ensures that scores and texts are those of Redis's documentation.
    #[test]
    fn known_positions() {
        assert_eq!(Cell::at(PALERMO, DEPTH_MAX).score(), 3_479_099_956_230_698.0);
        let middle = Cell::of_score(3_479_099_956_230_698.0).middle();
        assert_eq!(format!("{:.17}", middle.longitude), "13.36138933897018433");
        assert_eq!(format!("{:.17}", middle.latitude), "38.11555639549629859");
        assert_eq!(&text(middle), b"sqc8b49rny0");
    }

    /// Ensures that a position is found again through its score, and lies in all its cells.
    #[test]
    fn a_position_lies_in_its_cells() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let position = Position {
                longitude: rng.f64() * 360.0 - 180.0,
                latitude: (rng.f64() * 2.0 - 1.0) * LATITUDES.end(),
            };
            let score = Cell::at(position, DEPTH_MAX).score();
            let middle = Cell::of_score(score).middle();
            assert!((middle.longitude - position.longitude).abs() < 1e-5, "{position:?}");
            assert!((middle.latitude - position.latitude).abs() < 1e-5, "{position:?}");
            for depth in 1..=DEPTH_MAX {
                let (first, end) = Cell::at(position, depth).scores();
                assert!((first..end).contains(&score), "{position:?} at {depth}");
            }
        }
    }

    /// Ensures that the way around the world leads back, in both directions.
    #[test]
    fn neighbours_go_around_the_world() {
        for depth in 1..=4 {
            let start = Cell::at(PALERMO, depth);
            let steps = 1 << depth;
            let walk = |east, north| (0..steps).fold(start, |it, _| it.neighbour(east, north));
            assert_eq!(walk(1, 0), start);
            assert_eq!(walk(-1, 1), start);
            assert_eq!(start.neighbour(1, 1).neighbour(-1, -1), start);
        }
    }

    /// Ensures that scores that are no positions lead to some position and to no panic.
    #[test]
    fn any_score_is_some_position() {
        let scores = [-1.0, -0.5, f64::INFINITY, f64::NEG_INFINITY, 1e18, 1.5e19, f64::MAX, 1e-9];
        for score in scores {
            let middle = Cell::of_score(score).middle();
            assert!(LONGITUDES.contains(&middle.longitude), "{score}");
            assert!(LATITUDES.contains(&middle.latitude), "{score}");
        }
    }
}
