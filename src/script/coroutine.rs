//! Coroutines, protected calls, and the other functions that work on frames.
//!
//! Resuming a coroutine exchanges the stack and the frames under the loop; the loop itself does not
//! nest. So coroutines may yield from inside `pcall` and metamethods, which C Lua 5.1 refuses, but
//! not from inside a function that a native one calls (the callback of `gsub`, a comparator).

use super::env::Special;
use super::error::{Error, Fault};
use super::heap::Function;
use super::native::Host;
use super::thread::{Flow, Resumer, Ret, Status, frames_bytes, stack_bytes};
use super::value::{FuncId, ThreadId, Value};
use super::vm::Vm;
use crate::limits;

impl Vm {
    /// Calls a function that works on frames.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn special(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        (special, bound): (Special, Option<FuncId>),
        at: usize,
        count: usize,
        want: i32,
        ret: Ret,
    ) -> Result<Flow, Error> {
        let result = match special {
            Special::ProtectedCall | Special::HandledCall => {
                return self.protected(stack, host, special, at, count, want, ret);
            }
            Special::Resume | Special::Wrapped => {
                let thread = match (special, bound, stack[at + 1]) {
                    (Special::Wrapped, Some(bound), _) => self.wrapped_thread(bound),
                    (_, _, Value::Thread(id)) if count > 0 => Some(id),
                    _ => None,
                };
                let is_wrap = special == Special::Wrapped;
                let first = if is_wrap { at + 1 } else { at + 2 };
                match thread {
                    Some(id) => {
                        let args = (first, at + 1 + count - first);
                        return self.resume(stack, host, id, args, (ret, at, want), is_wrap);
                    }
                    None => Err(Error::argument(1, "coroutine expected")),
                }
            }
            Special::Yield => {
                if self.resumers.len() <= self.resumers_outside || matches!(ret, Ret::Exit) {
                    Err(Error::text("attempt to yield across metamethod/C-call boundary"))
                } else {
                    return self.yield_values(stack, host, (ret, at, want), at + 1, count);
                }
            }
            Special::Next | Special::NextIndex => self.step(stack, special, at, count),
        };
        match result {
            Ok(results) => self.deliver(stack, host, (ret, at, want), at, results),
            Err(error) => Err(self.sealed(error, ret)),
        }
    }

    /// `next` and the iterator of `ipairs`, when they are called by name.
    fn step(
        &mut self,
        stack: &mut [Value],
        special: Special,
        at: usize,
        count: usize,
    ) -> Result<usize, Error> {
        let arg = |n: usize| if n < count { stack[at + 1 + n] } else { Value::Nil };
        let Value::Table(table) = arg(0) else {
            let got = if count == 0 { "no value" } else { arg(0).type_name() };
            return Err(Error::argument(1, format!("table expected, got {got}")));
        };
        let pair = match special {
            Special::Next => {
                let next = self.heap.table(table).next(arg(1));
                next.map_err(|()| Error::bare("invalid key to 'next'"))?
            }
            _ => self.next_index(table, arg(1)),
        };
        match pair {
            Some((key, value)) => {
                (stack[at], stack[at + 1]) = (key, value);
                Ok(2)
            }
            None => {
                stack[at] = Value::Nil;
                Ok(1)
            }
        }
    }

    /// `pcall` and `xpcall`.
    #[allow(clippy::too_many_arguments)]
    fn protected(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        special: Special,
        at: usize,
        count: usize,
        want: i32,
        ret: Ret,
    ) -> Result<Flow, Error> {
        let needed = if special == Special::ProtectedCall { 1 } else { 2 };
        if count < needed {
            let error = Error::argument(needed, "value expected");
            return Err(self.sealed(error, ret));
        }
        let (inner, args) = match special {
            Special::ProtectedCall => (Ret::Protected, count - 1),
            _ => {
                // The handler replaces `xpcall` on the stack, below the function.
                stack[at] = stack[at + 2];
                (Ret::Handled, 0)
            }
        };
        if !matches!(ret, Ret::Call) {
            return self.protected_nested(stack, host, at, args, (ret, want));
        }
        match self.begin_call(stack, host, at + 1, args, want, inner) {
            Ok(flow) => Ok(flow),
            Err(error) if matches!(*error.0, Fault::Abort(_)) => Err(error),
            Err(error) => {
                // The call of a native function failed, or there was no function.
                let value = self.error_value(self.sealed(error, Ret::Protected));
                self.catch(stack, host, inner, at + 1, want, value)
            }
        }
    }

    /// A protected call by a native function or as a metamethod: in a loop of its own.
    fn protected_nested(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        at: usize,
        args: usize,
        (ret, want): (Ret, i32),
    ) -> Result<Flow, Error> {
        let frames = self.frames.len();
        let (truth, count) = match self.call_nested(stack, host, at + 1, args) {
            Ok(()) => (true, self.top - at - 1),
            Err(error) if matches!(*error.0, Fault::Abort(_)) => return Err(error),
            Err(error) => {
                let value = self.error_value(self.sealed(error, Ret::Protected));
                self.frames.truncate(frames);
                (false, self.put_error(stack, at + 1, value))
            }
        };
        stack[at] = Value::Bool(truth);
        self.deliver(stack, host, (ret, at, want), at, count + 1)
    }

    /// The coroutine of a function that `coroutine.wrap` made.
    fn wrapped_thread(&self, bound: FuncId) -> Option<ThreadId> {
        match self.heap.function(bound) {
            Function::Bound { values, .. } => match values.first() {
                Some(Value::Thread(id)) => Some(*id),
                _ => None,
            },
            Function::Lua { .. } => None,
        }
    }

    /// Starts or continues a coroutine with arguments.
    fn resume(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        id: ThreadId,
        (from, count): (usize, usize),
        (ret, dest, want): (Ret, usize, i32),
        is_wrap: bool,
    ) -> Result<Flow, Error> {
        let status = self.heap.thread(id).status;
        let refusal = match status {
            Status::Suspended if self.resumers.len() < limits::SCRIPT_COROUTINE_DEPTH_MAX => None,
            Status::Suspended => Some("C stack overflow"),
            Status::Dead => Some("cannot resume dead coroutine"),
            Status::Running => Some("cannot resume running coroutine"),
            Status::Normal => Some("cannot resume normal coroutine"),
        };
        if let Some(text) = refusal {
            if is_wrap {
                return Err(self.sealed(Error::text(text), ret));
            }
            let reason = self.heap.string(text.as_bytes())?;
            (stack[dest], stack[dest + 1]) = (Value::Bool(false), reason);
            return self.deliver(stack, host, (ret, dest, want), dest, 2);
        }
        if matches!(ret, Ret::Exit) {
            // A native function resumes: in a loop of its own, which ends at the next yield.
            self.depth += 1;
            if self.depth > limits::SCRIPT_NATIVE_DEPTH_MAX {
                self.depth -= 1;
                return Err(Error::bare("C stack overflow"));
            }
        }
        let args: Vec<Value> = stack[from..from + count].to_vec();
        if let Some(caller) = self.frames.last_mut() {
            caller.pc = self.pc as u32;
        }
        let thread = self.heap.thread_mut(id);
        thread.status = Status::Running;
        let inner_stack = std::mem::take(&mut thread.stack);
        let inner_frames = std::mem::take(&mut thread.frames);
        let place = (thread.ret, thread.dest as usize, thread.want);
        if let Some(outer) = self.thread {
            self.heap.thread_mut(outer).status = Status::Normal;
        }
        self.resumers.push(Resumer {
            thread: self.thread.replace(id),
            stack: std::mem::replace(stack, inner_stack),
            frames: std::mem::replace(&mut self.frames, inner_frames),
            ret,
            dest: dest as u32,
            want,
            is_wrap,
        });
        let flow = self.enter_coroutine(stack, host, &args, place);
        if !matches!(ret, Ret::Exit) {
            return flow;
        }
        let result = match flow {
            Ok(Flow::Exit) => Ok(Flow::Exit),
            Ok(_) => self.execute(stack, host).map(|()| Flow::Exit),
            Err(error) => match self.unwind(error, stack, host) {
                Ok(Flow::Exit) => Ok(Flow::Exit),
                Ok(_) => self.execute(stack, host).map(|()| Flow::Exit),
                Err(error) => Err(error),
            },
        };
        self.depth -= 1;
        result
    }

    /// Goes on inside a coroutine whose stack and frames are in place.
    fn enter_coroutine(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        args: &[Value],
        (ret, dest, want): (Ret, usize, i32),
    ) -> Result<Flow, Error> {
        if self.frames.is_empty() {
            self.ensure(stack, args.len() + 1)?;
            stack[1..=args.len()].copy_from_slice(args);
            return self.begin_call(stack, host, 0, args.len(), -1, Ret::Coroutine);
        }
        self.ensure(stack, dest + args.len())?;
        self.pc = self.frames.last().map_or(0, |frame| frame.pc as usize);
        stack[dest..dest + args.len()].copy_from_slice(args);
        self.resumed(stack, host, (ret, dest, want), args.len())
    }

    /// Puts the stack and the frames of the resumer back in place.
    fn restore(&mut self, stack: &mut Vec<Value>, resumer: &mut Resumer) {
        let frames = std::mem::replace(&mut self.frames, std::mem::take(&mut resumer.frames));
        let inner = std::mem::replace(stack, std::mem::take(&mut resumer.stack));
        match self.thread {
            Some(id) if self.heap.thread(id).status != Status::Dead => {
                let thread = self.heap.thread_mut(id);
                (thread.stack, thread.frames) = (inner, frames);
            }
            _ => self.heap.discharge(stack_bytes(&inner) + frames_bytes(&frames)),
        }
        self.thread = resumer.thread;
        if let Some(id) = self.thread {
            self.heap.thread_mut(id).status = Status::Running;
        }
        self.pc = self.frames.last().map_or(0, |frame| frame.pc as usize);
    }

    /// Leaves the running coroutine for the one that resumed it, with values.
    fn switch_back(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        values: &[Value],
        truth: bool,
    ) -> Result<Flow, Error> {
        let Some(mut resumer) = self.resumers.pop() else { return Ok(Flow::Exit) };
        self.restore(stack, &mut resumer);
        let dest = resumer.dest as usize;
        let prefix = usize::from(!resumer.is_wrap);
        self.ensure(stack, dest + prefix + values.len())?;
        stack[dest] = Value::Bool(truth);
        stack[dest + prefix..dest + prefix + values.len()].copy_from_slice(values);
        let place = (resumer.ret, dest, resumer.want);
        self.resumed(stack, host, place, prefix + values.len())
    }

    /// Delivers values, which are in their registers already, to the top frame of a switched stack.
    fn resumed(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        place: (Ret, usize, i32),
        count: usize,
    ) -> Result<Flow, Error> {
        match self.deliver(stack, host, place, place.1, count)? {
            Flow::Exit => Ok(Flow::Exit),
            Flow::Jump(to) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.pc = to;
                }
                Ok(Flow::Reload)
            }
            _ => Ok(Flow::Reload),
        }
    }

    fn yield_values(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        (ret, dest, want): (Ret, usize, i32),
        from: usize,
        count: usize,
    ) -> Result<Flow, Error> {
        let values = stack[from..from + count].to_vec();
        if let Some(frame) = self.frames.last_mut() {
            frame.pc = self.pc as u32;
        }
        if let Some(id) = self.thread {
            let thread = self.heap.thread_mut(id);
            thread.status = Status::Suspended;
            (thread.ret, thread.dest, thread.want) = (ret, dest as u32, want);
        }
        self.switch_back(stack, host, &values, true)
    }

    /// The body of a coroutine returned.
    pub(super) fn finish_coroutine(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        from: usize,
        count: usize,
    ) -> Result<Flow, Error> {
        let values = stack[from..from + count].to_vec();
        self.kill_thread();
        self.switch_back(stack, host, &values, true)
    }

    /// The body of a coroutine failed. The error passes to the resumer if `wrap` made it.
    pub(super) fn fail_coroutine(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        value: Value,
    ) -> Result<Caught, Error> {
        self.kill_thread();
        if !self.resumers.last().is_some_and(|resumer| resumer.is_wrap) {
            return self.switch_back(stack, host, &[value], false).map(Caught::Continue);
        }
        let Some(mut resumer) = self.resumers.pop() else { return Err(Error::value(value)) };
        self.restore(stack, &mut resumer);
        let (bottom, want) = (resumer.dest as usize, resumer.want);
        match resumer.ret {
            Ret::Exit => Err(Error::value(value)),
            Ret::Protected | Ret::Handled | Ret::Handler => {
                self.catch(stack, host, resumer.ret, bottom, want, value).map(Caught::Continue)
            }
            _ => match value {
                Value::Str(id) => {
                    let text = [&self.position(1)[..], self.heap.bytes_of(id)].concat();
                    self.heap.string_owned(text).map(Caught::Pass)
                }
                value => Ok(Caught::Pass(value)),
            },
        }
    }

    fn kill_thread(&mut self) {
        if let Some(id) = self.thread {
            self.heap.thread_mut(id).status = Status::Dead;
        }
    }
}

/// What became of an error that ended a coroutine.
pub(super) enum Caught {
    /// The resumer goes on.
    Continue(Flow),
    /// It is the resumer's error now.
    Pass(Value),
}
