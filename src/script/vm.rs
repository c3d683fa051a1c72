//! The machine: a run of a script, and the loop that executes instructions.
//!
//! Calls of the script push a frame and go round the loop; they never recurse in Rust. The loop
//! works on a window of 256 registers, so that an index of one byte needs no check. Whatever is
//! rare leaves the loop: [`super::slow`] has the instructions that can call metamethods,
//! [`super::call`] calls and returns, [`super::unwind`] what happens after an error.

use std::rc::Rc;
use std::sync::Arc;

use super::arithmetic::modulo;
use super::code::{Op, Program};
use super::error::Error;
use super::heap::Heap;
use super::native::Host;
use super::number;
use super::settings::CjsonSettings;
use super::thread::{Flow, Frame, Resumer};
use super::value::{ThreadId, Value};
use crate::limits;

/// Registers that a frame can name.
pub(super) const WINDOW: usize = 256;

/// A program of a run. Counting its owners in the run keeps the counter that all threads share
/// out of the machine's loop.
#[derive(Debug)]
pub(super) struct Chunk(pub Arc<Program>);

impl std::ops::Deref for Chunk {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

/// A run of a script: all its values, and what it is doing.
#[derive(Debug)]
pub struct Vm {
    pub(super) heap: Heap,
    /// The main program, then what `loadstring` compiled.
    pub(super) chunks: Vec<Rc<Chunk>>,
    pub(super) frames: Vec<Frame>,
    /// The chain of resumed coroutines, each resumed by the one before; empty while the main script
    /// runs.
    pub(super) resumers: Vec<Resumer>,
    pub(super) thread: Option<ThreadId>,
    /// Resumers at the start of the innermost loop: `yield` cannot leave that loop.
    pub(super) resumers_outside: usize,
    /// Nested calls of the loop by native functions.
    pub(super) depth: usize,
    /// The instruction behind the running one, noted before anything that can fail.
    pub(super) pc: usize,
    /// End of the values whose number was open when they were made.
    pub(super) top: usize,
    /// Steps until the host is asked.
    pub(super) budget: i64,
    pub(super) steps: u64,
    /// The line of the last error.
    pub(super) fault_line: Option<u32>,
    pub(super) random: u64,
    pub(super) cjson: CjsonSettings,
    /// The stack of the main script while nothing runs.
    pub(super) idle_stack: Vec<Value>,
}

impl Vm {
    /// Counts work; asks the host when enough was done.
    #[inline]
    pub(super) fn charge(&mut self, host: &mut dyn Host, steps: usize) -> Result<(), Error> {
        self.budget -= steps as i64;
        if self.budget < 0 { self.ask_host(host) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn ask_host(&mut self, host: &mut dyn Host) -> Result<(), Error> {
        self.steps += (limits::SCRIPT_TICK_STEPS - self.budget) as u64;
        self.budget = limits::SCRIPT_TICK_STEPS;
        host.tick(self.steps).map_err(Error::from)
    }

    /// The number that a value is or says.
    pub(super) fn to_number(&self, value: Value) -> Option<f64> {
        match value {
            Value::Num(n) => Some(n),
            Value::Str(id) => number::parse(self.heap.bytes_of(id)),
            _ => None,
        }
    }

    /// Executes until the frame returns that was pushed for it.
    pub(super) fn execute(
        &mut self,
        stack: &mut Vec<Value>,
        host: &mut dyn Host,
    ) -> Result<(), Error> {
        loop {
            match self.run_frames(stack, host) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    if self.unwind(error, stack, host)? == Flow::Exit {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// The loop. An error leaves it, with the failing instruction noted in `pc`.
    ///
    /// An arm that is done goes on with `continue`; one that is not, because an operand has an
    /// unusual type, falls out of the match to the general form of its instruction.
    fn run_frames(&mut self, stack: &mut Vec<Value>, host: &mut dyn Host) -> Result<(), Error> {
        let (mut current, mut chunk) = (0, self.chunks[0].clone());
        'frame: loop {
            let frame = self.frames[self.frames.len() - 1];
            if frame.chunk != current {
                (current, chunk) = (frame.chunk, self.chunks[frame.chunk as usize].clone());
            }
            let proto = &chunk.protos[frame.proto as usize];
            // The constants and, below, the registers: r and q keep a line per instruction.
            let (code, q) = (&proto.code[..], &proto.constants[..]);
            let (base, f, mut pc) = (frame.base as usize, frame.function, frame.pc as usize);
            'window: loop {
                let r = window(stack, base)?;
                let op = loop {
                    let op = code[pc];
                    pc += 1;
                    match op {
                        Op::Move { a, b } => set!(r[a] = r[b]),
                        Op::LoadK { a, k } | Op::Global { a, k } => set!(r[a] = q[k]),
                        Op::LoadBool { a, value, skip: false } => set!(r[a] = (Value::Bool(value))),
                        Op::GetUp { a, up } => set!(r[a] = (self.heap.captured(f, up))),
                        Op::SetUp { a, up } => change!(self.set_captured(f, up, r[a])),
                        Op::GetCell { a, b } => find!(r[a] = self.content(r[b])),
                        Op::SetCell { a, b } => change!(self.fill(r[a], r[b])),
                        Op::GetField { a, b, k } => find!(r[a] = self.field(r[b], q[k])),
                        Op::GetInt { a, b, n } => find!(r[a] = self.item(r[b], n)),
                        Op::GetIndex { a, b, c } => find!(r[a] = self.element(r[b], r[c])),
                        Op::SetField { a, c, k } => change!(self.replace(r[a], q[k], r[c])),
                        Op::SetIndex { a, b, c } => change!(self.replace(r[a], r[b], r[c])),
                        Op::Add { a, b, c } => math!(r[a] = r[b] + r[c]),
                        Op::Sub { a, b, c } => math!(r[a] = r[b] - r[c]),
                        Op::Mul { a, b, c } => math!(r[a] = r[b] * r[c]),
                        Op::Div { a, b, c } => math!(r[a] = r[b] / r[c]),
                        Op::Mod { a, b, c } => math!(r[a] = r[b] % r[c]),
                        Op::AddK { a, b, k } => math!(r[a] = r[b] + q[k]),
                        Op::SubK { a, b, k } => math!(r[a] = r[b] - q[k]),
                        Op::MulK { a, b, k } => math!(r[a] = r[b] * q[k]),
                        Op::DivK { a, b, k } => math!(r[a] = r[b] / q[k]),
                        Op::ModK { a, b, k } => math!(r[a] = r[b] % q[k]),
                        Op::Not { a, b } => set!(r[a] = (Value::Bool(!r[b as usize].is_true()))),
                        Op::Len { a, b } => find!(r[a] = self.length(r[b])),
                        Op::Jump { to } => jump!(self, host, pc, to),
                        Op::Test { a, want, to } => jump_if!(self, host, pc, to, test(r, a, want)),
                        Op::EqK { a, k, want, to } => {
                            jump_if!(self, host, pc, to, same(r, a, q[k as usize], want))
                        }
                        Op::Lt { a, b, want, to } => cmp!(self, host, pc, to, want, r[a] < r[b]),
                        Op::Le { a, b, want, to } => cmp!(self, host, pc, to, want, r[a] <= r[b]),
                        Op::LtK { a, k, want, to } => cmp!(self, host, pc, to, want, r[a] < q[k]),
                        Op::LeK { a, k, want, to } => cmp!(self, host, pc, to, want, r[a] <= q[k]),
                        Op::GtK { a, k, want, to } => cmp!(self, host, pc, to, want, r[a] > q[k]),
                        Op::GeK { a, k, want, to } => cmp!(self, host, pc, to, want, r[a] >= q[k]),
                        Op::ForLoop { a, to } => jump_if!(self, host, pc, to, step(r, a as usize)),
                        _ => {}
                    }
                    break op;
                };
                self.pc = pc;
                match self.slow(stack, host, op, proto, base)? {
                    Flow::Next => {}
                    Flow::Jump(to) => pc = to as usize,
                    Flow::Reload => continue 'frame,
                    Flow::Exit => return Ok(()),
                }
                continue 'window;
            }
        }
    }
}

/// The registers of a frame. The stack is always that long above the base of a frame.
#[inline(always)]
fn window(stack: &mut [Value], base: usize) -> Result<&mut [Value; WINDOW], Error> {
    let registers = stack.get_mut(base..base + WINDOW).and_then(|r| r.try_into().ok());
    registers.ok_or_else(|| Error::bare("stack overflow"))
}

/// A step of a numeric loop: says whether it goes on. The preparation has seen to the types.
#[inline(always)]
fn step(r: &mut [Value; WINDOW], a: usize) -> bool {
    let (Value::Num(at), Value::Num(limit), Value::Num(step)) =
        (r[a & 0xff], r[(a + 1) & 0xff], r[(a + 2) & 0xff])
    else {
        return false;
    };
    let next = at + step;
    let goes_on = if step > 0.0 { next <= limit } else { limit <= next };
    if goes_on {
        r[a & 0xff] = Value::Num(next);
        r[(a + 3) & 0xff] = Value::Num(next);
    }
    goes_on
}

/// Whether the truth of a register is as wanted.
#[inline(always)]
fn test(r: &[Value; WINDOW], a: u8, want: bool) -> bool {
    r[a as usize].is_true() == want
}

/// Whether it is as wanted that a register holds a constant.
#[inline(always)]
fn same(r: &[Value; WINDOW], a: u8, constant: Value, want: bool) -> bool {
    (r[a as usize] == constant) == want
}
