//! Areas around a position: the distance, what lies inside, and the cells that cover one.

use super::geohash::{Cell, DEPTH_MAX, Position};

/// The radius of the earth in metres, as Redis has it.
const EARTH_RADIUS_M: f64 = 6_372_797.560856;

/// Half of the length of the equator on the map, in metres.
const MAP_HALF_M: f64 = 20_037_726.37;

/// Cells that can cover an area: the one in the middle and those around it.
const CELLS_MAX: usize = 9;

/// The distance of two positions on the sphere in metres (haversine formula).
pub fn distance_m(one: Position, other: Position) -> f64 {
    let (longitude, other_longitude) = (radians(one.longitude), radians(other.longitude));
    let half_longitude = ((other_longitude - longitude) / 2.0).sin();
    if half_longitude == 0.0 {
        return north_south_m(one.latitude, other.latitude);
    }
    let (latitude, other_latitude) = (radians(one.latitude), radians(other.latitude));
    let half_latitude = ((other_latitude - latitude) / 2.0).sin();
    let haversine = half_latitude * half_latitude
        + latitude.cos() * other_latitude.cos() * half_longitude * half_longitude;
    2.0 * EARTH_RADIUS_M * haversine.sqrt().asin()
}

/// The distance of two positions on the same meridian.
fn north_south_m(latitude: f64, other: f64) -> f64 {
    EARTH_RADIUS_M * (radians(other) - radians(latitude)).abs()
}

/// Multiplied by a quotient: `f64::to_radians` would round in another way.
fn radians(degrees: f64) -> f64 {
    degrees * (std::f64::consts::PI / 180.0)
}

fn degrees(radians: f64) -> f64 {
    radians / (std::f64::consts::PI / 180.0)
}

/// The form of an area, in the unit of the request.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// What is at most so far away.
    Circle {
        /// The distance.
        radius: f64,
    },
    /// What is at most half of it away to each side.
    Rectangle {
        /// From west to east.
        width: f64,
        /// From south to north.
        height: f64,
    },
}

/// An area around a position.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// The position.
    pub centre: Position,
    /// The form.
    pub shape: Shape,
    /// Metres of the unit in which the form is given.
    pub unit_m: f64,
}

impl Area {
    /// The distance of a position from the centre in metres, if it lies inside.
    pub fn distance_inside_m(&self, position: Position) -> Option<f64> {
        let Area { centre, shape, unit_m } = *self;
        match shape {
            Shape::Circle { radius } => {
                let distance = distance_m(centre, position);
                (distance <= radius * unit_m).then_some(distance)
            }
            Shape::Rectangle { width, height } => {
                // First what costs less.
                if north_south_m(position.latitude, centre.latitude) > height * unit_m / 2.0 {
                    return None;
                }
                let beneath = Position { latitude: position.latitude, ..centre };
                if distance_m(position, beneath) > width * unit_m / 2.0 {
                    return None;
                }
                Some(distance_m(centre, position))
            }
        }
    }

    /// The cells that cover the area, each once but for a few in very large areas, in the order in
    /// which they are searched.
    pub fn cells(&self) -> Vec<Cell> {
        let (longitudes, latitudes) = self.bounds();
        let mut depth = depth_for(self.reach_m(), self.centre.latitude);
        let mut middle = Cell::at(self.centre, depth);
        // Close to an edge of its cell an area can reach over the neighbours of a cell of this
        // size.
        let is_too_small = middle.neighbour(0, 1).edges().latitude.1 < latitudes.1
            || middle.neighbour(0, -1).edges().latitude.0 > latitudes.0
            || middle.neighbour(1, 0).edges().longitude.1 < longitudes.1
            || middle.neighbour(-1, 0).edges().longitude.0 > longitudes.0;
        if is_too_small && depth > 1 {
            depth -= 1;
            middle = Cell::at(self.centre, depth);
        }
        let edges = middle.edges();
        // Which sides are reached. The largest cells wrap around: all of them are needed.
        let all = depth < 2;
        let north = all || edges.latitude.1 <= latitudes.1;
        let south = all || edges.latitude.0 >= latitudes.0;
        let east = all || edges.longitude.1 <= longitudes.1;
        let west = all || edges.longitude.0 >= longitudes.0;
        let neighbours = [
            (north, (0, 1)),
            (south, (0, -1)),
            (east, (1, 0)),
            (west, (-1, 0)),
            (north && east, (1, 1)),
            (north && west, (-1, 1)),
            (south && east, (1, -1)),
            (south && west, (-1, -1)),
        ];
        let mut cells = Vec::with_capacity(CELLS_MAX);
        for (is_needed, (to_east, to_north)) in neighbours {
            let cell = middle.neighbour(to_east, to_north);
            // In a large area neighbours are the same cell.
            if is_needed && cells.last() != Some(&cell) {
                cells.push(cell);
            }
        }
        cells.insert(0, middle);
        cells
    }

    /// The greatest distance of a position inside, in metres.
    fn reach_m(&self) -> f64 {
        let reach = match self.shape {
            Shape::Circle { radius } => radius,
            Shape::Rectangle { width, height } => {
                ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt()
            }
        };
        reach * self.unit_m
    }

    /// The edges of a rectangle of degrees around the area: west and east, south and north.
    fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let Position { longitude, latitude } = self.centre;
        let (width, height) = match self.shape {
            Shape::Circle { radius } => (radius, radius),
            Shape::Rectangle { width, height } => (width / 2.0, height / 2.0),
        };
        let (width, height) = (self.unit_m * width, self.unit_m * height);
        let north_south = degrees(height / EARTH_RADIUS_M);
        // A degree of longitude is shortest where it is nearest to the pole.
        let nearest_to_pole =
            if latitude < 0.0 { latitude - north_south } else { latitude + north_south };
        let west_east = degrees(width / EARTH_RADIUS_M / radians(nearest_to_pole).cos());
        (
            (longitude - west_east, longitude + west_east),
            (latitude - north_south, latitude + north_south),
        )
    }
}

/// How often the map is halved so that a cell and its neighbours cover what is `reach_m` away.
fn depth_for(reach_m: f64, latitude: f64) -> u32 {
    if reach_m == 0.0 {
        return DEPTH_MAX;
    }
    let (mut reach_m, mut depth) = (reach_m, 1);
    while reach_m < MAP_HALF_M {
        reach_m *= 2.0;
        depth += 1;
    }
    depth -= 2;
    // Near the poles, cells are narrower than they look.
    if latitude.abs() > 66.0 {
        depth -= 1;
    }
    if latitude.abs() > 80.0 {
        depth -= 1;
    }
    depth.clamp(1, DEPTH_MAX as i32) as u32
}

#[cfg(test)]
mod tests {
    use super::super::geohash::LATITUDES;
    use super::*;

    /// Ensures that the cells of an area cover what lies inside, wherever it is and however large.
    #[test]
    fn cells_cover_the_area() {
        let mut rng = fastrand::Rng::with_seed(5);
        let mut inside = 0;
        for _ in 0..3_000 {
            // Areas that reach over the edge of the map are cut off there, as in Redis.
            let centre = Position {
                longitude: rng.f64() * 200.0 - 100.0,
                latitude: (rng.f64() * 2.0 - 1.0) * 60.0,
            };
            let size = 10.0_f64.powf(rng.f64() * 6.0);
            let shape = match rng.bool() {
                true => Shape::Circle { radius: size },
                false => Shape::Rectangle { width: size, height: size * rng.f64() },
            };
            let area = Area { centre, shape, unit_m: 1.0 };
            let cells = area.cells();
            for _ in 0..20 {
                let degrees = |rng: &mut fastrand::Rng| (rng.f64() - 0.5) * size / 40_000.0;
                let position = Position {
                    longitude: centre.longitude + degrees(&mut rng),
                    latitude: (centre.latitude + degrees(&mut rng))
                        .clamp(*LATITUDES.start(), *LATITUDES.end()),
                };
                if area.distance_inside_m(position).is_some() {
                    inside += 1;
                    let score = Cell::at(position, DEPTH_MAX).score();
                    let is_in = |cell: &Cell| (cell.scores().0..cell.scores().1).contains(&score);
                    assert!(cells.iter().any(is_in), "{area:?} {position:?}");
                }
            }
        }
        assert!(inside > 10_000, "{inside}");
    }

    /// Ensures that the distance of two towns is that of Redis's documentation.
    #[test]
    fn a_known_distance() {
        let place = |score| Cell::of_score(score).middle();
        let distance = distance_m(place(3_479_099_956_230_698.0), place(3_479_447_370_796_909.0));
        assert_eq!(format!("{distance:.4}"), "166274.1516");
    }
}
