//! The grammar of statements.

use super::{Compiler, Exp, Key, Kind, NO_JUMP};
use crate::script::code::Op;
use crate::script::lex::{Parsed, Token};

impl Compiler<'_> {
    /// Statements up to the end of a block.
    pub(super) fn statements(&mut self) -> Parsed<()> {
        self.enter()?;
        let mut is_last = false;
        while !is_last && !self.ends_block() {
            is_last = self.statement()?;
            self.accept(Token::Byte(b';'))?;
            let function = self.function();
            debug_assert!(function.free >= function.active);
            function.free = function.active;
        }
        self.leave();
        Ok(())
    }

    fn ends_block(&self) -> bool {
        matches!(
            self.lex.token,
            Token::Else | Token::ElseIf | Token::End | Token::Until | Token::Eof
        )
    }

    pub(super) fn block(&mut self) -> Parsed<()> {
        self.open_block(false);
        self.statements()?;
        self.close_block();
        Ok(())
    }

    /// One statement; says whether it has to be the last one of its block.
    fn statement(&mut self) -> Parsed<bool> {
        let line = self.lex.line;
        match self.lex.token {
            Token::If => self.if_statement(line)?,
            Token::While => self.while_statement(line)?,
            Token::Do => {
                self.lex.advance()?;
                self.block()?;
                self.expect_closing(Token::End, Token::Do, line)?;
            }
            Token::For => self.for_statement(line)?,
            Token::Repeat => self.repeat_statement(line)?,
            Token::Function => self.function_statement(line)?,
            Token::Local => {
                self.lex.advance()?;
                match self.accept(Token::Function)? {
                    true => self.local_function()?,
                    false => self.local_statement()?,
                }
            }
            Token::Return => {
                self.return_statement()?;
                return Ok(true);
            }
            Token::Break => {
                self.lex.advance()?;
                self.break_statement()?;
                return Ok(true);
            }
            _ => self.expression_statement()?,
        }
        Ok(false)
    }

    /// A condition; gives the jumps to be taken when it is false.
    pub(super) fn condition(&mut self) -> Parsed<u32> {
        let mut e = self.expression()?;
        if e.kind == Kind::Nil {
            e.kind = Kind::False;
        }
        self.go_if_true(&mut e)?;
        Ok(e.if_false)
    }

    fn if_statement(&mut self, line: u32) -> Parsed<()> {
        let mut escapes = NO_JUMP;
        loop {
            self.lex.advance()?;
            let otherwise = self.condition()?;
            self.expect(Token::Then)?;
            self.block()?;
            match self.lex.token {
                Token::ElseIf => {
                    let jump = self.emit_jump();
                    self.join(&mut escapes, jump);
                    self.patch_here(otherwise);
                }
                Token::Else => {
                    let jump = self.emit_jump();
                    self.join(&mut escapes, jump);
                    self.patch_here(otherwise);
                    self.lex.advance()?;
                    self.block()?;
                    break;
                }
                _ => {
                    self.join(&mut escapes, otherwise);
                    break;
                }
            }
        }
        self.patch_here(escapes);
        self.expect_closing(Token::End, Token::If, line)
    }

    pub(super) fn load_next_expression(&mut self) -> Parsed<()> {
        let mut e = self.expression()?;
        self.load_next(&mut e)
    }

    fn function_statement(&mut self, line: u32) -> Parsed<()> {
        self.lex.advance()?;
        let name = self.expect_name()?;
        let mut variable = self.variable(name)?;
        let mut is_method = false;
        while let Token::Byte(separator @ (b'.' | b':')) = self.lex.token {
            let table = self.load_any(&mut variable)?;
            self.lex.advance()?;
            let mut key = Exp::new(Kind::Text(self.expect_name()?));
            variable = self.element(table, &mut key)?;
            is_method = separator == b':';
            if is_method {
                break;
            }
        }
        let mut function = self.body(is_method, line)?;
        self.store(&variable, &mut function)?;
        self.fix_line(line);
        Ok(())
    }

    fn local_function(&mut self) -> Parsed<()> {
        let name = self.expect_name()?;
        self.declare(name)?;
        let register = self.function().free as u8;
        self.reserve(1)?;
        // A captured variable needs its cell before the function that captures it is made; the
        // register may hold anything until then.
        self.activate();
        let line = self.lex.line;
        let mut function = self.body(false, line)?;
        let is_captured = self.function().locals[usize::from(register)].is_captured;
        let kind = if is_captured { Kind::Cell(register) } else { Kind::Local(register) };
        self.store(&Exp::new(kind), &mut function)
    }

    fn local_statement(&mut self) -> Parsed<()> {
        let mut count = 0;
        loop {
            let name = self.expect_name()?;
            self.declare(name)?;
            count += 1;
            if !self.accept(Token::Byte(b','))? {
                break;
            }
        }
        match self.accept(Token::Byte(b'='))? {
            true => {
                let (e, values) = self.expression_list()?;
                self.adjust(count, values, e)?;
            }
            false => self.adjust(count, 0, Exp::new(Kind::Nil))?,
        }
        self.activate();
        Ok(())
    }

    /// Makes a list of values as long as a list of variables.
    pub(super) fn adjust(&mut self, variables: usize, values: usize, mut e: Exp) -> Parsed<()> {
        let missing = variables as i32 - values as i32;
        if matches!(e.kind, Kind::Call(_) | Kind::Varargs(_)) {
            let extra = (missing + 1).max(0);
            self.set_results(&e, extra)?;
            if extra > 1 {
                self.reserve(extra as usize - 1)?;
            }
            return Ok(());
        }
        if values > 0 {
            self.load_next(&mut e)?;
        }
        if missing > 0 {
            let first = self.function().free as u8;
            self.reserve(missing as usize)?;
            self.emit_nil(first, missing as usize);
        }
        Ok(())
    }

    /// Parameters and body of a function; the closure is an open instruction.
    pub(super) fn body(&mut self, is_method: bool, line: u32) -> Parsed<Exp> {
        self.open_function(line);
        self.expect(Token::Byte(b'('))?;
        if is_method {
            self.declare_hidden("self")?;
        }
        if self.lex.token != Token::Byte(b')') {
            loop {
                match self.lex.token {
                    Token::Name(name) => {
                        self.lex.advance()?;
                        self.declare(name)?;
                    }
                    Token::Dots => {
                        self.lex.advance()?;
                        self.function().proto.is_vararg = true;
                    }
                    _ => return self.lex.error_near("<name> or '...' expected"),
                }
                if self.function().proto.is_vararg || !self.accept(Token::Byte(b','))? {
                    break;
                }
            }
        }
        let parameters = self.function().locals.len();
        self.function().proto.parameters = parameters as u8;
        self.reserve(parameters)?;
        self.activate();
        self.expect(Token::Byte(b')'))?;
        self.statements()?;
        self.lex.last_line = self.lex.line;
        self.expect_closing(Token::End, Token::Function, line)?;
        let proto = self.close_function();
        Ok(Exp::new(Kind::Open(self.emit(Op::Closure { a: 0, proto }))))
    }

    fn return_statement(&mut self) -> Parsed<()> {
        self.lex.advance()?;
        if self.ends_block() || self.check(Token::Byte(b';')) {
            self.emit(Op::Return { a: 0, count: 1 });
            return Ok(());
        }
        let (mut e, values) = self.expression_list()?;
        let first = self.function().active as u8;
        if let (Kind::Call(pc), 1) = (e.kind, values)
            && let Op::Call { a, args, .. } = *self.op_mut(pc)
        {
            *self.op_mut(pc) = Op::TailCall { a, args };
            self.emit(Op::Return { a, count: 0 });
        } else if matches!(e.kind, Kind::Call(_) | Kind::Varargs(_)) {
            self.set_results(&e, -1)?;
            self.emit(Op::Return { a: first, count: 0 });
        } else if values == 1 {
            let a = self.load_any(&mut e)?;
            self.emit(Op::Return { a, count: 2 });
        } else {
            self.load_next(&mut e)?;
            self.emit(Op::Return { a: first, count: values as u8 + 1 });
        }
        Ok(())
    }

    fn break_statement(&mut self) -> Parsed<()> {
        let jump = self.emit_jump();
        let Some(at) = self.function().blocks.iter().rposition(|block| block.is_loop) else {
            return self.lex.error_near("no loop to break");
        };
        let mut breaks = self.function().blocks[at].breaks;
        self.join(&mut breaks, jump);
        self.function().blocks[at].breaks = breaks;
        Ok(())
    }

    /// A call or an assignment.
    fn expression_statement(&mut self) -> Parsed<()> {
        let e = self.primary()?;
        if let Kind::Call(pc) = e.kind {
            if let Op::Call { results, .. } = self.op_mut(pc) {
                *results = 1;
            }
            return Ok(());
        }
        self.check_variable(&e)?;
        let mut variables = vec![e];
        while self.accept(Token::Byte(b','))? {
            let e = self.primary()?;
            self.check_variable(&e)?;
            self.keep_apart(&mut variables, &e)?;
            variables.push(e);
            if variables.len() > crate::limits::SCRIPT_NESTING_MAX {
                return self.lex.error(b"chunk has too many syntax levels");
            }
        }
        self.expect(Token::Byte(b'='))?;
        self.assign(&variables)
    }

    /// Refuses to assign to an expression that is no variable.
    fn check_variable(&self, e: &Exp) -> Parsed<()> {
        let is_variable = matches!(
            e.kind,
            Kind::Local(_)
                | Kind::Cell(_)
                | Kind::Captured(_)
                | Kind::Global(_)
                | Kind::Element { .. }
        );
        if !is_variable || e.has_jumps() {
            return self.lex.error_near("syntax error");
        }
        Ok(())
    }

    fn assign(&mut self, variables: &[Exp]) -> Parsed<()> {
        let (mut e, values) = self.expression_list()?;
        let mut rest = variables;
        if values == variables.len() {
            self.set_one_result(&mut e);
            if let Some((last, others)) = variables.split_last() {
                self.store(last, &mut e)?;
                rest = others;
            }
        } else {
            self.adjust(variables.len(), values, e)?;
            if values > variables.len() {
                self.function().free -= values - variables.len();
            }
        }
        for variable in rest.iter().rev() {
            let register = self.function().free as u8 - 1;
            self.store(variable, &mut Exp::new(Kind::Register(register)))?;
        }
        Ok(())
    }

    /// In `t[i], t = …` the element has to mean the old table: a copy is made of a local variable
    /// that is assigned and also used by an element on its left.
    fn keep_apart(&mut self, variables: &mut [Exp], assigned: &Exp) -> Parsed<()> {
        let Kind::Local(local) = assigned.kind else { return Ok(()) };
        let copy = self.function().free as u8;
        let mut found = false;
        for e in variables {
            if let Kind::Element { table, key } = &mut e.kind {
                if *table == local {
                    (*table, found) = (copy, true);
                }
                if *key == Key::Register(local) {
                    (*key, found) = (Key::Register(copy), true);
                }
            }
        }
        if found {
            self.emit(Op::Move { a: copy, b: local });
            self.reserve(1)?;
        }
        Ok(())
    }
}
