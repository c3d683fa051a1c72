//! The cmsgpack library: MessagePack in both directions, with the quirks of lua-cmsgpack 0.4.
//!
//! A length that the data announces is only a number of elements to read: no memory is taken for
//! it. Reading keeps its open tables in a list; writing nests to sixteen levels, and what is deeper
//! becomes nil, as in the reference.

use crate::limits;
use crate::script::error::Error;
use crate::script::native::{Call, NativeFn};
use crate::script::value::{TableId, Value};

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("pack", pack),
    ("unpack", |call| unpack(call, 0, 0)),
    ("unpack_limit", unpack_limit),
    ("unpack_one", unpack_one),
];

/// Levels of tables that are written.
const NESTING_MAX: usize = 16;

fn pack(call: &mut Call<'_>) -> Result<usize, Error> {
    if call.count() == 0 {
        return Err(Error::argument(0, "MessagePack pack needs input."));
    }
    let mut out = Vec::new();
    for at in 0..call.count() {
        write(call, &mut out, call.arg(at), 0)?;
    }
    call.reply_owned(out)
}

fn write(call: &mut Call<'_>, out: &mut Vec<u8>, value: Value, level: usize) -> Result<(), Error> {
    call.charge(1)?;
    match value {
        Value::Bool(truth) => out.push(if truth { 0xc3 } else { 0xc2 }),
        Value::Num(n) => write_number(out, n),
        Value::Str(id) => {
            let len = call.vm.heap.bytes_of(id).len();
            call.vm.heap.check_room(out.len() + len)?;
            match len {
                0..=31 => out.push(0xa0 | len as u8),
                32..=0xff => out.extend_from_slice(&[0xd9, len as u8]),
                _ => write_len(out, [0xda, 0xdb], len),
            }
            out.extend_from_slice(call.vm.heap.bytes_of(id));
        }
        Value::Table(table) if level < NESTING_MAX => write_table(call, out, table, level)?,
        // What MessagePack cannot say is nil.
        _ => out.push(0xc0),
    }
    Ok(())
}

/// Writes a length of 16 or 32 bits behind its mark.
fn write_len(out: &mut Vec<u8>, marks: [u8; 2], len: usize) {
    match u16::try_from(len) {
        Ok(len) => {
            out.push(marks[0]);
            out.extend_from_slice(&len.to_be_bytes());
        }
        Err(_) => {
            out.push(marks[1]);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
}

fn write_number(out: &mut Vec<u8>, n: f64) {
    let integer = n as i64;
    if integer as f64 != n || n >= 9_223_372_036_854_775_808.0 {
        if f64::from(n as f32) == n {
            out.push(0xca);
            out.extend_from_slice(&(n as f32).to_be_bytes());
        } else {
            out.push(0xcb);
            out.extend_from_slice(&n.to_be_bytes());
        }
        return;
    }
    let bytes = integer.to_be_bytes();
    let (mark, len) = match integer {
        -32..=127 => (None, 1),
        128..=0xff => (Some(0xcc), 1),
        0x100..=0xffff => (Some(0xcd), 2),
        0x1_0000..=0xffff_ffff => (Some(0xce), 4),
        0x1_0000_0000.. => (Some(0xcf), 8),
        -128..=-33 => (Some(0xd0), 1),
        -0x8000..=-129 => (Some(0xd1), 2),
        -0x8000_0000..=-0x8001 => (Some(0xd2), 4),
        _ => (Some(0xd3), 8),
    };
    out.extend(mark);
    out.extend_from_slice(&bytes[8 - len..]);
}

/// A table is an array if its keys are 1 to n without a hole.
fn write_table(
    call: &mut Call<'_>,
    out: &mut Vec<u8>,
    table: TableId,
    level: usize,
) -> Result<(), Error> {
    call.charge(call.vm.heap.table(table).slots())?;
    call.vm.heap.check_room(out.len() + call.vm.heap.table(table).slots() * 2)?;
    let (mut count, mut max, mut is_array) = (0usize, 0.0, true);
    for (key, _) in call.vm.heap.table(table).pairs() {
        count += 1;
        match key {
            Value::Num(n) if n >= 1.0 && n.floor() == n => max = f64::max(max, n),
            _ => is_array = false,
        }
    }
    if is_array && max == count as f64 {
        match count {
            0..=15 => out.push(0x90 | count as u8),
            _ => write_len(out, [0xdc, 0xdd], count),
        }
        for at in 1..=count {
            write(call, out, call.vm.heap.table(table).get_int(at), level + 1)?;
        }
        return Ok(());
    }
    match count {
        0..=15 => out.push(0x80 | count as u8),
        _ => write_len(out, [0xde, 0xdf], count),
    }
    let mut key = Value::Nil;
    while let Some((next, value)) = call.vm.heap.table(table).next(key).ok().flatten() {
        write(call, out, next, level + 1)?;
        write(call, out, value, level + 1)?;
        key = next;
    }
    Ok(())
}

fn unpack_one(call: &mut Call<'_>) -> Result<usize, Error> {
    let offset = call.integer_or(1, 0)?;
    unpack(call, 1, offset as i32)
}

fn unpack_limit(call: &mut Call<'_>) -> Result<usize, Error> {
    let limit = call.integer(1)?;
    let offset = call.integer_or(2, 0)?;
    unpack(call, limit as i32, offset as i32)
}

/// Reads up to a number of values; all of them, and no offset in front, if both numbers are 0.
fn unpack(call: &mut Call<'_>, limit: i32, offset: i32) -> Result<usize, Error> {
    let len = call.bytes(0)?.len();
    if offset < 0 || limit < 0 {
        let text = format!("Invalid request to unpack with offset of {offset} and limit of {len}.");
        return Err(Error::text(text));
    }
    if offset as usize > len {
        let text = format!("Start offset {offset} greater than input length {len}.");
        return Err(Error::text(text));
    }
    let all = limit == 0 && offset == 0;
    let limit = if all { usize::MAX } else { limit as usize };
    let data = call.bytes(0)?[offset as usize..].to_vec();
    let mut reader = Reader { data: &data, at: 0 };
    let mut values = Vec::new();
    if !all {
        values.push(Value::Nil);
    }
    let first = values.len();
    while values.len() - first < limit && reader.at < data.len() {
        if values.len() as i64 >= limits::SCRIPT_UNPACK_MAX {
            let text = "too many return values at once; use unpack_one or unpack_limit instead.";
            return Err(Error::text(format!("stack overflow ({text})")));
        }
        values.push(read(call, &mut reader)?);
    }
    if !all {
        let end = if reader.at == data.len() { -1.0 } else { (offset as usize + reader.at) as f64 };
        values[0] = Value::Num(end);
    }
    call.reply_all(&values)
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

/// A table that is being read.
struct Open {
    table: TableId,
    /// Values that are still to come: elements, or values of fields.
    left: usize,
    /// The number of the next element of an array.
    next: Option<usize>,
    /// The key of a map whose value comes next.
    key: Option<Value>,
}

/// What a mark says.
enum Item {
    Value(Value),
    Text(usize),
    Array(usize),
    Map(usize),
}

impl Reader<'_> {
    fn take(&mut self, len: usize) -> Result<&[u8], Error> {
        let rest = &self.data[self.at..];
        let bytes = rest.get(..len).ok_or_else(|| Error::text("Missing bytes in input."))?;
        self.at += len;
        Ok(bytes)
    }

    /// An unsigned integer of that many bytes.
    fn unsigned(&mut self, len: usize) -> Result<u64, Error> {
        let bytes = self.take(len)?;
        Ok(bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, len: usize) -> Result<Item, Error> {
        let shift = 64 - len as u32 * 8;
        let n = (self.unsigned(len)? << shift) as i64 >> shift;
        Ok(Item::Value(Value::Num(n as f64)))
    }

    fn item(&mut self) -> Result<Item, Error> {
        let mark = self.take(1)?[0];
        let value = match mark {
            0x00..=0x7f => Value::Num(f64::from(mark)),
            0xe0..=0xff => Value::Num(f64::from(mark as i8)),
            0x80..=0x8f => return Ok(Item::Map(usize::from(mark & 15))),
            0x90..=0x9f => return Ok(Item::Array(usize::from(mark & 15))),
            0xa0..=0xbf => return Ok(Item::Text(usize::from(mark & 31))),
            0xc0 => Value::Nil,
            0xc2 => Value::Bool(false),
            0xc3 => Value::Bool(true),
            0xd9 => return Ok(Item::Text(self.unsigned(1)? as usize)),
            0xda => return Ok(Item::Text(self.unsigned(2)? as usize)),
            0xdb => return Ok(Item::Text(self.unsigned(4)? as usize)),
            0xca => Value::Num(f64::from(f32::from_bits(self.unsigned(4)? as u32))),
            0xcb => Value::Num(f64::from_bits(self.unsigned(8)?)),
            0xcc => Value::Num(self.unsigned(1)? as f64),
            0xcd => Value::Num(self.unsigned(2)? as f64),
            0xce => Value::Num(self.unsigned(4)? as f64),
            // The reference takes the largest ones for negative.
            0xcf => Value::Num(self.unsigned(8)? as i64 as f64),
            0xd0..=0xd3 => return self.signed(1 << (mark - 0xd0)),
            0xdc => return Ok(Item::Array(self.unsigned(2)? as usize)),
            0xdd => return Ok(Item::Array(self.unsigned(4)? as usize)),
            0xde => return Ok(Item::Map(self.unsigned(2)? as usize)),
            0xdf => return Ok(Item::Map(self.unsigned(4)? as usize)),
            _ => return Err(Error::text("Bad data format in input.")),
        };
        Ok(Item::Value(value))
    }
}

/// Reads one value with everything in it.
fn read(call: &mut Call<'_>, reader: &mut Reader<'_>) -> Result<Value, Error> {
    let mut open: Vec<Open> = Vec::new();
    loop {
        call.charge(1)?;
        let mut value = match reader.item()? {
            Item::Value(value) => value,
            Item::Text(len) => call.vm.heap.string(reader.take(len)?)?,
            Item::Array(left) => {
                let table = call.heap().new_table(0, 0)?;
                open.push(Open { table, left, next: Some(1), key: None });
                Value::Table(table)
            }
            Item::Map(left) => {
                let table = call.heap().new_table(0, 0)?;
                open.push(Open { table, left, next: None, key: None });
                Value::Table(table)
            }
        };
        call.vm.heap.check_room(open.len() * size_of::<Open>())?;
        // A table without anything in it is complete at once.
        let mut is_new =
            matches!(value, Value::Table(id) if open.last().is_some_and(|o| o.table == id));
        loop {
            let Some(last) = open.last_mut() else { return Ok(value) };
            if !is_new {
                put(call, last, value)?;
            }
            if last.left > 0 || last.key.is_some() {
                break;
            }
            (value, is_new) = (Value::Table(last.table), false);
            open.pop();
        }
    }
}

/// Puts a value into the table around it.
fn put(call: &mut Call<'_>, open: &mut Open, value: Value) -> Result<(), Error> {
    match (&mut open.next, open.key.take()) {
        (Some(next), _) => {
            call.vm.heap.set(open.table, Value::Num(*next as f64), value)?;
            *next += 1;
            open.left -= 1;
        }
        (None, None) => open.key = Some(value),
        (None, Some(key)) => {
            call.set(open.table, key, value)?;
            open.left -= 1;
        }
    }
    Ok(())
}
