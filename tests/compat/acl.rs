//! Users and their rights: what rules make of a user, and what the user may do then.
//!
//! Rules and requests come from one seed. Descriptions of users are compared up to their rules
//! about commands: 7.0 derives them from the permitted commands, later versions keep the words of
//! the operator as we do. What the rules mean is compared by DRYRUN instead.

use crate::connection::{Connection, Request, show};
use crate::random::Random;
use crate::servers::Server;

/// Changes of users that are compared.
const ROUNDS: usize = 400;

/// Requests that are tried after each change.
const TRIED: usize = 6;

const RULES: &[&str] = &[
    "+@all",
    "-@all",
    "+@read",
    "-@write",
    "+@string",
    "-@dangerous",
    "+@nothing",
    "+get",
    "-get",
    "+set",
    "+config",
    "-config|get",
    "+config|get",
    "+select|0",
    "+CONFIG|SET",
    "+config|nothing",
    "+config|get|x",
    "+nothing",
    "-",
    "~*",
    "~a*",
    "~",
    "~[ab]",
    "%R~a*",
    "%W~a*",
    "%RW~b",
    "%~b",
    "%X~b",
    "&*",
    "&a*",
    "&",
    "on",
    "off",
    "ON",
    "nopass",
    "resetpass",
    "allkeys",
    "resetkeys",
    "allchannels",
    "resetchannels",
    "allcommands",
    "nocommands",
    "clearselectors",
    "reset",
    ">x",
    "<x",
    "#x",
    "#2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    "!2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    "(+get ~b)",
    "(+@all %R~a* &a)",
    "(+get (+set))",
    "(+get",
    "()",
    "bogus",
    "",
];

const TRIES: &[&str] = &[
    "get a",
    "get b",
    "set a 1",
    "set b 1 GET",
    "mset a 1 b 2",
    "copy a b",
    "lmove ab b left right",
    "zunionstore a 2 b ab",
    "sort b store a",
    "bitfield a get u8 0",
    "bitfield a set u8 0 1",
    "eval x 1 b",
    "del b",
    "config get x",
    "config set x y",
    "select 0",
    "select 1",
    "publish a x",
    "publish b x",
    "subscribe a ab",
    "psubscribe a*",
    "psubscribe a",
    "ping",
    "auth x",
    "object freq a",
    "keys *",
    "nothing a",
    "get",
];

fn request(line: &[&str]) -> Request {
    line.iter().map(|word| word.as_bytes().to_vec()).collect()
}

/// A change of a user, its description and what the user may do, all with the seed's next words.
fn round(random: &mut Random, requests: &mut Vec<Request>) {
    let user = random.pick(&["u", "v"]);
    let mut change = vec!["ACL", "SETUSER", user];
    if random.once_in(3) {
        change.push("reset");
    }
    for _ in 0..=random.below(4) {
        change.push(random.pick(RULES));
    }
    requests.push(request(&change));
    requests.push(request(&["ACL", "GETUSER", user]));
    for _ in 0..TRIED {
        let mut line = vec!["ACL", "DRYRUN", user];
        line.extend(random.pick(TRIES).split(' '));
        requests.push(request(&line));
    }
    if random.once_in(20) {
        requests.push(request(&["ACL", "DELUSER", user]));
    }
}

/// A reply without what the versions word differently: the user's name in refusals, one flag
/// that 7.0 always shows, and the rules about commands after the first.
fn normalised(reply: &[u8]) -> String {
    let text = String::from_utf8_lossy(reply);
    let text = text.replace("User u has", "This user has").replace("User v has", "This user has");
    let is_description = text.contains("passwords\r\n");
    let mut lines: Vec<&str> = text.split("\r\n").collect();
    if !is_description {
        // The length in front of a refusal counts the name of the user.
        lines.retain(|line| !line.starts_with('$'));
        return lines.join("\n");
    }
    lines.retain(|line| !line.starts_with(['$', '*']) && *line != "sanitize-payload");
    let first_rule = |line: &&str| line.starts_with("+@all") || line.starts_with("-@all");
    let cut = |line: &str| match first_rule(&line) {
        true => line.chars().take("+@all".len()).collect(),
        false => line.to_owned(),
    };
    lines.into_iter().map(cut).collect::<Vec<String>>().join("\n")
}

/// Ensures that rules make the same users as in Redis, and that these may do the same.
#[test]
fn users_may_do_the_same() {
    let seed = 14;
    eprintln!("seed {seed}");
    let mut random = Random::new(seed);
    let mut requests = Vec::new();
    for _ in 0..ROUNDS {
        round(&mut random, &mut requests);
    }
    let (redis, respool) = (Server::redis(), Server::respool());
    let theirs = Connection::open(redis.address).run(&requests);
    let ours = Connection::open(respool.address).run(&requests);
    let allowed = theirs.iter().filter(|reply| reply.starts_with(b"+OK")).count();
    assert!(allowed > requests.len() / 20, "{allowed} of {} requests succeed", requests.len());
    for (at, request) in requests.iter().enumerate() {
        let (theirs, ours) = (normalised(&theirs[at]), normalised(&ours[at]));
        assert_eq!(ours, theirs, "request {at}: {}", show(request));
    }
}

/// Ensures that the log has the same entries as Redis's: reasons, contexts, objects and counts.
#[test]
fn refusals_are_logged_alike() {
    let setup = "ACL SETUSER u on >x ~a* &a* +get +multi +exec +publish +acl|log +auth +eval";
    let lines = [
        setup,
        "ACL LOG RESET",
        "AUTH u wrong",
        "AUTH u wrong",
        "AUTH nobody x",
        "AUTH u x",
        "GET b",
        "SET a 1",
        "SET a 2",
        "CONFIG GET x",
        "PUBLISH b x",
        "MULTI",
        "SET a 1",
        "EXEC",
        "ACL LOG",
        "ACL LOG 1",
        "ACL LOG RESET",
        "ACL LOG",
        "ACL LOG x",
    ];
    let requests: Vec<Request> =
        lines.iter().map(|line| request(&line.split(' ').collect::<Vec<_>>())).collect();
    let (redis, respool) = (Server::redis(), Server::respool());
    let theirs = Connection::open(redis.address).run(&requests);
    let ours = Connection::open(respool.address).run(&requests);
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(entries(&ours[at]), entries(&theirs[at]), "{line}");
    }
}

/// The lines of an ACL LOG reply that do not depend on the moment, the client or the version; of a
/// refusal its first word, because 7.2 words it in another way.
fn entries(reply: &[u8]) -> Vec<String> {
    if reply.starts_with(b"-NOPERM") {
        return vec!["-NOPERM".to_owned()];
    }
    let text = String::from_utf8_lossy(reply);
    let words: Vec<&str> =
        text.split("\r\n").filter(|line| !line.starts_with(['$', '*'])).collect();
    if !words.contains(&"reason") {
        return words.into_iter().map(str::to_owned).collect();
    }
    let shown = ["count", "reason", "context", "object", "username"];
    let pairs = words.windows(2).filter(|pair| shown.contains(&pair[0]));
    pairs.map(|pair| pair.join(" ")).collect()
}
