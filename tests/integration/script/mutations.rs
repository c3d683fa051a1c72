//! Scripts and data by chance: whatever they are, the engine answers and nothing panics.

use crate::script::engine::run_limited;
use fastrand::Rng;

/// Printed with every failure; chosen once.
const SEED: u64 = 0x5eed_1a2b;

/// Pieces of which random scripts are made.
const PIECES: &[&str] = &[
    "local",
    "a",
    "b",
    "t",
    "=",
    "==",
    "~=",
    "<",
    "<=",
    "..",
    "...",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "#",
    "not",
    "and",
    "or",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ".",
    ":",
    "1",
    "0",
    "2^53",
    "'x'",
    "nil",
    "true",
    "false",
    "function(...)",
    "function(a, b)",
    "end",
    "if",
    "then",
    "else",
    "elseif",
    "while",
    "do",
    "for",
    "in",
    "repeat",
    "until",
    "return",
    "break",
    "pairs(t)",
    "ipairs(t)",
    "pcall(",
    "error(",
    "setmetatable(",
    "string.rep(",
    "table.insert(t,",
    "unpack(t)",
    "select('#',",
    "coroutine.wrap(",
    "coroutine.yield(",
    "tostring(",
    "[[",
    "]]",
    "--",
    "\n",
    "\\",
    "\"",
    "goto",
    "loadstring(",
    "table.sort(",
    "string.gsub(",
    "next(",
];

/// Sound scripts, to be damaged.
const SCRIPTS: &[&str] = &[
    "local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end return f(15)",
    "local t = setmetatable({}, {__index = function(t, k) return k end, __call = function(...) \
     return select('#', ...) end}) return t.a, t(1, 2), t[1] .. 'x'",
    "local r = {} for w in ('a b c'):gmatch('%a') do r[#r + 1] = w:upper() end \
     return table.concat(r, ',', 1, #r)",
    "local co = coroutine.wrap(function(...) for i, v in ipairs({...}) do coroutine.yield(v) end \
     end) return co(1, 2, 3), co(), pcall(co)",
    "local i = 0 repeat local j = i; i = i + 1; local g = function() j = j + 1 return j end until \
     g() > 5 return cjson.encode({i, {a = i}, cjson.null}), ('%5.2f|%q'):format(i, 'x\\0')",
    "local ok, e = xpcall(function() error({code = 1}) end, function(e) return e.code end) \
     return (ok and 1 or 2) + e, unpack({1, nil, 3}, 1, 3)",
];

/// Calls with two strings of chance.
const CALLS: &[&str] = &[
    "cjson.decode(A)",
    "cjson.encode({A, [B] = A})",
    "cmsgpack.unpack(A)",
    "cmsgpack.unpack_limit(A, 2, 1)",
    "cmsgpack.unpack(cmsgpack.pack(A, {B, [A] = 1}))",
    "struct.unpack(A, B)",
    "struct.pack(A, 1, B, 2, 3)",
    "struct.size(A)",
    "A:find(B)",
    "A:gsub(B, '%1')",
    "A:gsub(B, A)",
    "A:match(B, -3)",
    "string.format(A, B, 1, 2.5, B)",
    "loadstring(A)",
    "tonumber(A, 16)",
    "tonumber(A)",
    "table.concat({A, B}, A)",
    "A < B",
];

/// Alphabets of random strings: any byte, patterns and formats, JSON, layouts.
const ALPHABETS: &[&[u8]] = &[
    b"",
    b"ab%[]().*+-?^$1bfs%%dq5.#0 \0",
    b"{}[]:,\"\\u0019tfn-+eE.xinalrsu ",
    b"<>!=bBhHlLiIsfdcx0123456789 ",
    b"\x81\x91\xa1\xc0\xc4\xca\xcb\xcf\xd3\xd9\xdc\xdd\xde\xdf\xff\x01\x00",
];

fn random_string(rng: &mut Rng) -> Vec<u8> {
    let alphabet = ALPHABETS[rng.usize(..ALPHABETS.len())];
    let byte = |rng: &mut Rng| match alphabet {
        [] => rng.u8(..),
        letters => letters[rng.usize(..letters.len())],
    };
    (0..rng.usize(..24)).map(|_| byte(rng)).collect()
}

/// A string as a literal of the language.
fn literal(bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\{byte:03}")).collect();
    format!("('{escaped}')")
}

fn damage(rng: &mut Rng, source: &str) -> Vec<u8> {
    let mut bytes = source.as_bytes().to_vec();
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(..bytes.len());
        match rng.u8(..4) {
            0 => bytes[at] = rng.u8(..),
            1 if bytes.len() > 1 => drop(bytes.remove(at)),
            2 => bytes.truncate(at.max(1)),
            _ => {
                let piece = PIECES[rng.usize(..PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
        }
    }
    bytes
}

/// Runs scripts in one thread after another, with small limits.
fn run_all(what: &str, count: usize, mut make: impl FnMut(&mut Rng) -> Vec<u8>) {
    let mut rng = Rng::with_seed(SEED);
    for number in 0..count {
        let source = make(&mut rng);
        let result = std::panic::catch_unwind(|| run_limited(&source, 20_000, 1 << 20));
        let shown = String::from_utf8_lossy(&source);
        assert!(result.is_ok(), "{what} number {number} of seed {SEED:#x} panics:\n{shown}");
    }
}

/// Ensures that damaged scripts run or fail, and never panic.
#[test]
fn damaged_scripts_do_not_panic() {
    run_all("script", 1500, |rng| {
        let source = SCRIPTS[rng.usize(..SCRIPTS.len())];
        damage(rng, source)
    });
}

/// Ensures that random sequences of words compile or fail, and never panic.
#[test]
fn random_words_do_not_panic() {
    run_all("words", 1500, |rng| {
        let words = (0..rng.usize(1..40)).map(|_| PIECES[rng.usize(..PIECES.len())]);
        words.collect::<Vec<_>>().join(" ").into_bytes()
    });
}

/// Ensures that no data makes a library function panic.
#[test]
fn random_data_does_not_panic() {
    run_all("call", 2500, |rng| {
        let call = CALLS[rng.usize(..CALLS.len())];
        let (a, b) = (literal(&random_string(rng)), literal(&random_string(rng)));
        format!("local A, B = {a}, {b} return pcall(function() return {call} end)").into_bytes()
    });
}
