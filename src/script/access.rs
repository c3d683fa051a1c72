//! The fast paths of the machine: what an instruction can do without a metamethod.
//!
//! Each function answers `None` or `false` when something unusual is needed: the general form of
//! the instruction then does it again from the start.

use super::heap::{Function, Heap};
use super::value::{FuncId, TableId, Value};

impl Heap {
    /// A variable that a closure captured.
    #[inline(always)]
    pub fn captured(&self, function: FuncId, up: u8) -> Value {
        match self.function(function) {
            Function::Lua { cells, .. } => self.cell(cells[up as usize]),
            Function::Bound { .. } => Value::Nil,
        }
    }

    /// Sets a variable that a closure captured.
    #[inline(always)]
    pub fn set_captured(&mut self, function: FuncId, up: u8, value: Value) -> bool {
        if let Function::Lua { cells, .. } = self.function(function) {
            let cell = cells[up as usize];
            *self.cell_mut(cell) = value;
        }
        true
    }

    /// The content of the cell in a register.
    #[inline(always)]
    pub fn content(&self, register: Value) -> Option<Value> {
        match register {
            Value::Cell(id) => Some(self.cell(id)),
            _ => None,
        }
    }

    /// Sets the content of the cell in a register.
    #[inline(always)]
    pub fn fill(&mut self, register: Value, value: Value) -> bool {
        if let Value::Cell(id) = register {
            *self.cell_mut(id) = value;
        }
        true
    }

    /// A value that was found in a table, unless a metatable has a say because it is nil.
    #[inline(always)]
    fn found(&self, table: TableId, value: Value) -> Option<Value> {
        (!value.is_nil() || self.table(table).metatable.is_none()).then_some(value)
    }

    /// A field, by a constant string.
    #[inline(always)]
    pub fn field(&self, table: Value, key: Value) -> Option<Value> {
        match (table, key) {
            (Value::Table(id), Value::Str(key)) => self.found(id, self.table(id).get_str(key)),
            _ => None,
        }
    }

    /// An element, by a constant integer.
    #[inline(always)]
    pub fn item(&self, table: Value, n: u16) -> Option<Value> {
        match table {
            Value::Table(id) => self.found(id, self.table(id).get_int(n as usize)),
            _ => None,
        }
    }

    /// An element, by any value.
    #[inline(always)]
    pub fn element(&self, table: Value, key: Value) -> Option<Value> {
        let Value::Table(id) = table else { return None };
        self.found(id, self.table(id).get(key))
    }

    /// Replaces a value of a table that has one: neither a metamethod nor growth is possible.
    #[inline(always)]
    pub fn replace(&mut self, table: Value, key: Value, value: Value) -> bool {
        let Value::Table(id) = table else { return false };
        let Ok(table) = self.table_mut(id) else { return false };
        match key {
            Value::Str(key) => table.replace_str(key, value),
            Value::Num(n) => table.replace_num(n, value),
            _ => false,
        }
    }
}
