//! From the description of an expression to a register that holds its value.

use super::{Compiler, Exp, Key, Kind, NO_JUMP};
use crate::script::code::Op;
use crate::script::lex::Parsed;

impl Compiler<'_> {
    /// Makes the expression a constant, a register, or an instruction with an open target.
    pub(super) fn discharge(&mut self, e: &mut Exp) {
        e.kind = match e.kind {
            Kind::Local(register) => Kind::Register(register),
            Kind::Cell(b) => Kind::Open(self.emit(Op::GetCell { a: 0, b })),
            Kind::Captured(up) => Kind::Open(self.emit(Op::GetUp { a: 0, up })),
            Kind::Global(name) => {
                let value = self.global_value(name);
                let op = if value.is_nil() {
                    Op::NoGlobal { a: 0, k: self.text_constant(name) }
                } else {
                    // The kind keeps these constants apart: their value is never compared.
                    Op::Global { a: 0, k: self.constant(2, name.0.into(), value) }
                };
                Kind::Open(self.emit(op))
            }
            Kind::Element { table, key } => {
                if let Key::Register(register) = key {
                    self.release(register);
                }
                self.release(table);
                Kind::Open(self.emit(match key {
                    Key::Register(c) => Op::GetIndex { a: 0, b: table, c },
                    Key::Field(k) => Op::GetField { a: 0, b: table, k },
                    Key::Integer(n) => Op::GetInt { a: 0, b: table, n },
                }))
            }
            Kind::Call(_) | Kind::Varargs(_) => {
                self.set_one_result(e);
                e.kind
            }
            kind => kind,
        };
    }

    /// Takes exactly one value from a call or from the surplus arguments.
    pub(super) fn set_one_result(&mut self, e: &mut Exp) {
        match e.kind {
            Kind::Call(pc) => {
                if let Op::Call { a, results, .. } = self.op_mut(pc) {
                    *results = 2;
                    e.kind = Kind::Register(*a);
                }
            }
            Kind::Varargs(pc) => {
                if let Op::Vararg { count, .. } = self.op_mut(pc) {
                    *count = 2;
                }
                e.kind = Kind::Open(pc);
            }
            _ => {}
        }
    }

    /// Takes a number of values, -1 for all, from a call or from the surplus arguments.
    pub(super) fn set_results(&mut self, e: &Exp, wanted: i32) -> Parsed<()> {
        match e.kind {
            Kind::Call(pc) => {
                if let Op::Call { results, .. } = self.op_mut(pc) {
                    *results = (wanted + 1) as u8;
                }
            }
            Kind::Varargs(pc) => {
                let register = self.function().free as u8;
                if let Op::Vararg { a, count } = self.op_mut(pc) {
                    (*a, *count) = (register, (wanted + 1) as u8);
                }
                self.reserve(1)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Sets the open target of an instruction.
    fn set_target(&mut self, pc: u32, target: u8) {
        let op = self.op_mut(pc);
        if let Op::Vararg { a, .. } = op {
            *a = target;
        } else if let Some(result) = op.result_mut() {
            *result = target;
        }
    }

    /// Puts the value, without the jumps, into a register.
    fn discharge_to(&mut self, e: &mut Exp, register: u8) {
        self.discharge(e);
        match e.kind {
            Kind::Nil => {
                self.emit_nil(register, 1);
            }
            Kind::True | Kind::False => {
                let value = e.kind == Kind::True;
                self.emit(Op::LoadBool { a: register, value, skip: false });
            }
            Kind::Number(n) => {
                let k = self.number_constant(n);
                self.emit(Op::LoadK { a: register, k });
            }
            Kind::Text(id) => {
                let k = self.text_constant(id);
                self.emit(Op::LoadK { a: register, k });
            }
            Kind::Open(pc) => self.set_target(pc, register),
            Kind::Register(other) if other != register => {
                self.emit(Op::Move { a: register, b: other });
            }
            Kind::Jump(_) => return,
            _ => {}
        }
        e.kind = Kind::Register(register);
    }

    /// Sets registers to nil; a run of such instructions becomes one.
    pub(super) fn emit_nil(&mut self, first: u8, count: usize) {
        let last_new = (usize::from(first) + count - 1) as u8;
        let here = self.pc();
        let is_target = self.function().last_target == here;
        if let Some(Op::LoadNil { a, last }) = self.function().proto.code.last_mut()
            && !is_target
            && *a <= first
            && u16::from(*last) + 1 >= u16::from(first)
        {
            *last = (*last).max(last_new);
            return;
        }
        self.emit(Op::LoadNil { a: first, last: last_new });
    }

    fn discharge_to_any(&mut self, e: &mut Exp) -> Parsed<()> {
        if !matches!(e.kind, Kind::Register(_)) {
            self.reserve(1)?;
            let register = self.function().free as u8 - 1;
            self.discharge_to(e, register);
        }
        Ok(())
    }

    /// Puts the value of the expression, jumps included, into a register.
    pub(super) fn load_into(&mut self, e: &mut Exp, register: u8) {
        self.discharge_to(e, register);
        if let Kind::Jump(pc) = e.kind {
            self.join(&mut e.if_true, pc);
        }
        if e.has_jumps() {
            let needs_value = self.needs_value(e.if_true) || self.needs_value(e.if_false);
            let (mut load_false, mut load_true) = (NO_JUMP, NO_JUMP);
            if needs_value {
                // Comparisons bring no value along: their jumps end at one of these two.
                let over = match e.kind {
                    Kind::Jump(_) => NO_JUMP,
                    _ => self.emit_jump(),
                };
                self.mark_target();
                load_false = self.emit(Op::LoadBool { a: register, value: false, skip: true });
                self.mark_target();
                load_true = self.emit(Op::LoadBool { a: register, value: true, skip: false });
                self.patch_here(over);
            }
            self.mark_target();
            let end = self.pc();
            self.patch_values(e.if_false, end, register, load_false);
            self.patch_values(e.if_true, end, register, load_true);
        }
        *e = Exp::new(Kind::Register(register));
    }

    /// Puts the value into the next free register.
    pub(super) fn load_next(&mut self, e: &mut Exp) -> Parsed<()> {
        self.discharge(e);
        self.release_exp(e);
        self.reserve(1)?;
        let register = self.function().free as u8 - 1;
        self.load_into(e, register);
        Ok(())
    }

    /// Puts the value into some register, and gives its number.
    pub(super) fn load_any(&mut self, e: &mut Exp) -> Parsed<u8> {
        self.discharge(e);
        if let Kind::Register(register) = e.kind {
            if !e.has_jumps() {
                return Ok(register);
            }
            if usize::from(register) >= self.function().active {
                self.load_into(e, register);
                return Ok(register);
            }
        }
        self.load_next(e)?;
        match e.kind {
            Kind::Register(register) => Ok(register),
            _ => Ok(0),
        }
    }

    /// Makes the expression a constant or a register.
    pub(super) fn load_value(&mut self, e: &mut Exp) -> Parsed<()> {
        match e.has_jumps() {
            true => self.load_any(e).map(drop),
            false => {
                self.discharge(e);
                Ok(())
            }
        }
    }

    /// Makes an element of a table (a register) and a key.
    pub(super) fn element(&mut self, table: u8, key: &mut Exp) -> Parsed<Exp> {
        let key = match key.kind {
            _ if key.has_jumps() => None,
            Kind::Text(id) => u16::try_from(self.text_constant(id)).ok().map(Key::Field),
            Kind::Number(n) if (1.0..=65535.0).contains(&n) && n.fract() == 0.0 => {
                Some(Key::Integer(n as u16))
            }
            _ => None,
        }
        .map_or_else(|| self.load_any(key).map(Key::Register), Ok)?;
        Ok(Exp::new(Kind::Element { table, key }))
    }

    /// Assigns an expression to a variable.
    pub(super) fn store(&mut self, variable: &Exp, e: &mut Exp) -> Parsed<()> {
        match variable.kind {
            Kind::Local(register) => {
                self.release_exp(e);
                self.load_into(e, register);
                return Ok(());
            }
            Kind::Cell(a) => {
                let b = self.load_any(e)?;
                self.emit(Op::SetCell { a, b });
            }
            Kind::Captured(up) => {
                let a = self.load_any(e)?;
                self.emit(Op::SetUp { a, up });
            }
            Kind::Global(_) => {
                self.load_any(e)?;
                self.emit(Op::SetGlobal);
            }
            Kind::Element { table, key } => {
                let c = self.load_any(e)?;
                self.emit(match key {
                    Key::Register(b) => Op::SetIndex { a: table, b, c },
                    Key::Field(k) => Op::SetField { a: table, k, c },
                    Key::Integer(n) => Op::SetInt { a: table, n, c },
                });
            }
            _ => {}
        }
        self.release_exp(e);
        Ok(())
    }

    /// Prepares the call of a method: the function and its first argument.
    pub(super) fn method(&mut self, e: &mut Exp, name: crate::script::value::StrId) -> Parsed<()> {
        let b = self.load_any(e)?;
        self.release_exp(e);
        let a = self.function().free as u8;
        self.reserve(2)?;
        match u16::try_from(self.text_constant(name)) {
            Ok(k) => {
                self.emit(Op::Method { a, b, k });
            }
            Err(_) => return self.lex.error(b"constant table overflow"),
        }
        e.kind = Kind::Register(a);
        Ok(())
    }

    /// Puts a value that is neither used twice nor bound to a register into one.
    pub(super) fn settle(&mut self, e: &mut Exp) -> Parsed<()> {
        if matches!(e.kind, Kind::Open(_)) {
            self.discharge_to_any(e)?;
        }
        Ok(())
    }
}
