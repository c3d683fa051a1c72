//! Single places: adding them, and their positions, geohashes and distances.

use super::FAMILY;
use super::area::distance_m;
use super::arguments::{position, reply_distance, reply_position, unit_m};
use super::geohash::{self, Cell, DEPTH_MAX, Position};
use crate::command::engine::arguments::Cursor;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::{Event, SortedSet};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&GEOADD, &GEOPOS, &GEODIST, &GEOHASH];

static GEOADD: Command = Command {
    keys: KeyArguments::FIRST.used(&["RW update"]),
    summary: "Adds places to a sorted set, or moves them, and counts the new ones",
    syntax: "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        :2
        > GEODIST sicily Palermo Catania km
        $8
        166.2742
    ",
    handler: Handler::Keys(geoadd),
    ..FAMILY.row("geoadd", -5, flag::WRITE | flag::DENYOOM, "3.2.0")
};

fn geoadd(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let (mut if_new, mut if_there, mut counts_moved) = (false, false, false);
    let mut words = Cursor::at(args, 2);
    loop {
        match () {
            () if words.take("NX") => if_new = true,
            () if words.take("XX") => if_there = true,
            () if words.take("CH") => counts_moved = true,
            () => break,
        }
    }
    let places = args.from(words.index());
    if places.is_empty() || !places.len().is_multiple_of(3) || if_new && if_there {
        return Err(CommandError::SYNTAX);
    }
    let score = |at| position(places, at).map(|place| Cell::at(place, DEPTH_MAX).score());
    let scores = (0..places.len()).step_by(3).map(score).collect::<Result<Vec<f64>, _>>()?;
    let names = keys.encodings().sorted_set;
    // A place is a member with a score.
    let event = Event::sorted_set("zadd");
    let (added, moved) = keys.change(args.at(1), event, |set: &mut SortedSet| {
        let (mut added, mut moved) = (0, 0);
        for (score, member) in scores.iter().zip(places.iter().skip(2).step_by(3)) {
            match set.score(member) {
                None if if_there => continue,
                Some(_) if if_new => continue,
                Some(old) if old == *score => continue,
                None => added += 1,
                Some(_) => moved += 1,
            }
            set.insert(member, *score, names);
        }
        ((added, moved), added + moved)
    })?;
    reply.count(if counts_moved { added + moved } else { added });
    Ok(())
}

/// The position of a member.
pub fn position_of(set: &SortedSet, member: &[u8]) -> Option<Position> {
    set.score(member).map(|score| Cell::of_score(score).middle())
}

static GEOPOS: Command = Command {
    complexity: Complexity::Other("O(1) for each member"),
    summary: "Reads the positions of places: longitude and latitude",
    syntax: "key [member [member ...]]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo
        :1
        > GEOPOS sicily Palermo nowhere
        *2
        *2
        $20
        13.36138933897018433
        $20
        38.11555639549629859
        *-1
    ",
    handler: Handler::Keys(geopos),
    ..FAMILY.row("geopos", -2, flag::READONLY, "3.2.0")
};

fn geopos(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let set = keys.read::<SortedSet>(args.at(1))?;
    let members = args.from(2);
    reply.array(members.len());
    for member in members.iter() {
        match set.and_then(|set| position_of(set, member)) {
            Some(position) => reply_position(reply, position),
            None => reply.null_array(),
        }
    }
    Ok(())
}

static GEODIST: Command = Command {
    complexity: Complexity::Constant,
    summary: "Computes the distance of two places, in metres or another unit",
    syntax: "key member1 member2 [M | KM | FT | MI]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        :2
        > GEODIST sicily Palermo Catania
        $11
        166274.1516
        > GEODIST sicily Palermo nowhere
        $-1
    ",
    handler: Handler::Keys(geodist),
    ..FAMILY.row("geodist", -4, flag::READONLY, "3.2.0")
};

fn geodist(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let unit_m = match args.len() {
        4 => 1.0,
        5 => unit_m(args.at(4))?,
        _ => return Err(CommandError::SYNTAX),
    };
    let set = keys.read::<SortedSet>(args.at(1))?;
    let place = |at: usize| set.and_then(|set| position_of(set, args.at(at)));
    match (place(2), place(3)) {
        (Some(one), Some(other)) => reply_distance(reply, distance_m(one, other) / unit_m),
        _ => reply.null(),
    }
    Ok(())
}

static GEOHASH: Command = Command {
    complexity: Complexity::Other("O(1) for each member"),
    summary: "Reads the positions of places as geohashes of eleven letters",
    syntax: "key [member [member ...]]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo
        :1
        > GEOHASH sicily Palermo nowhere
        *2
        $11
        sqc8b49rny0
        $-1
    ",
    handler: Handler::Keys(geohash),
    ..FAMILY.row("geohash", -2, flag::READONLY, "3.2.0")
};

fn geohash(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let set = keys.read::<SortedSet>(args.at(1))?;
    let members = args.from(2);
    reply.array(members.len());
    for member in members.iter() {
        match set.and_then(|set| position_of(set, member)) {
            Some(position) => reply.bulk(&geohash::text(position)),
            None => reply.null(),
        }
    }
    Ok(())
}
