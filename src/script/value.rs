//! Values: what a variable of a script holds, in sixteen bytes that are copied freely.
//!
//! Strings, tables, functions and coroutines live in the arenas of a run ([`super::heap`]); a value
//! holds only the index of one. So a value has no destructor, a cycle of references cannot leak,
//! and the end of a run frees a few vectors, however deep the data was. An index is meaningful in
//! the run that made it and nowhere else.

/// A string, by its index: equal strings have equal indices, because all strings are interned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StrId(pub(super) u32);

/// A table, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableId(pub(super) u32);

/// A closure, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncId(pub(super) u32);

/// A native function, by its index in the [`super::Env`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NativeId(pub(super) u32);

/// A coroutine, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(pub(super) u32);

/// A local variable that a closure captured, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellId(pub(super) u32);

/// A Lua value. The derived equality is Lua's raw equality: NaN differs from itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Value {
    /// The absence of a value.
    #[default]
    Nil,
    /// A boolean.
    Bool(bool),
    /// The only kind of number that Lua 5.1 knows.
    Num(f64),
    /// Bytes; text in no particular encoding.
    Str(StrId),
    /// A table.
    Table(TableId),
    /// A closure of the script, or a native function with state (an iterator).
    Func(FuncId),
    /// A native function.
    Native(NativeId),
    /// A coroutine.
    Thread(ThreadId),
    /// The null pointer as light userdata: `cjson.null`.
    Null,
    /// A captured variable; only registers hold this, a script never sees it.
    #[doc(hidden)]
    Cell(CellId),
}

impl Value {
    /// Whether a condition takes the value for true: everything but nil and false.
    #[inline(always)]
    pub fn is_true(self) -> bool {
        !matches!(self, Value::Nil | Value::Bool(false))
    }

    /// Whether the value can be called without a metatable.
    pub fn is_function(self) -> bool {
        matches!(self, Value::Func(_) | Value::Native(_))
    }

    /// Whether the value is nil.
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The name of the value's type, as the function `type` gives it.
    pub fn type_name(self) -> &'static str {
        match self {
            Value::Nil => "nil",
            Value::Bool(_) => "boolean",
            Value::Num(_) => "number",
            Value::Str(_) => "string",
            Value::Table(_) => "table",
            Value::Func(_) | Value::Native(_) => "function",
            Value::Thread(_) => "thread",
            Value::Null => "userdata",
            Value::Cell(_) => "upvalue",
        }
    }
}
