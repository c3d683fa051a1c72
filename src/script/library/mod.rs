//! The libraries that Redis has: one file each, and their list here.

mod base;
mod bit;
mod cjson;
mod class;
mod cmsgpack;
mod format;
mod math;
mod pattern;
mod search;
mod string;
mod structs;
mod table;

use super::env::Special;
use super::native::NativeFn;

/// Functions that a global table contains.
pub(super) struct Library {
    /// The name of the table; empty for the global variables themselves.
    pub name: &'static str,
    pub functions: &'static [(&'static str, NativeFn)],
}

/// A constant of a library.
pub(super) enum Constant {
    Number(f64),
    Text(&'static str),
    Null,
}

/// All libraries. The functions of the first one are in no table.
pub(super) static LIBRARIES: &[Library] = &[
    Library {
        name: "",
        functions: &[("gmatch", search::gmatch_next), ("index", base::missing_global)],
    },
    Library { name: "", functions: base::FUNCTIONS },
    Library { name: "coroutine", functions: base::COROUTINE },
    Library { name: "string", functions: string::FUNCTIONS },
    Library { name: "table", functions: table::FUNCTIONS },
    Library { name: "math", functions: math::FUNCTIONS },
    Library { name: "os", functions: math::OS },
    Library { name: "bit", functions: bit::FUNCTIONS },
    Library { name: "cjson", functions: cjson::FUNCTIONS },
    Library { name: "cmsgpack", functions: cmsgpack::FUNCTIONS },
    Library { name: "struct", functions: structs::FUNCTIONS },
];

/// Functions that the machine itself executes.
pub(super) const SPECIALS: &[(&str, &str, Special)] = &[
    ("", "next", Special::Next),
    ("", "pcall", Special::ProtectedCall),
    ("", "xpcall", Special::HandledCall),
    ("coroutine", "resume", Special::Resume),
    ("coroutine", "yield", Special::Yield),
];

/// Constants of the libraries.
pub(super) const CONSTANTS: &[(&str, &str, Constant)] = &[
    ("", "_VERSION", Constant::Text("Lua 5.1")),
    ("cjson", "_NAME", Constant::Text("cjson")),
    ("cjson", "_VERSION", Constant::Text("2.1.0")),
    ("cjson", "null", Constant::Null),
    ("cmsgpack", "_NAME", Constant::Text("cmsgpack")),
    ("cmsgpack", "_VERSION", Constant::Text("lua-cmsgpack 0.4.0")),
    ("cmsgpack", "_COPYRIGHT", Constant::Text("Copyright (C) 2012, Salvatore Sanfilippo")),
    ("cmsgpack", "_DESCRIPTION", Constant::Text("MessagePack C implementation for Lua")),
    ("math", "pi", Constant::Number(std::f64::consts::PI)),
    ("math", "huge", Constant::Number(f64::INFINITY)),
];
