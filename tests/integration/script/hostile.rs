//! Scripts that mean harm: each one has to end by an error, in bounded time, memory and stack.

use crate::script::engine::{run, run_limited};
use respool::limits;

/// Runs with a step limit that corresponds to a few hundred milliseconds.
fn attack(source: &str) -> String {
    run_limited(source.as_bytes(), 3_000_000, 32 << 20)
}

/// Checks that attacks end as they should: by the beginning of what they give.
fn check(attacks: &[(&str, &str)]) {
    for (source, expected) in attacks {
        let result = attack(source);
        assert!(result.contains(expected), "{source}\n  gives {result}\n  not {expected}");
    }
}

/// Ensures that patterns which take for ever are interrupted.
#[test]
fn pattern_bombs_are_interrupted() {
    check(&[
        ("return string.find(('a'):rep(10000), ('a?'):rep(10000) .. ('a'):rep(10000))", "abort"),
        ("return string.find(('a'):rep(28), ('.-'):rep(28) .. 'b')", "abort"),
        ("return pcall(string.find, ('a'):rep(28), ('.-'):rep(28) .. 'b')", "abort"),
        ("for w in ('a'):rep(28):gmatch(('.-'):rep(28) .. 'b') do end", "abort"),
        ("return (('a'):rep(28):gsub(('.*'):rep(28) .. 'b', ''))", "abort"),
        ("return string.find(('('):rep(100000), ('%b()'):rep(50) .. 'x') or 'none'", "abort"),
        ("return ('x'):rep(100000):gsub('.', ('%0'):rep(1000))", "not enough memory"),
        ("return string.find('a', ('(a?)'):rep(40))", "too many captures"),
    ]);
}

/// Ensures that no protected call keeps a run alive that the host wants to end.
#[test]
fn an_abort_cannot_be_caught() {
    check(&[
        ("while true do pcall(function() while true do end end) end", "abort 42"),
        ("while true do xpcall(function() while true do end end, function() end) end", "abort 42"),
        ("repeat until false", "abort 42"),
        ("local function f() return f() end f()", "abort 42"),
        (
            "local t = setmetatable({}, {__index = function(t, k) return k end}) \
          local n = 0 while t[1] do n = n + 1 end",
            "abort 42",
        ),
        ("while true do coroutine.wrap(function() while true do end end)() end", "abort 42"),
        ("table.sort({1, 2, 3}, function() while true do end end)", "abort 42"),
        ("string.gsub('x', 'x', function() while true do end end)", "abort 42"),
        ("table.insert({}, -2147483648, 1)", "abort 42"),
        ("return table.concat({}, '', -2147483648, 2147483647)", "invalid value (nil)"),
        ("local t = {} for i = 1, 1e9 do t[1] = i end", "abort 42"),
    ]);
}

/// Ensures that deep calls of every kind end by an error on a worker's stack.
#[test]
fn deep_calls_end_by_an_error() {
    check(&[
        ("local function f() return 1 + f() end f()", "stack overflow"),
        ("local function f() pcall(f) end f() return 'ends'", "ends"),
        (
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) \
          return t[k + 1] end return t[1]",
            "stack overflow",
        ),
        (
            "local t = {} for i = 1, 1000 do t = setmetatable({}, {__index = t}) end return t.x",
            "loop in gettable",
        ),
        (
            "local t = setmetatable({}, {}) getmetatable(t).__tostring = function() \
          return tostring(t) end return tostring(t)",
            "C stack overflow",
        ),
        (
            "local t = setmetatable({}, {}) getmetatable(t).__concat = function(a, b) \
          return a .. b end return t .. t",
            "stack overflow",
        ),
        ("local function f() return ('x'):gsub('x', f) end return f()", "C stack overflow"),
        (
            "local function f(a, b) table.sort({1, 2, 3}, f) return a < b end f(1, 2)",
            "C stack overflow",
        ),
        ("local function f() return coroutine.wrap(f)() end return f()", "C stack overflow"),
        ("local function f() return load(f) end return f()", "C stack overflow"),
        ("local t = setmetatable({}, {}) getmetatable(t).__call = t return t()", "attempt to call"),
        (
            "local f = pcall for i = 1, 300 do local g = f f = function(...) return g(...) end end \
          return tostring(f(error))",
            "false",
        ),
    ]);
}

/// Ensures that long chains compile, or are refused, without a deep stack.
#[test]
fn long_chains_do_not_nest() {
    let chain = |start: &str, link: &str| format!("return {start}{}", link.repeat(1_000_000));
    let huge = 300_000_000;
    for (source, expected) in [
        (chain("1", "+1"), "1000001"),
        (format!("local a = {{}} a.a = a return type(a{})", ".a".repeat(1_000_000)), "table"),
        (format!("local function f() return f0 end return f{}", "()".repeat(1_000_000)), "'f0'"),
        (chain("1", "or 1").replace("1or", "1 or"), "1"),
    ] {
        let result = run_limited(source.as_bytes(), huge, 32 << 20);
        assert!(result.contains(expected), "{} gives {result}", &source[..40]);
    }
    let right = format!("return 'a'{}", "..'a'".repeat(500_000));
    assert!(run(&right).contains("chunk has too many syntax levels"));
}

/// Ensures that nesting is bounded as in C Lua, on a worker's stack.
#[test]
fn nesting_is_bounded() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("return {}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("{", "1", "}"),
        ("function() return ", "1", " end"),
        ("- ", "1", ""),
        ("not ", "1", ""),
        ("f(", "1", ")"),
        ("t[", "1", "]"),
        ("1 .. ", "1", ""),
        ("2 ^ ", "1", ""),
    ] {
        let deep = run(&nested(open, inner, close, 250));
        assert!(deep.contains("chunk has too many syntax levels"), "{open}: {deep}");
        run(&nested(open, inner, close, 90));
    }
    let blocks = format!("{}{}", "do ".repeat(250), "end ".repeat(250));
    assert!(run(&blocks).contains("chunk has too many syntax levels"));
    let loops = format!("{}{}", "if true then while true do ".repeat(150), "end end ".repeat(150));
    assert!(run(&loops).contains("chunk has too many syntax levels"));
}

/// Ensures that memory is refused before it is taken.
#[test]
fn memory_is_bounded() {
    check(&[
        ("return ('x'):rep(2e9)", "not enough memory"),
        ("return ('x'):rep(1e9)", "not enough memory"),
        ("local s = 'x' while true do s = s .. s end", "not enough memory"),
        ("local t = {} for i = 1, 1e9 do t[i] = i end", "not enough memory"),
        ("local t = {} for i = 1, 1e9 do t['k' .. i] = {} end", "not enough memory"),
        ("local t = {} while true do t = {t} end", "not enough memory"),
        ("local f while true do local g = f f = function() return g end end", "not enough memory"),
        (
            "local t = {} for i = 1, 1e6 do t[i] = coroutine.create(function() end) \
          coroutine.resume(t[i]) end return 'many'",
            "not enough memory",
        ),
        (
            "local t = {} for i = 1, 1e6 do t[i] = coroutine.wrap(function() \
          coroutine.yield() end) \
          t[i]() end return 'many'",
            "not enough memory",
        ),
        (
            "local t = {} for i = 1, 5e4 do t[i] = ('x'):rep(9) end return table.concat(t, \
          ('y'):rep(10000))",
            "not enough memory",
        ),
        ("while true do loadstring('return 1')() end", ""),
        ("return ('x'):rep(1e5):gsub('x', ('y'):rep(1e4))", "not enough memory"),
        ("local ok, e = pcall(string.rep, 'x', 2e9) return e .. '!'", "not enough memory!"),
        ("return string.format('%99999d', 1)", "invalid format (width or precision too long)"),
        ("return #string.format('%99.99f', 1e308)", "409"),
    ]);
}

/// Ensures that the ends of 32 bits are no trap.
#[test]
fn extreme_indices_are_refused_or_empty() {
    check(&[
        ("return unpack({}, -1, 2147483647)", "too many results to unpack"),
        ("return unpack({}, -2147483648, 2147483647)", "too many results to unpack"),
        ("return tostring(unpack({}, 2147483647, 2147483647))", "nil"),
        ("return tostring(unpack({}, 2147483647, -2147483648))", "value expected"),
        ("return table.concat({}, '', 2147483647, 2147483647)", "invalid value (nil)"),
        ("return ('x'):sub(-2147483648, 2147483647) .. ('x'):sub(1e300) .. ('x'):sub(0/0)", "x"),
        ("return tostring(('x'):byte(-2147483649, 1e18))", "120"),
        ("local t = {} t[2147483648] = 1 t[-1] = 2 t[1e300] = 3 return #t", "0"),
        ("return select(-2147483648, 1)", "index out of range"),
        ("for i = 1, 0/0 do return 'never' end return 'none'", "none"),
        ("local n = 0 for i = 10, 1, 0 do n = n + 1 end", "abort"),
        ("local t = {} t[0/0] = 1", "table index is NaN"),
        ("local t = {} t[nil] = 1", "table index is nil"),
    ]);
}

/// Ensures that sorting survives comparators that lie, fail, or change the table.
#[test]
fn sorting_survives_its_comparator() {
    let table = "local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end ";
    for (order, expected) in [
        ("function() return true end", "invalid order function for sorting"),
        ("function(a, b) return a <= b end", ""),
        ("function(a, b) return not (a and b) or a % 7 < b % 5 end", ""),
        ("function(a, b) t[1] = nil t[50] = nil return (a or 0) < (b or 0) end", ""),
        ("function(a, b) for k in pairs(t) do t[k] = nil end return false end", ""),
        ("function(a, b) for i = 1, 50 do local x = {} end return a < b end", "done"),
        ("function() error('cmp', 0) end", "cmp"),
    ] {
        let result = attack(&format!("{table} table.sort(t, {order}) return 'done'"));
        assert!(result.contains(expected), "{order} gives {result}");
    }
}

/// Ensures that odd error values, byte code and enormous sources do no harm.
#[test]
fn odd_inputs_do_no_harm() {
    check(&[
        ("error({code = 5})", "error: table"),
        ("error()", "error: nil"),
        ("error(setmetatable({}, {__tostring = function() error('x') end}))", "error: table"),
        ("return select(2, loadstring('\\27Lua'))", "unexpected symbol near 'char(27)'"),
        ("return #string.format('%s', ('a\\0b'):rep(50))", "150"),
        ("return string.dump(function() end)", "unable to dump given function"),
        ("return select(2, loadstring('return ' .. ('x'):rep(5e6)))", "script is too long"),
    ]);
    let comment = vec![b'-'; 10 << 20];
    let result = run_limited(&comment, 1000, 1 << 20);
    assert!(result.contains("script is too long"), "{result}");
    assert_eq!(limits::SCRIPT_NESTING_MAX, 200);
}
