//! Frames of calls, and coroutines: a stack of values and a stack of frames each.

use super::value::{FuncId, ThreadId, Value};

/// What happens to the results when a frame returns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Ret {
    /// An ordinary call: results overwrite the function.
    #[default]
    Call,
    /// A metamethod whose first result is stored at an absolute stack position.
    Store(u32),
    /// A metamethod whose results are thrown away.
    Discard,
    /// A comparison: jump if the truth of the first result is as wanted.
    Test { want: bool, to: u32 },
    /// A step of a concatenation, which continues with the result as the last operand.
    Concat { first: u32, last: u32, dest: u32 },
    /// `pcall`: results are preceded by true.
    Protected,
    /// `xpcall`: the same, and its handler is below the function.
    Handled,
    /// The handler of an `xpcall`: results are preceded by false.
    Handler,
    /// The body of a coroutine.
    Coroutine,
    /// A native function waits for the results.
    Exit,
}

/// How the loop goes on after an instruction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flow {
    /// With the next instruction of the same frame.
    Next,
    /// At another instruction of the same frame.
    Jump(u32),
    /// With the frame that is on top now.
    Reload,
    /// Not at all: the frame returned for which the loop was started.
    Exit,
}

/// One active call of a function of the script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub function: FuncId,
    pub chunk: u32,
    pub proto: u32,
    /// The next instruction, while the frame is not on top.
    pub pc: u32,
    /// Stack position of register 0.
    pub base: u32,
    /// Stack position of the function. The results of an ordinary call go there.
    pub bottom: u32,
    /// Surplus arguments, which are below the base.
    pub varargs: u32,
    /// Results that the caller wants; negative for all.
    pub want: i32,
    pub ret: Ret,
    /// Whether calls replaced this one by a tail call, so that its caller is unknown.
    pub is_tail: bool,
}

/// What a coroutine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Status {
    /// It was not started, or it yielded.
    #[default]
    Suspended,
    /// It runs.
    Running,
    /// It resumed another one.
    Normal,
    /// It returned or failed.
    Dead,
}

/// A coroutine while it does not run.
#[derive(Debug, Default)]
pub(super) struct Coroutine {
    /// The function to start, then the stack.
    pub stack: Vec<Value>,
    pub frames: Vec<Frame>,
    pub status: Status,
    /// What happens to the results of `yield`: where they go, and how many are wanted.
    pub ret: Ret,
    pub dest: u32,
    pub want: i32,
}

/// Bytes that are counted for a coroutine in addition to its stack and frames.
const COROUTINE_BYTES: usize = 256;

impl Coroutine {
    /// Bytes on the account of the run, while it does not run itself.
    pub fn bytes(&self) -> usize {
        COROUTINE_BYTES + stack_bytes(&self.stack) + frames_bytes(&self.frames)
    }

    /// What a suspended coroutine refers to.
    pub fn roots(&self) -> impl Iterator<Item = Value> + '_ {
        let functions = self.frames.iter().map(|frame| Value::Func(frame.function));
        self.stack.iter().copied().chain(functions)
    }
}

/// A coroutine (or the main script) that waits for another one, which it resumed.
#[derive(Debug)]
pub(super) struct Resumer {
    /// `None` is the main script.
    pub thread: Option<ThreadId>,
    pub stack: Vec<Value>,
    pub frames: Vec<Frame>,
    /// What happens to the results of `resume`: where they go, and how many are wanted.
    pub ret: Ret,
    pub dest: u32,
    pub want: i32,
    /// Whether a function of `coroutine.wrap` resumed: errors pass, and there is no `true`.
    pub is_wrap: bool,
}

/// Bytes that a stack takes.
pub(super) fn stack_bytes(stack: &Vec<Value>) -> usize {
    stack.capacity() * size_of::<Value>()
}

/// Bytes that frames take.
pub(super) fn frames_bytes(frames: &Vec<Frame>) -> usize {
    frames.capacity() * size_of::<Frame>()
}
