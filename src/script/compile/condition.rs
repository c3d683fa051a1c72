//! Jumps and conditions.
//!
//! The jumps that leave an expression before their target is known form a list: each one holds the
//! position of the next as its target.

use super::{Compiler, Exp, Kind, NO_JUMP};
use crate::script::code::Op;
use crate::script::lex::Parsed;

impl Compiler<'_> {
    pub(super) fn emit_jump(&mut self) -> u32 {
        self.emit(Op::Jump { to: NO_JUMP })
    }

    /// Says that a jump ends here, so that no instruction is merged over it.
    pub(super) fn mark_target(&mut self) -> u32 {
        let pc = self.pc();
        self.function().last_target = pc;
        pc
    }

    /// The target of the jump at a position.
    fn target(&mut self, pc: u32) -> &mut u32 {
        match self.op_mut(pc) {
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
            | Op::ForTest { to, .. } => to,
            other => unreachable!("{other:?} does not jump"),
        }
    }

    pub(super) fn set_jump(&mut self, pc: u32, to: u32) {
        *self.target(pc) = to;
    }

    /// Appends one list of jumps to another.
    pub(super) fn join(&mut self, list: &mut u32, other: u32) {
        if other == NO_JUMP {
            return;
        }
        if *list == NO_JUMP {
            *list = other;
            return;
        }
        // The other list is prepended. Callers pass the shorter one here, usually one jump:
        // a chain of a million operators would take quadratic time otherwise.
        let mut last = other;
        loop {
            let next = *self.target(last);
            if next == NO_JUMP {
                break;
            }
            last = next;
        }
        *self.target(last) = *list;
        *list = other;
    }

    /// Lets all jumps of a list end at a position.
    pub(super) fn patch(&mut self, list: u32, to: u32) {
        self.patch_list(list, to, None, to);
    }

    /// Lets all jumps of a list end here.
    pub(super) fn patch_here(&mut self, list: u32) {
        let here = self.mark_target();
        self.patch(list, here);
    }

    /// Lets the jumps that carry a value put it into a register and end at one position, and those
    /// that carry none end at another.
    pub(super) fn patch_values(&mut self, list: u32, with: u32, register: u8, without: u32) {
        self.patch_list(list, with, Some(register), without);
    }

    fn patch_list(&mut self, mut list: u32, with: u32, register: Option<u8>, without: u32) {
        while list != NO_JUMP {
            let next = *self.target(list);
            let op = self.op_mut(list);
            let to = match *op {
                Op::TestSet { b, want, .. } => {
                    *op = match register {
                        Some(a) if a != b => Op::TestSet { a, b, want, to: with },
                        _ => Op::Test { a: b, want, to: with },
                    };
                    with
                }
                _ => without,
            };
            self.set_jump(list, to);
            list = next;
        }
    }

    /// Whether a jump of the list carries no value.
    pub(super) fn needs_value(&mut self, mut list: u32) -> bool {
        while list != NO_JUMP {
            if !matches!(self.op_mut(list), Op::TestSet { .. }) {
                return true;
            }
            list = *self.target(list);
        }
        false
    }

    /// Goes on if the expression is true, and jumps if it is false.
    pub(super) fn go_if_true(&mut self, e: &mut Exp) -> Parsed<()> {
        self.discharge(e);
        let jump = match e.kind {
            Kind::Text(_) | Kind::Number(_) | Kind::True => NO_JUMP,
            Kind::Jump(pc) => {
                self.invert(pc);
                pc
            }
            _ => self.jump_on(e, false)?,
        };
        self.join(&mut e.if_false, jump);
        self.patch_here(e.if_true);
        e.if_true = NO_JUMP;
        Ok(())
    }

    /// Goes on if the expression is false, and jumps if it is true.
    pub(super) fn go_if_false(&mut self, e: &mut Exp) -> Parsed<()> {
        self.discharge(e);
        let jump = match e.kind {
            Kind::Nil | Kind::False => NO_JUMP,
            Kind::Jump(pc) => pc,
            _ => self.jump_on(e, true)?,
        };
        self.join(&mut e.if_true, jump);
        self.patch_here(e.if_false);
        e.if_false = NO_JUMP;
        Ok(())
    }

    /// Jumps if the truth of a value is as wanted.
    fn jump_on(&mut self, e: &mut Exp, want: bool) -> Parsed<u32> {
        if let Kind::Open(pc) = e.kind
            && let Op::Not { b, .. } = *self.op_mut(pc)
        {
            self.function().proto.code.pop();
            self.function().proto.lines.pop();
            return Ok(self.emit(Op::Test { a: b, want: !want, to: NO_JUMP }));
        }
        match e.kind {
            Kind::Register(_) => {}
            Kind::Open(_) => self.settle(e)?,
            _ => self.load_plain(e)?,
        }
        self.release_exp(e);
        let Kind::Register(b) = e.kind else { return Ok(NO_JUMP) };
        Ok(self.emit(Op::TestSet { a: 0, b, want, to: NO_JUMP }))
    }

    /// Puts a constant into a register, without its jumps.
    fn load_plain(&mut self, e: &mut Exp) -> Parsed<()> {
        let mut plain = Exp::new(e.kind);
        self.load_next(&mut plain)?;
        e.kind = plain.kind;
        Ok(())
    }

    /// Turns the sense of a comparison.
    fn invert(&mut self, pc: u32) {
        match self.op_mut(pc) {
            Op::Eq { want, .. }
            | Op::Lt { want, .. }
            | Op::Le { want, .. }
            | Op::EqK { want, .. }
            | Op::LtK { want, .. }
            | Op::LeK { want, .. }
            | Op::GtK { want, .. }
            | Op::GeK { want, .. } => *want = !*want,
            _ => {}
        }
    }

    /// The negation of an expression.
    pub(super) fn negate(&mut self, e: &mut Exp) -> Parsed<()> {
        self.discharge(e);
        match e.kind {
            Kind::Nil | Kind::False => e.kind = Kind::True,
            Kind::Text(_) | Kind::Number(_) | Kind::True => e.kind = Kind::False,
            Kind::Jump(pc) => self.invert(pc),
            _ => {
                self.settle(e)?;
                self.release_exp(e);
                let Kind::Register(b) = e.kind else { return Ok(()) };
                e.kind = Kind::Open(self.emit(Op::Not { a: 0, b }));
            }
        }
        std::mem::swap(&mut e.if_true, &mut e.if_false);
        // A jump now carries the negation: the value it brought along is of no use.
        for mut list in [e.if_true, e.if_false] {
            while list != NO_JUMP {
                let next = *self.target(list);
                if let Op::TestSet { b, want, to, .. } = *self.op_mut(list) {
                    *self.op_mut(list) = Op::Test { a: b, want, to };
                }
                list = next;
            }
        }
        Ok(())
    }
}
