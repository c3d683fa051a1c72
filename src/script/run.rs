//! The seam to the host: to compile, to run, to read the results.

use std::rc::Rc;
use std::sync::Arc;

use super::code::Program;
use super::compile;
use super::env::{Env, RunTable};
use super::error::{Error, Failure, Fault};
use super::heap::Heap;
use super::lex::SyntaxError;
use super::native::Host;
use super::number;
use super::settings::CjsonSettings;
use super::value::{TableId, Value};
use super::vm::{Chunk, Vm};
use crate::limits;

/// State of the random generator before `math.randomseed`, as in Redis at its start.
pub const RANDOM_START: u64 = 0x1234_abcd_330e;

/// Values for which the stack of a run has room at first.
const STACK_START: usize = 320;

impl Program {
    /// Compiles a script. `name` is what error messages call it.
    pub fn compile(env: &Arc<Env>, name: &str, source: &[u8]) -> Result<Arc<Self>, SyntaxError> {
        let name = [b"=", name.as_bytes()].concat();
        compile::compile(env, &name, source).map(Arc::new)
    }
}

impl Vm {
    /// A run of a program, with a limit on the bytes of its values.
    pub fn new(program: &Arc<Program>, bytes_max: usize) -> Self {
        let mut heap = Heap::new(program, bytes_max);
        for _ in 0..program.env.run_tables {
            // A limit that has no room for empty tables is felt soon enough.
            let _ = heap.new_table(0, 0);
        }
        Vm {
            heap,
            chunks: vec![Rc::new(Chunk(program.clone()))],
            frames: Vec::new(),
            resumers: Vec::new(),
            thread: None,
            resumers_outside: 0,
            depth: 0,
            pc: 0,
            top: 0,
            budget: limits::SCRIPT_TICK_STEPS,
            steps: 0,
            fault_line: None,
            random: RANDOM_START,
            cjson: CjsonSettings::default(),
            idle_stack: vec![Value::Nil; STACK_START],
        }
    }

    /// Runs the main function, and gives its first result.
    pub fn run(&mut self, host: &mut dyn Host) -> Result<Value, Failure> {
        let main = super::heap::Function::Lua {
            chunk: 0,
            proto: self.chunks[0].protos.len() as u32 - 1,
            cells: Box::default(),
        };
        let main = match self.heap.new_function(main) {
            Ok(main) => main,
            Err(error) => return Err(self.failure(error)),
        };
        self.call(host, main, &[])
    }

    /// Calls a function of the run, and gives its first result.
    pub fn call(
        &mut self,
        host: &mut dyn Host,
        function: Value,
        args: &[Value],
    ) -> Result<Value, Failure> {
        let mut stack = std::mem::take(&mut self.idle_stack);
        self.frames.clear();
        let result = self.call_native(&mut stack, host, 0, function, args);
        self.idle_stack = stack;
        result.map_err(|error| self.failure(error))
    }

    /// Adds a program that was compiled during the run, and gives its main function.
    pub(super) fn add_chunk(&mut self, mut program: Program) -> Result<Value, Error> {
        self.heap.charge(program.bytes())?;
        // Its strings get the identities of this run.
        let first = program.env.strings.items.len();
        let strings = std::mem::take(&mut program.strings).items;
        for proto in &mut program.protos {
            for constant in &mut proto.constants {
                if let Value::Str(id) = *constant
                    && let Some(own) = (id.0 as usize).checked_sub(first)
                {
                    *constant = self.heap.string(&strings[own].bytes)?;
                }
            }
        }
        let proto = program.protos.len() as u32 - 1;
        self.chunks.push(Rc::new(Chunk(Arc::new(program))));
        let chunk = self.chunks.len() as u32 - 1;
        let cells = Box::default();
        self.heap.new_function(super::heap::Function::Lua { chunk, proto, cells })
    }

    fn failure(&mut self, error: Error) -> Failure {
        match *error.0 {
            Fault::Abort(abort) => Failure::Abort(abort),
            _ => {
                let value = self.error_value(error);
                Failure::Error { value, line: self.fault_line.take() }
            }
        }
    }

    /// The copy of a declared table that this run has.
    pub fn run_table(&self, table: RunTable) -> Value {
        Value::Table(TableId(self.heap.env.tables.len() as u32 + table.0))
    }

    /// The table of global variables.
    pub fn globals(&self) -> Value {
        Value::Table(TableId(0))
    }

    /// Steps executed so far.
    pub fn steps(&self) -> u64 {
        self.steps + (limits::SCRIPT_TICK_STEPS - self.budget).max(0) as u64
    }

    /// Bytes that the values of the run take.
    pub fn bytes_used(&self) -> usize {
        self.heap.bytes()
    }

    /// The state of `math.random`, to be carried to the next run if the host wishes so.
    pub fn random_state(&mut self) -> &mut u64 {
        &mut self.random
    }

    /// A string value.
    pub fn string(&mut self, bytes: &[u8]) -> Result<Value, Error> {
        self.heap.string(bytes)
    }

    /// A string value of bytes that are not copied.
    pub fn string_owned(&mut self, bytes: Vec<u8>) -> Result<Value, Error> {
        self.heap.string_owned(bytes)
    }

    /// A new table with room for elements and fields.
    pub fn table(&mut self, elements: usize, fields: usize) -> Result<Value, Error> {
        self.heap.new_table(elements, fields).map(Value::Table)
    }

    /// Sets a key of a table; metatables have no say.
    pub fn set(&mut self, table: Value, key: Value, value: Value) -> Result<(), Error> {
        match table {
            Value::Table(id) => self.heap.set(id, key, value),
            _ => Ok(()),
        }
    }

    /// Sets a field of a table.
    pub fn set_field(&mut self, table: Value, name: &str, value: Value) -> Result<(), Error> {
        let key = self.heap.string(name.as_bytes())?;
        self.set(table, key, value)
    }

    /// The value of a key; metatables have no say. Nil if that is no table.
    pub fn get(&self, table: Value, key: Value) -> Value {
        match table {
            Value::Table(id) => self.heap.table(id).get(key),
            _ => Value::Nil,
        }
    }

    /// The value of a field.
    pub fn get_field(&self, table: Value, name: &str) -> Value {
        let hash = self.heap.strings.hash(name.as_bytes());
        match self.heap.strings.find(hash, name.as_bytes()) {
            Some(id) => self.get(table, Value::Str(id)),
            None => Value::Nil,
        }
    }

    /// The element at an index from 1.
    pub fn get_index(&self, table: Value, index: usize) -> Value {
        match table {
            Value::Table(id) => self.heap.table(id).get_int(index),
            _ => Value::Nil,
        }
    }

    /// The entry of a table that follows a key; from nil to the end, all of them.
    pub fn next(&self, table: Value, key: Value) -> Option<(Value, Value)> {
        match table {
            Value::Table(id) => self.heap.table(id).next(key).ok().flatten(),
            _ => None,
        }
    }

    /// The bytes of a string value.
    pub fn bytes(&self, value: Value) -> Option<&[u8]> {
        match value {
            Value::Str(id) => Some(self.heap.bytes_of(id)),
            _ => None,
        }
    }

    /// The text of a string or number, as a script sees it; `None` for all other types.
    pub fn text(&self, value: Value) -> Option<Vec<u8>> {
        match value {
            Value::Str(id) => Some(self.heap.bytes_of(id).to_vec()),
            Value::Num(n) => Some(number::to_text(n)),
            _ => None,
        }
    }

    /// The text that `tostring` gives without metamethods.
    pub fn describe(&self, value: Value) -> Vec<u8> {
        match value {
            Value::Nil => b"nil".to_vec(),
            Value::Bool(true) => b"true".to_vec(),
            Value::Bool(false) => b"false".to_vec(),
            Value::Num(n) => number::to_text(n),
            Value::Str(id) => self.heap.bytes_of(id).to_vec(),
            // No address of the process is shown, but something that looks like one.
            Value::Table(id) => {
                format!("table: 0x{:012x}", 0x5500_0000_u64 + u64::from(id.0) * 64).into()
            }
            Value::Func(id) => {
                format!("function: 0x{:012x}", 0x6600_0000_u64 + u64::from(id.0) * 64).into()
            }
            Value::Native(id) => format!("function: builtin: {:012x}", id.0).into(),
            Value::Thread(id) => {
                format!("thread: 0x{:012x}", 0x7700_0000_u64 + u64::from(id.0) * 64).into()
            }
            Value::Null | Value::Cell(_) => b"userdata: (nil)".to_vec(),
        }
    }

    /// Collects garbage if it is time.
    #[inline]
    pub(super) fn collect_if_full(&mut self, stack: &mut [Value]) {
        if self.heap.is_full() {
            self.collect(stack, 0);
        }
    }

    /// Marks everything that can be reached, and frees the rest. The running stack is in use up to
    /// the window of the frame on top, and at least up to `top`.
    #[cold]
    #[inline(never)]
    pub(super) fn collect(&mut self, stack: &mut [Value], top: usize) {
        let window = self.frames.last().map_or(0, |f| f.base as usize + super::vm::WINDOW);
        let used = window.max(top).max(self.top).min(stack.len());
        // Values above are stale: the stack must not expose them when it grows again.
        stack[used..].fill(Value::Nil);
        for value in &stack[..used] {
            self.heap.mark(*value);
        }
        for frame in &self.frames {
            self.heap.mark(Value::Func(frame.function));
        }
        if let Some(id) = self.thread {
            self.heap.mark(Value::Thread(id));
        }
        for resumer in &self.resumers {
            resumer.stack.iter().for_each(|value| self.heap.mark(*value));
            resumer.frames.iter().for_each(|frame| self.heap.mark(Value::Func(frame.function)));
            if let Some(id) = resumer.thread {
                self.heap.mark(Value::Thread(id));
            }
        }
        for table in 0..self.heap.env.run_tables {
            self.heap.mark(self.run_table(RunTable(table)));
        }
        for chunk in &self.chunks[1..] {
            for constant in chunk.protos.iter().flat_map(|proto| &proto.constants) {
                self.heap.mark(*constant);
            }
        }
        self.heap.propagate();
        self.heap.sweep();
    }
}
