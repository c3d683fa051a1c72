//! How large the two parts of a table are: the rules of C Lua, on which `#` depends.

use super::table::{NoRoom, Table};
use super::value::Value;

impl Table {
    /// Chooses new sizes for both parts, with room for a further key, and moves what has to move.
    pub(super) fn rehash(&mut self, key: Value, room: usize) -> Result<(), NoRoom> {
        // Integer keys by powers of two: counts[n] of them are in (2^(n-1), 2^n].
        let mut counts = [0usize; 33];
        let mut total = 1;
        let mut integers = count_integer(key, &mut counts);
        if self.has_holes {
            for at in (0..self.array.len()).filter(|at| !self.array[*at].is_nil()) {
                integers += count_integer(Value::Num((at + 1) as f64), &mut counts);
                total += 1;
            }
        } else {
            for (power, count) in counts.iter_mut().enumerate() {
                let low = if power == 0 { 0 } else { 1usize << (power - 1) };
                *count += (1usize << power).min(self.dense).saturating_sub(low);
            }
            integers += self.dense;
            total += self.dense;
        }
        for (key, _) in self.entries.iter().filter(|(_, value)| !value.is_nil()) {
            integers += count_integer(*key, &mut counts);
            total += 1;
        }
        let (array, used) = best_array_size(&counts, integers);
        self.resize(array, total - used, room)
    }

    /// Gives the two parts new sizes.
    pub fn resize(&mut self, array: usize, hash: usize, room: usize) -> Result<(), NoRoom> {
        let wanted = array.saturating_mul(16) + hash.next_power_of_two().saturating_mul(40);
        if wanted > room.saturating_add(self.bytes()) || wanted > u32::MAX as usize {
            return Err(NoRoom);
        }
        let spilled: Vec<(usize, Value)> = match self.array.get(array..) {
            Some(end) => end.iter().copied().enumerate().filter(|(_, v)| !v.is_nil()).collect(),
            None => Vec::new(),
        };
        let entries = std::mem::take(&mut self.entries);
        self.index = Vec::new();
        let grows = array > self.array.len();
        if grows {
            self.array.reserve_exact(array - self.array.len());
        }
        self.array.resize(array, Value::Nil);
        if !grows {
            self.array.shrink_to_fit();
        }
        self.reserve_hash(hash);
        for (at, value) in spilled {
            self.append(Value::Num((array + at + 1) as f64), value);
        }
        for (key, value) in entries.into_iter().filter(|(_, value)| !value.is_nil()) {
            match self.slot_of(key) {
                Some(slot) => self.array[slot] = value,
                None => self.append(key, value),
            }
        }
        self.dense = self.array.iter().position(|v| v.is_nil()).unwrap_or(array);
        self.has_holes = self.array[self.dense..].iter().any(|v| !v.is_nil());
        Ok(())
    }
}

/// Counts a key if it could be in an array part.
fn count_integer(key: Value, counts: &mut [usize; 33]) -> usize {
    let Value::Num(n) = key else { return 0 };
    let at = n as usize;
    if at as f64 != n || at == 0 || at > 1 << 26 {
        return 0;
    }
    counts[(at.next_power_of_two()).trailing_zeros() as usize] += 1;
    1
}

/// The largest power of two of which more than half would be used, and the keys below it.
fn best_array_size(counts: &[usize; 33], integers: usize) -> (usize, usize) {
    let (mut size, mut used, mut below) = (0, 0, 0);
    for (power, count) in counts.iter().enumerate() {
        let candidate = 1usize << power;
        if candidate / 2 >= integers {
            break;
        }
        below += count;
        if below > candidate / 2 {
            (size, used) = (candidate, below);
        }
    }
    (size, used)
}
