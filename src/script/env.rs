//! The environment: global variables and library tables, built once and shared by all runs.
//!
//! Redis protects its globals: a script can neither set nor remove one, nor change a library. So
//! they can be shared by all threads as they are, a run starts without building a single table,
//! and the compiler turns the name of a global variable into its value.
//!
//! Host functions are registered here by name; the number given with a name is what
//! [`super::Host::call`] gets. Variables that differ between runs (KEYS, ARGV) are declared here
//! as *run tables*: each run begins with an empty table in their place.

use super::interner::Interner;
use super::table::Table;
use super::value::{NativeId, StrId, TableId};

/// What a native function does when it is called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Native {
    /// A function of the libraries: the library, and the function in it.
    Lib(u8, u8),
    /// A function of the host, by the host's number.
    Host(u16),
    /// A function that pushes or switches frames, which only the machine itself can do.
    Special(Special),
}

/// The iterator of `string.gmatch`.
pub(super) const GMATCH: NativeId = NativeId(0);
/// The iterator of `ipairs`.
pub(super) const NEXT_INDEX: NativeId = NativeId(1);
/// What `coroutine.wrap` returns.
pub(super) const WRAPPED: NativeId = NativeId(2);
/// `__index` of the table of global variables.
pub(super) const MISSING_GLOBAL: NativeId = NativeId(3);

/// Functions that work on frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    ProtectedCall,
    HandledCall,
    Resume,
    Wrapped,
    Yield,
    /// The function `next`, which a loop calls directly.
    Next,
    /// The iterator of `ipairs`, for the same reason.
    NextIndex,
}

/// Global variables, libraries, and the names in them.
pub struct Env {
    pub(super) hasher: ahash::RandomState,
    pub(super) strings: Interner,
    /// Table 0 holds the global variables.
    pub(super) tables: Vec<Table>,
    pub(super) natives: Vec<Native>,
    /// Tables that each run makes for itself: their identities follow those of `tables`.
    pub(super) run_tables: u32,
    /// The metatable of all strings.
    pub(super) string_meta: TableId,
    pub(super) names: Names,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Env({} natives)", self.natives.len())
    }
}

/// A table of each run, declared by `EnvBuilder::run_table`.
#[derive(Clone, Copy, Debug)]
pub struct RunTable(pub(super) u32);

macro_rules! names {
    ($($field:ident $text:literal),* $(,)?) => {
        /// Strings that the machine itself looks up.
        #[derive(Clone, Copy, Debug)]
        pub(super) struct Names { $(pub $field: StrId),* }
        impl Names {
            pub fn new(mut name: impl FnMut(&str) -> StrId) -> Self {
                Self { $($field: name($text)),* }
            }
        }
    };
}

names! {
    index "__index", newindex "__newindex", call "__call", add "__add", sub "__sub", mul "__mul",
    div "__div", modulo "__mod", pow "__pow", unm "__unm", eq "__eq", lt "__lt", le "__le",
    concat "__concat", tostring "__tostring", metatable "__metatable",
    empty "", err "err", memory "not enough memory",
    error_in_error "error in error handling",
    next "next",
}
