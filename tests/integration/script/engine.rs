//! The Lua engine: what scripts print, how they fail, and what the host sees of them.

use respool::limits;
use respool::script::{
    Abort, Call, Env, EnvBuilder, Error, Failure, Host, Program, RANDOM_START, Value, Vm,
};
use std::sync::Arc;
use std::thread;

/// A host with one function, which fails with a table as a command does, and a limit on steps.
pub struct TestHost {
    pub steps_max: u64,
    pub ticks: u64,
}

/// The number of the function `redis.call` of the tests.
const CALL: u16 = 7;

impl Host for TestHost {
    fn call(&mut self, native: u16, call: &mut Call<'_>) -> Result<usize, Error> {
        assert_eq!(native, CALL, "only one function was registered");
        if call.count() == 0 {
            let error = call.vm().table(0, 1)?;
            let text = call.vm().string(b"ERR no command")?;
            call.vm().set_field(error, "err", text)?;
            return Err(Error::value(error));
        }
        let args: Vec<Value> = (0..call.count()).map(|at| call.arg(at)).collect();
        let list = call.vm().table(args.len(), 0)?;
        for (at, arg) in args.into_iter().enumerate() {
            call.vm().set(list, Value::Num((at + 1) as f64), arg)?;
        }
        call.reply(list)
    }

    fn tick(&mut self, steps: u64) -> Result<(), Abort> {
        self.ticks += 1;
        if steps > self.steps_max { Err(Abort(42)) } else { Ok(()) }
    }

    fn clock(&mut self) -> f64 {
        0.25
    }
}

pub fn env() -> Arc<Env> {
    let mut builder = EnvBuilder::new();
    builder.host_table("redis", &[("call", CALL)], &[("LOG_WARNING", 3.0)]);
    builder.run_table("KEYS");
    builder.run_table("ARGV");
    builder.build()
}

/// Runs a script on a thread with a worker's stack, with limits on steps and bytes.
pub fn run_limited(source: &[u8], steps_max: u64, bytes_max: usize) -> String {
    let source = source.to_vec();
    let builder = thread::Builder::new().stack_size(limits::WORKER_STACK_BYTES);
    let worker = builder.spawn(move || {
        let program = match Program::compile(&env(), "user_script", &source) {
            Ok(program) => program,
            Err(error) => return String::from_utf8_lossy(&error.0).into_owned(),
        };
        let mut vm = Vm::new(&program, bytes_max);
        let mut host = TestHost { steps_max, ticks: 0 };
        match vm.run(&mut host) {
            Ok(value) => String::from_utf8_lossy(&vm.describe(value)).into_owned(),
            Err(Failure::Error { value, .. }) => {
                format!("error: {}", String::from_utf8_lossy(&vm.describe(value)))
            }
            Err(Failure::Abort(abort)) => format!("abort {}", abort.0),
        }
    });
    worker.expect("a thread").join().expect("no panic")
}

pub fn run(source: &str) -> String {
    run_limited(source.as_bytes(), 20_000_000, limits::SCRIPT_BYTES_MAX)
}

/// Checks what scripts give: a line of code, then `=> ` and the result, for each.
fn check(session: &str) {
    for line in session.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (script, expected) = line.split_once(" => ").expect("a script and its result");
        assert_eq!(run(script), expected, "{script}");
    }
}

/// Ensures that numbers are computed and printed as Lua 5.1 does it.
#[test]
fn numbers_print_as_in_lua_5_1() {
    check(
        "return 10/2 => 5
        return tostring(2^53) => 9.007199254741e+15
        return 1e14 .. '|' .. 99999999999999 .. '|' .. 0.1 => 1e+14|99999999999999|0.1
        return 7 % 3 .. ',' .. -7 % 3 .. ',' .. 7 % -3 => 1,2,-2
        return string.format('%.0f', 1e16 % 255) => 204
        return string.byte(string.char(1e100)) => 0
        return string.format('%2cx%cy%c', 1e10, -1e100, 65 + 256) =>  xyA
        return '10' + 5 .. '|' .. '0x10' * 1 => 15|16
        return tostring(1/0) .. tostring(-1/0) => inf-inf
        return string.format('%5.1f|%-5d|%05d|%x', 3.14159, 42, 42, 255) =>   3.1|42   |00042|ff",
    );
}

/// Ensures that the length of a table with holes is the border that C Lua finds.
#[test]
fn length_of_a_table_with_holes_is_that_of_c_lua() {
    check(
        "return #{1,nil,3} => 3
        return #{1,nil,3,nil} => 1
        return #{nil,nil,3} => 3
        local t = {} for i=1,10 do t[i]=i end t[5]=nil return #t => 10
        local t = {1,2,3,4,5,6,7,8} t[8]=nil t[4]=nil return #t => 3
        local t = {n=1} t[1]=1 t[2]=2 t[4]=4 t[8]=8 return #t => 4
        return select('#', unpack({1,nil,3})) => 3",
    );
}

/// Ensures that error messages name the variable and the line.
#[test]
fn errors_name_the_variable_and_the_line() {
    check(
        "local a return a.b => error: user_script:1: attempt to index local 'a' (a nil value)
        local t = {} t.x.y = 1 => error: user_script:1: attempt to index field 'x' (a nil value)
        local t = {} return -(t.x and 1) => error: user_script:1: attempt to perform arithmetic \
        on a nil value
        return (tonumber(16) and 1 or s).a.b => error: user_script:1: attempt to index global 's' \
        (a number value)
        local t = {} t[nil] = 1 => error: user_script:1: table index is nil
        rawset({}, nil, 1) => error: table index is nil
        local t = {} t:m() => error: user_script:1: attempt to call method 'm' (a nil value)
        return 1 < '2' => error: user_script:1: attempt to compare number with string
        return {} .. 'x' => error: user_script:1: attempt to concatenate a table value
        return x => error: user_script:1: Script attempted to access nonexistent \
        global variable 'x'
        x = 1 => error: user_script:1: Attempt to modify a readonly table
        string.x = 1 => error: user_script:1: Attempt to modify a readonly table
        ('x'):rep({}) => error: user_script:1: bad argument #1 to 'rep' \
        (number expected, got table)
        return (1 => user_script:1: ')' expected near '<eof>'",
    );
}

/// Ensures that protected calls give the error, and its text if it is a table of Redis's kind.
#[test]
fn protected_calls_give_the_error() {
    check(
        "return select(2, pcall(error, 'boo')) => boo
        return select(2, pcall(function() error('boo') end)) => user_script:1: boo
        return select(2, pcall(redis.call)) => ERR no command
        return select(2, xpcall(function() error('e', 0) end, \
        function(e) return e .. '!' end)) => e!
        return tostring((pcall(pcall, error))) => true
        local ok, e = pcall(function() local function f() return f() + 1 end f() end) return e => \
        user_script:1: stack overflow",
    );
}

/// Ensures that metamethods and coroutines work together.
#[test]
fn metatables_and_coroutines_work() {
    check(
        "return setmetatable({}, {__index = function(t, k) return k .. '!' end}).x => x!
        return setmetatable({}, {__call = function(t, a) return a * 2 end})(21) => 42
        return 1 + setmetatable({}, {__add = function(a, b) return a + 1 end}) => 2
        return 'a' .. 'b' .. setmetatable({}, {__concat = function(a) return a .. '?' end}) => ab?
        local r = '' for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end \
        end) do r = r .. v end return r => 123
        local c = coroutine.create(function() local ok, v = pcall(coroutine.yield, 1) \
        return v end) coroutine.resume(c) return select(2, coroutine.resume(c, 'in')) => in",
    );
}

/// Ensures that a closure has the variable of its own round of a loop.
#[test]
fn closures_capture_variables() {
    check(
        "local f = {} for i = 1, 3 do f[i] = function() i = i + 1 return i end end \
        return f[1]() .. f[1]() .. f[2]() => 233
        local n = 0 local function inc() n = n + 1 return n end inc() inc() return n => 2",
    );
}

/// Ensures that `pairs` visits the array first and then fields in the order of insertion, and that
/// a traversal may remove what it visits.
#[test]
fn traversal_has_a_stable_order() {
    check(
        "local t = {z = 1, 10, 20, a = 2} t.m = 3 local r = '' for k, v in pairs(t) do \
        r = r .. k .. v .. ';' end return r => 110;220;z1;a2;m3;
        local t = {} for i = 1, 50 do t['k' .. i] = i end for k in pairs(t) do t[k] = nil end \
        return tostring(next(t)) => nil",
    );
}

/// Ensures that patterns do what the manual says.
#[test]
fn patterns_match() {
    check(
        "return string.gsub('hello world', '(%w+) (%w+)', '%2 %1') => world hello
        return string.match('key = value', '^(%w+)%s*=%s*(%w+)$') => key
        return string.match('f(a(b)c)d', '%b()') => (a(b)c)
        return string.gsub('THE (quick) fox', '%f[%a]%a+', 'X') => X (X) X
        return string.gsub('$name', '%$(%w+)', {name = 'Ada'}) => Ada
        return string.find('a.b', '.', 1, true) => 2",
    );
}

/// Ensures that random numbers are those of Redis.
#[test]
fn random_numbers_are_those_of_redis() {
    check(
        "return tostring(math.random()) => 0.39646477363839
        math.randomseed(42) return tostring(math.random()) => 0.74452500033403",
    );
    assert_eq!(RANDOM_START, 0x1234_abcd_330e);
}

/// Ensures that the host sees arguments, tables and the line of an error.
#[test]
fn the_host_sees_arguments_results_and_lines() {
    let source =
        b"local r = redis.call('get', KEYS[1], 5)\nif ARGV[1] then error({code = 7}) end\n\
        return r";
    let env = env();
    let program = Program::compile(&env, "user_script", source).expect("it compiles");
    let mut host = TestHost { steps_max: 1000, ticks: 0 };
    let mut vm = Vm::new(&program, limits::SCRIPT_BYTES_MAX);
    let result = vm.run(&mut host).expect("it runs");
    assert_eq!(vm.bytes(vm.get_index(result, 1)), Some(&b"get"[..]));
    assert_eq!(vm.get_index(result, 2), Value::Nil);
    assert_eq!(vm.get_index(result, 3), Value::Num(5.0));
    let mut entries = Vec::new();
    let mut key = Value::Nil;
    while let Some((next, value)) = vm.next(result, key) {
        entries.push((next, value));
        key = next;
    }
    assert_eq!(entries.len(), 2, "the hole is no entry");
    let mut vm = Vm::new(&program, limits::SCRIPT_BYTES_MAX);
    let mut builder = EnvBuilder::new();
    builder.run_table("KEYS");
    let argv = builder.run_table("ARGV");
    let (argv, word) = (vm.run_table(argv), vm.string(b"x").expect("room"));
    vm.set(argv, Value::Num(1.0), word).expect("room");
    match vm.run(&mut host) {
        Err(Failure::Error { value, line }) => {
            assert_eq!(vm.get_field(value, "code"), Value::Num(7.0));
            assert_eq!(line, Some(2));
        }
        other => panic!("{other:?}"),
    }
}

/// Ensures that one compiled script runs on several threads at once.
#[test]
fn a_program_is_shared_by_threads() {
    let program =
        Program::compile(&env(), "s", b"local s = 0 for i = 1, 1000 do s = s + i end return s");
    let program = program.expect("it compiles");
    let results = thread::scope(|scope| {
        let runs = (0..4).map(|_| {
            scope.spawn(|| {
                let mut host = TestHost { steps_max: 1_000_000, ticks: 0 };
                Vm::new(&program, 1 << 20).run(&mut host).expect("it runs")
            })
        });
        let runs: Vec<_> = runs.collect();
        runs.into_iter().map(|run| run.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(results, [Value::Num(500_500.0); 4]);
}

/// Ensures that a run which makes a lot of garbage stays within a small limit.
#[test]
fn garbage_is_collected_within_the_limit() {
    let source = "local t = {} for i = 1, 300000 do t[i % 100] = {('x'):rep(i % 50), i .. 'y', \
        function() return t end} end return t[7][2]";
    assert_eq!(run_limited(source.as_bytes(), 50_000_000, 16 << 20), "299907y");
}
