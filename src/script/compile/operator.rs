//! Operators: priorities, constant folding, and the instructions that they become.

use super::{Compiler, Exp, Kind, NO_JUMP};
use crate::script::arithmetic::{Math, arithmetic};
use crate::script::code::Op;
use crate::script::lex::{Parsed, Token};
use crate::script::value::Value;

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Binary {
    Math(Math),
    Concat,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unary {
    Negative,
    Not,
    Length,
}

/// The priority of unary operators.
pub(super) const UNARY_PRIORITY: u8 = 8;

impl Binary {
    pub(super) fn of(token: Token) -> Option<Self> {
        Some(match token {
            Token::Byte(b'+') => Binary::Math(Math::Add),
            Token::Byte(b'-') => Binary::Math(Math::Sub),
            Token::Byte(b'*') => Binary::Math(Math::Mul),
            Token::Byte(b'/') => Binary::Math(Math::Div),
            Token::Byte(b'%') => Binary::Math(Math::Mod),
            Token::Byte(b'^') => Binary::Math(Math::Pow),
            Token::Byte(b'<') => Binary::Less,
            Token::Byte(b'>') => Binary::Greater,
            Token::Concat => Binary::Concat,
            Token::Equal => Binary::Equal,
            Token::NotEqual => Binary::NotEqual,
            Token::LessEqual => Binary::LessEqual,
            Token::GreaterEqual => Binary::GreaterEqual,
            Token::And => Binary::And,
            Token::Or => Binary::Or,
            _ => return None,
        })
    }

    /// How strongly it binds on the left and on the right; right-associative ones bind less there.
    pub(super) fn priority(self) -> (u8, u8) {
        match self {
            Binary::Or => (1, 1),
            Binary::And => (2, 2),
            Binary::Concat => (5, 4),
            Binary::Math(Math::Add | Math::Sub) => (6, 6),
            Binary::Math(Math::Pow) => (10, 9),
            Binary::Math(_) => (7, 7),
            _ => (3, 3),
        }
    }
}

/// A number without jumps.
fn number(e: &Exp) -> Option<f64> {
    match e.kind {
        Kind::Number(n) if e.if_true == NO_JUMP && e.if_false == NO_JUMP => Some(n),
        _ => None,
    }
}

/// The result of an operation on constants, if it can be computed at compile time.
fn fold(op: Math, a: f64, b: f64) -> Option<f64> {
    if matches!(op, Math::Div | Math::Mod) && b == 0.0 {
        return None;
    }
    Some(arithmetic(op, a, b)).filter(|n| !n.is_nan())
}

impl Compiler<'_> {
    pub(super) fn unary(&mut self, op: Unary, e: &mut Exp) -> Parsed<()> {
        match op {
            Unary::Not => return self.negate(e),
            Unary::Negative => {
                if let Some(n) = number(e) {
                    e.kind = Kind::Number(-n);
                    return Ok(());
                }
            }
            Unary::Length => {}
        }
        let b = self.load_any(e)?;
        self.release_exp(e);
        *e = Exp::new(Kind::Open(self.emit(match op {
            Unary::Length => Op::Len { a: 0, b },
            _ => Op::Neg { a: 0, b },
        })));
        Ok(())
    }

    /// What has to be done with the left operand before the right one is read.
    pub(super) fn infix(&mut self, op: Binary, e: &mut Exp) -> Parsed<()> {
        match op {
            Binary::And => self.go_if_true(e),
            Binary::Or => self.go_if_false(e),
            Binary::Concat => self.load_next(e),
            _ if number(e).is_some() => Ok(()),
            Binary::Equal | Binary::NotEqual if self.constant_of(e).is_some() => Ok(()),
            _ => self.load_any(e).map(drop),
        }
    }

    /// Emits the operation, and leaves its result in `left`.
    pub(super) fn postfix(&mut self, op: Binary, left: &mut Exp, right: &mut Exp) -> Parsed<()> {
        match op {
            Binary::And => {
                self.discharge(right);
                let shorter = right.if_false;
                right.if_false = left.if_false;
                self.join(&mut right.if_false, shorter);
                *left = *right;
            }
            Binary::Or => {
                self.discharge(right);
                let shorter = right.if_true;
                right.if_true = left.if_true;
                self.join(&mut right.if_true, shorter);
                *left = *right;
            }
            Binary::Concat => return self.concat(left, right),
            Binary::Math(op) => return self.math(op, left, right),
            Binary::Equal => return self.equality(true, left, right),
            Binary::NotEqual => return self.equality(false, left, right),
            Binary::Less => return self.order(false, left, right),
            Binary::LessEqual => return self.order(true, left, right),
            Binary::Greater => {
                std::mem::swap(left, right);
                return self.order(false, left, right);
            }
            Binary::GreaterEqual => {
                std::mem::swap(left, right);
                return self.order(true, left, right);
            }
        }
        Ok(())
    }

    /// A chain of concatenations becomes one instruction over a range of registers.
    fn concat(&mut self, left: &mut Exp, right: &mut Exp) -> Parsed<()> {
        let Kind::Register(first) = left.kind else { return Ok(()) };
        self.load_value(right)?;
        if let Kind::Open(pc) = right.kind
            && let Op::Concat { b, .. } = self.op_mut(pc)
        {
            *b = first;
            self.release(first);
            *left = *right;
            return Ok(());
        }
        self.load_next(right)?;
        let Kind::Register(c) = right.kind else { return Ok(()) };
        self.release(c);
        self.release(first);
        *left = Exp::new(Kind::Open(self.emit(Op::Concat { a: 0, b: first, c })));
        Ok(())
    }

    fn math(&mut self, op: Math, left: &mut Exp, right: &mut Exp) -> Parsed<()> {
        if let (Some(a), Some(b)) = (number(left), number(right))
            && let Some(n) = fold(op, a, b)
        {
            left.kind = Kind::Number(n);
            return Ok(());
        }
        let constant = match (op, number(right)) {
            (Math::Pow, _) | (_, None) => None,
            (_, Some(n)) => u16::try_from(self.number_constant(n)).ok(),
        };
        let Some(k) = constant else {
            let (b, c) = self.both(left, right)?;
            return self.emit_math(
                left,
                match op {
                    Math::Add => Op::Add { a: 0, b, c },
                    Math::Sub => Op::Sub { a: 0, b, c },
                    Math::Mul => Op::Mul { a: 0, b, c },
                    Math::Div => Op::Div { a: 0, b, c },
                    Math::Mod => Op::Mod { a: 0, b, c },
                    Math::Pow => Op::Pow { a: 0, b, c },
                },
            );
        };
        let b = self.load_any(left)?;
        self.release_exp(left);
        self.emit_math(
            left,
            match op {
                Math::Add => Op::AddK { a: 0, b, k },
                Math::Sub => Op::SubK { a: 0, b, k },
                Math::Mul => Op::MulK { a: 0, b, k },
                Math::Div => Op::DivK { a: 0, b, k },
                Math::Mod | Math::Pow => Op::ModK { a: 0, b, k },
            },
        )
    }

    fn emit_math(&mut self, e: &mut Exp, op: Op) -> Parsed<()> {
        *e = Exp::new(Kind::Open(self.emit(op)));
        Ok(())
    }

    /// Puts both operands into registers, which are free afterwards.
    fn both(&mut self, left: &mut Exp, right: &mut Exp) -> Parsed<(u8, u8)> {
        // The left one is in a register already unless it is a constant, whose turn is no matter.
        let c = self.load_any(right)?;
        let b = self.load_any(left)?;
        let (high, low) = if b > c { (b, c) } else { (c, b) };
        self.release(high);
        if high != low {
            self.release(low);
        }
        Ok((b, c))
    }

    /// The position of a constant that a comparison can contain.
    fn constant_of(&mut self, e: &Exp) -> Option<u8> {
        if e.has_jumps() {
            return None;
        }
        let position = match e.kind {
            Kind::Number(n) => self.number_constant(n),
            Kind::Text(id) => self.text_constant(id),
            Kind::Nil => self.constant(3, 0, Value::Nil),
            Kind::True => self.constant(3, 1, Value::Bool(true)),
            Kind::False => self.constant(3, 2, Value::Bool(false)),
            _ => return None,
        };
        u8::try_from(position).ok()
    }

    fn equality(&mut self, want: bool, left: &mut Exp, right: &mut Exp) -> Parsed<()> {
        let to = NO_JUMP;
        let op = if let Some(k) = self.constant_of(right) {
            Op::EqK { a: self.operand(left)?, k, want, to }
        } else if let Some(k) = self.constant_of(left) {
            Op::EqK { a: self.operand(right)?, k, want, to }
        } else {
            let (a, b) = self.both(left, right)?;
            Op::Eq { a, b, want, to }
        };
        *left = Exp::new(Kind::Jump(self.emit(op)));
        Ok(())
    }

    fn order(&mut self, or_equal: bool, left: &mut Exp, right: &mut Exp) -> Parsed<()> {
        let (want, to) = (true, NO_JUMP);
        let right_constant = number(right).and_then(|_| self.constant_of(right));
        let left_constant = number(left).and_then(|_| self.constant_of(left));
        let op = match (left_constant, right_constant, or_equal) {
            (_, Some(k), false) => Op::LtK { a: self.operand(left)?, k, want, to },
            (_, Some(k), true) => Op::LeK { a: self.operand(left)?, k, want, to },
            (Some(k), None, false) => Op::GtK { a: self.operand(right)?, k, want, to },
            (Some(k), None, true) => Op::GeK { a: self.operand(right)?, k, want, to },
            (None, None, _) => {
                let (a, b) = self.both(left, right)?;
                match or_equal {
                    false => Op::Lt { a, b, want, to },
                    true => Op::Le { a, b, want, to },
                }
            }
        };
        *left = Exp::new(Kind::Jump(self.emit(op)));
        Ok(())
    }

    /// Puts one operand into a register, which is free afterwards.
    fn operand(&mut self, e: &mut Exp) -> Parsed<u8> {
        let register = self.load_any(e)?;
        self.release_exp(e);
        Ok(register)
    }
}
