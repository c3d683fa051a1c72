//! Limits of scripts, and of what they leave behind.

/// Bytes of the source of one script. The largest scripts of real applications have 60 KB.
pub const SCRIPT_SOURCE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that the values of one run of a script may take. Redis has no limit; this one holds a
/// million short strings in a table, and no more than one script runs at a time.
pub const SCRIPT_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Nesting of whatever nests in the source of a script, as in C Lua (`LUAI_MAXCCALLS`): the parser
/// recurses that deep on a worker's stack.
pub const SCRIPT_NESTING_MAX: usize = 200;

/// Local variables, captured variables and registers of one function of a script, as in C Lua.
pub const SCRIPT_LOCALS_MAX: usize = 200;
/// See [`SCRIPT_LOCALS_MAX`].
pub const SCRIPT_CAPTURES_MAX: usize = 60;
/// See [`SCRIPT_LOCALS_MAX`]; an instruction names a register by one byte.
pub const SCRIPT_REGISTERS_MAX: usize = 250;

/// Active calls of a script (per coroutine), as in C Lua.
pub const SCRIPT_CALL_DEPTH_MAX: usize = 20_000;

/// Values on the stack of a script (per coroutine): 16 MB, for the deepest calls with fifty
/// registers each.
pub const SCRIPT_STACK_VALUES_MAX: usize = 1024 * 1024;

/// Native functions of a script that call back into it, one inside the other (`gsub`, `sort`,
/// `__tostring`): each one takes up to 4 KB of the worker's stack.
pub const SCRIPT_NATIVE_DEPTH_MAX: usize = 30;

/// Coroutines that resume each other, one inside the other, as in C Lua (`LUAI_MAXCCALLS`).
pub const SCRIPT_COROUTINE_DEPTH_MAX: usize = 199;

/// Tables that `__index` and `__newindex` may lead through, as in C Lua (`MAXTAGLOOP`).
pub const SCRIPT_META_CHAIN_MAX: usize = 100;

/// Results of `unpack`, exclusive, as in C Lua (`LUAI_MAXCSTACK`).
pub const SCRIPT_UNPACK_MAX: i64 = 8000;

/// Steps of a script between two questions to the host whether it may go on: about 100 µs.
pub const SCRIPT_TICK_STEPS: i64 = 10_000;

/// Scripts that came with EVAL and are kept: an application that builds its scripts from text sends
/// another one each time.
pub const SCRIPTS_EVALUATED_MAX: usize = 500;

/// Bytes of those together, compiled and as text: a hundred of the largest of real applications.
pub const SCRIPTS_EVALUATED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Sources that were refused and are remembered: at least those of one batch.
pub const SCRIPTS_REFUSED_MAX: usize = 128;

/// Scripts that a session compares with the text of its next EVAL before it computes a digest.
pub const SCRIPT_MEMO_LEN: usize = 4;

/// Bytes of a source up to which it may be compiled while others are compiled: a thread takes up to
/// thirty times that meanwhile. Most scripts of real applications are shorter.
pub const SCRIPT_SMALL_BYTES: usize = 16 * 1024;

/// Bytes of all libraries of functions, compiled and as text. They are part of the data, but not of
/// what `maxmemory` counts.
pub const FUNCTION_LIBRARIES_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Functions of one library: its registrations are compared with each other.
pub const FUNCTIONS_OF_LIBRARY_MAX: usize = 2_000;

/// Bytes of the name of a library or function: FUNCTION LIST shows all of them.
pub const FUNCTION_NAME_BYTES_MAX: usize = 1024;

/// Steps that the code of a library may take while it is loaded: about the half second that Redis
/// gives it, but the same on each machine.
pub const FUNCTION_LOAD_STEPS_MAX: u64 = 20_000_000;

/// Bytes that its values may take meanwhile. Several clients may load libraries at a time, and all
/// that the code does is to make functions.
pub const FUNCTION_LOAD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Lines that one run of a script may write to the server's log, and bytes of each.
pub const SCRIPT_LOG_LINES_MAX: usize = 1_000;

/// See [`SCRIPT_LOG_LINES_MAX`].
pub const SCRIPT_LOG_LINE_BYTES_MAX: usize = 1024;

/// Tables within tables in the reply of a script: the function that writes them calls itself.
pub const SCRIPT_REPLY_DEPTH_MAX: usize = 64;

/// Milliseconds that a client waits for the keyspace lock before it looks whether a script holds it
/// for too long.
pub const SCRIPT_LOOK_EVERY_MS: u64 = 5;

/// First words of errors that scripts have made up and that are counted, and bytes of each: as many
/// as in Redis, and as long as a word may sensibly be.
pub const ERROR_KINDS_MAX: usize = 128;

/// See [`ERROR_KINDS_MAX`].
pub const ERROR_KIND_BYTES_MAX: usize = 64;
