//! Scripts that mean harm, sent to the program as it is shipped: with the stack of a real worker,
//! and less memory than a server has. Each one has to end, by itself or by SCRIPT KILL; others are
//! answered meanwhile; and the process is the same afterwards.

use crate::raw::Raw;
use crate::servers::Server;
use std::time::{Duration, Instant};

/// Kilobytes of address space: a run's limit, what large sources take while they are compiled, and
/// the stacks of some workers.
const MEMORY_KB: u64 = 1_500_000;

/// Megabytes that may be resident afterwards.
const RESIDENT_MB_MAX: u64 = 600;

/// How long a script may run before it is killed.
const KILL_AFTER: Duration = Duration::from_millis(300);

/// How long it may take to end then, and others to be answered.
const PATIENCE: Duration = Duration::from_secs(20);

/// Scripts as they are sent.
const SCRIPTS: &[&str] = &[
    // Patterns.
    "return string.find(('a'):rep(10000), ('a?'):rep(10000) .. ('a'):rep(10000))",
    "return string.find(('a'):rep(28), ('.-'):rep(28) .. 'b')",
    "return pcall(string.find, ('a'):rep(28), ('.-'):rep(28) .. 'b')",
    "for w in ('a'):rep(28):gmatch(('.-'):rep(28) .. 'b') do end",
    "return (('a'):rep(28):gsub(('.*'):rep(28) .. 'b', ''))",
    "return ('x'):rep(100000):gsub('.', ('%0'):rep(1000))",
    "return string.find(('('):rep(100000), ('%b()'):rep(50) .. 'x')",
    "return ('x'):rep(1000):gsub('x', function() return ('x'):rep(1000000) end)",
    // What does not end.
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "while true do coroutine.wrap(function() while true do end end)() end",
    "while true do redis.pcall('GET', 'k') end",
    "while true do redis.pcall('NOPE') end",
    "repeat pcall(error, {code = 5}) until false",
    // Depth.
    "local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(100000)",
    "local function f() return pcall(f) end return f()",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k + 1] end \
     return t[1]",
    "local t = {} for i = 1, 1e5 do t = setmetatable({}, {__index = t}) end return t.x",
    "local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return tostring(t) end \
     return tostring(t)",
    "local t = setmetatable({}, {}) getmetatable(t).__concat = function(a, b) return a .. b end \
     return t .. t",
    "local function f() return coroutine.wrap(f)() end return f()",
    "local function f() return ('x'):gsub('x', f) end return f()",
    "local function f(a, b) table.sort({1, 2, 3}, f) return a < b end f(1, 2)",
    "local t = {} for i = 1, 1e6 do t = {t} end return #t",
    "local t = {} for i = 1, 1e5 do t = {t} end return t",
    "local t = {} t[1] = t return t",
    "local t = {} for i = 1, 1e6 do t = {t} end return cjson.encode(t)",
    "local t = {} for i = 1, 1e5 do t = {t} end return cmsgpack.pack(t)",
    "return cjson.decode(('['):rep(1e6))",
    "return cjson.decode(('['):rep(1e6) .. (']'):rep(1e6))",
    "return cmsgpack.unpack(('\\145'):rep(1e6))",
    // Memory.
    "return string.rep('x', 2e9)",
    "return #string.rep('x', 1e300)",
    "local s = 'x' while true do s = s .. s end",
    "local t = {} for i = 1, 1e9 do t[i] = i end",
    "local t = {} for i = 1, 1e9 do t[#t + 1] = {} end",
    "local t = {} t[1e9] = 1 t[2^53] = 2 return #t",
    "local t = {} for i = 1, 1e5 do t[i] = ('x'):rep(1e4) end return table.concat(t)",
    "table.insert({}, -2147483648, 1)",
    "table.insert({}, 1e15, 1)",
    "return #string.rep('', 1e15)",
    "return table.concat({}, '', -2147483648, 2147483647)",
    "return table.concat({}, 'x', 1, 2147483647)",
    "return unpack({}, -1, 2147483647)",
    "return unpack({}, -2147483648, 2147483647)",
    "return {unpack({}, 1, 1e8)}",
    "return select('#', unpack({}, 1, 7999))",
    "return string.format('%99999d', 1)",
    "return string.format('%.99f', 1e308)",
    "return #string.format('%s\\0%s', 'a\\0b', 'c')",
    "return struct.pack('i2147483647', 1)",
    "return struct.pack('c2147483648', 'x')",
    "return struct.unpack('c2147483648', 'x')",
    "return struct.unpack('I4c0', '\\255\\255\\255\\255x')",
    "return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
    "return cmsgpack.unpack('\\219\\255\\255\\255\\255x')",
    "return cmsgpack.unpack('\\223\\255\\255\\255\\255\\1\\1')",
    "local t = {} for i = 1, 1e6 do t[i] = i end return t",
    "local a = {} for i = 1, 250 do a[i] = ('x'):rep(1e6) end return redis.call('MSET', unpack(a))",
    // Others.
    "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)",
    "table.sort({1, 2, 'x', {}, 3})",
    "error({code = 5})",
    "error()",
    "error(setmetatable({}, {__tostring = function() error('x') end}))",
    "return loadstring('\\27Lua')",
    "return loadstring(string.rep('x', 1e6))",
    "local t = {} t[0/0] = 1",
    "return string.dump(function() end)",
    "return {double = 0/0}",
    "return math.random(0)",
    "return tostring(-0/0) .. string.char(256)",
    "return #tostring(string.rep)",
    "return redis.call('EVAL', 'return 1', 0)",
    "return redis.sha1hex(('x'):rep(1e8))",
    "return redis.log(redis.LOG_DEBUG, ('x'):rep(1e8))",
    "for i = 1, 1e6 do redis.log(redis.LOG_DEBUG, i) end",
];

/// Sources that are made, because they are long.
fn long_sources() -> Vec<String> {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("return {}1{}", open.repeat(depth), close.repeat(depth))
    };
    vec![
        nested("(", ")", 200),
        nested("(", ")", 1_000_000),
        nested("{", "}", 200),
        nested("{", "}", 1_000_000),
        nested("function() return ", " end", 200),
        nested("-", "", 1_000_000),
        nested("not ", "", 500_000),
        format!("return 1{}", "+1".repeat(1_000_000)),
        format!("return 'a'{}", "..'a'".repeat(500_000)),
        format!("return 2{}", "^2".repeat(500_000)),
        format!("local a = {{}} a.a = a return a{}", ".a".repeat(1_000_000)),
        format!("return f{}", "()".repeat(1_000_000)),
        format!("return {{{}}}", "1,".repeat(1_000_000)),
        format!("local {} = 1", vec!["a"; 300].join(",")),
        format!("return '{}'", "x".repeat(3_900_000)),
        "x = 1 ".repeat(500_000),
        "do ".repeat(400_000),
        "if x then ".repeat(300_000),
        // Ten megabytes are more than a source may have.
        format!("return '{}'", "x".repeat(10_000_000)),
        format!("--[{}[", "=".repeat(1_000_000)),
        "\u{1b}Lua\u{0}\u{1}".repeat(10),
        "goto a ::a:: ".repeat(100_000),
    ]
}

/// Sends a script, pings from another connection until it has ended, and kills it after a while.
fn survive(server: &Server, source: &str, other: &mut Raw) -> String {
    let shown = source.chars().take(80).collect::<String>();
    let mut victim = Raw::connect(server.address);
    victim.request(&[b"EVAL", source.as_bytes(), b"0"]);
    let began = Instant::now();
    let ended = std::thread::scope(|scope| {
        let reply = scope.spawn(|| {
            let mut reply = Vec::new();
            victim.read_reply(&mut reply).map(|()| reply)
        });
        while !reply.is_finished() {
            let asked = Instant::now();
            assert_eq!(other.ask("PING"), "+PONG", "{shown}");
            assert!(asked.elapsed() < PATIENCE, "{shown}: PING took {:?}", asked.elapsed());
            assert!(began.elapsed() < 2 * PATIENCE, "{shown}: it does not end");
            if began.elapsed() > KILL_AFTER {
                other.ask("SCRIPT KILL");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        reply.join().expect("no panic")
    });
    let reply = ended.unwrap_or_else(|problem| panic!("{shown}: {problem}"));
    String::from_utf8_lossy(&reply[..reply.len().min(100)]).into_owned()
}

/// Ensures that no script crashes, blocks or fills a server with little memory.
#[test]
fn no_script_harms_the_server() {
    let server = Server::respool_in(MEMORY_KB, &["--busy-reply-threshold", "100"]);
    let mut other = Raw::connect(server.address);
    let made = long_sources();
    for source in SCRIPTS.iter().copied().chain(made.iter().map(String::as_str)) {
        let reply = survive(&server, source, &mut other);
        println!("{source:60.60} → {}", reply.lines().next().unwrap_or_default());
        assert_eq!(other.ask("SET k v"), "+OK", "{reply}");
    }
    let resident_mb = server.resident_kb() / 1024;
    println!("{resident_mb} MB are resident");
    assert!(resident_mb < RESIDENT_MB_MAX, "{resident_mb} MB");
}
