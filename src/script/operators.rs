//! Operators whose operands are strings or have metatables: arithmetic, comparison,
//! concatenation.

use super::arithmetic::{Math, arithmetic};
use super::code::{Op, Proto};
use super::error::Error;
use super::native::Host;
use super::number;
use super::thread::{Flow, Ret};
use super::value::Value;
use super::vm::Vm;

impl Vm {
    /// Executes an operator.
    pub(super) fn operator(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        base: usize,
        op: Op,
        proto: &Proto,
    ) -> Result<Flow, Error> {
        match op {
            Op::Eq { .. } | Op::Lt { .. } | Op::Le { .. } => {
                self.compare(stack, host, base, op, proto)
            }
            Op::LtK { .. } | Op::LeK { .. } | Op::GtK { .. } | Op::GeK { .. } => {
                self.compare(stack, host, base, op, proto)
            }
            _ => self.compute(stack, host, base, op, proto),
        }
    }

    /// Arithmetic with strings or metamethods.
    fn compute(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        base: usize,
        op: Op,
        proto: &Proto,
    ) -> Result<Flow, Error> {
        let names = self.heap.env.names;
        let r = |register: u8| (stack[base + register as usize], Some(register));
        let k = |n: u16| (proto.constants[n as usize], None);
        let (a, left, right, math, name) = match op {
            Op::Add { a, b, c } => (a, r(b), r(c), Math::Add, names.add),
            Op::Sub { a, b, c } => (a, r(b), r(c), Math::Sub, names.sub),
            Op::Mul { a, b, c } => (a, r(b), r(c), Math::Mul, names.mul),
            Op::Div { a, b, c } => (a, r(b), r(c), Math::Div, names.div),
            Op::Mod { a, b, c } => (a, r(b), r(c), Math::Mod, names.modulo),
            Op::Pow { a, b, c } => (a, r(b), r(c), Math::Pow, names.pow),
            Op::AddK { a, b, k: n } => (a, r(b), k(n), Math::Add, names.add),
            Op::SubK { a, b, k: n } => (a, r(b), k(n), Math::Sub, names.sub),
            Op::MulK { a, b, k: n } => (a, r(b), k(n), Math::Mul, names.mul),
            Op::DivK { a, b, k: n } => (a, r(b), k(n), Math::Div, names.div),
            Op::ModK { a, b, k: n } => (a, r(b), k(n), Math::Mod, names.modulo),
            Op::Neg { a, b } => (a, r(b), r(b), Math::Sub, names.unm),
            _ => return Err(Error::text("invalid instruction")),
        };
        let is_negation = matches!(op, Op::Neg { .. });
        let dest = base + a as usize;
        if let (Some(x), Some(y)) = (self.to_number(left.0), self.to_number(right.0)) {
            let n = if is_negation { -x } else { arithmetic(math, x, y) };
            stack[dest] = Value::Num(n);
            return Ok(Flow::Next);
        }
        let handler = self.heap.either_metamethod(left.0, right.0, name);
        if handler.is_nil() {
            // The operand to blame is the first one that is no number.
            let wrong = if self.to_number(left.0).is_some() { right } else { left };
            return Err(Error::operand("perform arithmetic on", wrong.1, wrong.0));
        }
        self.call_meta(stack, host, handler, &[left.0, right.0], Ret::Store(dest as u32))
    }

    /// A comparison of strings, or by metamethod.
    fn compare(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        base: usize,
        op: Op,
        proto: &Proto,
    ) -> Result<Flow, Error> {
        let r = |register: u8| stack[base + register as usize];
        let constant = |n: u8| proto.constants[n as usize];
        let (a, b, or_equal, want, to) = match op {
            Op::Eq { a, b, want, to } => return self.equal(stack, host, (r(a), r(b)), want, to),
            Op::Lt { a, b, want, to } => (r(a), r(b), false, want, to),
            Op::Le { a, b, want, to } => (r(a), r(b), true, want, to),
            Op::LtK { a, k, want, to } => (r(a), constant(k), false, want, to),
            Op::LeK { a, k, want, to } => (r(a), constant(k), true, want, to),
            Op::GtK { a, k, want, to } => (constant(k), r(a), false, want, to),
            Op::GeK { a, k, want, to } => (constant(k), r(a), true, want, to),
            _ => return Ok(Flow::Next),
        };
        if let Some(truth) = self.less(a, b, or_equal) {
            return self.jump_if(host, truth == want, to);
        }
        let names = self.heap.env.names;
        if a.type_name() != b.type_name() {
            return Err(Error::text(Vm::no_order(a, b)));
        }
        let name = if or_equal { names.le } else { names.lt };
        let handler = self.heap.common_metamethod(a, b, name);
        if !handler.is_nil() {
            return self.call_meta(stack, host, handler, &[a, b], Ret::Test { want, to });
        }
        // Without `__le`, `a <= b` is `not (b < a)`.
        let handler = self.heap.common_metamethod(b, a, names.lt);
        if !or_equal || handler.is_nil() {
            return Err(Error::text(Vm::no_order(a, b)));
        }
        self.call_meta(stack, host, handler, &[b, a], Ret::Test { want: !want, to })
    }

    fn equal(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        (a, b): (Value, Value),
        want: bool,
        to: u32,
    ) -> Result<Flow, Error> {
        if a != b && matches!((a, b), (Value::Table(_), Value::Table(_))) {
            let handler = self.heap.common_metamethod(a, b, self.heap.env.names.eq);
            if !handler.is_nil() {
                return self.call_meta(stack, host, handler, &[a, b], Ret::Test { want, to });
            }
        }
        self.jump_if(host, (a == b) == want, to)
    }

    /// Jumps, counting a way back.
    fn jump_if(&mut self, host: &mut dyn Host, jumps: bool, to: u32) -> Result<Flow, Error> {
        if !jumps {
            return Ok(Flow::Next);
        }
        self.charge(host, self.pc.saturating_sub(to as usize))?;
        Ok(Flow::Jump(to))
    }

    /// Concatenates the values from `first` to `last`, from the right.
    pub(super) fn concat(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
        first: usize,
        mut last: usize,
        dest: usize,
    ) -> Result<Flow, Error> {
        while last > first {
            // As many as possible in one go: everything up to the next table.
            let is_text = |value: Value| matches!(value, Value::Str(_) | Value::Num(_));
            let texts = (first..=last).rev().take_while(|at| is_text(stack[*at])).count();
            if texts >= 2 {
                let start = last + 1 - texts;
                let length: usize = (start..=last).map(|at| self.text_len(stack[at])).sum();
                self.heap.check_room(length)?;
                self.charge(host, length / 16 + texts)?;
                let mut text = Vec::with_capacity(length);
                for value in &stack[start..=last] {
                    match *value {
                        Value::Str(id) => text.extend_from_slice(self.heap.bytes_of(id)),
                        Value::Num(n) => number::write_number(&mut text, n),
                        _ => {}
                    }
                }
                stack[start] = self.heap.string_owned(text)?;
                last = start;
                continue;
            }
            let (a, b) = (stack[last - 1], stack[last]);
            let handler = self.heap.either_metamethod(a, b, self.heap.env.names.concat);
            if handler.is_nil() {
                let wrong = if is_text(a) { last } else { last - 1 };
                let base = self.frames.last().map_or(0, |frame| frame.base as usize);
                let register = u8::try_from(wrong - base).ok();
                return Err(Error::operand("concatenate", register, stack[wrong]));
            }
            let (first, last, dest) = (first as u32, last as u32, dest as u32);
            let ret = Ret::Concat { first, last, dest };
            return self.call_meta(stack, host, handler, &[a, b], ret);
        }
        stack[dest] = stack[first];
        Ok(Flow::Next)
    }

    fn text_len(&self, value: Value) -> usize {
        match value {
            Value::Str(id) => self.heap.bytes_of(id).len(),
            _ => 24,
        }
    }
}
