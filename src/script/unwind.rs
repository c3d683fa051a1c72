//! What happens after an error: its text and position, and the frame that catches it.

use super::code::{Op, Proto};
use super::coroutine::Caught;
use super::error::{Error, Fault};
use super::native::Host;
use super::thread::{Flow, Frame, Ret};
use super::value::Value;
use super::vm::Vm;

impl Vm {
    /// Finds the frame that catches an error, and continues there. An error that nothing catches
    /// in the innermost loop is the error of that loop.
    pub(super) fn unwind(
        &mut self,
        error: Error,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
    ) -> Result<Flow, Error> {
        if matches!(*error.0, Fault::Abort(_)) {
            return Err(error);
        }
        let mut value = self.error_value(error);
        loop {
            let Some(frame) = self.frames.pop() else { return Err(Error::value(value)) };
            if let Some(caller) = self.frames.last() {
                self.pc = caller.pc as usize;
            }
            match frame.ret {
                Ret::Exit => return Err(Error::value(value)),
                Ret::Protected | Ret::Handled | Ret::Handler => {
                    let bottom = frame.bottom as usize;
                    return self.catch(stack, host, frame.ret, bottom, frame.want, value);
                }
                Ret::Coroutine => match self.fail_coroutine(stack, host, value)? {
                    Caught::Continue(flow) => return Ok(flow),
                    Caught::Pass(passed) => value = passed,
                },
                _ => {}
            }
        }
    }

    /// Ends a protected call whose function, at the stack position `bottom`, failed.
    pub(super) fn catch(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        ret: Ret,
        bottom: usize,
        want: i32,
        mut value: Value,
    ) -> Result<Flow, Error> {
        self.ensure(stack, bottom + 2)?;
        match ret {
            Ret::Handled => {
                // The handler gets the error value; its results are those of `xpcall`.
                (stack[bottom], stack[bottom + 1]) = (stack[bottom - 1], value);
                match self.begin_call(stack, host, bottom, 1, want, Ret::Handler) {
                    Ok(flow) => return Ok(flow),
                    Err(error) if matches!(*error.0, Fault::Abort(_)) => return Err(error),
                    Err(_) => value = Value::Str(self.heap.env.names.error_in_error),
                }
            }
            Ret::Handler => value = Value::Str(self.heap.env.names.error_in_error),
            _ => {}
        }
        let count = match ret {
            Ret::Protected => self.put_error(stack, bottom, value),
            _ => {
                stack[bottom] = value;
                1
            }
        };
        self.put_prefixed(stack, (bottom - 1, want), Value::Bool(false), bottom, count)?;
        Ok(Flow::Next)
    }

    /// Puts what `pcall` gives for an error on the stack, and gives the number of values: Redis
    /// takes the text out of a table with the field `err`, and leaves the field of any other
    /// table behind it.
    pub(super) fn put_error(&self, stack: &mut [Value], at: usize, value: Value) -> usize {
        stack[at] = value;
        let Value::Table(id) = value else { return 1 };
        match self.heap.table(id).get_str(self.heap.env.names.err) {
            text @ (Value::Str(_) | Value::Num(_)) => {
                stack[at] = text;
                1
            }
            field => {
                stack[at + 1] = field;
                2
            }
        }
    }

    /// The value of an error, with the position where it happened.
    pub(super) fn error_value(&mut self, error: Error) -> Value {
        let line = self.current_line();
        self.fault_line = line.or(self.fault_line);
        let text = match *error.0 {
            Fault::Value(value) => return value,
            Fault::Bare(text) => text,
            Fault::Text(text) => [self.position(1), text].concat(),
            Fault::Argument(n, reason) => {
                [self.position(1), self.bad_argument(n, &reason)].concat()
            }
            Fault::Operand(what, register, value) => {
                let type_name = value.type_name();
                let text = match register.and_then(|register| self.name_of(register)) {
                    Some((kind, name)) => [
                        format!("attempt to {what} {kind} '").as_bytes(),
                        &name,
                        format!("' (a {type_name} value)").as_bytes(),
                    ]
                    .concat(),
                    None => format!("attempt to {what} a {type_name} value").into_bytes(),
                };
                [self.position(1), text].concat()
            }
            Fault::Abort(_) => Vec::new(),
        };
        // If there is not even room for this text, a shorter one exists already.
        self.heap.string_owned(text).unwrap_or(Value::Str(self.heap.env.names.memory))
    }

    /// The line that the frame on top executes.
    pub(super) fn current_line(&self) -> Option<u32> {
        let frame = self.frames.last()?;
        let proto = &self.chunks[frame.chunk as usize].protos[frame.proto as usize];
        proto.lines.get(self.pc.checked_sub(1)?).copied()
    }

    /// Where the function at a level of the stack of calls is: `name:line: `, or nothing. Level 1
    /// is the function on top.
    pub(super) fn position(&self, level: usize) -> Vec<u8> {
        let mut left = level;
        for (depth, frame) in self.frames.iter().rev().enumerate() {
            left -= 1;
            if left == 0 {
                let pc = if depth == 0 { self.pc } else { frame.pc as usize };
                let chunk = &self.chunks[frame.chunk as usize];
                let lines = &chunk.protos[frame.proto as usize].lines;
                let line = lines.get(pc.wrapping_sub(1)).copied().unwrap_or(0);
                return [&chunk.name, format!(":{line}: ").as_bytes()].concat();
            }
            // Native callers and replaced frames are levels of their own, without a position.
            let is_native = !matches!(
                frame.ret,
                Ret::Call | Ret::Store(_) | Ret::Discard | Ret::Test { .. } | Ret::Concat { .. }
            );
            for _ in 0..usize::from(is_native) + usize::from(frame.is_tail) {
                left -= 1;
                if left == 0 {
                    return Vec::new();
                }
            }
        }
        Vec::new()
    }

    /// The text for a bad argument of the native function that the top frame calls.
    fn bad_argument(&self, mut number: usize, reason: &str) -> Vec<u8> {
        let name = self.called_name();
        let (kind, name) = name.unwrap_or(("", b"?".to_vec()));
        if kind == "method" {
            number = number.saturating_sub(1);
            if number == 0 {
                let reason = format!("' on bad self ({reason})");
                return [b"calling '", &name[..], reason.as_bytes()].concat();
            }
        }
        let (start, end) = (format!("bad argument #{number} to '"), format!("' ({reason})"));
        [start.as_bytes(), &name, end.as_bytes()].concat()
    }

    /// How the running instruction names the function that it calls.
    fn called_name(&self) -> Option<(&'static str, Vec<u8>)> {
        let frame = self.frames.last()?;
        let proto = self.proto_of(frame);
        match proto.code.get(self.pc.checked_sub(1)?)? {
            Op::Call { a, .. } | Op::TailCall { a, .. } => self.name_of(*a),
            _ => None,
        }
    }

    fn proto_of(&self, frame: &Frame) -> &Proto {
        &self.chunks[frame.chunk as usize].protos[frame.proto as usize]
    }

    /// What the script calls the value in a register, at the running instruction.
    fn name_of(&self, register: u8) -> Option<(&'static str, Vec<u8>)> {
        let frame = self.frames.last()?;
        self.name_at(self.proto_of(frame), self.pc.checked_sub(1)?, register)
    }

    fn name_at(&self, proto: &Proto, pc: usize, register: u8) -> Option<(&'static str, Vec<u8>)> {
        let is_local = |local: &&super::code::LocalName| {
            local.register == register
                && (local.from_pc as usize..local.to_pc as usize).contains(&pc)
        };
        if let Some(local) = proto.locals.iter().find(is_local) {
            return Some(("local", local.name.to_vec()));
        }
        let text = |value: Value| match value {
            // What C prints of it.
            Value::Str(id) => {
                let name = self.heap.bytes_of(id).split(|byte| *byte == 0).next();
                name.unwrap_or_default().to_vec()
            }
            _ => b"?".to_vec(),
        };
        let setter = setter(&proto.code[..pc], register)?;
        match proto.code[setter] {
            Op::Global { k, .. } => {
                let globals = self.heap.env.tables[0].pairs();
                let value = proto.constants[k as usize];
                let (name, _) = globals.into_iter().find(|(_, other)| *other == value)?;
                Some(("global", text(name)))
            }
            Op::NoGlobal { k, .. } => Some(("global", text(proto.constants[k as usize]))),
            Op::Move { b, .. } if b < register => self.name_at(proto, setter, b),
            Op::GetField { k, .. } => Some(("field", text(proto.constants[k as usize]))),
            Op::GetInt { .. } => Some(("field", b"?".to_vec())),
            Op::GetIndex { .. } => Some(("field", b"?".to_vec())),
            Op::Method { k, .. } => Some(("method", text(proto.constants[k as usize]))),
            Op::GetUp { up, .. } => {
                Some(("upvalue", proto.capture_names.get(up as usize)?.to_vec()))
            }
            Op::GetCell { b, .. } => self.name_at(proto, setter, b),
            _ => None,
        }
    }
}

/// The last instruction before the end that sets a register, if jumps that lead forward are taken:
/// as in C Lua, so that the same variables are named.
fn setter(code: &[Op], register: u8) -> Option<usize> {
    let (mut found, mut pc) = (None, 0);
    while let Some(op) = code.get(pc) {
        let sets = match *op {
            Op::LoadNil { a, last } => (a..=last).contains(&register),
            Op::Call { a, .. } | Op::TailCall { a, .. } | Op::Vararg { a, .. } => register >= a,
            Op::ForCall { a, .. } => register >= a.saturating_add(3),
            Op::Method { a, .. } => register == a || register == a.saturating_add(1),
            op => target(op) == Some(register),
        };
        if sets {
            found = Some(pc);
        }
        let goes_on_at = jump(*op).map(|to| to as usize);
        pc = goes_on_at.filter(|to| *to > pc && *to <= code.len()).unwrap_or(pc + 1);
    }
    found
}

/// Where an instruction may jump to.
fn jump(op: Op) -> Option<u32> {
    match op {
        Op::Jump { to }
        | Op::Eq { to, .. }
        | Op::Lt { to, .. }
        | Op::Le { to, .. }
        | Op::EqK { to, .. }
        | Op::LtK { to, .. }
        | Op::LeK { to, .. }
        | Op::GtK { to, .. }
        | Op::GeK { to, .. }
        | Op::Test { to, .. }
        | Op::TestSet { to, .. }
        | Op::ForPrep { to, .. }
        | Op::ForLoop { to, .. }
        | Op::ForTest { to, .. } => Some(to),
        _ => None,
    }
}

/// The register that an instruction sets.
fn target(mut op: Op) -> Option<u8> {
    match op {
        Op::Move { a, .. }
        | Op::LoadK { a, .. }
        | Op::LoadBool { a, .. }
        // C Lua takes a test for one that sets: what `x.s and y` gave is named after neither.
        | Op::Test { a, .. }
        | Op::TestSet { a, .. } => Some(a),
        _ => op.result_mut().copied(),
    }
}
