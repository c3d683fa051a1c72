//! The general form of every instruction: what may allocate, call, or need a metamethod.

use super::code::{Capture, Op, Proto};
use super::error::Error;
use super::heap::Function;
use super::meta::{Assign, Index};
use super::native::Host;
use super::thread::{Flow, Ret};
use super::value::{CellId, StrId, Value};
use super::vm::Vm;

impl Vm {
    /// Executes one instruction in its general form.
    #[inline(never)]
    pub(super) fn slow(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        op: Op,
        proto: &Proto,
        base: usize,
    ) -> Result<Flow, Error> {
        let r = |register: u8| stack[base + register as usize];
        let k = |n: u16| proto.constants[n as usize];
        match op {
            Op::Call { a, args, results } => {
                let at = base + a as usize;
                let count = if args == 0 { self.top - at - 1 } else { args as usize - 1 };
                self.begin_call(stack, host, at, count, results as i32 - 1, Ret::Call)
            }
            Op::Return { a, count } => {
                let from = base + a as usize;
                let count = if count == 0 { self.top - from } else { count as usize - 1 };
                self.leave_frame(stack, host, from, count)
            }
            Op::TailCall { a, args } => {
                let at = base + a as usize;
                let count = if args == 0 { self.top - at - 1 } else { args as usize - 1 };
                self.tail_call(stack, host, at, count)
            }
            Op::GetField { a, b, k: n } => self.fetch(stack, host, base, a, b, k(n)),
            Op::GetInt { a, b, n } => self.fetch(stack, host, base, a, b, Value::Num(n.into())),
            Op::GetIndex { a, b, c } => self.fetch(stack, host, base, a, b, r(c)),
            Op::SetField { a, c, k: n } => self.put(stack, host, base, a, k(n), r(c)),
            Op::SetInt { a, c, n } => self.put(stack, host, base, a, Value::Num(n.into()), r(c)),
            Op::SetIndex { a, b, c } => self.put(stack, host, base, a, r(b), r(c)),
            Op::Method { a, b, k: n } => {
                let object = r(b);
                stack[base + a as usize + 1] = object;
                self.fetch(stack, host, base, a, b, k(n))
            }
            Op::TestSet { a, b, want, to } => {
                let value = r(b);
                if value.is_true() != want {
                    return Ok(Flow::Next);
                }
                stack[base + a as usize] = value;
                Ok(Flow::Jump(to))
            }
            Op::Concat { a, b, c } => {
                self.collect_if_full(stack);
                let dest = base + a as usize;
                self.concat(stack, host, base + b as usize, base + c as usize, dest)
            }
            Op::ForCall { a, count } => self.for_call(stack, host, base + a as usize, count),
            Op::ForTest { a, to } => {
                let at = base + a as usize;
                if stack[at + 3].is_nil() {
                    return Ok(Flow::Next);
                }
                stack[at + 2] = stack[at + 3];
                self.charge(host, 4)?;
                Ok(Flow::Jump(to))
            }
            op => self.rare(stack, host, op, proto, base),
        }
    }

    /// Instructions that neither call nor take long, operators aside.
    fn rare(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        op: Op,
        proto: &Proto,
        base: usize,
    ) -> Result<Flow, Error> {
        match op {
            Op::LoadBool { a, value, .. } => {
                stack[base + a as usize] = Value::Bool(value);
                return Ok(Flow::Jump(self.pc as u32 + 1));
            }
            Op::LoadNil { a, last } => {
                stack[base + a as usize..=base + last as usize].fill(Value::Nil);
            }
            Op::NewCell { a } => {
                self.collect_if_full(stack);
                let at = base + a as usize;
                stack[at] = Value::Cell(self.heap.new_cell(stack[at])?);
            }
            Op::NewTable { a, array, hash } => {
                self.collect_if_full(stack);
                let table = self.heap.new_table(array.into(), hash.into())?;
                stack[base + a as usize] = Value::Table(table);
            }
            Op::Closure { a, proto } => {
                self.collect_if_full(stack);
                stack[base + a as usize] = self.closure(stack, base, proto)?;
            }
            Op::SetList { a, count, start } => {
                self.set_list(stack, base + a as usize, count, start)?
            }
            Op::Vararg { a, count } => self.varargs(stack, base, a, count)?,
            Op::ForPrep { a, to } => return self.prepare_loop(stack, base + a as usize, to),
            Op::NoGlobal { k, .. } => {
                let Value::Str(name) = proto.constants[k as usize] else { return Ok(Flow::Next) };
                return Err(self.missing_global(name));
            }
            Op::SetGlobal => return Err(Error::text("Attempt to modify a readonly table")),
            Op::Len { a, b } => {
                let value = stack[base + b as usize];
                match self.heap.length(value) {
                    Some(length) => stack[base + a as usize] = length,
                    None => return Err(Error::operand("get length of", Some(b), value)),
                }
            }
            op => return self.operator(stack, host, base, op, proto),
        }
        Ok(Flow::Next)
    }

    /// Redis's error for a global variable that does not exist.
    pub(super) fn missing_global(&self, name: StrId) -> Error {
        let mut text = b"Script attempted to access nonexistent global variable '".to_vec();
        text.extend_from_slice(self.heap.bytes_of(name));
        text.push(b'\'');
        Error::text(text)
    }

    fn fetch(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        base: usize,
        a: u8,
        b: u8,
        key: Value,
    ) -> Result<Flow, Error> {
        let dest = base + a as usize;
        match self.index(stack[base + b as usize], key, Some(b))? {
            Index::Value(value) => stack[dest] = value,
            Index::Call(handler, object) => {
                let ret = Ret::Store(dest as u32);
                return self.call_meta(stack, host, handler, &[object, key], ret);
            }
        }
        Ok(Flow::Next)
    }

    fn put(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        base: usize,
        a: u8,
        key: Value,
        value: Value,
    ) -> Result<Flow, Error> {
        match self.assign(stack[base + a as usize], key, value, Some(a))? {
            Assign::Done => Ok(Flow::Next),
            Assign::Call(handler, object) => {
                self.call_meta(stack, host, handler, &[object, key, value], Ret::Discard)
            }
        }
    }

    fn closure(&mut self, stack: &[Value], base: usize, proto: u32) -> Result<Value, Error> {
        let frame = self.frames[self.frames.len() - 1];
        let chunk = self.chunks[frame.chunk as usize].clone();
        let captures = &chunk.protos[proto as usize].captures;
        let mut cells: Vec<CellId> = Vec::with_capacity(captures.len());
        for capture in captures {
            match (*capture, self.heap.function(frame.function)) {
                (Capture::Register(register), _) => match stack[base + register as usize] {
                    Value::Cell(id) => cells.push(id),
                    value => cells.push(self.heap.new_cell(value)?),
                },
                (Capture::Captured(up), Function::Lua { cells: outer, .. }) => {
                    cells.push(outer[up as usize]);
                }
                _ => {}
            }
        }
        self.heap.new_function(Function::Lua { chunk: frame.chunk, proto, cells: cells.into() })
    }

    fn set_list(&mut self, stack: &[Value], at: usize, count: u8, start: u32) -> Result<(), Error> {
        let Value::Table(table) = stack[at] else { return Ok(()) };
        let count = if count == 0 { self.top - at - 1 } else { count as usize };
        self.heap.grow_array(table, start as usize + count)?;
        for n in 1..=count {
            let key = Value::Num((start as usize + n) as f64);
            self.heap.set(table, key, stack[at + n])?;
        }
        Ok(())
    }

    fn varargs(
        &mut self,
        stack: &mut Vec<Value>,
        base: usize,
        a: u8,
        count: u8,
    ) -> Result<(), Error> {
        let available = self.frames[self.frames.len() - 1].varargs as usize;
        let wanted = if count == 0 { available } else { count as usize - 1 };
        let dest = base + a as usize;
        self.ensure(stack, dest + wanted + 1)?;
        let copied = wanted.min(available);
        stack.copy_within(base - available..base - available + copied, dest);
        stack[dest + copied..dest + wanted].fill(Value::Nil);
        self.top = dest + wanted;
        Ok(())
    }

    fn prepare_loop(&mut self, stack: &mut [Value], at: usize, to: u32) -> Result<Flow, Error> {
        let mut numbers = [0.0; 3];
        for (n, name) in [(0, "initial value"), (1, "limit"), (2, "step")] {
            let Some(number) = self.to_number(stack[at + n]) else {
                return Err(Error::text(format!("'for' {name} must be a number")));
            };
            numbers[n] = number;
        }
        stack[at] = Value::Num(numbers[0] - numbers[2]);
        stack[at + 1] = Value::Num(numbers[1]);
        stack[at + 2] = Value::Num(numbers[2]);
        Ok(Flow::Jump(to))
    }
}
