//! GEORADIUS and its relatives, the predecessors of GEOSEARCH.

use super::FAMILY;
use super::query::{Form, run};
use super::search::COMPLEXITY;
use crate::command::engine::{Command, Complexity, Handler, KeyArguments, flag};

/// The family's part.
pub const COMMANDS: &[&Command] =
    &[&GEORADIUS, &GEORADIUS_RO, &GEORADIUSBYMEMBER, &GEORADIUSBYMEMBER_RO];

/// Flags of the commands that can store: the other key is an option.
const STORING: u32 = flag::WRITE | flag::DENYOOM | flag::MOVABLE_KEYS;

static GEORADIUS: Command = Command {
    keys: KeyArguments::FIRST.or_stored(6).used(&["RO access"]),
    complexity: Complexity::Other(COMPLEXITY),
    summary: "Finds the places around a position, and replies with them or stores them",
    syntax: "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] \
             [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        :2
        > GEORADIUS sicily 15 37 100 km
        *1
        $7
        Catania
    ",
    handler: Handler::Keys(|keys, args, reply| {
        run(keys, args, Form::Radius { may_store: true }, reply)
    }),
    ..FAMILY.row("georadius", -6, STORING, "3.2.0")
};

static GEORADIUS_RO: Command = Command {
    complexity: Complexity::Other(COMPLEXITY),
    summary: "Finds the places around a position",
    syntax: "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] \
             [COUNT count [ANY]] [ASC | DESC]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo
        :1
        > GEORADIUS_RO sicily 15 37 100 km
        *0
    ",
    handler: Handler::Keys(|keys, args, reply| {
        run(keys, args, Form::Radius { may_store: false }, reply)
    }),
    ..FAMILY.row("georadius_ro", -6, flag::READONLY, "3.2.10")
};

static GEORADIUSBYMEMBER: Command = Command {
    keys: KeyArguments::FIRST.or_stored(5).used(&["RO access"]),
    complexity: Complexity::Other(COMPLEXITY),
    summary: "Finds the places around another one, and replies with them or stores them",
    syntax: "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] \
             [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        :2
        > GEORADIUSBYMEMBER sicily Palermo 200 km COUNT 1 DESC STORE furthest
        :1
        > ZRANGE furthest 0 -1
        *1
        $7
        Catania
    ",
    handler: Handler::Keys(|keys, args, reply| {
        run(keys, args, Form::RadiusByMember { may_store: true }, reply)
    }),
    ..FAMILY.row("georadiusbymember", -5, STORING, "3.2.0")
};

static GEORADIUSBYMEMBER_RO: Command = Command {
    complexity: Complexity::Other(COMPLEXITY),
    summary: "Finds the places around another one",
    syntax: "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] \
             [COUNT count [ANY]] [ASC | DESC]",
    example: "
        > GEOADD sicily 13.361389 38.115556 Palermo
        :1
        > GEORADIUSBYMEMBER_RO sicily nowhere 100 km
        -ERR could not decode requested zset member
    ",
    handler: Handler::Keys(|keys, args, reply| {
        run(keys, args, Form::RadiusByMember { may_store: false }, reply)
    }),
    ..FAMILY.row("georadiusbymember_ro", -5, flag::READONLY, "3.2.10")
};
