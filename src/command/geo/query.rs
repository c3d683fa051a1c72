//! The options of a search, and the search itself.
//!
//! GEOSEARCH and GEORADIUS differ in how they name the area; the rest is the same.

use super::area::{Area, Shape};
use super::arguments::{length, position, radius, reply_distance, reply_position, unit_m};
use super::geohash::{Cell, Position};
use super::members::position_of;
use crate::command::engine::arguments::{Cursor, integer};
use crate::command::engine::values::reply_element;
use crate::command::engine::{Args, CommandError, Keys, Outcome, Reply};
use crate::keyspace::types::Element;
use crate::keyspace::types::sorted_set::ScoreBound;
use crate::keyspace::{Event, SortedSet, Value};
use std::cmp::Ordering;

const NO_SUCH_MEMBER: CommandError =
    CommandError::new("ERR could not decode requested zset member");

/// How a command names its area and its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// GEORADIUS: a position and a radius in front of the options.
    Radius {
        /// Whether STORE and STOREDIST are options.
        may_store: bool,
    },
    /// GEORADIUSBYMEMBER: a member and a radius.
    RadiusByMember {
        /// Whether STORE and STOREDIST are options.
        may_store: bool,
    },
    /// GEOSEARCH: the area is an option.
    Search,
    /// GEOSEARCHSTORE: another key comes first.
    SearchStore,
}

impl Form {
    fn may_store(self) -> bool {
        matches!(self, Form::Radius { may_store: true } | Form::RadiusByMember { may_store: true })
    }

    fn is_search(self) -> bool {
        matches!(self, Form::Search | Form::SearchStore)
    }
}

/// What is asked for.
struct Query<'a> {
    centre: Option<Position>,
    /// The area's form, and the metres of its unit.
    shape: Option<(Shape, f64)>,
    with_distance: bool,
    with_hash: bool,
    with_position: bool,
    is_any: bool,
    /// 0 if there is no limit.
    count: usize,
    /// From the nearest to the furthest, or the other way.
    order: Option<Ordering>,
    destination: Option<&'a [u8]>,
    stores_distance: bool,
}

impl<'a> Query<'a> {
    /// Reads the arguments. Without a set, a member has no position, which is no error.
    fn parse(
        set: Option<&SortedSet>,
        args: Args<'a>,
        form: Form,
    ) -> Result<Query<'a>, CommandError> {
        let mut query = Query {
            centre: None,
            shape: None,
            with_distance: false,
            with_hash: false,
            with_position: false,
            is_any: false,
            count: 0,
            order: None,
            destination: None,
            stores_distance: false,
        };
        let circle = |at| radius(args, at).map(|(radius, unit)| (Shape::Circle { radius }, unit));
        let options = match form {
            Form::Radius { .. } => {
                query.centre = Some(position(args, 2)?);
                query.shape = Some(circle(4)?);
                args.from(6)
            }
            Form::RadiusByMember { .. } => {
                if let Some(set) = set {
                    query.centre = Some(position_of(set, args.at(2)).ok_or(NO_SUCH_MEMBER)?);
                    query.shape = Some(circle(3)?);
                }
                args.from(5)
            }
            Form::Search => args.from(2),
            Form::SearchStore => {
                query.destination = Some(args.at(1));
                args.from(3)
            }
        };
        query.parse_options(set, options, form)?;
        query.check(args.at(0), form)?;
        Ok(query)
    }

    fn parse_options(&mut self, set: Option<&SortedSet>, options: Args<'a>, form: Form) -> Outcome {
        // Which of two ways to name the centre and the form was used.
        let (mut from_member, mut from_position) = (false, false);
        let (mut by_radius, mut by_box) = (false, false);
        let (mut words, is_search) = (Cursor::at(options, 0), form.is_search());
        while !words.is_done() {
            let values = words.index() + 1;
            if words.take("WITHDIST") {
                self.with_distance = true;
            } else if words.take("WITHHASH") {
                self.with_hash = true;
            } else if words.take("WITHCOORD") {
                self.with_position = true;
            } else if words.take("ANY") {
                self.is_any = true;
            } else if words.take("ASC") {
                self.order = Some(Ordering::Less);
            } else if words.take("DESC") {
                self.order = Some(Ordering::Greater);
            } else if let Some(text) = words.value_of("COUNT") {
                self.count = count(text)?;
            } else if form.may_store()
                && let Some(key) = words.value_of("STORE")
            {
                (self.destination, self.stores_distance) = (Some(key), false);
            } else if form.may_store()
                && let Some(key) = words.value_of("STOREDIST")
            {
                (self.destination, self.stores_distance) = (Some(key), true);
            } else if form == Form::SearchStore && words.take("STOREDIST") {
                self.stores_distance = true;
            } else if !is_search {
                return Err(CommandError::SYNTAX);
            } else if !from_position && let Some(member) = words.value_of("FROMMEMBER") {
                from_member = true;
                if let Some(set) = set {
                    self.centre = Some(position_of(set, member).ok_or(NO_SUCH_MEMBER)?);
                }
            } else if !from_member && words.values_of::<2>("FROMLONLAT").is_some() {
                from_position = true;
                self.centre = Some(position(options, values)?);
            } else if !by_box && words.values_of::<2>("BYRADIUS").is_some() {
                by_radius = true;
                let (radius, unit_m) = radius(options, values)?;
                self.shape = Some((Shape::Circle { radius }, unit_m));
            } else if !by_radius && words.values_of::<3>("BYBOX").is_some() {
                by_box = true;
                self.shape = Some(rectangle(options, values)?);
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        if form.is_search() && from_member && set.is_none() {
            // Nothing is searched; but the centre was named.
            self.centre = Some(Position { longitude: 0.0, latitude: 0.0 });
        }
        Ok(())
    }

    /// Refuses what contradicts itself or is incomplete.
    fn check(&self, name: &[u8], form: Form) -> Outcome {
        let shows = self.with_distance || self.with_hash || self.with_position;
        if self.destination.is_some() && shows {
            let what = match form {
                Form::SearchStore => "GEOSEARCHSTORE",
                _ => "STORE option in GEORADIUS",
            };
            let text = "is not compatible with WITHDIST, WITHHASH and WITHCOORD options";
            return Err(format!("ERR {what} {text}").into());
        }
        let missing = match form.is_search() {
            true if self.centre.is_none() => "FROMMEMBER or FROMLONLAT",
            true if self.shape.is_none() => "BYRADIUS and BYBOX",
            _ if self.is_any && self.count == 0 => {
                return Err(CommandError::new("ERR the ANY argument requires COUNT argument"));
            }
            _ => return Ok(()),
        };
        let text = format!("ERR exactly one of {missing} can be specified for ");
        Err(CommandError::quoting(&text, name, ""))
    }
}

fn count(text: &[u8]) -> Result<usize, CommandError> {
    let count = integer(text)?;
    if count <= 0 {
        return Err(CommandError::new("ERR COUNT must be > 0"));
    }
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn rectangle(options: Args<'_>, at: usize) -> Result<(Shape, f64), CommandError> {
    let (width, height) = (length(options, at, "width")?, length(options, at + 1, "height")?);
    if width < 0.0 || height < 0.0 {
        return Err(CommandError::new("ERR height or width cannot be negative"));
    }
    Ok((Shape::Rectangle { width, height }, unit_m(options.at(at + 2))?))
}

/// A place that was found.
struct Found<'a> {
    member: Element<'a>,
    score: f64,
    position: Position,
    distance_m: f64,
}

/// Finds the places in an area, cell by cell; with a limit, only until there are so many.
fn find<'a>(set: &'a SortedSet, area: &Area, limit: Option<usize>) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let is_enough = |found: &Vec<Found<'_>>| limit.is_some_and(|limit| found.len() >= limit);
    for cell in area.cells() {
        let (first, end) = cell.scores();
        let first = ScoreBound { score: first, is_exclusive: false };
        let end = ScoreBound { score: end, is_exclusive: true };
        for (member, score) in set.iter(set.score_range(first, end)) {
            let position = Cell::of_score(score).middle();
            if let Some(distance_m) = area.distance_inside_m(position) {
                found.push(Found { member, score, position, distance_m });
                if is_enough(&found) {
                    return found;
                }
            }
        }
    }
    found
}

/// Sorts by distance so far that the first `wanted` places are right.
fn sort(found: &mut Vec<Found<'_>>, order: Ordering, wanted: usize) {
    let compare = |one: &Found<'_>, other: &Found<'_>| {
        let ascending = one.distance_m.total_cmp(&other.distance_m);
        if order == Ordering::Less { ascending } else { ascending.reverse() }
    };
    if wanted < found.len() {
        found.select_nth_unstable_by(wanted, compare);
        found.truncate(wanted);
    }
    found.sort_by(compare);
}

/// Executes a search: replies with what it finds, or stores it and replies with the number.
pub fn run(keys: &mut Keys<'_>, args: Args<'_>, form: Form, reply: &mut Reply) -> Outcome {
    let source = args.at(if form == Form::SearchStore { 2 } else { 1 });
    let names = keys.encodings().sorted_set;
    let set = keys.read::<SortedSet>(source)?;
    let query = Query::parse(set, args, form)?;
    let mut found = Vec::new();
    let mut unit_m = 1.0;
    if let (Some(set), Some(centre), Some((shape, unit))) = (set, query.centre, query.shape) {
        unit_m = unit;
        let area = Area { centre, shape, unit_m };
        found = find(set, &area, query.is_any.then_some(query.count));
        let wanted = if query.count == 0 { found.len() } else { query.count };
        // The nearest ones are wanted, unless any will do.
        let nearest = (query.count > 0 && !query.is_any).then_some(Ordering::Less);
        if let Some(order) = query.order.or(nearest) {
            sort(&mut found, order, wanted);
        }
        found.truncate(wanted);
    }
    let Some(destination) = query.destination else {
        reply_found(&found, &query, unit_m, reply);
        return Ok(());
    };
    let mut result = SortedSet::new();
    for place in &found {
        let distance = place.distance_m / unit_m;
        let score = if query.stores_distance { distance } else { place.score };
        result.insert(place.member.text(&mut itoa::Buffer::new()), score, names);
    }
    reply.count(result.len());
    let event = if form.is_search() { "geosearchstore" } else { "georadiusstore" };
    if result.is_empty() {
        keys.remove(destination, Event::DEL);
    } else {
        keys.set(destination, Value::SortedSet(result), None, Event::sorted_set(event));
    }
    Ok(())
}

fn reply_found(found: &[Found<'_>], query: &Query<'_>, unit_m: f64, reply: &mut Reply) {
    let facts = [query.with_distance, query.with_hash, query.with_position];
    let facts = facts.iter().filter(|is_wanted| **is_wanted).count();
    reply.array(found.len());
    for place in found {
        if facts > 0 {
            reply.array(facts + 1);
        }
        reply_element(reply, place.member);
        if query.with_distance {
            reply_distance(reply, place.distance_m / unit_m);
        }
        if query.with_hash {
            reply.integer(score_as_integer(place.score));
        }
        if query.with_position {
            reply_position(reply, place.position);
        }
    }
}

/// A score as an integer, converted as processors do: what does not fit is the smallest one.
fn score_as_integer(score: f64) -> i64 {
    if score < (1_u64 << 63) as f64 { score as i64 } else { i64::MIN }
}
