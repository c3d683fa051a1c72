//! GEOSEARCH and GEOSEARCHSTORE.

use super::FAMILY;
use super::query::{Form, run};
use crate::command::engine::{Command, Complexity, Handler, KeyArguments, flag};

/// The family's part.
pub const COMMANDS: &[&Command] = &[&GEOSEARCH, &GEOSEARCHSTORE];

/// What a search costs.
pub const COMPLEXITY: &str =
    "O(N+log(M)) with N members in the cells around the area and M members in the set";

static GEOSEARCH: Command = Command {
    complexity: Complexity::Other(COMPLEXITY),
    summary: "Finds the places in a circle or a rectangle",
    syntax: "key <FROMMEMBER member | FROMLONLAT longitude latitude> \
             <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> \
             [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        :2
        > GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 200 km DESC WITHDIST
        *2
        *2
        $7
        Palermo
        $8
        190.4424
        *2
        $7
        Catania
        $7
        56.4413
        > GEOSEARCH sicily FROMMEMBER Palermo BYBOX 100 100 km
        *1
        $7
        Palermo
    ",
    handler: Handler::Keys(|keys, args, reply| run(keys, args, Form::Search, reply)),
    ..FAMILY.row("geosearch", -7, flag::READONLY, "6.2.0")
};

static GEOSEARCHSTORE: Command = Command {
    keys: KeyArguments::new(1, 2, 1).used(&["OW update", "RO access"]),
    complexity: Complexity::Other(COMPLEXITY),
    summary: "Finds the places in a circle or a rectangle and stores them, or their distances",
    syntax: "destination source <FROMMEMBER member | FROMLONLAT longitude latitude> \
             <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> \
             [ASC | DESC] [COUNT count [ANY]] [STOREDIST]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        :2
        > GEOSEARCHSTORE near sicily FROMLONLAT 15 37 BYRADIUS 100 km
        :1
        > ZRANGE near 0 -1
        *1
        $7
        Catania
    ",
    handler: Handler::Keys(|keys, args, reply| run(keys, args, Form::SearchStore, reply)),
    ..FAMILY.row("geosearchstore", -8, flag::WRITE | flag::DENYOOM, "6.2.0")
};
