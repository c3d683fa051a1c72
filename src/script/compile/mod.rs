//! The compiler: one pass over the tokens, from the grammar straight to instructions.
//!
//! There is no syntax tree. A chain such as `1+1+1+…` is a loop of the parser, whatever its
//! length, and what nests (parentheses, functions, tables, right-associative operators) is
//! bounded by [`limits::SCRIPT_NESTING_MAX`], as in C Lua. So no source text can exhaust a stack.
//!
//! One question cannot be answered in one pass: whether a closure will capture a local variable.
//! Captured variables live in cells on the heap. So a script in which a capture is found is
//! compiled a second time, with the list of captured declarations known from the first time.
//!
//! Reading order: this file (functions under construction), [`scope`] (names), [`expression`] and
//! [`statement`] (the grammar), [`operand`] and [`condition`] (code for expressions).

mod condition;
mod expression;
mod loops;
mod operand;
mod operator;
mod scope;
mod statement;

use std::collections::HashMap;
use std::sync::Arc;

use super::code::{Capture, LocalName, Op, Program, Proto};
use super::env::Env;
use super::lex::{Lexer, Parsed, SyntaxError, Token};
use super::value::{StrId, Value};
use crate::limits;

/// The end of a list of jumps.
const NO_JUMP: u32 = u32::MAX;

/// An expression whose value is not in its final place yet.
#[derive(Clone, Copy, Debug)]
struct Exp {
    kind: Kind,
    /// Jumps that leave the expression when it is true, and when it is false.
    if_true: u32,
    if_false: u32,
}

/// Where the value of an expression is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Nil,
    True,
    False,
    Number(f64),
    Text(StrId),
    /// A local variable in a register.
    Local(u8),
    /// A captured local variable, whose cell is in a register.
    Cell(u8),
    /// A variable that this function captured.
    Captured(u8),
    Global(StrId),
    /// An element of the table in a register.
    Element {
        table: u8,
        key: Key,
    },
    /// The comparison at this instruction, which jumps if it is as wanted.
    Jump(u32),
    /// The instruction at this position, whose target is open.
    Open(u32),
    /// A register.
    Register(u8),
    Call(u32),
    Varargs(u32),
}

/// The key of an element.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    Register(u8),
    Field(u16),
    Integer(u16),
}

impl Exp {
    fn new(kind: Kind) -> Self {
        Self { kind, if_true: NO_JUMP, if_false: NO_JUMP }
    }

    fn has_jumps(&self) -> bool {
        self.if_true != self.if_false
    }
}

/// A block of statements.
#[derive(Default)]
struct Block {
    /// Local variables outside.
    locals: usize,
    is_loop: bool,
    /// Jumps of `break`.
    breaks: u32,
}

/// A local variable in scope; its register is its position in the list.
struct Local {
    name: StrId,
    /// The running number of its declaration in the source.
    declaration: usize,
    is_captured: bool,
    from_pc: u32,
}

/// A function under construction.
#[derive(Default)]
struct Function {
    proto: Proto,
    locals: Vec<Local>,
    /// Locals that are in scope; those behind were declared but not reached.
    active: usize,
    blocks: Vec<Block>,
    captures: Vec<StrId>,
    /// First register that is free.
    free: usize,
    /// Positions of constants, by kind and bits.
    constants: HashMap<(u8, u64), u32, ahash::RandomState>,
    /// The last position that is the target of a jump.
    last_target: u32,
    line: u32,
}

struct Compiler<'s> {
    lex: Lexer<'s>,
    functions: Vec<Function>,
    done: Vec<Proto>,
    depth: usize,
    /// Declarations that a closure captures: known from the first pass, found by the second.
    known: Vec<bool>,
    found: Vec<bool>,
    declarations: usize,
}

/// Compiles a script.
pub(super) fn compile(env: &Arc<Env>, name: &[u8], source: &[u8]) -> Result<Program, SyntaxError> {
    if source.len() > limits::SCRIPT_SOURCE_BYTES_MAX {
        return Err(SyntaxError([name, b":1: script is too long"].concat()));
    }
    let name = chunk_name(name);
    let first = Compiler::new(Lexer::new(env, &name, source), Vec::new()).run();
    let mut compiler = first.map_err(|error| *error)?;
    if compiler.found.iter().any(|captured| *captured) {
        let known = std::mem::take(&mut compiler.found);
        let second = Compiler::new(Lexer::new(env, &name, source), known).run();
        compiler = second.map_err(|error| *error)?;
    }
    Ok(Program {
        env: env.clone(),
        strings: compiler.lex.strings,
        protos: compiler.done,
        name: name.into(),
    })
}

/// What messages call a chunk: `@file` and `=name` are names, all else is its own source.
fn chunk_name(name: &[u8]) -> Vec<u8> {
    const LEN_MAX: usize = 59;
    match name {
        [b'=', rest @ ..] => rest[..rest.len().min(LEN_MAX)].to_vec(),
        [b'@', rest @ ..] if rest.len() <= LEN_MAX => rest.to_vec(),
        [b'@', rest @ ..] => [b"...", &rest[rest.len() - (LEN_MAX - 3)..]].concat(),
        source => {
            let line = source.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or(b"");
            let room = LEN_MAX - "[string \"...\"]".len();
            let cut = line.len() < source.len() || line.len() > room;
            let line = &line[..line.len().min(room)];
            [b"[string \"".as_slice(), line, if cut { b"..." } else { b"" }, b"\"]"].concat()
        }
    }
}

impl<'s> Compiler<'s> {
    fn new(lex: Lexer<'s>, known: Vec<bool>) -> Self {
        let (functions, done, found) = (Vec::new(), Vec::new(), Vec::new());
        Self { lex, functions, done, depth: 0, known, found, declarations: 0 }
    }

    /// Compiles the main function.
    fn run(mut self) -> Parsed<Self> {
        self.lex.advance()?;
        self.open_function(0);
        self.function().proto.is_vararg = true;
        self.statements()?;
        if self.lex.token != Token::Eof {
            return self.expected(Token::Eof);
        }
        self.close_function();
        Ok(self)
    }

    fn open_function(&mut self, line: u32) {
        let mut function = Function { line, last_target: NO_JUMP, ..Function::default() };
        function.proto.registers = 2;
        function.blocks.push(Block { breaks: NO_JUMP, ..Block::default() });
        self.functions.push(function);
    }

    /// Completes the innermost function and gives its position among those that are done.
    fn close_function(&mut self) -> u32 {
        self.emit(Op::Return { a: 0, count: 1 });
        self.remove_locals(0);
        let Some(function) = self.functions.pop() else { return 0 };
        let mut proto = function.proto;
        let names = function.captures.iter().map(|id| self.lex.bytes(*id).into());
        proto.capture_names = names.collect();
        self.done.push(proto);
        self.done.len() as u32 - 1
    }

    /// The innermost function.
    fn function(&mut self) -> &mut Function {
        let last = self.functions.len() - 1;
        &mut self.functions[last]
    }

    fn pc(&mut self) -> u32 {
        self.function().proto.code.len() as u32
    }

    fn emit(&mut self, op: Op) -> u32 {
        let line = self.lex.last_line;
        let proto = &mut self.function().proto;
        proto.code.push(op);
        proto.lines.push(line);
        proto.code.len() as u32 - 1
    }

    /// Says that the last instruction belongs to another line.
    fn fix_line(&mut self, line: u32) {
        if let Some(last) = self.function().proto.lines.last_mut() {
            *last = line;
        }
    }

    fn op_mut(&mut self, pc: u32) -> &mut Op {
        &mut self.function().proto.code[pc as usize]
    }

    // ---- Tokens ----

    fn check(&mut self, token: Token) -> bool {
        self.lex.token == token
    }

    /// Passes a token if it is the current one.
    fn accept(&mut self, token: Token) -> Parsed<bool> {
        let found = self.lex.token == token;
        if found {
            self.lex.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, token: Token) -> Parsed<()> {
        match self.accept(token)? {
            true => Ok(()),
            false => self.expected(token),
        }
    }

    fn expected<T>(&self, token: Token) -> Parsed<T> {
        self.lex.error_near(&format!("'{}' expected", self.lex.fixed(token)))
    }

    /// Passes the token that closes what another one opened.
    fn expect_closing(&mut self, closing: Token, opening: Token, line: u32) -> Parsed<()> {
        if self.accept(closing)? {
            return Ok(());
        }
        if line == self.lex.line {
            return self.expected(closing);
        }
        let (closing, opening) = (self.lex.fixed(closing), self.lex.fixed(opening));
        self.lex.error_near(&format!("'{closing}' expected (to close '{opening}' at line {line})"))
    }

    fn expect_name(&mut self) -> Parsed<StrId> {
        let Token::Name(name) = self.lex.token else {
            return self.expected(Token::Name(StrId(0)));
        };
        self.lex.advance()?;
        Ok(name)
    }

    /// Goes one level deeper.
    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        match self.depth > limits::SCRIPT_NESTING_MAX {
            true => self.lex.error(b"chunk has too many syntax levels"),
            false => Ok(()),
        }
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The error for more of something than a function can have.
    fn too_many<T>(&mut self, limit: usize, what: &str) -> Parsed<T> {
        let text = match self.function().line {
            0 => format!("main function has more than {limit} {what}"),
            line => format!("function at line {line} has more than {limit} {what}"),
        };
        self.lex.error_near(&text)
    }

    // ---- Constants ----

    fn constant(&mut self, kind: u8, bits: u64, value: Value) -> u32 {
        let function = self.function();
        let next = function.proto.constants.len() as u32;
        let position = *function.constants.entry((kind, bits)).or_insert(next);
        if position == next {
            function.proto.constants.push(value);
        }
        position
    }

    fn number_constant(&mut self, n: f64) -> u32 {
        // As in C Lua the first of 0 and -0 is used for both.
        self.constant(0, (n + 0.0).to_bits(), Value::Num(n))
    }

    fn text_constant(&mut self, id: StrId) -> u32 {
        self.constant(1, id.0.into(), Value::Str(id))
    }

    /// Adds a variable that the innermost function captures, and gives its number.
    fn add_capture(&mut self, at: usize, name: StrId, capture: Capture) -> Parsed<u8> {
        let function = &mut self.functions[at];
        if let Some(known) = function.captures.iter().position(|other| *other == name) {
            return Ok(known as u8);
        }
        if function.captures.len() >= limits::SCRIPT_CAPTURES_MAX {
            return self.too_many(limits::SCRIPT_CAPTURES_MAX, "upvalues");
        }
        function.captures.push(name);
        function.proto.captures.push(capture);
        Ok(function.captures.len() as u8 - 1)
    }

    /// Notes the name of a local variable whose scope ends.
    fn note_local(&mut self, register: usize) {
        let pc = self.pc();
        let local = &self.functions[self.functions.len() - 1].locals[register];
        let name = LocalName {
            name: self.lex.bytes(local.name).into(),
            register: register as u8,
            from_pc: local.from_pc,
            to_pc: pc,
        };
        self.function().proto.locals.push(name);
    }
}
