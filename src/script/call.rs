//! Calls and returns.
//!
//! A call of a function of the script pushes a frame, a call of a native function is over when
//! [`Vm::begin_call`] returns. Either way the results end up in [`Vm::deliver`], which does with
//! them what the caller wants: an ordinary call, a metamethod, a protected call, a coroutine.

use super::env::{Native, Special};
use super::error::{Error, Fault};
use super::heap::Function;
use super::library;
use super::native::{Call, Host};
use super::thread::{Flow, Frame, Ret, frames_bytes};
use super::value::{FuncId, NativeId, Value};
use super::vm::{Vm, WINDOW};
use crate::limits;

/// Steps that are counted for a call.
const CALL_STEPS: usize = 4;

impl Vm {
    /// Calls the value at a stack position with the `count` values behind it.
    pub(super) fn begin_call(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        at: usize,
        count: usize,
        want: i32,
        ret: Ret,
    ) -> Result<Flow, Error> {
        self.charge(host, CALL_STEPS)?;
        match stack[at] {
            Value::Func(id) => match *self.heap.function(id) {
                Function::Lua { chunk, proto, .. } => {
                    self.push_frame(stack, (id, chunk, proto), at, count, want, ret)?;
                    Ok(Flow::Reload)
                }
                Function::Bound { native, .. } => {
                    self.native(stack, host, native, Some(id), at, count, want, ret)
                }
            },
            Value::Native(native) => self.native(stack, host, native, None, at, count, want, ret),
            value => {
                let handler = self.heap.metamethod(value, self.heap.env.names.call);
                if !matches!(handler, Value::Func(_) | Value::Native(_)) {
                    let base = self.frames.last().map_or(0, |frame| frame.base as usize);
                    let register = u8::try_from(at.wrapping_sub(base)).ok();
                    let register = if matches!(ret, Ret::Call) { register } else { None };
                    return Err(self.sealed(Error::operand("call", register, value), ret));
                }
                // The value becomes the first argument of its metamethod.
                self.ensure(stack, at + count + 2)?;
                stack.copy_within(at..=at + count, at + 1);
                stack[at] = handler;
                self.begin_call(stack, host, at, count + 1, want, ret)
            }
        }
    }

    /// Makes a frame for a function of the script.
    fn push_frame(
        &mut self,
        stack: &mut Vec<Value>,
        (function, chunk, proto): (FuncId, u32, u32),
        at: usize,
        count: usize,
        want: i32,
        ret: Ret,
    ) -> Result<(), Error> {
        let shape = &self.chunks[chunk as usize].protos[proto as usize];
        let (parameters, is_vararg) = (shape.parameters as usize, shape.is_vararg);
        if let Some(caller) = self.frames.last_mut() {
            caller.pc = self.pc as u32;
        }
        let base = if is_vararg { at + 1 + count.max(parameters) } else { at + 1 };
        self.ensure(stack, base + parameters)?;
        if count < parameters {
            stack[at + 1 + count..at + 1 + parameters].fill(Value::Nil);
        }
        let mut varargs = 0;
        if is_vararg {
            // The surplus is between the function and its registers.
            varargs = count.saturating_sub(parameters);
            stack.copy_within(at + 1..at + 1 + parameters, base);
        }
        if self.frames.len() == self.frames.capacity() {
            self.grow_frames()?;
        }
        self.frames.push(Frame {
            function,
            chunk,
            proto,
            pc: 0,
            base: base as u32,
            bottom: at as u32,
            varargs: varargs as u32,
            want,
            ret,
            is_tail: false,
        });
        Ok(())
    }

    /// Makes room for more frames, up to the depth of calls that is allowed.
    #[cold]
    fn grow_frames(&mut self) -> Result<(), Error> {
        if self.frames.len() >= limits::SCRIPT_CALL_DEPTH_MAX {
            return Err(Error::text("stack overflow"));
        }
        let before = frames_bytes(&self.frames);
        let wanted = (self.frames.len() * 2).clamp(8, limits::SCRIPT_CALL_DEPTH_MAX);
        self.heap.check_room(wanted * size_of::<Frame>())?;
        self.frames.reserve_exact(wanted - self.frames.len());
        self.heap.charge(frames_bytes(&self.frames) - before)
    }

    /// Sees to it that the stack reaches a window behind a position.
    #[inline]
    pub(super) fn ensure(&mut self, stack: &mut Vec<Value>, position: usize) -> Result<(), Error> {
        if position + WINDOW > stack.len() { self.grow(stack, position) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, stack: &mut Vec<Value>, position: usize) -> Result<(), Error> {
        let needed = position + WINDOW;
        if needed > limits::SCRIPT_STACK_VALUES_MAX {
            return Err(Error::text("stack overflow"));
        }
        let wanted = needed.next_power_of_two().min(limits::SCRIPT_STACK_VALUES_MAX);
        let before = stack.capacity();
        self.heap.check_room(wanted.saturating_sub(before) * size_of::<Value>())?;
        stack.reserve_exact(wanted - stack.len());
        stack.resize(wanted, Value::Nil);
        self.heap.charge((stack.capacity() - before) * size_of::<Value>())
    }

    /// Calls a native function.
    #[allow(clippy::too_many_arguments)]
    fn native(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        native: NativeId,
        bound: Option<FuncId>,
        at: usize,
        count: usize,
        want: i32,
        ret: Ret,
    ) -> Result<Flow, Error> {
        self.ensure(stack, at + count + 1)?;
        if self.heap.is_full() {
            self.collect(stack, at + count + 1);
        }
        let result = match self.heap.env.natives[native.0 as usize] {
            Native::Special(special) => {
                return self.special(stack, host, (special, bound), at, count, want, ret);
            }
            Native::Lib(library, position) => {
                let (_, function) =
                    library::LIBRARIES[library as usize].functions[position as usize];
                let mut call = Call::new(self, stack, host, at + 1, count);
                call.bound = bound;
                call.is_nested = is_native(ret);
                function(&mut call)
            }
            Native::Host(number) => {
                // The host is no part of the call while it is called.
                let mut nobody = super::native::Nobody;
                let mut call = Call::new(self, stack, &mut nobody, at + 1, count);
                host.call(number, &mut call)
            }
        };
        match result {
            Ok(results) => self.deliver(stack, host, (ret, at, want), at, results),
            Err(error) => Err(self.sealed(error, ret)),
        }
    }

    /// An error of a native function that another native function called gets no position.
    pub(super) fn sealed(&self, error: Error, ret: Ret) -> Error {
        if !is_native(ret) {
            return error;
        }
        match *error.0 {
            Fault::Text(text) => Error::bare(text),
            Fault::Argument(n, text) => Error::bare(format!("bad argument #{n} to '?' ({text})")),
            Fault::Operand(what, _, value) => {
                Error::bare(format!("attempt to {what} a {} value", value.type_name()))
            }
            fault => Error(Box::new(fault)),
        }
    }

    /// Calls a metamethod above the registers of the running frame.
    pub(super) fn call_meta(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        function: Value,
        args: &[Value],
        ret: Ret,
    ) -> Result<Flow, Error> {
        let frame = self.frames[self.frames.len() - 1];
        let proto = &self.chunks[frame.chunk as usize].protos[frame.proto as usize];
        let at = frame.base as usize + proto.registers as usize;
        self.ensure(stack, at + args.len() + 1)?;
        stack[at] = function;
        stack[at + 1..=at + args.len()].copy_from_slice(args);
        self.begin_call(stack, host, at, args.len(), 1, ret)
    }

    /// Calls a function on behalf of a native one, and gives its first result.
    pub(super) fn call_native(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        top: usize,
        function: Value,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.ensure(stack, top + args.len() + 1)?;
        stack[top] = function;
        stack[top + 1..=top + args.len()].copy_from_slice(args);
        self.call_nested(stack, host, top, args.len())?;
        Ok(if self.top > top { stack[top] } else { Value::Nil })
    }

    /// Calls the value at a stack position in a loop of its own, with all results from there on
    /// and `top` behind them.
    pub(super) fn call_nested(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        at: usize,
        count: usize,
    ) -> Result<(), Error> {
        if self.depth >= limits::SCRIPT_NATIVE_DEPTH_MAX {
            return Err(Error::text("C stack overflow"));
        }
        self.depth += 1;
        let (pc, outside) = (self.pc, self.resumers_outside);
        self.resumers_outside = self.resumers.len();
        let result = match self.begin_call(stack, host, at, count, -1, Ret::Exit) {
            Ok(Flow::Reload) => self.execute(stack, host),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        (self.pc, self.resumers_outside) = (pc, outside);
        self.depth -= 1;
        result
    }

    /// Replaces the running frame by a call.
    pub(super) fn tail_call(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        at: usize,
        count: usize,
    ) -> Result<Flow, Error> {
        if let Value::Func(id) = stack[at]
            && let Function::Lua { chunk, proto, .. } = *self.heap.function(id)
        {
            self.charge(host, CALL_STEPS)?;
            let Some(frame) = self.frames.last().copied() else { return Ok(Flow::Exit) };
            let bottom = frame.bottom as usize;
            stack.copy_within(at..=at + count, bottom);
            self.frames.pop();
            // The caller of the replaced frame has its position noted already.
            if let Some(caller) = self.frames.last() {
                self.pc = caller.pc as usize;
            }
            self.push_frame(stack, (id, chunk, proto), bottom, count, frame.want, frame.ret)?;
            if let Some(frame) = self.frames.last_mut() {
                frame.is_tail = true;
            }
            return Ok(Flow::Reload);
        }
        self.begin_call(stack, host, at, count, -1, Ret::Call)
    }

    /// A step of a loop over an iterator. The two iterators of the library are not even called.
    pub(super) fn for_call(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        at: usize,
        count: u8,
    ) -> Result<Flow, Error> {
        let (iterator, state, control) = (stack[at], stack[at + 1], stack[at + 2]);
        if let (Value::Native(native), Value::Table(table)) = (iterator, state)
            && let Native::Special(special) = self.heap.env.natives[native.0 as usize]
        {
            let pair = match special {
                Special::Next => self.heap.table(table).next(control).ok(),
                Special::NextIndex => Some(self.next_index(table, control)),
                _ => None,
            };
            if let Some(pair) = pair {
                let (key, value) = pair.unwrap_or((Value::Nil, Value::Nil));
                stack[at + 3..at + 3 + (count as usize).max(2)].fill(Value::Nil);
                (stack[at + 3], stack[at + 4]) = (key, value);
                return Ok(Flow::Next);
            }
        }
        stack.copy_within(at..at + 3, at + 3);
        self.begin_call(stack, host, at + 3, 2, count.into(), Ret::Call)
    }

    /// The step of `ipairs`.
    pub(super) fn next_index(
        &self,
        table: super::value::TableId,
        control: Value,
    ) -> Option<(Value, Value)> {
        let Value::Num(at) = control else { return None };
        let value = self.heap.table(table).get_num(at + 1.0);
        (!value.is_nil()).then_some((Value::Num(at + 1.0), value))
    }
}

/// Whether a native function made the call.
fn is_native(ret: Ret) -> bool {
    matches!(ret, Ret::Exit | Ret::Protected | Ret::Handled | Ret::Handler | Ret::Coroutine)
}
