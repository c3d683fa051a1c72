//! The grammar of expressions.

use super::operator::{Binary, UNARY_PRIORITY, Unary};
use super::{Compiler, Exp, Key, Kind};
use crate::script::code::Op;
use crate::script::lex::{Parsed, Token};

/// Elements of a table constructor that are stored together: as many as fit into
/// registers next to what else an expression holds.
const ELEMENTS_TOGETHER: usize = 50;

/// A table constructor while it is read.
struct Constructor {
    table: u8,
    /// The element that was read last and may be one with many values.
    pending: Option<Exp>,
    elements: usize,
    fields: usize,
    /// Elements in registers.
    waiting: usize,
}

impl Compiler<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Exp> {
        self.operation(0)
    }

    /// An expression of operators that bind more strongly than a limit.
    fn operation(&mut self, limit: u8) -> Parsed<Exp> {
        self.enter()?;
        let unary = match self.lex.token {
            Token::Not => Some(Unary::Not),
            Token::Byte(b'-') => Some(Unary::Negative),
            Token::Byte(b'#') => Some(Unary::Length),
            _ => None,
        };
        let mut left = match unary {
            Some(op) => {
                self.lex.advance()?;
                let mut operand = self.operation(UNARY_PRIORITY)?;
                self.unary(op, &mut operand)?;
                operand
            }
            None => self.simple()?,
        };
        while let Some(op) = Binary::of(self.lex.token) {
            let (strength, right_limit) = op.priority();
            if strength <= limit {
                break;
            }
            self.lex.advance()?;
            self.infix(op, &mut left)?;
            let mut right = self.operation(right_limit)?;
            self.postfix(op, &mut left, &mut right)?;
        }
        self.leave();
        Ok(left)
    }

    fn simple(&mut self) -> Parsed<Exp> {
        let kind = match self.lex.token {
            Token::Number(n) => Kind::Number(n),
            Token::Text(id) => Kind::Text(id),
            Token::Nil => Kind::Nil,
            Token::True => Kind::True,
            Token::False => Kind::False,
            Token::Dots => {
                if !self.function().proto.is_vararg {
                    return self.lex.error_near("cannot use '...' outside a vararg function");
                }
                Kind::Varargs(self.emit(Op::Vararg { a: 0, count: 0 }))
            }
            Token::Byte(b'{') => return self.constructor(),
            Token::Function => {
                let line = self.lex.line;
                self.lex.advance()?;
                return self.body(false, line);
            }
            _ => return self.primary(),
        };
        self.lex.advance()?;
        Ok(Exp::new(kind))
    }

    /// A name or a parenthesis, and what follows it: fields, indices, calls.
    pub(super) fn primary(&mut self) -> Parsed<Exp> {
        let mut e = self.prefix()?;
        loop {
            match self.lex.token {
                Token::Byte(b'.') => {
                    let table = self.load_any(&mut e)?;
                    self.lex.advance()?;
                    let mut key = Exp::new(Kind::Text(self.expect_name()?));
                    e = self.element(table, &mut key)?;
                }
                Token::Byte(b'[') => {
                    let table = self.load_any(&mut e)?;
                    let mut key = self.bracketed()?;
                    e = self.element(table, &mut key)?;
                }
                Token::Byte(b':') => {
                    self.lex.advance()?;
                    let name = self.expect_name()?;
                    self.method(&mut e, name)?;
                    e = self.arguments(&e)?;
                }
                Token::Byte(b'(' | b'{') | Token::Text(_) => {
                    self.load_next(&mut e)?;
                    e = self.arguments(&e)?;
                }
                _ => return Ok(e),
            }
        }
    }

    fn prefix(&mut self) -> Parsed<Exp> {
        match self.lex.token {
            Token::Byte(b'(') => {
                let line = self.lex.line;
                self.lex.advance()?;
                let mut e = self.expression()?;
                self.expect_closing(Token::Byte(b')'), Token::Byte(b'('), line)?;
                self.discharge(&mut e);
                Ok(e)
            }
            Token::Name(name) => {
                self.lex.advance()?;
                self.variable(name)
            }
            _ => self.lex.error_near("unexpected symbol"),
        }
    }

    /// A key in brackets.
    fn bracketed(&mut self) -> Parsed<Exp> {
        self.lex.advance()?;
        let mut key = self.expression()?;
        self.load_value(&mut key)?;
        self.expect(Token::Byte(b']'))?;
        // What is not a constant has to be in a register before anything else is read.
        self.settle(&mut key)?;
        Ok(key)
    }

    /// The arguments of a call, and the call.
    fn arguments(&mut self, function: &Exp) -> Parsed<Exp> {
        let line = self.lex.line;
        let mut last = None;
        match self.lex.token {
            Token::Byte(b'(') => {
                if line != self.lex.last_line {
                    return self.lex.error_near("ambiguous syntax (function call x new statement)");
                }
                self.lex.advance()?;
                if self.lex.token != Token::Byte(b')') {
                    let (e, _) = self.expression_list()?;
                    self.set_results(&e, -1)?;
                    last = Some(e);
                }
                self.expect_closing(Token::Byte(b')'), Token::Byte(b'('), line)?;
            }
            Token::Byte(b'{') => last = Some(self.constructor()?),
            Token::Text(id) => {
                self.lex.advance()?;
                last = Some(Exp::new(Kind::Text(id)));
            }
            _ => return self.lex.error_near("function arguments expected"),
        }
        let Kind::Register(a) = function.kind else { return Ok(*function) };
        let is_open = last.is_some_and(|e| matches!(e.kind, Kind::Call(_) | Kind::Varargs(_)));
        let args = match (is_open, last) {
            (true, _) => 0,
            (false, last) => {
                if let Some(mut e) = last {
                    self.load_next(&mut e)?;
                }
                (self.function().free - usize::from(a)) as u8
            }
        };
        let call = self.emit(Op::Call { a, args, results: 2 });
        self.fix_line(line);
        // The call takes the function and its arguments away and leaves one result.
        self.function().free = usize::from(a) + 1;
        Ok(Exp::new(Kind::Call(call)))
    }

    /// Expressions separated by commas; all but the last one are in registers.
    pub(super) fn expression_list(&mut self) -> Parsed<(Exp, usize)> {
        let mut count = 1;
        let mut e = self.expression()?;
        while self.accept(Token::Byte(b','))? {
            self.load_next(&mut e)?;
            e = self.expression()?;
            count += 1;
        }
        Ok((e, count))
    }

    fn constructor(&mut self) -> Parsed<Exp> {
        let line = self.lex.line;
        let pc = self.emit(Op::NewTable { a: 0, array: 0, hash: 0 });
        let mut e = Exp::new(Kind::Open(pc));
        self.load_next(&mut e)?;
        let Kind::Register(table) = e.kind else { return Ok(e) };
        let mut all = Constructor { table, pending: None, elements: 0, fields: 0, waiting: 0 };
        self.expect(Token::Byte(b'{'))?;
        while self.lex.token != Token::Byte(b'}') {
            self.close_element(&mut all)?;
            let token = self.lex.token;
            let is_name = matches!(token, Token::Name(_));
            let is_field = is_name && self.lex.peek()? == Token::Byte(b'=');
            match token {
                Token::Name(name) if is_field => {
                    self.lex.advance()?;
                    self.field(&mut all, Exp::new(Kind::Text(name)))?;
                }
                Token::Byte(b'[') => {
                    let free = self.function().free;
                    let key = self.bracketed()?;
                    self.field(&mut all, key)?;
                    self.function().free = free;
                }
                _ => {
                    all.pending = Some(self.expression()?);
                    all.elements += 1;
                    all.waiting += 1;
                }
            }
            if !self.accept(Token::Byte(b','))? && !self.accept(Token::Byte(b';'))? {
                break;
            }
        }
        self.expect_closing(Token::Byte(b'}'), Token::Byte(b'{'), line)?;
        self.last_element(&mut all)?;
        let size = |count: usize| count.min(65535) as u16;
        if let Op::NewTable { array, hash, .. } = self.op_mut(pc) {
            (*array, *hash) = (size(all.elements), size(all.fields));
        }
        Ok(e)
    }

    /// The value of a field whose key was read.
    fn field(&mut self, all: &mut Constructor, mut key: Exp) -> Parsed<()> {
        let free = self.function().free;
        self.expect(Token::Byte(b'='))?;
        all.fields += 1;
        let element = self.element(all.table, &mut key)?;
        let mut value = self.expression()?;
        let c = self.load_any(&mut value)?;
        let table = all.table;
        if let Kind::Element { key, .. } = element.kind {
            self.emit(match key {
                Key::Register(b) => Op::SetIndex { a: table, b, c },
                Key::Field(k) => Op::SetField { a: table, k, c },
                Key::Integer(n) => Op::SetInt { a: table, n, c },
            });
        }
        self.function().free = free;
        Ok(())
    }

    /// Puts the element that was read last into a register, and full registers into the table.
    fn close_element(&mut self, all: &mut Constructor) -> Parsed<()> {
        let Some(mut e) = all.pending.take() else { return Ok(()) };
        self.load_next(&mut e)?;
        if all.waiting == ELEMENTS_TOGETHER {
            self.emit_elements(all, all.waiting as u8);
        }
        Ok(())
    }

    fn last_element(&mut self, all: &mut Constructor) -> Parsed<()> {
        let Some(mut e) = all.pending.take() else {
            if all.waiting > 0 {
                self.emit_elements(all, all.waiting as u8);
            }
            return Ok(());
        };
        if matches!(e.kind, Kind::Call(_) | Kind::Varargs(_)) {
            self.set_results(&e, -1)?;
            self.emit_elements(all, 0);
            all.elements -= 1;
        } else {
            self.load_next(&mut e)?;
            self.emit_elements(all, all.waiting as u8);
        }
        Ok(())
    }

    fn emit_elements(&mut self, all: &mut Constructor, count: u8) {
        let start = (all.elements - all.waiting) as u32;
        self.emit(Op::SetList { a: all.table, count, start });
        self.function().free = usize::from(all.table) + 1;
        all.waiting = 0;
    }
}
