//! SORT and SORT_RO: elements of a list, a set or a sorted set, in an order of their own or by
//! what stands under other keys.
//!
//! The names of those keys are made of a pattern and an element (`weight_*`, `user_*->age`), so
//! no argument declares them. The elements are copied out of the value first (long ones as counted
//! references), because lookups by pattern may remove keys that have expired. Elements are
//! compared as bytes, as Redis does in the C locale. The log has the stored list and not the
//! request: the order of a set is not the same after a restart.

use super::FAMILY;
use crate::command::engine::arguments::{Cursor, integer};
use crate::command::engine::key_use::KeyUse;
use crate::command::engine::permission;
use crate::command::engine::values::{reply_bytes, reply_element};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, KeyArguments, Keys, Keyspace,
    Outcome, Reply, flag,
};
use crate::keyspace::types::{Element, score};
use crate::keyspace::value::Stored;
use crate::keyspace::{Event, Hash, Key, List, Set, SortedSet, Text, Value, WrongType};
use crate::limits;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&SORT, &SORT_RO];

const STORED: Event = Event::list("sortstore");
const NOT_NUMBERS: CommandError =
    CommandError::new("ERR One or more scores can't be converted into double");
const TOO_MANY: CommandError = CommandError::new("ERR value is out of range");

const DENIED_BY: CommandError =
    CommandError::new("ERR BY option of SORT denied due to insufficient ACL permissions.");
const DENIED_GET: CommandError =
    CommandError::new("ERR GET option of SORT denied due to insufficient ACL permissions.");

/// Flags of both commands.
const FLAGS: u32 = flag::MOVABLE_KEYS | flag::UNDECLARED_KEYS | flag::DANGEROUS;

static SORT: Command = Command {
    categories: &["set", "sortedset", "list"],
    keys: KeyArguments::FIRST.used(&["RO access"]),
    complexity: Complexity::Other("O(N*log(N)) with N elements, O(N) if they stay unsorted"),
    summary: "Sorts the elements of a list, a set or a sorted set, and replies or stores them",
    syntax: "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] \
             [ALPHA] [STORE destination]",
    example: "
        > RPUSH players 3 1 2
        :3
        > MSET rank_1 30 rank_2 10 rank_3 20
        +OK
        > SORT players BY rank_* GET #
        *3
        $1
        2
        $1
        3
        $1
        1
        > SORT players DESC LIMIT 0 2 STORE best
        :2
    ",
    refine_keys: Some(add_destination),
    handler: Handler::Keyspace(|context, all, args, reply| {
        sort(context, all, (args, false), reply)
    }),
    ..FAMILY.row("sort", -2, flag::WRITE | flag::DENYOOM | FLAGS, "1.0.0")
};

static SORT_RO: Command = Command {
    categories: &["set", "sortedset", "list"],
    complexity: Complexity::Other("O(N*log(N)) with N elements, O(N) if they stay unsorted"),
    summary: "Sorts the elements of a list, a set or a sorted set, and never stores them",
    syntax: "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] \
             [ALPHA]",
    example: "
        > RPUSH players 3 1 2
        :3
        > SORT_RO players LIMIT 0 1
        *1
        $1
        1
    ",
    handler: Handler::Keyspace(|context, all, args, reply| sort(context, all, (args, true), reply)),
    ..FAMILY.row("sort_ro", -2, flag::READONLY | FLAGS, "7.0.0")
};

fn sort(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    (args, is_readonly): (Args<'_>, bool),
    reply: &mut Reply,
) -> Outcome {
    let options =
        Options::parse(args, is_readonly, permission::may_read_all(context.session, args))?;
    let (db, quiet) = (context.session.db(), context.session.no_touch());
    run(&mut keyspace.keys(db, context.now_ms, quiet), args, options, reply)
}

/// The key of STORE; the last one counts, as in Redis.
fn add_destination(args: Args<'_>, found: &mut Vec<KeyUse>) {
    let (mut at, mut destination) = (2, None);
    while at < args.len() {
        if args.is(at, "LIMIT") {
            at += 2;
        } else if args.is(at, "GET") || args.is(at, "BY") {
            at += 1;
        } else if args.is(at, "STORE") && at + 1 < args.len() {
            destination = Some(KeyUse { at: at + 1, uses: "OW update" });
        }
        at += 1;
    }
    found.extend(destination);
}

/// The arguments behind the key.
struct Options<'a> {
    is_descending: bool,
    is_alpha: bool,
    /// False after a BY without `*`, which asks for the elements as they lie there.
    sorts: bool,
    offset: i64,
    /// Negative for all.
    count: i64,
    by: Option<&'a [u8]>,
    gets: Vec<&'a [u8]>,
    destination: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// Parses them; `reads_all` says whether the user may read keys of any name.
    fn parse(
        args: Args<'a>,
        is_readonly: bool,
        reads_all: bool,
    ) -> Result<Options<'a>, CommandError> {
        let mut options = Options {
            is_descending: false,
            is_alpha: false,
            sorts: true,
            offset: 0,
            count: -1,
            by: None,
            gets: Vec::new(),
            destination: None,
        };
        let mut words = Cursor::at(args, 2);
        while !words.is_done() {
            if words.take("ASC") {
                options.is_descending = false;
            } else if words.take("DESC") {
                options.is_descending = true;
            } else if words.take("ALPHA") {
                options.is_alpha = true;
            } else if let Some([offset, count]) = words.values_of("LIMIT") {
                (options.offset, options.count) = (integer(offset)?, integer(count)?);
            } else if !is_readonly && let Some(key) = words.value_of("STORE") {
                options.destination = Some(key);
            } else if let Some(pattern) = words.value_of("BY") {
                if pattern.contains(&b'*') && !reads_all {
                    return Err(DENIED_BY);
                }
                options.by = Some(pattern);
                // A later BY with a `*` does not bring the sorting back, as in Redis.
                options.sorts &= pattern.contains(&b'*');
            } else if let Some(pattern) = words.value_of("GET") {
                if !reads_all {
                    return Err(DENIED_GET);
                }
                options.gets.push(pattern);
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(options)
    }

    /// The part of `len` elements that LIMIT selects; negative numbers mean no limit.
    fn range(&self, len: usize) -> Range<usize> {
        let start = usize::try_from(self.offset).unwrap_or(0).min(len);
        let count = usize::try_from(self.count).unwrap_or(len);
        start..start.saturating_add(count).min(len)
    }
}

fn run(
    keys: &mut Keys<'_>,
    args: Args<'_>,
    mut options: Options<'_>,
    reply: &mut Reply,
) -> Outcome {
    let elements = load(keys, args.at(1), &mut options)?;
    let elements = if options.sorts { sorted(keys, elements, &options)? } else { elements };
    let results = elements.len().saturating_mul(options.gets.len());
    if results > limits::SORT_GETS_MAX {
        return Err(TOO_MANY);
    }
    if let Some(destination) = options.destination {
        store(keys, destination, &elements, &options.gets, reply);
        return Ok(());
    }
    if options.gets.is_empty() {
        reply.array(elements.len());
        elements.iter().for_each(|element| reply_bytes(reply, Some(element)));
        return Ok(());
    }
    reply.array(results);
    for element in &elements {
        for pattern in &options.gets {
            match find(keys, pattern, element) {
                Some(found) => found.reply(reply),
                None => reply.null(),
            }
        }
    }
    Ok(())
}

/// The elements to be sorted; those that LIMIT selects if they are not to be sorted.
fn load(
    keys: &mut Keys<'_>,
    key: &[u8],
    options: &mut Options<'_>,
) -> Result<Vec<Key>, CommandError> {
    let Some(entry) = keys.read_entry(key) else { return Ok(Vec::new()) };
    let value = &entry.value;
    if let Some(set) = <Set as Stored>::of(value) {
        if !options.sorts && options.destination.is_some() {
            // A set has no order, and what is stored should have one.
            (options.sorts, options.is_alpha, options.by) = (true, true, None);
        }
        // For the same reason, DESC has no effect on an unsorted set.
        let range = if options.sorts { 0..set.len() } else { options.range(set.len()) };
        let members = set.iter().skip(range.start).take(range.len());
        return Ok(members.map(|member| member.to_key()).collect());
    }
    let part = |len: usize| match options.range(len) {
        _ if options.sorts => 0..len,
        range if options.is_descending => len - range.end..len - range.start,
        range => range,
    };
    let mut elements: Vec<Key> = if let Some(list) = <List as Stored>::of(value) {
        list.iter(part(list.len())).map(|element| element.to_key()).collect()
    } else if let Some(members) = <SortedSet as Stored>::of(value) {
        members.iter(part(members.len())).map(|(member, _)| member.to_key()).collect()
    } else {
        return Err(WrongType.into());
    };
    if !options.sorts && options.is_descending {
        elements.reverse();
    }
    Ok(elements)
}

/// What an element is compared by.
enum Weight {
    Number(f64),
    /// A value found by pattern; a missing one is less than all others.
    Text(Option<Key>),
    /// Its own bytes.
    Itself,
}

/// Sorts elements and returns those that LIMIT selects. All weights are looked up first, and all
/// are lookups that count, even if one of them turns out to be no number.
fn sorted(
    keys: &mut Keys<'_>,
    elements: Vec<Key>,
    options: &Options<'_>,
) -> Result<Vec<Key>, CommandError> {
    let mut is_number = true;
    let mut number = |text: &[u8]| {
        let number = score::parse_weight(text);
        is_number &= number.is_some();
        Weight::Number(number.unwrap_or(0.0))
    };
    let mut weighted = Vec::with_capacity(elements.len());
    for element in elements {
        let weight = match options.by {
            None if options.is_alpha => Weight::Itself,
            None => number(&element),
            Some(pattern) => {
                let found = find(keys, pattern, &element);
                if options.is_alpha {
                    Weight::Text(found.map(Found::into_key))
                } else {
                    found.map_or(Weight::Number(0.0), |found| found.with_text(&mut number))
                }
            }
        };
        weighted.push((weight, element));
    }
    if !is_number {
        return Err(NOT_NUMBERS);
    }
    let compare = |(a_weight, a): &(Weight, Key), (b_weight, b): &(Weight, Key)| {
        let order = match (a_weight, b_weight) {
            (Weight::Number(x), Weight::Number(y)) => {
                x.partial_cmp(y).unwrap_or(Ordering::Equal).then_with(|| a.cmp(b))
            }
            (Weight::Text(x), Weight::Text(y)) => x.cmp(y),
            _ => a.cmp(b),
        };
        if options.is_descending { order.reverse() } else { order }
    };
    weighted.sort_by(compare);
    let range = options.range(weighted.len());
    let selected = weighted.into_iter().skip(range.start).take(range.len());
    Ok(selected.map(|(_, element)| element).collect())
}

/// A value that a pattern led to.
enum Found<'a> {
    String(&'a Text),
    Element(Element<'a>),
}

impl Found<'_> {
    fn reply(&self, reply: &mut Reply) {
        match self {
            Found::String(text) => reply_bytes(reply, Some(text)),
            Found::Element(element) => reply_element(reply, *element),
        }
    }

    fn with_text<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Found::String(text) => read(text),
            Found::Element(element) => read(element.text(&mut itoa::Buffer::new())),
        }
    }

    /// A copy; of a long one, a counted reference.
    fn into_key(self) -> Key {
        match self {
            Found::String(Text::Shared(bytes)) => Key::Shared(Arc::clone(bytes)),
            Found::String(text) => Key::new(text),
            Found::Element(element) => element.to_key(),
        }
    }
}

/// What `pattern` leads to for `element`: with `#` the element itself, otherwise the string under
/// the key that results when the element takes the place of the first `*`, or, behind `->`, a
/// field of the hash there. A pattern without `*` leads to nothing, and so does one to a value of
/// another type.
fn find<'a>(keys: &'a mut Keys<'_>, pattern: &[u8], element: &'a Key) -> Option<Found<'a>> {
    if pattern == b"#" {
        return Some(Found::Element(Element::Key(element)));
    }
    let star = memchr::memchr(b'*', pattern)?;
    let (before, behind) = (&pattern[..star], &pattern[star + 1..]);
    // An arrow at the very end is a part of the name.
    let arrow = behind.windows(2).position(|two| two == b"->");
    let arrow = arrow.filter(|arrow| arrow + 2 < behind.len());
    let name = [before, element, &behind[..arrow.unwrap_or(behind.len())]].concat();
    match arrow {
        Some(arrow) => {
            let hash = keys.read::<Hash>(&name).ok()??;
            hash.get(&behind[arrow + 2..]).map(Found::Element)
        }
        None => keys.read::<Text>(&name).ok()?.map(Found::String),
    }
}

/// Stores the results as a list, in which an empty string stands for a missing one, and replies
/// with how many they are. Without results, the destination is removed.
fn store(
    keys: &mut Keys<'_>,
    destination: &[u8],
    elements: &[Key],
    gets: &[&[u8]],
    reply: &mut Reply,
) {
    let mut results = Vec::with_capacity(elements.len() * gets.len().max(1));
    for element in elements {
        if gets.is_empty() {
            results.push(element.clone());
        }
        for pattern in gets {
            let found = find(keys, pattern, element);
            results.push(found.map_or_else(|| Key::new(b""), Found::into_key));
        }
    }
    reply.count(results.len());
    if results.is_empty() {
        if keys.remove(destination, Event::DEL) {
            keys.log_as(|| [Key::new(b"DEL"), Key::new(destination)]);
        }
        return;
    }
    let mut list = List::new();
    let bytes = results.iter().map(|result| result.len()).sum();
    list.will_grow(keys.encodings().list_listpack_size, bytes, results.len());
    results.iter().for_each(|result| list.push_back(result));
    keys.set(destination, Value::List(list), None, STORED);
    keys.log_as(|| [Key::new(b"DEL"), Key::new(destination)]);
    for portion in results.chunks(limits::AOF_ELEMENTS_PER_REQUEST) {
        keys.log_as(|| {
            let words = [Key::new(b"RPUSH"), Key::new(destination)];
            words.into_iter().chain(portion.iter().cloned())
        });
    }
}
