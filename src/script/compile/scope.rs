//! Names: local variables, their registers, and the search for a name outwards.

use super::{Block, Compiler, Exp, Kind, Local, NO_JUMP};
use crate::limits;
use crate::script::code::{Capture, Op};
use crate::script::lex::Parsed;
use crate::script::value::{StrId, Value};

impl Compiler<'_> {
    /// Declares a local variable, which is not in scope until [`Self::activate`].
    pub(super) fn declare(&mut self, name: StrId) -> Parsed<()> {
        if self.function().locals.len() >= limits::SCRIPT_LOCALS_MAX {
            return self.too_many(limits::SCRIPT_LOCALS_MAX, "local variables");
        }
        let declaration = self.declarations;
        self.declarations += 1;
        let is_captured = self.known.get(declaration).copied().unwrap_or(false);
        let local = Local { name, declaration, is_captured, from_pc: 0 };
        self.function().locals.push(local);
        Ok(())
    }

    /// Declares a variable that the script cannot name.
    pub(super) fn declare_hidden(&mut self, name: &str) -> Parsed<()> {
        let name = self.lex.intern(name.as_bytes());
        self.declare(name)
    }

    /// Brings the declared variables into scope; captured ones move into cells.
    pub(super) fn activate(&mut self) {
        let pc = self.pc();
        let function = self.function();
        let first = function.active;
        function.active = function.locals.len();
        for register in first..self.function().active {
            let local = &mut self.function().locals[register];
            local.from_pc = pc;
            if local.is_captured {
                self.emit(Op::NewCell { a: register as u8 });
            }
        }
    }

    /// Ends the scope of all variables from that register on.
    pub(super) fn remove_locals(&mut self, first: usize) {
        for register in first..self.function().active {
            self.note_local(register);
        }
        let function = self.function();
        function.locals.truncate(first);
        function.active = function.active.min(first);
    }

    pub(super) fn open_block(&mut self, is_loop: bool) {
        let locals = self.function().active;
        self.function().blocks.push(Block { locals, is_loop, breaks: NO_JUMP });
    }

    pub(super) fn close_block(&mut self) {
        let Some(block) = self.function().blocks.pop() else { return };
        self.remove_locals(block.locals);
        self.function().free = block.locals;
        self.patch_here(block.breaks);
    }

    /// The variable that a name means.
    pub(super) fn variable(&mut self, name: StrId) -> Parsed<Exp> {
        let innermost = self.functions.len() - 1;
        let kind = match self.search(innermost, name)? {
            None => Kind::Global(name),
            Some(Found::Local { register, is_captured: false }) => Kind::Local(register),
            Some(Found::Local { register, .. }) => Kind::Cell(register),
            Some(Found::Captured(at)) => Kind::Captured(at),
        };
        Ok(Exp::new(kind))
    }

    /// Searches a name in a function and those around it.
    fn search(&mut self, at: usize, name: StrId) -> Parsed<Option<Found>> {
        // From the innermost function outwards, until one has a local variable of that name.
        let mut owner = at;
        let register = loop {
            let function = &self.functions[owner];
            let position = function.locals[..function.active].iter().rposition(|l| l.name == name);
            match (position, owner) {
                (Some(register), _) => break register,
                (None, 0) => return Ok(None),
                (None, _) => owner -= 1,
            }
        };
        let local = &self.functions[owner].locals[register];
        let (declaration, is_captured) = (local.declaration, local.is_captured);
        if owner == at {
            return Ok(Some(Found::Local { register: register as u8, is_captured }));
        }
        if self.found.len() <= declaration {
            self.found.resize(declaration + 1, false);
        }
        self.found[declaration] = true;
        // Every function on the way captures it from the one around.
        let mut capture = Capture::Register(register as u8);
        for inner in owner + 1..=at {
            capture = Capture::Captured(self.add_capture(inner, name, capture)?);
        }
        let Capture::Captured(number) = capture else { return Ok(None) };
        Ok(Some(Found::Captured(number)))
    }

    /// The value of a global variable, which the environment fixes for ever.
    pub(super) fn global_value(&self, name: StrId) -> Value {
        self.lex.env.tables[0].get_str(name)
    }

    /// Takes registers.
    pub(super) fn reserve(&mut self, count: usize) -> Parsed<()> {
        let function = self.function();
        function.free += count;
        if function.free > limits::SCRIPT_REGISTERS_MAX {
            return self.lex.error_near("function or expression too complex");
        }
        let needed = function.free as u8;
        function.proto.registers = function.proto.registers.max(needed);
        Ok(())
    }

    /// Gives a register back, if it is not that of a variable.
    pub(super) fn release(&mut self, register: u8) {
        let function = self.function();
        if usize::from(register) >= function.active {
            function.free -= 1;
            debug_assert_eq!(usize::from(register), function.free);
        }
    }

    pub(super) fn release_exp(&mut self, exp: &Exp) {
        if let Kind::Register(register) = exp.kind {
            self.release(register);
        }
    }
}

/// Where a name was found.
enum Found {
    Local { register: u8, is_captured: bool },
    Captured(u8),
}
