//! Sets too large to be read as a whole: some members at a time.

use super::FAMILY;
use crate::command::engine::scan_options::{Walk, cursor, scan_options};
use crate::command::engine::values::reply_bytes;
use crate::command::engine::{Args, Command, Complexity, Handler, Keys, Outcome, Reply, flag};
use crate::keyspace::Set;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&SSCAN];

static SSCAN: Command = Command {
    complexity: Complexity::Other(
        "O(N) with N members asked for; a small set is walked in one step",
    ),
    summary: "Walks through the members of a set, some at a time; every member that stays is seen",
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    example: "
        > SADD tags red green
        :2
        > SSCAN tags 0 MATCH r*
        *2
        $1
        0
        *1
        $3
        red
    ",
    handler: Handler::Keys(sscan),
    ..FAMILY.row("sscan", -3, flag::READONLY, "2.8.0")
};

fn sscan(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let cursor = cursor(args.at(2))?;
    reply.array(2);
    let Some(set) = keys.read::<Set>(args.at(1))? else {
        // What is missing is walked through at once, whatever the options are.
        reply.bulk(b"0");
        reply.array(0);
        return Ok(());
    };
    let options = scan_options(args.from(3), Walk::Members)?;
    let mut found = Vec::new();
    let next = set.scan(cursor, options.count, |member| {
        if options.want(member.text(&mut itoa::Buffer::new())) {
            found.push(member.to_key());
        }
    });
    reply.bulk(next.to_string().as_bytes());
    reply.array(found.len());
    found.iter().for_each(|member| reply_bytes(reply, Some(member)));
    Ok(())
}
