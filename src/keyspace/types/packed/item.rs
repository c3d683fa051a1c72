//! An element of a packed block, and its form in bytes.
//!
//! | first byte | means |
//! |---|---|
//! | `00`–`7F` | the length; that many bytes follow |
//! | `80`–`EF` | an integer from 0 to 111 |
//! | `F0` | a double of 8 bytes follows |
//! | `F1`–`F8` | an integer of 1 to 8 bytes follows, little-endian |
//! | `F9`, `FA` | a length of 2 or 4 bytes follows, and then that many bytes |
//!
//! A string that is the decimal form of a 64-bit integer is always kept as a number, in as few
//! bytes as it needs. So each element has exactly one form, and two are equal if their bytes are.

use std::cmp::Ordering;

const SMALL_INT: u8 = 0x80;
const SMALL_INT_MAX: i64 = 111;
const DOUBLE: u8 = 0xF0;
const INT_OF_ONE_BYTE: u8 = 0xF1;
const LONG: u8 = 0xF9;
const VERY_LONG: u8 = 0xFA;

/// The longest beginning of an element: a tag and a number of eight bytes.
const HEAD_BYTES_MAX: usize = 9;

/// The mark of a length, after an element, that takes four bytes in front of the mark.
pub(super) const LONG_BACK: u8 = 0xFF;

/// The longest element, in bytes, whose length after it takes one byte.
const BACK_BYTE_MAX: usize = 0x7F;

/// An element of a packed block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'a> {
    /// A string that is not the decimal form of an integer.
    Bytes(&'a [u8]),
    /// A string that is.
    Int(i64),
    /// A number that was given as such. It is not a string and never equal to one: sorted sets
    /// keep scores so that are no integers.
    Double(f64),
}

impl<'a> Item<'a> {
    /// The element that the string `bytes` is.
    pub fn new(bytes: &'a [u8]) -> Item<'a> {
        integer(bytes).map_or(Item::Bytes(bytes), Item::Int)
    }

    /// The bytes of the string, written to `digits` if it is kept as a number. A double has none:
    /// how it is printed is its owner's business.
    pub fn text<'b>(&self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Item::Bytes(bytes) => bytes,
            Item::Int(number) => digits.format(*number).as_bytes(),
            Item::Double(_) => b"",
        }
    }

    /// A copy of the bytes of the string.
    pub fn to_vec(&self) -> Vec<u8> {
        self.text(&mut itoa::Buffer::new()).to_vec()
    }

    /// How the bytes of this string compare with `other`.
    pub fn cmp_text(&self, other: &[u8]) -> Ordering {
        self.text(&mut itoa::Buffer::new()).cmp(other)
    }

    /// Length of the string in bytes.
    pub fn text_len(&self) -> usize {
        self.text(&mut itoa::Buffer::new()).len()
    }
}

impl<'a> From<&'a [u8]> for Item<'a> {
    fn from(bytes: &'a [u8]) -> Item<'a> {
        Item::new(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Item<'a> {
    fn from(bytes: &'a [u8; N]) -> Item<'a> {
        Item::new(bytes)
    }
}

impl From<i64> for Item<'_> {
    fn from(number: i64) -> Self {
        Item::Int(number)
    }
}

impl From<f64> for Item<'_> {
    fn from(number: f64) -> Self {
        Item::Double(number)
    }
}

/// The number of which `bytes` are the decimal form: the form that is written, and no other one,
/// because the string has to come back byte for byte.
pub fn integer(bytes: &[u8]) -> Option<i64> {
    /// Digits that a 64-bit number has at most.
    const DIGITS_MAX: usize = 19;
    let (is_negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] => return (!is_negative).then_some(0),
        [b'1'..=b'9', ..] if digits.len() <= DIGITS_MAX => {}
        _ => return None,
    }
    // Nineteen digits fit in 64 bits without a sign.
    let mut number: u64 = 0;
    for digit in digits {
        let value = digit.wrapping_sub(b'0');
        if value > 9 {
            return None;
        }
        number = number * 10 + u64::from(value);
    }
    match is_negative {
        false => i64::try_from(number).ok(),
        true => 0i64.checked_sub_unsigned(number),
    }
}

/// The form of an element in bytes: a head, the bytes of a string, the length once more.
pub(super) struct Encoded<'a> {
    head: [u8; HEAD_BYTES_MAX],
    head_len: usize,
    body: &'a [u8],
    back: [u8; 5],
    back_len: usize,
}

impl<'a> Encoded<'a> {
    pub fn new(item: Item<'a>, is_two_way: bool) -> Encoded<'a> {
        let mut encoded = Encoded {
            head: [0; HEAD_BYTES_MAX],
            head_len: 1,
            body: b"",
            back: [0; 5],
            back_len: 0,
        };
        match item {
            Item::Int(number @ 0..=SMALL_INT_MAX) => encoded.head[0] = SMALL_INT + number as u8,
            Item::Int(number) => {
                let bytes = number.to_le_bytes();
                let len = significant_bytes(number);
                encoded.set_head(DOUBLE + len as u8, &bytes[..len]);
            }
            Item::Double(number) => encoded.set_head(DOUBLE, &number.to_le_bytes()),
            Item::Bytes(bytes) => {
                encoded.body = bytes;
                match bytes.len() {
                    len @ ..0x80 => encoded.head[0] = len as u8,
                    len @ ..0x1_0000 => encoded.set_head(LONG, &(len as u16).to_le_bytes()),
                    len => encoded.set_head(VERY_LONG, &(len as u32).to_le_bytes()),
                }
            }
        }
        if is_two_way {
            encoded.set_back();
        }
        encoded
    }

    fn set_head(&mut self, tag: u8, bytes: &[u8]) {
        self.head[0] = tag;
        self.head[1..=bytes.len()].copy_from_slice(bytes);
        self.head_len = 1 + bytes.len();
    }

    fn set_back(&mut self) {
        match self.head_len + self.body.len() {
            len @ ..=BACK_BYTE_MAX => {
                self.back[0] = len as u8;
                self.back_len = 1;
            }
            len => {
                self.back[..4].copy_from_slice(&(len as u32).to_le_bytes());
                self.back[4] = LONG_BACK;
                self.back_len = 5;
            }
        }
    }

    /// The bytes, in three parts.
    pub fn parts(&self) -> [&[u8]; 3] {
        [&self.head[..self.head_len], self.body, &self.back[..self.back_len]]
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.head_len + self.body.len() + self.back_len
    }

    /// Whether this is the element with which `bytes` begin.
    pub fn is_at(&self, bytes: &[u8]) -> bool {
        // Nearly all elements differ in the first byte already.
        bytes.first() == Some(&self.head[0])
            && bytes.split_at_checked(self.head_len).is_some_and(|(head, rest)| {
                head == &self.head[..self.head_len] && rest.starts_with(self.body)
            })
    }
}

/// How many bytes a number needs: the others only repeat its sign.
fn significant_bytes(number: i64) -> usize {
    let sign_bits = if number < 0 { number.leading_ones() } else { number.leading_zeros() };
    // One bit is left for the sign.
    (64 - sign_bits as usize) / 8 + 1
}

/// Bytes of the tag with what belongs to it, and of the string after, of the element with which
/// `bytes` begin.
pub(super) fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    Some(match *bytes.first()? {
        len @ ..SMALL_INT => (1, usize::from(len)),
        SMALL_INT..DOUBLE => (1, 0),
        DOUBLE => (9, 0),
        LONG => (3, usize::from(u16::from_le_bytes(*bytes.get(1..)?.first_chunk()?))),
        VERY_LONG => (5, u32::from_le_bytes(*bytes.get(1..)?.first_chunk()?) as usize),
        tag => (1 + usize::from(tag - DOUBLE), 0),
    })
}

/// Appends an element, which is read from the front.
pub fn append(item: Item<'_>, to: &mut Vec<u8>) {
    Encoded::new(item, false).parts().into_iter().for_each(|part| to.extend_from_slice(part));
}

/// The element with which `bytes` begin, and its length in bytes.
pub fn decode(bytes: &[u8]) -> Option<(Item<'_>, usize)> {
    let (head_len, body_len) = measure(bytes)?;
    let (head, rest) = bytes.split_at_checked(head_len)?;
    let item = match head[0] {
        tag @ SMALL_INT..DOUBLE => Item::Int(i64::from(tag - SMALL_INT)),
        DOUBLE => Item::Double(f64::from_le_bytes(*head[1..].first_chunk()?)),
        INT_OF_ONE_BYTE..LONG => {
            let is_negative = head[head_len - 1] & 0x80 != 0;
            let mut number = [if is_negative { 0xFF } else { 0 }; 8];
            number.get_mut(..head_len - 1)?.copy_from_slice(&head[1..]);
            Item::Int(i64::from_le_bytes(number))
        }
        _ => Item::Bytes(rest.get(..body_len)?),
    };
    Some((item, head_len + body_len))
}
