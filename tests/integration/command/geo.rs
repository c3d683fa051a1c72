//! Geo: places are members of a sorted set; answers are those of Redis 7.0, digit for digit.

use crate::listener::{events, listen};
use crate::logs::{folder, logging};
use crate::support::{TestServer, check, check3};

/// Ensures that places are members of a sorted set, and that the options decide which change.
#[test]
fn places_are_members() {
    check(
        "
        > GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        :2
        > TYPE k
        +zset
        > OBJECT ENCODING k
        $8 listpack
        > ZSCORE k Palermo
        $16 3479099956230698
        > GEOADD k NX 1 1 Palermo
        :0
        > GEOADD k CH 13.361389 38.115556 Palermo 1 1 Catania
        :1
        > GEOADD k XX 2 2 Catania 3 3 Rome
        :0
        > GEOADD k XX CH 4 4 Catania 5 5 Rome
        :1
        > ZCARD k
        :2
        > ZREM k Catania
        :1
        > GEOADD k ch nx 4 4 Catania
        :1
        > GEOADD none XX 1 1 a
        :0
        > EXISTS none
        :0
        ",
    );
}

/// Ensures that positions, geohashes and distances have Redis's digits, and that what is missing
/// is null.
#[test]
fn answers_have_the_digits_of_redis() {
    check(
        "
        > GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 0 0 zero
        :3
        > GEOPOS k Palermo nobody
        *2
        *2
        $20 13.36138933897018433
        $20 38.11555639549629859
        *-1
        > GEOHASH k Palermo nobody Catania
        *3
        $11 sqc8b49rny0
        $-1
        $11 sqdtr74hyu0
        > GEODIST k Palermo Catania
        $11 166274.1516
        > GEODIST k Palermo Catania km
        $8 166.2742
        > GEODIST k Palermo Catania MI
        $8 103.3182
        > GEODIST k Palermo Catania ft
        $11 545518.8700
        > GEODIST k Palermo Palermo
        $6 0.0000
        > GEODIST k Palermo nobody
        $-1
        > GEODIST none a b
        $-1
        > GEOPOS none a b
        *2
        *-1
        *-1
        > GEOHASH none a
        *1
        $-1
        > GEOPOS k
        *0
        ",
    );
    check3(
        "
        > GEOADD k 13.361389 38.115556 Palermo
        :1
        > GEOPOS k Palermo nobody
        *2
        *2
        ,13.36138933897018433
        ,38.11555639549629859
        _
        > GEODIST k Palermo Palermo
        $6 0.0000
        ",
    );
}

const ITALY: &str = "GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania \
                     12.758489 38.788135 edge1 17.241510 38.788135 edge2";

/// Ensures that a search finds what lies in a circle or a rectangle, in the order asked for.
#[test]
fn a_search_finds_what_lies_inside() {
    let server = TestServer::start();
    assert_eq!(server.client().ask(ITALY), ":4");
    server.check(
        "
        > GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 200 km ASC
        *2
        $7 Catania
        $7 Palermo
        > GEOSEARCH k FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST
        *4
        *3
        $7 Catania
        $7 56.4413
        *2
        $20 15.08726745843887329
        $20 37.50266842333162032
        *3
        $7 Palermo
        $8 190.4424
        *2
        $20 13.36138933897018433
        $20 38.11555639549629859
        *3
        $5 edge2
        $8 279.7403
        *2
        $20 17.24151045083999634
        $20 38.78813451624225195
        *3
        $5 edge1
        $8 279.7405
        *2
        $19 12.7584877610206604
        $20 38.78813451624225195
        > GEOSEARCH k FROMMEMBER Catania BYRADIUS 300 km COUNT 1 DESC WITHHASH
        *1
        *2
        $5 edge1
        :3479273021651468
        > GEOSEARCH k FROMMEMBER Catania BYRADIUS 0 m
        *1
        $7 Catania
        > GEORADIUS k 15 37 200 km WITHDIST COUNT 1
        *1
        *2
        $7 Catania
        $7 56.4413
        > GEORADIUSBYMEMBER k Palermo 100 km ASC
        *2
        $7 Palermo
        $5 edge1
        > GEORADIUSBYMEMBER_RO k Palermo 1 m
        *1
        $7 Palermo
        > GEOSEARCH none FROMMEMBER x BYRADIUS 1 m
        *0
        > GEORADIUSBYMEMBER none x y z
        *0
        ",
    );
}

/// Ensures that results are stored with their positions or their distances, and that a search
/// without a result removes the destination.
#[test]
fn a_search_is_stored() {
    let server = TestServer::start();
    assert_eq!(server.client().ask(ITALY), ":4");
    server.check(
        "
        > GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 200 km
        :2
        > ZRANGE d 0 -1 WITHSCORES
        *4
        $7 Palermo
        $16 3479099956230698
        $7 Catania
        $16 3479447370796909
        > GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 STOREDIST
        :1
        > ZRANGE d 0 -1 WITHSCORES
        *2
        $7 Catania
        $16 56.4412578701582
        > GEORADIUS k 15 37 200 km STORE d
        :2
        > GEORADIUSBYMEMBER k Palermo 1 km STOREDIST d
        :1
        > ZSCORE d Palermo
        $1 0
        > GEORADIUS k 100 37 1 km STORE d
        :0
        > EXISTS d
        :0
        > SET d text
        +OK
        > GEOSEARCHSTORE d none FROMLONLAT 1 1 BYRADIUS 1 m
        :0
        > EXISTS d
        :0
        ",
    );
}

/// Ensures that the key for the result is found among the options.
#[test]
fn the_destination_is_a_key() {
    check(
        "
        > COMMAND GETKEYS GEORADIUS k 1 1 1 km COUNT 1 STORE d
        *2
        $1 k
        $1 d
        > COMMAND GETKEYS GEORADIUSBYMEMBER k m 1 km STOREDIST d ASC
        *2
        $1 k
        $1 d
        > COMMAND GETKEYS GEORADIUS_RO k 1 1 1 km STORE d
        *1
        $1 k
        ",
    );
}

/// Ensures that wrong arguments get Redis's errors.
#[test]
fn wrong_arguments_are_refused() {
    let server = TestServer::start();
    assert_eq!(server.client().ask(ITALY), ":4");
    server.check(
        "
        > GEOADD k NX XX 1 1 a
        -ERR syntax error
        > GEOADD k NX CH CH
        -ERR syntax error
        > GEOADD k 1 1 a 2
        -ERR syntax error
        > GEOADD k 1 x a
        -ERR value is not a valid float
        > GEOADD k 1 nan a
        -ERR value is not a valid float
        > GEOADD k 1 86 a
        -ERR invalid longitude,latitude pair 1.000000,86.000000
        > GEOADD k 1e30 inf a
        -ERR invalid longitude,latitude pair 1000000000000000019884624838656.000000,inf
        > GEODIST k Palermo Catania xx
        -ERR unsupported unit provided. please use M, KM, FT, MI
        > GEODIST k Palermo Catania m m
        -ERR syntax error
        > GEORADIUS k 1 1 x km
        -ERR need numeric radius
        > GEORADIUS k 1 1 -1 km
        -ERR radius cannot be negative
        > GEORADIUS k 1 1 1 km COUNT 0
        -ERR COUNT must be > 0
        > GEORADIUS k 1 1 1 km ANY
        -ERR the ANY argument requires COUNT argument
        > GEORADIUS_RO k 1 1 1 km STORE d
        -ERR syntax error
        > GeoSearch k FROMLONLAT 1 1 ASC ASC
        -ERR exactly one of BYRADIUS and BYBOX can be specified for GeoSearch
        > GEOSEARCH k BYBOX 1 1 km ASC ASC
        -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
        > GEOSEARCH k FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 m
        -ERR syntax error
        > GEOSEARCH k BYBOX x 1 km FROMLONLAT 1 1
        -ERR need numeric width
        > GEOSEARCH k BYBOX 1 x km FROMLONLAT 1 1
        -ERR need numeric height
        > GEOSEARCH k BYBOX 1 -1 km FROMLONLAT 1 1
        -ERR height or width cannot be negative
        > GEOSEARCH k BYBOX 1 1 km FROMMEMBER nobody
        -ERR could not decode requested zset member
        > SET text x
        +OK
        > GEOADD text 1 1 a
        -WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOSEARCH text x x x x x
        -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    );
}

/// Ensures that a search that is stored shows nothing.
#[test]
fn what_is_stored_is_not_shown() {
    let server = TestServer::start();
    let mut client = server.client();
    client.ask(ITALY);
    let text = "is not compatible with WITHDIST, WITHHASH and WITHCOORD options";
    for (request, what) in [
        ("GEORADIUS k 1 1 1 km WITHDIST STORE d", "STORE option in GEORADIUS"),
        ("GEOSEARCHSTORE d k BYBOX 1 1 km FROMMEMBER Palermo WITHDIST", "GEOSEARCHSTORE"),
    ] {
        assert_eq!(client.ask(request), format!("-ERR {what} {text}"));
    }
}

/// Ensures that any scores can be searched: what is no position is taken for some.
#[test]
fn scores_that_are_no_positions_do_no_harm() {
    check(
        "
        > ZADD k -1 a inf b -inf c 1e18 d 1e300 e
        :5
        > GEODIST k a b
        $13 18919844.5891
        > GEOSEARCH k FROMMEMBER d BYRADIUS 1 m
        *0
        ",
    );
}

/// Ensures that events are those of Redis, and that a log makes the same places again.
#[test]
fn changes_are_announced_and_logged() {
    let (server, mut listener) = listen("Ezg");
    let mut client = server.client();
    for request in [
        ITALY,
        "GEOADD k NX 1 1 Palermo",
        "GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 200 km",
        "GEORADIUS k 15 37 200 km STORE e",
        "GEORADIUS k 100 37 1 km STORE e",
    ] {
        client.ask(request);
    }
    let expected = ["zadd k", "geosearchstore d", "georadiusstore e", "del e"];
    assert_eq!(events(&mut client, &mut listener), expected);

    let folder = folder();
    let everything = "ZRANGE d 0 -1 WITHSCORES";
    let before = {
        let server = logging(folder.path());
        let mut client = server.client();
        client.ask(ITALY);
        client.ask("GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 300 km STOREDIST");
        client.ask(everything)
    };
    assert_eq!(logging(folder.path()).client().ask(everything), before);
}
