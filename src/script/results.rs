//! Returns: where the results of a function go.

use super::error::Error;
use super::native::Host;
use super::thread::{Flow, Ret};
use super::value::Value;
use super::vm::Vm;

impl Vm {
    /// Returns from the running frame.
    pub(super) fn leave_frame(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        from: usize,
        count: usize,
    ) -> Result<Flow, Error> {
        let Some(frame) = self.frames.pop() else { return Ok(Flow::Exit) };
        let dest = frame.bottom as usize;
        if let Some(caller) = self.frames.last() {
            // What follows may fail or call: it counts as the caller's instruction.
            self.pc = caller.pc as usize;
        }
        let flow = self.deliver(stack, host, (frame.ret, dest, frame.want), from, count)?;
        match flow {
            Flow::Next => Ok(Flow::Reload),
            Flow::Jump(to) => {
                if let Some(caller) = self.frames.last_mut() {
                    caller.pc = to;
                }
                Ok(Flow::Reload)
            }
            flow => Ok(flow),
        }
    }

    /// Does with results what the caller of a function wants. `dest` is where the function was.
    pub(super) fn deliver(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        (ret, dest, want): (Ret, usize, i32),
        from: usize,
        count: usize,
    ) -> Result<Flow, Error> {
        let first = if count > 0 { stack[from] } else { Value::Nil };
        match ret {
            Ret::Call => {
                self.put_results(stack, dest, from, count, want);
                Ok(Flow::Next)
            }
            Ret::Store(position) => {
                stack[position as usize] = first;
                Ok(Flow::Next)
            }
            Ret::Discard => Ok(Flow::Next),
            Ret::Test { want, to } => {
                Ok(if first.is_true() == want { Flow::Jump(to) } else { Flow::Next })
            }
            Ret::Concat { first: start, last, dest } => {
                let last = last as usize - 1;
                stack[last] = first;
                self.concat(stack, host, start as usize, last, dest as usize)
            }
            Ret::Protected | Ret::Handled | Ret::Handler => {
                let truth = Value::Bool(!matches!(ret, Ret::Handler));
                self.put_prefixed(stack, (dest - 1, want), truth, from, count)?;
                Ok(Flow::Next)
            }
            Ret::Coroutine => self.finish_coroutine(stack, host, from, count),
            Ret::Exit => {
                self.put_results(stack, dest, from, count, -1);
                Ok(Flow::Exit)
            }
        }
    }

    /// Moves results to their place; fills up with nil, or notes their end.
    pub(super) fn put_results(
        &mut self,
        stack: &mut [Value],
        dest: usize,
        from: usize,
        count: usize,
        want: i32,
    ) {
        if want == 1 {
            stack[dest] = if count > 0 { stack[from] } else { Value::Nil };
            return;
        }
        let wanted = if want < 0 { count } else { want as usize };
        let copied = wanted.min(count);
        stack.copy_within(from..from + copied, dest);
        stack[dest + copied..dest + wanted].fill(Value::Nil);
        if want < 0 {
            self.top = dest + count;
        }
    }

    /// The same with one more value in front.
    pub(super) fn put_prefixed(
        &mut self,
        stack: &mut Vec<Value>,
        (dest, want): (usize, i32),
        prefix: Value,
        from: usize,
        count: usize,
    ) -> Result<(), Error> {
        self.ensure(stack, dest + 1 + count)?;
        stack.copy_within(from..from + count, dest + 1);
        stack[dest] = prefix;
        self.put_results(stack, dest, dest, count + 1, want);
        Ok(())
    }
}
