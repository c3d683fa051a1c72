//! What native functions see: their arguments, the memory of the run, the host.
//!
//! Arguments are on the stack after the function; results overwrite them, from the position of
//! the function on. No collection happens while a native function runs, unless it calls back: what
//! it still needs after that has to be reachable from its arguments.

use super::error::{Abort, Error};
use super::heap::Heap;
use super::number;
use super::value::{FuncId, TableId, Value};
use super::vm::Vm;

/// What the engine needs of the program that it is part of.
pub trait Host {
    /// Calls a native function of the host, by the number that it was registered with. The result
    /// is the number of values left by [`Call::reply`] and its like.
    fn call(&mut self, native: u16, call: &mut Call<'_>) -> Result<usize, Error>;

    /// Is asked regularly, at any point of a run, and may end it. `steps` counts from the start.
    fn tick(&mut self, steps: u64) -> Result<(), Abort>;

    /// Seconds of processor time, for `os.clock`.
    fn clock(&mut self) -> f64;
}

/// A native function of the libraries; gives the number of its results.
pub(super) type NativeFn = fn(&mut Call<'_>) -> Result<usize, Error>;

/// One call of a native function.
pub struct Call<'a> {
    pub(super) vm: &'a mut Vm,
    pub(super) stack: &'a mut Vec<Value>,
    pub(super) host: &'a mut dyn Host,
    /// Stack position of the first argument.
    pub(super) base: usize,
    count: usize,
    /// The function itself, if it has state.
    pub(super) bound: Option<FuncId>,
    /// Whether the caller is a native function too: then it has no position.
    pub(super) is_nested: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        vm: &'a mut Vm,
        stack: &'a mut Vec<Value>,
        host: &'a mut dyn Host,
        base: usize,
        count: usize,
    ) -> Self {
        Self { vm, stack, host, base, count, bound: None, is_nested: false }
    }

    /// The number of arguments.
    pub fn count(&self) -> usize {
        self.count
    }

    /// An argument, counted from 0; nil if there are fewer.
    #[inline]
    pub fn arg(&self, at: usize) -> Value {
        if at < self.count { self.stack[self.base + at] } else { Value::Nil }
    }

    /// The run: to make and to read tables and strings.
    pub fn vm(&mut self) -> &mut Vm {
        self.vm
    }

    pub(super) fn heap(&mut self) -> &mut Heap {
        &mut self.vm.heap
    }

    /// Counts work of a native function, and gives the host its say.
    #[inline]
    pub fn charge(&mut self, steps: usize) -> Result<(), Error> {
        self.vm.charge(self.host, steps)
    }

    /// Returns one value.
    #[inline]
    pub fn reply(&mut self, value: Value) -> Result<usize, Error> {
        self.stack[self.base - 1] = value;
        Ok(1)
    }

    /// Returns values.
    pub fn reply_all(&mut self, values: &[Value]) -> Result<usize, Error> {
        self.make_room(values.len())?;
        let start = self.base - 1;
        self.stack[start..start + values.len()].copy_from_slice(values);
        Ok(values.len())
    }

    /// Makes room for results on the stack.
    pub(super) fn make_room(&mut self, count: usize) -> Result<(), Error> {
        let end = self.base + count;
        if end > self.stack.len() {
            if end > crate::limits::SCRIPT_STACK_VALUES_MAX {
                return Err(Error::text("stack overflow"));
            }
            self.stack.resize(end, Value::Nil);
        }
        Ok(())
    }

    /// Returns a string.
    pub fn reply_bytes(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let value = self.heap().string(bytes)?;
        self.reply(value)
    }

    /// Returns a string that was built.
    pub fn reply_owned(&mut self, bytes: Vec<u8>) -> Result<usize, Error> {
        let value = self.heap().string_owned(bytes)?;
        self.reply(value)
    }

    /// Returns a number.
    pub fn reply_number(&mut self, n: f64) -> Result<usize, Error> {
        self.reply(Value::Num(n))
    }

    /// Returns nil and a reason.
    pub(super) fn reply_failure(&mut self, reason: &[u8]) -> Result<usize, Error> {
        let reason = self.heap().string(reason)?;
        self.reply_all(&[Value::Nil, reason])
    }

    /// The error for an argument of the wrong type.
    pub(super) fn wrong_type<T>(&self, at: usize, expected: &str) -> Result<T, Error> {
        let got = if at < self.count { self.arg(at).type_name() } else { "no value" };
        Err(Error::argument(at + 1, format!("{expected} expected, got {got}")))
    }

    /// An argument that has to be there, whatever it is.
    pub(super) fn any(&self, at: usize) -> Result<Value, Error> {
        match at < self.count {
            true => Ok(self.arg(at)),
            false => Err(Error::argument(at + 1, "value expected")),
        }
    }

    /// A table argument.
    pub(super) fn table(&self, at: usize) -> Result<TableId, Error> {
        match self.arg(at) {
            Value::Table(id) => Ok(id),
            _ => self.wrong_type(at, "table"),
        }
    }

    /// A number argument; strings that say a number are taken too.
    pub(super) fn number(&self, at: usize) -> Result<f64, Error> {
        match self.vm.to_number(self.arg(at)) {
            Some(n) => Ok(n),
            None => self.wrong_type(at, "number"),
        }
    }

    /// An integer argument, cut as C cuts it.
    pub(super) fn integer(&self, at: usize) -> Result<i64, Error> {
        self.number(at).map(to_integer)
    }

    /// An argument that may be missing or nil.
    pub(super) fn integer_or(&self, at: usize, default: i64) -> Result<i64, Error> {
        if self.arg(at).is_nil() { Ok(default) } else { self.integer(at) }
    }

    /// A string argument, as a value; numbers become strings.
    pub(super) fn string(&mut self, at: usize) -> Result<Value, Error> {
        match self.arg(at) {
            value @ Value::Str(_) => Ok(value),
            Value::Num(n) => {
                let value = self.heap().string(&number::to_text(n))?;
                self.stack[self.base + at] = value;
                Ok(value)
            }
            _ => self.wrong_type(at, "string"),
        }
    }

    /// The bytes of a string argument.
    pub(super) fn bytes(&mut self, at: usize) -> Result<&[u8], Error> {
        let value = self.string(at)?;
        Ok(self.vm.bytes(value).unwrap_or_default())
    }

    /// Calls a function with arguments, and gives its first result. What the caller needs later
    /// has to be reachable from its own arguments or from `args`.
    pub(super) fn call_back(&mut self, function: Value, args: &[Value]) -> Result<Value, Error> {
        let top = self.base + self.count;
        self.vm.call_native(self.stack, self.host, top, function, args)
    }

    /// Sets a key of a table. A key that cannot be one is an error without a position: C Lua adds
    /// that where code of the script sets the key.
    pub(super) fn set(&mut self, table: TableId, key: Value, value: Value) -> Result<(), Error> {
        self.heap().set(table, key, value).map_err(Error::without_position)
    }

    /// Adds a value behind the arguments, so that a collection finds it.
    pub(super) fn keep(&mut self, value: Value) -> usize {
        let at = self.base + self.count;
        if at >= self.stack.len() {
            self.stack.resize(at + 1, Value::Nil);
        }
        self.stack[at] = value;
        self.count += 1;
        self.count - 1
    }
}

/// A number as C's conversion to a 64-bit integer gives it on the usual machines.
pub(super) fn to_integer(n: f64) -> i64 {
    const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
    if n.is_nan() || n >= TOO_LARGE { i64::MIN } else { n as i64 }
}

/// A number as C's conversion to an unsigned integer of 64 bits gives it there.
pub(super) fn to_unsigned(n: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if n >= HALF { to_integer(n - HALF) as u64 ^ 1 << 63 } else { to_integer(n) as u64 }
}

/// The host of a call while the host itself is called: it cannot be called again.
pub(super) struct Nobody;

impl Host for Nobody {
    fn call(&mut self, _: u16, _: &mut Call<'_>) -> Result<usize, Error> {
        Err(Error::text("the host is busy"))
    }

    fn tick(&mut self, _: u64) -> Result<(), Abort> {
        Ok(())
    }

    fn clock(&mut self) -> f64 {
        0.0
    }
}
