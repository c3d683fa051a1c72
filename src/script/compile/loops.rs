//! The grammar of loops.

use super::{Compiler, Exp, Kind, NO_JUMP};
use crate::script::code::Op;
use crate::script::lex::{Parsed, Token};
use crate::script::value::StrId;

impl Compiler<'_> {
    pub(super) fn while_statement(&mut self, line: u32) -> Parsed<()> {
        self.lex.advance()?;
        let start = self.mark_target();
        let exit = self.condition()?;
        self.open_block(true);
        self.expect(Token::Do)?;
        self.block()?;
        let jump = self.emit_jump();
        self.set_jump(jump, start);
        self.expect_closing(Token::End, Token::While, line)?;
        self.close_block();
        self.patch_here(exit);
        Ok(())
    }

    pub(super) fn repeat_statement(&mut self, line: u32) -> Parsed<()> {
        let start = self.mark_target();
        self.open_block(true);
        self.open_block(false);
        self.lex.advance()?;
        self.statements()?;
        self.expect_closing(Token::Until, Token::Repeat, line)?;
        // The condition sees the local variables of the body.
        let again = self.condition()?;
        self.close_block();
        self.patch(again, start);
        self.close_block();
        Ok(())
    }

    pub(super) fn for_statement(&mut self, line: u32) -> Parsed<()> {
        self.open_block(true);
        self.lex.advance()?;
        let first = self.expect_name()?;
        match self.lex.token {
            Token::Byte(b'=') => self.numeric_for(first, line)?,
            Token::Byte(b',') | Token::In => self.generic_for(first)?,
            _ => return self.lex.error_near("'=' or 'in' expected"),
        }
        self.expect_closing(Token::End, Token::For, line)?;
        self.close_block();
        Ok(())
    }

    fn numeric_for(&mut self, name: StrId, line: u32) -> Parsed<()> {
        let base = self.function().free as u8;
        for hidden in ["(for index)", "(for limit)", "(for step)"] {
            self.declare_hidden(hidden)?;
        }
        self.lex.advance()?;
        self.load_next_expression()?;
        self.expect(Token::Byte(b','))?;
        self.load_next_expression()?;
        match self.accept(Token::Byte(b','))? {
            true => self.load_next_expression()?,
            false => {
                let mut one = Exp::new(Kind::Number(1.0));
                self.load_next(&mut one)?;
            }
        }
        self.activate();
        self.expect(Token::Do)?;
        let prepare = self.emit(Op::ForPrep { a: base, to: NO_JUMP });
        self.loop_body(&[name])?;
        let end = self.mark_target();
        self.set_jump(prepare, end);
        self.emit(Op::ForLoop { a: base, to: prepare + 1 });
        self.fix_line(line);
        Ok(())
    }

    fn generic_for(&mut self, first: StrId) -> Parsed<()> {
        let base = self.function().free as u8;
        for hidden in ["(for generator)", "(for state)", "(for control)"] {
            self.declare_hidden(hidden)?;
        }
        let mut names = vec![first];
        while self.accept(Token::Byte(b','))? {
            names.push(self.expect_name()?);
        }
        self.expect(Token::In)?;
        let line_of_list = self.lex.line;
        let (e, count) = self.expression_list()?;
        self.adjust(3, count, e)?;
        self.activate();
        self.expect(Token::Do)?;
        let start = self.emit_jump();
        self.loop_body(&names)?;
        self.mark_target();
        let here = self.pc();
        self.set_jump(start, here);
        let body = start + 1;
        // The iterator is called with three registers of its own.
        self.reserve(3 + names.len().max(3))?;
        self.function().free = self.function().active;
        self.emit(Op::ForCall { a: base, count: names.len() as u8 });
        self.fix_line(line_of_list);
        self.emit(Op::ForTest { a: base, to: body });
        Ok(())
    }

    /// The body of a `for` loop, with its variables.
    fn loop_body(&mut self, names: &[StrId]) -> Parsed<()> {
        self.open_block(false);
        for name in names {
            self.declare(*name)?;
        }
        self.reserve(names.len())?;
        self.mark_target();
        self.activate();
        self.block()?;
        self.close_block();
        Ok(())
    }
}
