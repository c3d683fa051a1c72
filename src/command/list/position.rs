//! Where an element is: LPOS.

use super::FAMILY;
use crate::command::engine::arguments::{Cursor, limit};
use crate::command::engine::draw::draw_count;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, Keys, Outcome, Reply, flag,
};
use crate::keyspace::List;
use crate::keyspace::types::Element;

/// The command about positions.
pub const COMMANDS: &[&Command] = &[&LPOS];

static LPOS: Command = Command {
    complexity: Complexity::Other("O(N) with N elements in the list, or MAXLEN of them"),
    summary: "Finds the index of an element, or the indices of several",
    syntax: "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
    example: "
        > RPUSH queue a b a c a
        :5
        > LPOS queue a
        :0
        > LPOS queue a RANK -2 COUNT 0
        *2
        :2
        :0
        > LPOS queue x
        $-1
    ",
    handler: Handler::Keys(lpos),
    ..FAMILY.row("lpos", -3, flag::READONLY, "6.0.6")
};

/// What LPOS looks for.
struct Search {
    /// The first match of interest, from 1 on.
    rank: u64,
    from_back: bool,
    /// How many matches are wanted at most; `None` for one that is not a list of one.
    count: Option<usize>,
    /// Elements that are compared at most.
    compared_max: usize,
}

fn search(args: Args<'_>) -> Result<Search, CommandError> {
    let mut search = Search { rank: 1, from_back: false, count: None, compared_max: usize::MAX };
    let mut words = Cursor::at(args, 3);
    while !words.is_done() {
        if let Some(text) = words.value_of("RANK") {
            let rank = draw_count(text)?;
            if rank == 0 {
                return Err(CommandError::new(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the \
                     second ... or use negative to start from the end of the list",
                ));
            }
            (search.rank, search.from_back) = (rank.unsigned_abs(), rank < 0);
        } else if let Some(text) = words.value_of("COUNT") {
            let count = limit(text, CommandError::new("ERR COUNT can't be negative"))?;
            search.count = Some(count);
        } else if let Some(text) = words.value_of("MAXLEN") {
            let error = CommandError::new("ERR MAXLEN can't be negative");
            search.compared_max = limit(text, error)?;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    Ok(search)
}

fn lpos(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let search = search(args)?;
    let found = match keys.read::<List>(args.at(1))? {
        Some(list) => find(list, args.at(2), &search),
        None => Vec::new(),
    };
    match search.count {
        Some(_) => {
            reply.array(found.len());
            found.iter().for_each(|index| reply.count(*index));
        }
        None => match found.first() {
            Some(index) => reply.count(*index),
            None => reply.null(),
        },
    }
    Ok(())
}

/// The indices of the matches, in the order of the search.
fn find(list: &List, wanted: &[u8], search: &Search) -> Vec<usize> {
    let len = list.len();
    let is_match = |(_, element): &(usize, Element<'_>)| element.is(wanted);
    let skipped = usize::try_from(search.rank - 1).unwrap_or(usize::MAX);
    let count = search.count.unwrap_or(1);
    let elements = list.iter(0..len);
    if search.from_back {
        let compared = elements.rev().enumerate().take(search.compared_max);
        let matches = compared.filter(is_match).skip(skipped).take(count);
        return matches.map(|(at, _)| len - 1 - at).collect();
    }
    let compared = elements.enumerate().take(search.compared_max);
    compared.filter(is_match).skip(skipped).take(count).map(|(at, _)| at).collect()
}
