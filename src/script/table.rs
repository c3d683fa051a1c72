//! Tables: an array part and a hash part, sized by the rules of the reference implementation.
//!
//! The border that `#` finds in a table with holes depends on how large the array part is, and
//! scripts depend on that border without knowing it. So the array part grows exactly when C Lua's
//! would: when the hash part is full, the integer keys are counted, and the array takes the
//! largest power of two of which more than half is used. A traversal differs from C Lua's on
//! purpose: array first, then the order of insertion, which is the same on every server.
//!
//! Removed entries keep their key until the next rehash, so that a traversal may clear fields.

use super::value::{StrId, TableId, Value};

/// Bytes that are counted for a table in addition to its parts.
pub(super) const TABLE_OVERHEAD_BYTES: usize = 128;

/// Entries up to which the hash part is searched one by one, without an index.
const LINEAR_MAX: usize = 8;

/// A growth was refused because of the memory limit of the run.
#[derive(Debug)]
pub(super) struct NoRoom;

/// A table.
#[derive(Clone, Default, Debug)]
pub(super) struct Table {
    /// Its length is what C Lua calls the size of the array part: unused slots are nil.
    pub(super) array: Vec<Value>,
    /// Slots `0..dense` hold values and the rest none, unless `has_holes`.
    pub(super) dense: usize,
    pub(super) has_holes: bool,
    /// Keys and values in the order of insertion; a removed entry has the value nil.
    pub(super) entries: Vec<(Value, Value)>,
    /// What C Lua calls the size of the hash part: a power of two, or zero.
    pub(super) hash_size: usize,
    /// Open addressing: index of an entry plus one; empty while the hash part is small.
    pub(super) index: Vec<u32>,
    pub metatable: Option<TableId>,
    /// Whether scripts may not change it: the tables of an environment.
    pub readonly: bool,
}

impl Table {
    /// A table with room for that many elements and fields.
    pub fn with_sizes(array: usize, hash: usize) -> Self {
        let mut table = Table::default();
        table.array.resize(array, Value::Nil);
        table.reserve_hash(hash);
        table
    }

    pub(super) fn reserve_hash(&mut self, count: usize) {
        self.hash_size = if count == 0 { 0 } else { count.next_power_of_two() };
        self.entries.reserve_exact(self.hash_size);
        if self.hash_size > LINEAR_MAX {
            self.index.resize(self.hash_size * 2, 0);
        }
    }

    /// Bytes of the two parts.
    pub fn bytes(&self) -> usize {
        self.array.capacity() * 16 + self.entries.capacity() * 32 + self.index.capacity() * 4
    }

    /// Elements and fields, removed ones included: a measure of the work to visit all.
    pub fn slots(&self) -> usize {
        self.array.len() + self.entries.len()
    }

    /// All keys and values, in the order of a traversal.
    pub fn pairs(&self) -> impl Iterator<Item = (Value, Value)> + '_ {
        let numbered =
            self.array.iter().enumerate().map(|(at, &v)| (Value::Num((at + 1) as f64), v));
        numbered.chain(self.entries.iter().copied()).filter(|(_, value)| !value.is_nil())
    }

    /// Keys whose value was removed since the last rehash.
    pub fn removed_keys(&self) -> impl Iterator<Item = Value> + '_ {
        self.entries.iter().filter(|(_, value)| value.is_nil()).map(|(key, _)| *key)
    }

    /// The value of a key that is any value.
    #[inline]
    pub fn get(&self, key: Value) -> Value {
        match key {
            Value::Str(id) => self.get_str(id),
            Value::Num(n) => self.get_num(n),
            Value::Nil => Value::Nil,
            _ => self.get_hashed(key),
        }
    }

    /// The value of a string key.
    #[inline]
    pub fn get_str(&self, id: StrId) -> Value {
        if self.index.is_empty() {
            for (key, value) in &self.entries {
                if matches!(key, Value::Str(other) if *other == id) {
                    return *value;
                }
            }
            return Value::Nil;
        }
        self.get_hashed(Value::Str(id))
    }

    /// The value of a number key.
    #[inline]
    pub fn get_num(&self, n: f64) -> Value {
        let at = n as usize;
        if at as f64 == n
            && let Some(value) = self.array.get(at.wrapping_sub(1))
        {
            return *value;
        }
        if self.entries.is_empty() { Value::Nil } else { self.get_hashed(Value::Num(n)) }
    }

    /// The value of a positive integer key.
    #[inline]
    pub fn get_int(&self, n: usize) -> Value {
        match self.array.get(n.wrapping_sub(1)) {
            Some(value) => *value,
            None if self.entries.is_empty() => Value::Nil,
            None => self.get_hashed(Value::Num(n as f64)),
        }
    }

    fn get_hashed(&self, key: Value) -> Value {
        self.find(key).map_or(Value::Nil, |at| self.entries[at].1)
    }

    /// The position of a key's entry.
    fn find(&self, key: Value) -> Option<usize> {
        if self.index.is_empty() {
            return self.entries.iter().position(|(other, _)| *other == key);
        }
        let mask = self.index.len() - 1;
        let mut at = hash(key) as usize & mask;
        loop {
            let slot = self.index[at] as usize;
            if slot == 0 {
                return None;
            }
            if self.entries[slot - 1].0 == key {
                return Some(slot - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// Replaces the value of a string key that has an entry; says whether it had.
    #[inline]
    pub fn replace_str(&mut self, id: StrId, value: Value) -> bool {
        if self.index.is_empty() {
            for (key, old) in &mut self.entries {
                if matches!(key, Value::Str(other) if *other == id) {
                    let had = !old.is_nil();
                    if had {
                        *old = value;
                    }
                    return had;
                }
            }
            return false;
        }
        self.replace_hashed(Value::Str(id), value)
    }

    /// Replaces the value of a number key that has one; says whether it had.
    #[inline]
    pub fn replace_num(&mut self, n: f64, value: Value) -> bool {
        let at = n as usize;
        if at as f64 == n && at.wrapping_sub(1) < self.array.len() {
            return self.replace_slot(at - 1, value);
        }
        self.replace_hashed(Value::Num(n), value)
    }

    #[inline]
    fn replace_slot(&mut self, slot: usize, value: Value) -> bool {
        let had = !self.array[slot].is_nil();
        if had {
            self.array[slot] = value;
            if value.is_nil() {
                self.emptied(slot);
            }
        }
        had
    }

    fn replace_hashed(&mut self, key: Value, value: Value) -> bool {
        let Some(at) = self.find(key) else { return false };
        let had = !self.entries[at].1.is_nil();
        if had {
            self.entries[at].1 = value;
        }
        had
    }

    /// Notes that a slot of the array part became nil.
    fn emptied(&mut self, slot: usize) {
        if !self.has_holes && slot + 1 == self.dense {
            self.dense = slot;
        } else {
            self.has_holes = true;
        }
    }

    /// Notes that a slot of the array part, which was nil, has a value.
    #[inline]
    fn filled(&mut self, slot: usize) {
        if !self.has_holes && slot == self.dense {
            self.dense += 1;
        } else {
            self.has_holes = true;
        }
    }

    /// Sets a key, which is neither nil nor NaN, as `rawset` does. The table may grow by at most
    /// `room` bytes.
    pub fn set(&mut self, key: Value, value: Value, room: usize) -> Result<(), NoRoom> {
        let key = match key {
            Value::Num(n) => Value::Num(n + 0.0), // -0 is the same key as 0
            key => key,
        };
        if let Some(slot) = self.slot_of(key) {
            let was_nil = self.array[slot].is_nil();
            self.array[slot] = value;
            match (was_nil, value.is_nil()) {
                (true, false) => self.filled(slot),
                (false, true) => self.emptied(slot),
                _ => {}
            }
            return Ok(());
        }
        if let Some(at) = self.find(key) {
            self.entries[at].1 = value;
            return Ok(());
        }
        if value.is_nil() {
            return Ok(());
        }
        if self.entries.len() >= self.hash_size {
            self.rehash(key, room)?;
            if self.slot_of(key).is_some() {
                return self.set(key, value, room);
            }
        }
        self.append(key, value);
        Ok(())
    }

    /// The slot of the array part that a key belongs to.
    #[inline]
    pub(super) fn slot_of(&self, key: Value) -> Option<usize> {
        let Value::Num(n) = key else { return None };
        let at = n as usize;
        (at as f64 == n && at >= 1 && at <= self.array.len()).then(|| at - 1)
    }

    /// Adds an entry for a key that has none, for which there is room.
    pub(super) fn append(&mut self, key: Value, value: Value) {
        self.entries.push((key, value));
        if !self.index.is_empty() {
            let mask = self.index.len() - 1;
            let mut at = hash(key) as usize & mask;
            while self.index[at] != 0 {
                at = (at + 1) & mask;
            }
            self.index[at] = self.entries.len() as u32;
        }
    }

    /// Slots of the array part.
    pub fn array_len(&self) -> usize {
        self.array.len()
    }

    /// A border: an index with a value whose successor has none; the one that C Lua would find.
    pub fn border(&self) -> usize {
        let size = self.array.len();
        if size > 0 && self.array[size - 1].is_nil() {
            if !self.has_holes {
                return self.dense;
            }
            return search(0, size, |at| self.array[at - 1].is_nil());
        }
        if self.entries.is_empty() {
            return size;
        }
        // The array part is full: the border is in the hash part, and is searched by doubling.
        let (mut low, mut high) = (size, size + 1);
        while !self.get_int(high).is_nil() {
            low = high;
            high *= 2;
        }
        search(low, high, |at| self.get_int(at).is_nil())
    }

    /// The entry that follows a key in a traversal; `None` at the end. `Err` for an unknown key.
    pub fn next(&self, key: Value) -> Result<Option<(Value, Value)>, ()> {
        let start = match key {
            Value::Nil => 0,
            key => match self.slot_of(key) {
                Some(slot) => slot + 1,
                None => self.array.len() + self.find(key).ok_or(())? + 1,
            },
        };
        Ok(self.next_at(start))
    }

    /// The first entry at or behind a position of the traversal.
    #[inline]
    fn next_at(&self, start: usize) -> Option<(Value, Value)> {
        for at in start..self.array.len() {
            if !self.array[at].is_nil() {
                return Some((Value::Num((at + 1) as f64), self.array[at]));
            }
        }
        let rest = self.entries.get(start.max(self.array.len()) - self.array.len()..)?;
        rest.iter().find(|(_, value)| !value.is_nil()).copied()
    }
}

/// Searches between an index with a value and one without.
fn search(mut low: usize, mut high: usize, is_nil: impl Fn(usize) -> bool) -> usize {
    while high - low > 1 {
        let middle = (low + high) / 2;
        if is_nil(middle) { high = middle } else { low = middle }
    }
    low
}

/// Spreads the bits of a key; strings are spread by the index of the interned string.
#[inline]
fn hash(key: Value) -> u64 {
    let bits = match key {
        Value::Num(n) => (n + 0.0).to_bits(), // -0 and 0 are one key
        Value::Str(id) => u64::from(id.0) | 1 << 33,
        Value::Table(id) => u64::from(id.0) | 2 << 33,
        Value::Func(id) => u64::from(id.0) | 3 << 33,
        Value::Native(id) => u64::from(id.0) | 4 << 33,
        Value::Thread(id) => u64::from(id.0) | 5 << 33,
        Value::Bool(b) => u64::from(b) | 6 << 33,
        _ => 7 << 33,
    };
    let product = u128::from(bits ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
    (product >> 64) as u64 ^ product as u64
}
