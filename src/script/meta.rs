//! Metatables: arithmetic, comparison and indexing where the types are not the usual ones.

use super::error::Error;
use super::heap::Heap;
use super::value::{StrId, TableId, Value};
use super::vm::Vm;
use crate::limits;

/// What an index operation comes to.
pub(super) enum Index {
    Value(Value),
    /// A metamethod has to be called with this value and the key.
    Call(Value, Value),
}

/// What an assignment to an index comes to.
pub(super) enum Assign {
    Done,
    Call(Value, Value),
}

impl Heap {
    /// The metatable of a value.
    pub fn metatable(&self, value: Value) -> Option<TableId> {
        match value {
            Value::Table(id) => self.table(id).metatable,
            Value::Str(_) => Some(self.env.string_meta),
            _ => None,
        }
    }

    /// A metamethod of a value, or nil.
    pub fn metamethod(&self, value: Value, name: StrId) -> Value {
        self.metatable(value).map_or(Value::Nil, |meta| self.table(meta).get_str(name))
    }

    /// A metamethod of the first of two values that has it.
    pub fn either_metamethod(&self, a: Value, b: Value, name: StrId) -> Value {
        match self.metamethod(a, name) {
            Value::Nil => self.metamethod(b, name),
            found => found,
        }
    }

    /// A metamethod for a comparison: both values need the same one.
    pub fn common_metamethod(&self, a: Value, b: Value, name: StrId) -> Value {
        let found = self.metamethod(a, name);
        if found.is_nil() || self.metamethod(b, name) != found { Value::Nil } else { found }
    }

    /// The length of a string or the border of a table.
    pub fn length(&self, value: Value) -> Option<Value> {
        match value {
            Value::Str(id) => Some(Value::Num(self.bytes_of(id).len() as f64)),
            Value::Table(id) => Some(Value::Num(self.table(id).border() as f64)),
            _ => None,
        }
    }
}

impl Vm {
    /// Looks a key up, through metatables. `register` is where the indexed value is, for messages.
    pub(super) fn index(
        &self,
        object: Value,
        key: Value,
        register: Option<u8>,
    ) -> Result<Index, Error> {
        let mut object = object;
        for step in 0..limits::SCRIPT_META_CHAIN_MAX {
            let handler = match object {
                Value::Table(id) => {
                    let value = self.heap.table(id).get(key);
                    if !value.is_nil() {
                        return Ok(Index::Value(value));
                    }
                    match self.heap.metamethod(object, self.heap.env.names.index) {
                        Value::Nil => return Ok(Index::Value(Value::Nil)),
                        handler => handler,
                    }
                }
                _ => match self.heap.metamethod(object, self.heap.env.names.index) {
                    Value::Nil => {
                        let register = if step == 0 { register } else { None };
                        return Err(Error::operand("index", register, object));
                    }
                    handler => handler,
                },
            };
            if let Value::Func(_) | Value::Native(_) = handler {
                return Ok(Index::Call(handler, object));
            }
            object = handler;
        }
        Err(Error::text("loop in gettable"))
    }

    /// Assigns to a key, through metatables.
    pub(super) fn assign(
        &mut self,
        object: Value,
        key: Value,
        value: Value,
        register: Option<u8>,
    ) -> Result<Assign, Error> {
        let mut object = object;
        for step in 0..limits::SCRIPT_META_CHAIN_MAX {
            let handler = self.heap.metamethod(object, self.heap.env.names.newindex);
            let has_key = |id| !self.heap.table(id).get(key).is_nil();
            match object {
                Value::Table(id) if handler.is_nil() || has_key(id) => {
                    self.heap.set(id, key, value)?;
                    return Ok(Assign::Done);
                }
                Value::Table(_) => {}
                _ if handler.is_nil() => {
                    let register = if step == 0 { register } else { None };
                    return Err(Error::operand("index", register, object));
                }
                _ => {}
            }
            if let Value::Func(_) | Value::Native(_) = handler {
                return Ok(Assign::Call(handler, object));
            }
            object = handler;
        }
        Err(Error::text("loop in settable"))
    }

    /// Compares values of the same kind; `None` if a metamethod has to.
    pub(super) fn less(&self, a: Value, b: Value, or_equal: bool) -> Option<bool> {
        match (a, b) {
            (Value::Num(a), Value::Num(b)) => Some(if or_equal { a <= b } else { a < b }),
            (Value::Str(a), Value::Str(b)) => {
                let (a, b) = (self.heap.bytes_of(a), self.heap.bytes_of(b));
                Some(if or_equal { a <= b } else { a < b })
            }
            _ => None,
        }
    }

    /// The error of values that have no order.
    pub(super) fn no_order(a: Value, b: Value) -> String {
        let (a, b) = (a.type_name(), b.type_name());
        match a == b {
            true => format!("attempt to compare two {a} values"),
            false => format!("attempt to compare {a} with {b}"),
        }
    }
}
