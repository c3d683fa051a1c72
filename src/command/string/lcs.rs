//! LCS: the longest common subsequence of two strings.
//!
//! The textbook's table has a cell for every pair of bytes, and filling it byte by byte would block
//! all clients for half a second. But from a cell to its right neighbour the length grows by one or
//! stays, so one bit per cell suffices, and one addition computes 64 of them (Crochemore,
//! Iliopoulos, Pinzon and Reid, 2001). A table of the largest permitted size takes some
//! milliseconds and 17 MB if the second string has at least a few hundred bytes.

use crate::command::engine::arguments::Cursor;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Handler, KeyArguments, Keys, Outcome, Reply, flag,
};
use crate::keyspace::Text;
use crate::limits;

/// The family.
pub const COMMANDS: &[&Command] = &[&LCS];

static LCS: Command = Command {
    keys: KeyArguments::new(1, 2, 1),
    group: "string",
    complexity: Complexity::Other("O(N*M) with N and M bytes, 64 at a time"),
    summary: "Finds the longest common subsequence of two strings, its length, or its offsets",
    syntax: "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
    example: "> MSET a ohmytext b mynewtext
              +OK
              > LCS a b
              $6
              mytext
              > LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
              *4
              $7
              matches
              *1
              *3
              *2
              :4
              :7
              *2
              :5
              :8
              :4
              $3
              len
              :6",
    handler: Handler::Keys(lcs),
    ..Command::named("lcs", -3, flag::READONLY, "7.0.0")
};

fn lcs(keys: &mut Keys<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mut text = |index| {
        let text = keys.read::<Text>(args.at(index)).map(|text| text.cloned());
        text.map(|text| text.unwrap_or(Text::new(b"")))
    };
    let (a, b) = (text(1), text(2));
    let (Ok(a), Ok(b)) = (a, b) else {
        return Err(CommandError::new("ERR The specified keys must contain string values"));
    };
    let options = Options::parse(args)?;
    // Redis's own limit: its cells have four bytes.
    let cells = (a.len() as u64 + 1).saturating_mul(b.len() as u64 + 1);
    if cells > limits::LCS_CELLS_MAX {
        return Err(CommandError::new(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        ));
    }
    let table = Table::new(&a, &b, !options.wants_len);
    if options.wants_len {
        reply.count(table.len);
    } else if options.wants_places {
        write_places(&table.matches(&a, &b), &options, table.len, reply);
    } else {
        let matches = table.matches(&a, &b);
        let pieces: Vec<&[u8]> =
            matches.iter().rev().map(|found| &a[found.a..found.a + found.len]).collect();
        reply.bulk(&pieces.concat());
    }
    Ok(())
}

/// The options after the keys.
#[derive(Default)]
struct Options {
    wants_len: bool,
    wants_places: bool,
    /// Shorter matches are not shown.
    min_len: usize,
    /// The length of each match is shown.
    with_len: bool,
}

impl Options {
    fn parse(args: Args<'_>) -> Result<Options, CommandError> {
        let mut options = Options::default();
        let mut words = Cursor::at(args, 3);
        while !words.is_done() {
            if words.take("IDX") {
                options.wants_places = true;
            } else if words.take("LEN") {
                options.wants_len = true;
            } else if words.take("WITHMATCHLEN") {
                options.with_len = true;
            } else if let Some(len) = words.integer_of("MINMATCHLEN")? {
                options.min_len = len.max(0) as usize;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        if options.wants_len && options.wants_places {
            let text = "ERR If you want both the length and indexes, please just use IDX.";
            return Err(CommandError::new(text));
        }
        Ok(options)
    }
}

/// A substring that both strings have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Match {
    /// Its offset in the first string.
    a: usize,
    /// Its offset in the second string.
    b: usize,
    len: usize,
}

/// The matches from the last to the first, as Redis finds them.
fn write_places(matches: &[Match], options: &Options, len: usize, reply: &mut Reply) {
    let shown: Vec<&Match> = matches.iter().filter(|found| found.len >= options.min_len).collect();
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(shown.len());
    for found in shown {
        reply.array(2 + usize::from(options.with_len));
        for start in [found.a, found.b] {
            reply.array(2);
            reply.count(start);
            reply.count(start + found.len - 1);
        }
        if options.with_len {
            reply.count(found.len);
        }
    }
    reply.bulk(b"len");
    reply.count(len);
}

/// For every prefix of the first string, a row with a bit for every prefix of the second one: zero
/// where the subsequence is longer by one than that of the prefix before it.
struct Table {
    rows: Vec<u8>,
    bytes_per_row: usize,
    /// Length of the longest common subsequence.
    len: usize,
}

impl Table {
    /// Computes all rows, and keeps them if the path is needed.
    fn new(a: &[u8], b: &[u8], keeps_rows: bool) -> Table {
        let (words_per_row, bytes_per_row) = (b.len().div_ceil(64), b.len().div_ceil(8));
        let masks = Masks::new(a, b, words_per_row);
        let mut rows = Vec::with_capacity(if keeps_rows { a.len() * bytes_per_row } else { 0 });
        let mut row = vec![u64::MAX; words_per_row];
        for (at, byte) in a.iter().enumerate() {
            let mut carry = false;
            for (word, mask) in row.iter_mut().zip(masks.of(*byte)) {
                let (sum, first) = word.overflowing_add(*word & mask);
                let (sum, second) = sum.overflowing_add(u64::from(carry));
                carry = first || second;
                *word = sum | (*word & !mask);
                if keeps_rows {
                    rows.extend_from_slice(&word.to_le_bytes());
                }
            }
            // The last word may have more bytes than the row needs.
            rows.truncate((at + 1) * bytes_per_row);
        }
        let zeros: u32 = row.iter().map(|word| word.count_zeros()).sum();
        Table { rows, bytes_per_row, len: zeros as usize }
    }

    /// The path through the table, from the end; among equally good ones, Redis's choice.
    fn matches(&self, a: &[u8], b: &[u8]) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        let (mut i, mut j) = (a.len(), b.len());
        while i > 0 && j > 0 {
            if a[i - 1] == b[j - 1] {
                (i, j) = (i - 1, j - 1);
                match matches.last_mut() {
                    Some(last) if (last.a, last.b) == (i + 1, j + 1) => {
                        *last = Match { a: i, b: j, len: last.len + 1 };
                    }
                    _ => matches.push(Match { a: i, b: j, len: 1 }),
                }
                continue;
            }
            // The length is greater than without the last byte of `b`, so that byte is needed.
            let bits = self.rows[(i - 1) * self.bytes_per_row + (j - 1) / 8];
            let is_longer = bits >> ((j - 1) % 8) & 1 == 0;
            if is_longer { i -= 1 } else { j -= 1 }
        }
        matches
    }
}

/// For every byte value of the first string, its positions in the second one: a row of bits.
struct Masks {
    /// The index of the row of a byte value.
    rows: [Option<u16>; 256],
    words: Vec<u64>,
    words_per_row: usize,
}

impl Masks {
    fn new(a: &[u8], b: &[u8], words_per_row: usize) -> Masks {
        let mut rows = [None; 256];
        let mut count = 0;
        for byte in a {
            rows[usize::from(*byte)].get_or_insert_with(|| {
                count += 1;
                count - 1
            });
        }
        let mut words = vec![0; usize::from(count) * words_per_row];
        for (at, byte) in b.iter().enumerate() {
            if let Some(row) = rows[usize::from(*byte)] {
                words[usize::from(row) * words_per_row + at / 64] |= 1 << (at % 64);
            }
        }
        Masks { rows, words, words_per_row }
    }

    /// The row of a byte of the first string.
    fn of(&self, byte: u8) -> &[u64] {
        let start = usize::from(self.rows[usize::from(byte)].unwrap_or(0)) * self.words_per_row;
        &self.words[start..start + self.words_per_row]
    }
}
