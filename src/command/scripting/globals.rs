//! What scripts find: the table `redis`, `KEYS` and `ARGV`. Functions of libraries find another
//! table `redis`, and get their keys and arguments as arguments.

use crate::script::{Env, EnvBuilder, RunTable};
use std::sync::{Arc, LazyLock};

pub const CALL: u16 = 0;
pub const PCALL: u16 = 1;
pub const LOG: u16 = 2;
pub const SHA1HEX: u16 = 3;
pub const ERROR_REPLY: u16 = 4;
pub const STATUS_REPLY: u16 = 5;
pub const SETRESP: u16 = 6;
pub const SET_REPL: u16 = 7;
pub const ACL_CHECK_CMD: u16 = 8;
pub const REPLICATE_COMMANDS: u16 = 9;
pub const BREAKPOINT: u16 = 10;
pub const DEBUG: u16 = 11;
pub const REGISTER: u16 = 12;

/// The functions in the table `redis`, by name and number. Functions of libraries find those up to
/// `acl_check_cmd`.
const NATIVES: &[(&str, u16)] = &[
    ("call", CALL),
    ("pcall", PCALL),
    ("log", LOG),
    ("sha1hex", SHA1HEX),
    ("error_reply", ERROR_REPLY),
    ("status_reply", STATUS_REPLY),
    ("setresp", SETRESP),
    ("set_repl", SET_REPL),
    ("acl_check_cmd", ACL_CHECK_CMD),
    ("replicate_commands", REPLICATE_COMMANDS),
    ("breakpoint", BREAKPOINT),
    ("debug", DEBUG),
];

/// The numbers in the table `redis`; those that a library finds while it is loaded come first.
const CONSTANTS: &[(&str, f64)] = &[
    ("LOG_DEBUG", 0.0),
    ("LOG_VERBOSE", 1.0),
    ("LOG_NOTICE", 2.0),
    ("LOG_WARNING", 3.0),
    ("REDIS_VERSION_NUM", 0x0007_0200 as f64),
    ("REPL_NONE", 0.0),
    ("REPL_AOF", 1.0),
    ("REPL_SLAVE", 2.0),
    ("REPL_REPLICA", 2.0),
    ("REPL_ALL", 3.0),
];

/// The number of constants that a library finds while it is loaded.
const LOAD_CONSTANTS: usize = 5;

/// An environment whose table `redis` has these functions and constants.
fn with_redis(natives: &[(&str, u16)], constants: &[(&str, f64)]) -> EnvBuilder {
    let mut builder = EnvBuilder::new();
    builder.host_table("redis", natives, constants);
    builder.host_text("redis", "REDIS_VERSION", crate::text::version::REDIS_VERSION);
    builder
}

/// The environment of scripts.
pub struct Globals {
    /// Lua's libraries and `redis`.
    pub env: Arc<Env>,
    /// `KEYS`.
    pub keys: RunTable,
    /// `ARGV`.
    pub argv: RunTable,
}

/// The global variables of all scripts: read-only, so one for the whole process.
pub static GLOBALS: LazyLock<Globals> = LazyLock::new(|| {
    let mut builder = with_redis(NATIVES, CONSTANTS);
    let (keys, argv) = (builder.run_table("KEYS"), builder.run_table("ARGV"));
    Globals { env: builder.build(), keys, argv }
});

/// The environments of libraries.
pub struct FunctionGlobals {
    /// While they are loaded.
    pub load: Arc<Env>,
    /// While one of their functions is called.
    pub call: Arc<Env>,
    /// The first argument of a function.
    pub keys: RunTable,
    /// The second one.
    pub argv: RunTable,
    /// Holds the function that is called, so that it is not taken for garbage.
    pub callback: RunTable,
}

/// The same for libraries of functions.
pub static FUNCTIONS: LazyLock<FunctionGlobals> = LazyLock::new(|| {
    let register = ("register_function", REGISTER);
    let mut builder = with_redis(&[register, ("log", LOG)], &CONSTANTS[..LOAD_CONSTANTS]);
    builder.keep_only("redis");
    let load = builder.build();
    let natives = &[&NATIVES[..=usize::from(ACL_CHECK_CMD)], &[register]].concat();
    let mut builder = with_redis(natives, CONSTANTS);
    let [keys, argv, callback] = std::array::from_fn(|_| builder.hidden_run_table());
    FunctionGlobals { load, call: builder.build(), keys, argv, callback }
});
