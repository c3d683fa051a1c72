//! LZF, the compression of strings in RDB files: literal runs and back references.
//!
//! ```text
//! 000nnnnn                     a run: the next n + 1 bytes are literal
//! nnnooooo oooooooo            a match: n + 2 bytes (3 to 8) from o + 1 bytes back
//! 111ooooo nnnnnnnn oooooooo   a long match: n + 9 bytes (9 to 264)
//! ```
//!
//! A match may reach into the bytes that it is producing, which is how runs of one byte are coded.
//! The decompressor never allocates what was only announced: three bytes can stand for 264 at
//! most, so an announcement beyond that ratio is refused, and the output grows as it is produced.

/// Bytes of output that one byte of input can stand for at most: 264 for a long match of 3.
const RATIO_MAX: u64 = 88;

/// Bytes of a literal run, and of a match, at most.
const RUN_MAX: usize = 32;
const MATCH_MAX: usize = 264;

/// How far back a match may begin, at most.
const DISTANCE_MAX: usize = 8192;

/// Two to this power is the number of positions that the compressor remembers.
const TABLE_BITS: u32 = 13;

/// First capacity, in bytes, for output whose length was announced.
const FIRST_BYTES: usize = 64 * 1024;

/// Appends the decompressed `input` to `output`; it must be `announced` bytes exactly.
///
/// # Errors
/// What is wrong with the input.
pub fn decompress(input: &[u8], announced: u64, output: &mut Vec<u8>) -> Result<(), &'static str> {
    if announced > RATIO_MAX * input.len() as u64 {
        return Err("a compressed string announces more than its bytes can stand for");
    }
    let announced = usize::try_from(announced).map_err(|_| "a string too long for memory")?;
    let (begin, end) = (output.len(), output.len() + announced);
    output.reserve_exact(announced.min(FIRST_BYTES.max(input.len())));
    let mut rest = input;
    while let Some((&control, behind)) = rest.split_first() {
        rest = behind;
        if usize::from(control) < RUN_MAX {
            let run = rest.split_at_checked(usize::from(control) + 1);
            let (run, behind) = run.ok_or("a compressed string ends inside a run")?;
            if run.len() > end - output.len() {
                return Err("a compressed string is longer than announced");
            }
            output.extend_from_slice(run);
            rest = behind;
            continue;
        }
        let mut len = usize::from(control >> 5) + 2;
        if len == 9 {
            let (&more, behind) = rest.split_first().ok_or("a compressed string ends early")?;
            (len, rest) = (len + usize::from(more), behind);
        }
        let (&low, behind) = rest.split_first().ok_or("a compressed string ends early")?;
        rest = behind;
        let distance = (usize::from(control & 0x1f) << 8 | usize::from(low)) + 1;
        if distance > output.len() - begin {
            return Err("a compressed string refers to before its beginning");
        }
        if len > end - output.len() {
            return Err("a compressed string is longer than announced");
        }
        copy_back(output, distance, len);
    }
    if output.len() == end { Ok(()) } else { Err("a compressed string is shorter than announced") }
}

/// Appends `len` bytes from `distance` bytes back, which may be among those being appended.
fn copy_back(output: &mut Vec<u8>, distance: usize, len: usize) {
    let (from, mut left) = (output.len() - distance, len);
    while left > 0 {
        // Whatever was appended repeats the pattern, so that each round can copy more.
        let part = left.min(output.len() - from);
        output.extend_from_within(from..from + part);
        left -= part;
    }
}

/// Compresses strings one after the other, with one table for all.
#[derive(Debug, Default)]
pub struct Compressor {
    /// Where three bytes with this hash were seen last, plus `base`. What is below `base` is from
    /// an earlier string: so the table need not be cleared for each.
    table: Vec<u32>,
    base: u32,
}

impl Compressor {
    /// Replaces `output` by the compressed `input`. Returns whether that saves at least four bytes,
    /// Redis's condition too: the two lengths in front of compressed bytes have to be paid for.
    pub fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) -> bool {
        output.clear();
        let (Ok(len), Some(limit)) = (u32::try_from(input.len()), input.len().checked_sub(4))
        else {
            return false;
        };
        if self.table.is_empty() || self.base.checked_add(len).is_none() {
            self.table.clear();
            self.table.resize(1 << TABLE_BITS, 0);
            self.base = 1;
            if self.base.checked_add(len).is_none() {
                return false;
            }
        }
        let (mut at, mut literal) = (0, 0);
        while at + 3 <= input.len() {
            let Some(from) = self.earlier(input, at) else {
                at += 1;
                continue;
            };
            put_literals(&input[literal..at], output);
            let most = MATCH_MAX.min(input.len() - at);
            let same = input[from..].iter().zip(&input[at..at + most]);
            let len = same.take_while(|(a, b)| a == b).count();
            put_match(at - from, len, output);
            (at, literal) = (at + len, at + len);
            if output.len() > limit {
                break;
            }
        }
        put_literals(&input[literal..], output);
        self.base += len;
        output.len() <= limit
    }

    /// Where the three bytes at `at` stand within reach before; remembers that they stand here.
    fn earlier(&mut self, input: &[u8], at: usize) -> Option<usize> {
        let key = u32::from_le_bytes([input[at], input[at + 1], input[at + 2], 0]);
        let slot = (key.wrapping_mul(0x9e37_79b1) >> (32 - TABLE_BITS)) as usize;
        // The caller has made sure that all positions of the input fit.
        let seen = std::mem::replace(&mut self.table[slot], self.base + at as u32);
        let from = seen.checked_sub(self.base)? as usize;
        let is_match = at - from <= DISTANCE_MAX && input[from..from + 3] == input[at..at + 3];
        is_match.then_some(from)
    }
}

fn put_literals(bytes: &[u8], output: &mut Vec<u8>) {
    for run in bytes.chunks(RUN_MAX) {
        output.push(run.len() as u8 - 1);
        output.extend_from_slice(run);
    }
}

fn put_match(distance: usize, len: usize, output: &mut Vec<u8>) {
    let (back, code) = (distance - 1, len - 2);
    let high = (back >> 8) as u8;
    if code < 7 {
        output.push((code as u8) << 5 | high);
    } else {
        output.extend_from_slice(&[7 << 5 | high, (code - 7) as u8]);
    }
    output.push(back as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(input: &[u8], announced: u64) -> Result<Vec<u8>, &'static str> {
        let mut output = Vec::new();
        decompress(input, announced, &mut output).map(|()| output)
    }

    /// Ensures that runs, short matches and long matches are read as the format says.
    #[test]
    fn each_form_is_decompressed() {
        assert_eq!(expand(&[2, b'a', b'b', b'c'], 3), Ok(b"abc".to_vec()));
        assert_eq!(expand(&[1, b'a', b'b', 1 << 5, 1], 5), Ok(b"ababa".to_vec()));
        assert_eq!(expand(&[0, b'x', 7 << 5, 255, 0], 265), Ok(vec![b'x'; 265]));
    }

    /// Ensures that what refers, announces or ends wrongly is refused.
    #[test]
    fn hostile_input_is_refused() {
        for (input, announced) in [
            (&[5, b'a'][..], 6),
            (&[1, b'a', b'b', 1 << 5, 2], 5),
            (&[1, b'a', b'b', 1 << 5], 5),
            (&[0, b'x', 7 << 5], 9),
            (&[2, b'a', b'b', b'c'], 2),
            (&[2, b'a', b'b', b'c'], 4),
            (&[0, b'x', 7 << 5, 255, 0], 264),
            (&[0, b'x', 7 << 5, 255, 0], u64::MAX / 2),
        ] {
            assert!(expand(input, announced).is_err(), "{input:?}");
        }
    }

    /// Ensures that what is compressed comes back, for texts of all lengths and kinds.
    #[test]
    fn what_is_compressed_comes_back() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut compressor, mut packed) = (Compressor::default(), Vec::new());
        let mut saved = 0;
        for len in (0..600).chain([8_000, 20_000, 70_000]) {
            for letters in [1, 2, 5, 255] {
                let text: Vec<u8> = (0..len).map(|_| random.u8(..) % letters).collect();
                if compressor.compress(&text, &mut packed) {
                    assert!(packed.len() + 4 <= text.len());
                    assert_eq!(expand(&packed, text.len() as u64), Ok(text), "{len} {letters}");
                    saved += 1;
                }
            }
        }
        assert!(saved > 1_000, "{saved} of 2412 were compressed");
    }

    /// Ensures that random bytes are decompressed or refused, and nothing else happens.
    #[test]
    fn random_bytes_do_no_harm() {
        let mut random = fastrand::Rng::with_seed(8);
        for _ in 0..20_000 {
            let input: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(..)).collect();
            let announced = random.u64(0..2_000);
            if let Ok(output) = expand(&input, announced) {
                assert_eq!(output.len() as u64, announced);
            }
        }
    }
}
