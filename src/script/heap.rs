//! The memory of a run: arenas for every kind of value, an account of their bytes, and the mark
//! and sweep that keeps a long run within its limit.
//!
//! Nothing in here outlives the run, so most scripts never collect anything: a collection happens
//! when the account has doubled since the last one. It happens between two instructions only
//! ([`super::vm::Vm::collect`] names the roots), so native functions may hold values in variables.
//! Marking uses a list of its own instead of recursion: the depth of data is no matter.
//!
//! The account is an estimate of what the allocator was asked for. Crossing the limit is an
//! ordinary error, "not enough memory", raised before the memory is taken.

use std::sync::Arc;

use super::code::Program;
use super::env::Env;
use super::error::Error;
use super::interner::{STRING_OVERHEAD_BYTES, State};
use super::strings::Strings;
use super::table::{TABLE_OVERHEAD_BYTES, Table};
use super::thread::Coroutine;
use super::value::{CellId, FuncId, NativeId, StrId, TableId, ThreadId, Value};

/// Bytes that are counted for a closure in addition to its captured variables.
const FUNCTION_OVERHEAD_BYTES: usize = 56;
/// Bytes that are counted for a captured variable.
const CELL_BYTES: usize = 24;
/// Bytes that a run may allocate before its first collection.
const FIRST_COLLECTION_BYTES: usize = 4 * 1024 * 1024;

/// Slots of one kind, each with its state.
#[derive(Debug)]
pub(super) struct Arena<T> {
    items: Vec<T>,
    states: Vec<State>,
    free: Vec<u32>,
}

impl<T: Default> Arena<T> {
    fn new() -> Self {
        Self { items: Vec::new(), states: Vec::new(), free: Vec::new() }
    }

    fn insert(&mut self, item: T) -> u32 {
        if let Some(at) = self.free.pop() {
            self.items[at as usize] = item;
            self.states[at as usize] = State::White;
            return at;
        }
        self.items.push(item);
        self.states.push(State::White);
        self.items.len() as u32 - 1
    }

    /// Marks a slot; says whether it was reached for the first time.
    fn mark(&mut self, at: u32) -> bool {
        let state = &mut self.states[at as usize];
        let first = *state == State::White;
        if first {
            *state = State::Black;
        }
        first
    }

    /// Frees what was not marked; gives the bytes that this freed.
    fn sweep(&mut self, bytes: impl Fn(&T) -> usize) -> usize {
        let mut freed = 0;
        for (at, state) in self.states.iter_mut().enumerate() {
            match *state {
                State::Free => {}
                State::Black => *state = State::White,
                State::White => {
                    freed += bytes(&self.items[at]);
                    self.items[at] = T::default();
                    *state = State::Free;
                    self.free.push(at as u32);
                }
            }
        }
        freed
    }
}

/// A function value that is not just a native function.
#[derive(Debug)]
pub(super) enum Function {
    /// A function of the script with the variables it captured.
    Lua { chunk: u32, proto: u32, cells: Box<[CellId]> },
    /// A native function with state of its own, such as the iterator of `string.gmatch`.
    Bound { native: NativeId, values: Box<[Value]> },
}

impl Default for Function {
    fn default() -> Self {
        Function::Bound { native: NativeId(0), values: Box::default() }
    }
}

fn function_bytes(function: &Function) -> usize {
    FUNCTION_OVERHEAD_BYTES
        + match function {
            Function::Lua { cells, .. } => cells.len() * 4,
            Function::Bound { values, .. } => values.len() * 16,
        }
}

/// All memory of a run but its stacks.
#[derive(Debug)]
pub(super) struct Heap {
    pub env: Arc<Env>,
    pub strings: Strings,
    /// How many tables belong to the environment; the run's own follow.
    shared_tables: u32,
    tables: Arena<Table>,
    functions: Arena<Function>,
    cells: Arena<Value>,
    threads: Arena<Coroutine>,
    bytes: usize,
    /// Account at which the next collection is due.
    pub collect_at: usize,
    limit: usize,
    /// Values that were reached and whose content was not visited yet.
    gray: Vec<Value>,
}

impl Heap {
    pub fn new(program: &Arc<Program>, limit: usize) -> Self {
        let env = program.env.clone();
        Self {
            strings: Strings::new(program),
            shared_tables: env.tables.len() as u32,
            env,
            tables: Arena::new(),
            functions: Arena::new(),
            cells: Arena::new(),
            threads: Arena::new(),
            bytes: 0,
            collect_at: FIRST_COLLECTION_BYTES.min(limit / 2),
            limit,
            gray: Vec::new(),
        }
    }

    /// Bytes on the account.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that may still be taken.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.bytes)
    }

    /// Whether enough was allocated for a collection to be due.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.bytes > self.collect_at
    }

    /// Puts bytes on the account, unless that crosses the limit.
    #[inline]
    pub fn charge(&mut self, bytes: usize) -> Result<(), Error> {
        if bytes > self.room() {
            return Err(Error::memory());
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Takes bytes off the account.
    pub fn discharge(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Checks that the limit allows temporary bytes, which are not counted.
    pub fn check_room(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.room() { Err(Error::memory()) } else { Ok(()) }
    }

    /// The string with these bytes.
    pub fn string(&mut self, bytes: &[u8]) -> Result<Value, Error> {
        let hash = self.strings.hash(bytes);
        if let Some(id) = self.strings.find(hash, bytes) {
            return Ok(Value::Str(id));
        }
        self.charge(bytes.len() + STRING_OVERHEAD_BYTES)?;
        Ok(Value::Str(self.strings.insert(hash, bytes.into())))
    }

    /// The string with these bytes, which are not copied.
    pub fn string_owned(&mut self, bytes: Vec<u8>) -> Result<Value, Error> {
        let hash = self.strings.hash(&bytes);
        if let Some(id) = self.strings.find(hash, &bytes) {
            return Ok(Value::Str(id));
        }
        self.charge(bytes.len() + STRING_OVERHEAD_BYTES)?;
        Ok(Value::Str(self.strings.insert(hash, bytes.into_boxed_slice())))
    }

    /// The bytes of a string.
    #[inline]
    pub fn bytes_of(&self, id: StrId) -> &[u8] {
        self.strings.bytes(id)
    }

    /// A table, to be read.
    #[inline]
    pub fn table(&self, id: TableId) -> &Table {
        match id.0.checked_sub(self.shared_tables) {
            Some(own) => &self.tables.items[own as usize],
            None => &self.env.tables[id.0 as usize],
        }
    }

    /// A table, to be changed. Those of the environment never are.
    #[inline]
    pub fn table_mut(&mut self, id: TableId) -> Result<&mut Table, Error> {
        match id.0.checked_sub(self.shared_tables) {
            Some(own) => Ok(&mut self.tables.items[own as usize]),
            None => Err(Error::text("Attempt to modify a readonly table")),
        }
    }

    /// A new table with room for elements and fields.
    pub fn new_table(&mut self, array: usize, hash: usize) -> Result<TableId, Error> {
        self.charge(TABLE_OVERHEAD_BYTES + array * 16 + hash * 40)?;
        let table = Table::with_sizes(array, hash);
        self.discharge(array * 16 + hash * 40);
        self.bytes += table.bytes();
        Ok(TableId(self.shared_tables + self.tables.insert(table)))
    }

    /// Sets a key of a table, as `rawset` does.
    pub fn set(&mut self, id: TableId, key: Value, value: Value) -> Result<(), Error> {
        match key {
            Value::Nil => return Err(Error::text("table index is nil")),
            Value::Num(n) if n.is_nan() => return Err(Error::text("table index is NaN")),
            _ => {}
        }
        let room = self.room();
        let table = self.table_mut(id)?;
        let before = table.bytes();
        table.set(key, value, room).map_err(|_| Error::memory())?;
        let after = table.bytes();
        self.bytes = self.bytes.saturating_add(after).saturating_sub(before);
        Ok(())
    }

    /// Gives a table an array part of at least that many slots.
    pub fn grow_array(&mut self, id: TableId, len: usize) -> Result<(), Error> {
        let room = self.room();
        let table = self.table_mut(id)?;
        if len <= table.array_len() {
            return Ok(());
        }
        let (before, hash) = (table.bytes(), table.slots() - table.array_len());
        table.resize(len, hash, room).map_err(|_| Error::memory())?;
        let after = table.bytes();
        self.bytes = self.bytes.saturating_add(after).saturating_sub(before);
        Ok(())
    }

    /// A new function.
    pub fn new_function(&mut self, function: Function) -> Result<Value, Error> {
        self.charge(function_bytes(&function))?;
        Ok(Value::Func(FuncId(self.functions.insert(function))))
    }

    #[inline]
    pub fn function(&self, id: FuncId) -> &Function {
        &self.functions.items[id.0 as usize]
    }

    /// The state of a native function that has some.
    pub fn bound_mut(&mut self, id: FuncId) -> Option<&mut [Value]> {
        match &mut self.functions.items[id.0 as usize] {
            Function::Bound { values, .. } => Some(values),
            Function::Lua { .. } => None,
        }
    }

    pub fn new_cell(&mut self, value: Value) -> Result<CellId, Error> {
        self.charge(CELL_BYTES)?;
        Ok(CellId(self.cells.insert(value)))
    }

    #[inline]
    pub fn cell(&self, id: CellId) -> Value {
        self.cells.items[id.0 as usize]
    }

    #[inline]
    pub fn cell_mut(&mut self, id: CellId) -> &mut Value {
        &mut self.cells.items[id.0 as usize]
    }

    pub fn new_thread(&mut self, thread: Coroutine) -> Result<ThreadId, Error> {
        self.charge(thread.bytes())?;
        Ok(ThreadId(self.threads.insert(thread)))
    }

    pub fn thread(&self, id: ThreadId) -> &Coroutine {
        &self.threads.items[id.0 as usize]
    }

    pub fn thread_mut(&mut self, id: ThreadId) -> &mut Coroutine {
        &mut self.threads.items[id.0 as usize]
    }

    /// Marks a value that can be reached.
    pub fn mark(&mut self, value: Value) {
        let first = match value {
            Value::Str(id) => return self.strings.mark(id),
            Value::Table(id) => {
                id.0.checked_sub(self.shared_tables).is_some_and(|own| self.tables.mark(own))
            }
            Value::Func(id) => self.functions.mark(id.0),
            Value::Cell(id) => self.cells.mark(id.0),
            Value::Thread(id) => self.threads.mark(id.0),
            _ => false,
        };
        if first {
            self.gray.push(value);
        }
    }

    /// Marks what the marked values refer to.
    pub fn propagate(&mut self) {
        while let Some(value) = self.gray.pop() {
            let mut found: Vec<Value> = Vec::new();
            match value {
                Value::Table(id) => {
                    let table = self.table(id);
                    found.extend(table.metatable.map(Value::Table));
                    found.extend(table.pairs().flat_map(|(key, value)| [key, value]));
                    // A traversal may be at a removed key, which therefore stays valid.
                    found.extend(table.removed_keys());
                }
                Value::Func(id) => match self.function(id) {
                    Function::Lua { cells, .. } => {
                        found.extend(cells.iter().map(|c| Value::Cell(*c)))
                    }
                    Function::Bound { values, .. } => found.extend(values.iter()),
                },
                Value::Cell(id) => found.push(self.cell(id)),
                Value::Thread(id) => found.extend(self.thread(id).roots()),
                _ => {}
            }
            found.into_iter().for_each(|value| self.mark(value));
        }
    }

    /// Frees what was not marked, and decides when to collect again.
    pub fn sweep(&mut self) {
        let freed = self.strings.own.sweep()
            + self.tables.sweep(|table| table.bytes() + TABLE_OVERHEAD_BYTES)
            + self.functions.sweep(function_bytes)
            + self.cells.sweep(|_| CELL_BYTES)
            + self.threads.sweep(Coroutine::bytes);
        self.discharge(freed);
        let twice = (self.bytes * 2).max(FIRST_COLLECTION_BYTES);
        // Near the limit a collection is tried at every eighth of what is left.
        self.collect_at = twice.min(self.bytes + (self.limit.saturating_sub(self.bytes)) / 2);
    }
}
