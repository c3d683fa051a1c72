//! The table library.

use crate::script::error::Error;
use crate::script::native::{Call, NativeFn};
use crate::script::number;
use crate::script::value::{TableId, Value};
use crate::script::vm::Vm;

/// The functions of the library.
pub(super) const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("concat", concat),
    ("foreach", foreach),
    ("foreachi", foreachi),
    ("getn", getn),
    ("insert", insert),
    ("maxn", maxn),
    ("remove", remove),
    ("setn", setn),
    ("sort", sort),
];

fn element(call: &Call<'_>, table: TableId, at: i64) -> Value {
    call.vm.heap.table(table).get_num(at as f64)
}

fn set_element(call: &mut Call<'_>, table: TableId, at: i64, value: Value) -> Result<(), Error> {
    call.vm.heap.set(table, Value::Num(at as f64), value)
}

fn border(call: &Call<'_>, table: TableId) -> i64 {
    call.vm.heap.table(table).border() as i64
}

fn getn(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let n = border(call, table);
    call.reply_number(n as f64)
}

fn setn(call: &mut Call<'_>) -> Result<usize, Error> {
    call.table(0)?;
    Err(Error::text("'setn' is obsolete"))
}

fn maxn(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    call.charge(call.vm.heap.table(table).slots())?;
    let numbers = call.vm.heap.table(table).pairs().filter_map(|(key, _)| match key {
        Value::Num(n) => Some(n),
        _ => None,
    });
    let max = numbers.fold(0.0, f64::max);
    call.reply_number(max)
}

fn insert(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let end = border(call, table) + 1;
    match call.count() {
        2 => set_element(call, table, end, call.arg(1))?,
        3 => {
            let at = call.integer(1)? as i32 as i64;
            let end = end.max(at);
            for n in (at + 1..=end).rev() {
                // One by one: from a negative position on these are too many to be counted at once.
                call.charge(1)?;
                set_element(call, table, n, element(call, table, n - 1))?;
            }
            set_element(call, table, at, call.arg(2))?;
        }
        _ => return Err(Error::text("wrong number of arguments to 'insert'")),
    }
    Ok(0)
}

fn remove(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let end = border(call, table);
    let at = call.integer_or(1, end)? as i32 as i64;
    if at < 1 || at > end {
        return Ok(0);
    }
    call.charge((end - at) as usize)?;
    let removed = element(call, table, at);
    for n in at..end {
        set_element(call, table, n, element(call, table, n + 1))?;
    }
    set_element(call, table, end, Value::Nil)?;
    call.reply(removed)
}

fn concat(call: &mut Call<'_>) -> Result<usize, Error> {
    let separator = if call.arg(1).is_nil() { Vec::new() } else { call.bytes(1)?.to_vec() };
    let table = call.table(0)?;
    let first = call.integer_or(2, 1)? as i32 as i64;
    let last = match call.arg(3) {
        Value::Nil => border(call, table) as i32 as i64,
        _ => call.integer(3)? as i32 as i64,
    };
    let mut out = Vec::new();
    for n in first..=last {
        match element(call, table, n) {
            Value::Str(id) => out.extend_from_slice(call.vm.heap.bytes_of(id)),
            Value::Num(n) => number::write_number(&mut out, n),
            other => {
                let name = other.type_name();
                let text = format!("invalid value ({name}) at index {n} in table for 'concat'");
                return Err(Error::text(text));
            }
        }
        if n < last {
            out.extend_from_slice(&separator);
        }
        call.charge(1)?;
        call.vm.heap.check_room(out.len())?;
    }
    call.charge(out.len() / 16)?;
    call.reply_owned(out)
}

fn foreach(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let function = function(call, 1)?;
    let mut key = Value::Nil;
    loop {
        let next = call.vm.heap.table(table).next(key);
        let next = next.map_err(|()| Error::bare("invalid key to 'next'"))?;
        let Some((next_key, value)) = next else { return Ok(0) };
        let result = call.call_back(function, &[next_key, value])?;
        if !result.is_nil() {
            return call.reply(result);
        }
        key = next_key;
    }
}

fn foreachi(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let function = function(call, 1)?;
    for n in 1..=border(call, table) {
        let value = element(call, table, n);
        let result = call.call_back(function, &[Value::Num(n as f64), value])?;
        if !result.is_nil() {
            return call.reply(result);
        }
    }
    Ok(0)
}

fn function(call: &Call<'_>, at: usize) -> Result<Value, Error> {
    match call.arg(at) {
        value @ (Value::Func(_) | Value::Native(_)) => Ok(value),
        _ => call.wrong_type(at, "function"),
    }
}

fn sort(call: &mut Call<'_>) -> Result<usize, Error> {
    let table = call.table(0)?;
    let n = border(call, table) as i32 as i64;
    let order = if call.arg(1).is_nil() { Value::Nil } else { function(call, 1)? };
    // The pivot is kept where a collection during a comparison finds it.
    let pivot = call.keep(Value::Nil);
    sort_range(call, &Sort { table, order, pivot }, 1, n)?;
    Ok(0)
}

/// What a sort works on.
struct Sort {
    table: TableId,
    order: Value,
    /// The place among the arguments that holds the pivot.
    pivot: usize,
}

/// Whether the first value comes before the second.
fn comes_before(call: &mut Call<'_>, sort: &Sort, a: Value, b: Value) -> Result<bool, Error> {
    call.charge(2)?;
    if !sort.order.is_nil() {
        return Ok(call.call_back(sort.order, &[a, b])?.is_true());
    }
    if let Some(less) = call.vm.less(a, b, false) {
        return Ok(less);
    }
    let handler = call.vm.heap.common_metamethod(a, b, call.vm.heap.env.names.lt);
    if handler.is_nil() || a.type_name() != b.type_name() {
        return Err(Error::bare(Vm::no_order(a, b)));
    }
    Ok(call.call_back(handler, &[a, b])?.is_true())
}

/// Exchanges two elements whose values are known.
fn exchange(
    call: &mut Call<'_>,
    sort: &Sort,
    (i, a): (i64, Value),
    (j, b): (i64, Value),
) -> Result<(), Error> {
    set_element(call, sort.table, i, b)?;
    set_element(call, sort.table, j, a)
}

/// Quicksort as the reference does it, so that equal elements end up where its users see them. The
/// larger part is done by the loop, the smaller one by recursion: at most 32 levels.
fn sort_range(call: &mut Call<'_>, sort: &Sort, mut low: i64, mut high: i64) -> Result<(), Error> {
    while low < high {
        let (a, b) = (element(call, sort.table, low), element(call, sort.table, high));
        if comes_before(call, sort, b, a)? {
            exchange(call, sort, (low, a), (high, b))?;
        }
        if high - low == 1 {
            break;
        }
        let middle = (low + high) / 2;
        let (a, b) = (element(call, sort.table, middle), element(call, sort.table, low));
        if comes_before(call, sort, a, b)? {
            exchange(call, sort, (middle, a), (low, b))?;
        } else {
            let b = element(call, sort.table, high);
            if comes_before(call, sort, b, a)? {
                exchange(call, sort, (middle, a), (high, b))?;
            }
        }
        if high - low == 2 {
            break;
        }
        let pivot = element(call, sort.table, middle);
        let b = element(call, sort.table, high - 1);
        exchange(call, sort, (middle, pivot), (high - 1, b))?;
        let border = partition(call, sort, pivot, low, high)?;
        if border - low < high - border {
            sort_range(call, sort, low, border - 1)?;
            low = border + 1;
        } else {
            sort_range(call, sort, border + 1, high)?;
            high = border - 1;
        }
    }
    Ok(())
}

/// Partitions the range: smaller elements before the pivot, greater ones after it. Returns the
/// pivot's index.
fn partition(
    call: &mut Call<'_>,
    sort: &Sort,
    pivot: Value,
    low: i64,
    high: i64,
) -> Result<i64, Error> {
    let kept = call.base + sort.pivot;
    let outer = call.stack[kept];
    call.stack[kept] = pivot;
    let (mut i, mut j) = (low, high - 1);
    loop {
        i += 1;
        while comes_before(call, sort, element(call, sort.table, i), pivot)? {
            if i > high {
                return Err(Error::text("invalid order function for sorting"));
            }
            i += 1;
        }
        j -= 1;
        while comes_before(call, sort, pivot, element(call, sort.table, j))? {
            if j < low {
                return Err(Error::text("invalid order function for sorting"));
            }
            j -= 1;
        }
        if j < i {
            break;
        }
        let (a, b) = (element(call, sort.table, i), element(call, sort.table, j));
        exchange(call, sort, (i, a), (j, b))?;
    }
    let (a, b) = (element(call, sort.table, high - 1), element(call, sort.table, i));
    exchange(call, sort, (high - 1, a), (i, b))?;
    call.stack[kept] = outer;
    Ok(i)
}
