//! The compiled form of a script: instructions of eight bytes for a machine with registers.
//!
//! A [`Program`] is immutable and shared by all threads. An instruction names registers of the
//! current frame (`a` is nearly always the target) and constants of its function. Comparisons
//! contain their jump, so that a condition is one instruction.

use std::sync::Arc;

use super::env::Env;
use super::interner::Interner;
use super::value::Value;

/// Keeps one line per instruction.
macro_rules! instructions {
    ($($variants:tt)*) => {
        /// One instruction.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(super) enum Op { $($variants)* }
    };
}

instructions! {
    /// a = b
    Move { a: u8, b: u8 },
    /// a = constant
    LoadK { a: u8, k: u32 },
    /// a = value; skips the next instruction if `skip` is set
    LoadBool { a: u8, value: bool, skip: bool },
    /// registers a to last = nil
    LoadNil { a: u8, last: u8 },
    /// a = captured variable
    GetUp { a: u8, up: u8 },
    /// captured variable = a
    SetUp { a: u8, up: u8 },
    /// moves the value of a into a cell of its own, because a closure captures the variable
    NewCell { a: u8 },
    /// a = content of the cell in b
    GetCell { a: u8, b: u8 },
    /// content of the cell in a = b
    SetCell { a: u8, b: u8 },
    /// a = constant, the value of a global variable
    Global { a: u8, k: u32 },
    /// fails: there is no global variable of that name; an error may name register a after it
    NoGlobal { a: u8, k: u32 },
    /// fails: global variables cannot be set
    SetGlobal,
    /// a = b[constant string]
    GetField { a: u8, b: u8, k: u16 },
    /// a = b[n]
    GetInt { a: u8, b: u8, n: u16 },
    /// a = b[c]
    GetIndex { a: u8, b: u8, c: u8 },
    /// a[constant string] = c
    SetField { a: u8, c: u8, k: u16 },
    /// a[n] = c
    SetInt { a: u8, c: u8, n: u16 },
    /// a[b] = c
    SetIndex { a: u8, b: u8, c: u8 },
    /// a + 1 = b; a = b[constant string]
    Method { a: u8, b: u8, k: u16 },
    /// a = table with room for elements and fields
    NewTable { a: u8, array: u16, hash: u16 },
    /// a = b op c
    Add { a: u8, b: u8, c: u8 },
    Sub { a: u8, b: u8, c: u8 },
    Mul { a: u8, b: u8, c: u8 },
    Div { a: u8, b: u8, c: u8 },
    Mod { a: u8, b: u8, c: u8 },
    Pow { a: u8, b: u8, c: u8 },
    /// a = b op constant number
    AddK { a: u8, b: u8, k: u16 },
    SubK { a: u8, b: u8, k: u16 },
    MulK { a: u8, b: u8, k: u16 },
    DivK { a: u8, b: u8, k: u16 },
    ModK { a: u8, b: u8, k: u16 },
    /// a = op b
    Neg { a: u8, b: u8 },
    Not { a: u8, b: u8 },
    Len { a: u8, b: u8 },
    /// a = b .. … .. c
    Concat { a: u8, b: u8, c: u8 },
    Jump { to: u32 },
    /// jumps if (a op b) is as wanted
    Eq { a: u8, b: u8, want: bool, to: u32 },
    Lt { a: u8, b: u8, want: bool, to: u32 },
    Le { a: u8, b: u8, want: bool, to: u32 },
    /// the same with a constant on the right
    EqK { a: u8, k: u8, want: bool, to: u32 },
    LtK { a: u8, k: u8, want: bool, to: u32 },
    LeK { a: u8, k: u8, want: bool, to: u32 },
    GtK { a: u8, k: u8, want: bool, to: u32 },
    GeK { a: u8, k: u8, want: bool, to: u32 },
    /// jumps if the truth of a is as wanted
    Test { a: u8, want: bool, to: u32 },
    /// the same with b; if it jumps, a = b
    TestSet { a: u8, b: u8, want: bool, to: u32 },
    /// calls a with `args - 1` arguments from a + 1; wants `results - 1`; 0 means all
    Call { a: u8, args: u8, results: u8 },
    TailCall { a: u8, args: u8 },
    /// returns `count - 1` values from a; 0 means all
    Return { a: u8, count: u8 },
    /// prepares a loop over a, a + 1, a + 2 and jumps to its end
    ForPrep { a: u8, to: u32 },
    /// next step of the loop, variable a + 3
    ForLoop { a: u8, to: u32 },
    /// a + 3 … = a(a + 1, a + 2)
    ForCall { a: u8, count: u8 },
    /// a + 2 = a + 3 and jumps to the body, unless that is nil
    ForTest { a: u8, to: u32 },
    /// a[start + 1 …] = registers behind a; count 0 means all
    SetList { a: u8, count: u8, start: u32 },
    /// a = closure of a function
    Closure { a: u8, proto: u32 },
    /// a … = surplus arguments; `count - 1` of them, 0 means all
    Vararg { a: u8, count: u8 },
}

/// Where a closure finds a variable that it captures.
#[derive(Clone, Copy, Debug)]
pub(super) enum Capture {
    /// In a register of the function that makes the closure.
    Register(u8),
    /// Among the variables that that function captured itself.
    Captured(u8),
}

/// The name of a local variable, for error messages.
#[derive(Clone, Debug)]
pub(super) struct LocalName {
    pub name: Box<[u8]>,
    pub register: u8,
    pub from_pc: u32,
    pub to_pc: u32,
}

/// One function of a script.
#[derive(Clone, Debug, Default)]
pub(super) struct Proto {
    pub code: Vec<Op>,
    /// The source line of each instruction.
    pub lines: Vec<u32>,
    pub constants: Vec<Value>,
    pub captures: Vec<Capture>,
    pub capture_names: Vec<Box<[u8]>>,
    pub locals: Vec<LocalName>,
    pub parameters: u8,
    pub is_vararg: bool,
    /// Registers that it uses.
    pub registers: u8,
}

/// A compiled script, which all threads may run at the same time.
#[derive(Debug)]
pub struct Program {
    pub(super) env: Arc<Env>,
    /// Strings of the program that are not names of the environment.
    pub(super) strings: Interner,
    /// Its functions; the last one is the main function.
    pub(super) protos: Vec<Proto>,
    /// What error messages call the script.
    pub(super) name: Box<[u8]>,
}

impl Op {
    /// The register that gets the result, of instructions that compute one value.
    pub(super) fn result_mut(&mut self) -> Option<&mut u8> {
        match self {
            Op::GetUp { a, .. }
            | Op::GetCell { a, .. }
            | Op::Global { a, .. }
            | Op::NoGlobal { a, .. }
            | Op::GetField { a, .. }
            | Op::GetInt { a, .. }
            | Op::GetIndex { a, .. }
            | Op::NewTable { a, .. }
            | Op::Add { a, .. }
            | Op::Sub { a, .. }
            | Op::Mul { a, .. }
            | Op::Div { a, .. }
            | Op::Mod { a, .. }
            | Op::Pow { a, .. }
            | Op::AddK { a, .. }
            | Op::SubK { a, .. }
            | Op::MulK { a, .. }
            | Op::DivK { a, .. }
            | Op::ModK { a, .. }
            | Op::Neg { a, .. }
            | Op::Not { a, .. }
            | Op::Len { a, .. }
            | Op::Concat { a, .. }
            | Op::Closure { a, .. } => Some(a),
            _ => None,
        }
    }
}

impl Program {
    /// Bytes that the compiled script takes, about: a cache can bound itself by them.
    pub fn bytes(&self) -> usize {
        let protos: usize = self
            .protos
            .iter()
            .map(|proto| {
                proto.code.len() * 12
                    + proto.constants.len() * 16
                    + proto.locals.len() * 48
                    + size_of::<Proto>()
            })
            .sum();
        let strings: usize = self.strings.items.iter().map(|item| item.bytes.len() + 48).sum();
        size_of::<Program>() + protos + strings
    }
}
