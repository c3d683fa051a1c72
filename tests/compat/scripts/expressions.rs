//! Random expressions and statements of Lua: values of all types, and everything that operators and
//! control structures do with them, sense or not.

use crate::random::Random;

/// Values whose text, sign or size is an edge for something.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "10",
    "16",
    "255",
    "256",
    "0.5",
    "-0.5",
    "1.5",
    "2.75",
    "1e3",
    "1e15",
    "1e16",
    "1e100",
    "-1e100",
    "123456789012",
    "4294967295",
    "4294967296",
    "2147483647",
    "-2147483648",
    "2^53",
    "0x10",
    "0xff",
    "1/0",
    "-1/0",
    "3.14159265358979",
    "1e-5",
    "100",
    "-7",
];

const STRINGS: &[&str] = &[
    "''",
    "'a'",
    "'abc'",
    "'hello world'",
    "'10'",
    "' 10 '",
    "'0x1F'",
    "'1e2'",
    "'1.5'",
    "'-3'",
    "'nil'",
    "'a\\0b'",
    "'\\n'",
    "'key=value'",
    "'ABC'",
    "'%d'",
    "'aXbXc'",
    "'\\255\\1'",
    "'x'",
    "'abcabcabc'",
    "[[long]]",
    "'inf'",
    "'nan'",
    "'1e'",
    "'  '",
];

/// Names of variables; those that come later have not been set.
const NAMES: &[&str] = &["a", "b", "c", "t", "s", "n"];

/// A source of Lua.
pub struct Expressions<'a> {
    pub random: &'a mut Random,
}

impl Expressions<'_> {
    /// A literal.
    pub fn literal(&mut self) -> String {
        match self.random.below(10) {
            0 => "nil".to_owned(),
            1 => "true".to_owned(),
            2 => "false".to_owned(),
            3..=5 => self.number(),
            6..=8 => self.string(),
            _ => self.random.pick(NAMES).to_owned(),
        }
    }

    /// A number.
    pub fn number(&mut self) -> String {
        match self.random.below(4) {
            0 => (self.random.below(41) as i64 - 20).to_string(),
            1 => format!("{}.{}", self.random.below(100), self.random.below(1000)),
            _ => self.random.pick(NUMBERS).to_owned(),
        }
    }

    /// A string.
    pub fn string(&mut self) -> String {
        match self.random.below(4) {
            0 => {
                let len = self.random.below(8);
                let letters = (0..len)
                    .map(|_| ["a", "b", "c", "1", "2", " ", "-", "%%", "."][self.random.below(9)]);
                format!("'{}'", letters.collect::<String>())
            }
            _ => self.random.pick(STRINGS).to_owned(),
        }
    }

    /// A table.
    pub fn table(&mut self, depth: usize) -> String {
        let len = self.random.below(5);
        let mut fields = Vec::new();
        for _ in 0..len {
            let value = self.any(depth);
            fields.push(match self.random.below(8) {
                0 => format!("{} = {value}", self.random.pick(NAMES)),
                1 => format!("[{}] = {value}", self.random.below(8)),
                2 => "nil".to_owned(),
                _ => value,
            });
        }
        format!("{{{}}}", fields.join(", "))
    }

    /// Any expression.
    pub fn any(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.literal();
        }
        let depth = depth - 1;
        match self.random.below(16) {
            0..=3 => self.literal(),
            4..=6 => {
                let operator = ["+", "-", "*", "/", "%", "^"][self.random.below(6)];
                format!("{} {operator} {}", self.operand(depth), self.operand(depth))
            }
            7 => {
                let operator = ["==", "~=", "<", ">", "<=", ">="][self.random.below(6)];
                format!("{} {operator} {}", self.operand(depth), self.operand(depth))
            }
            8 => format!("{} .. {}", self.operand(depth), self.operand(depth)),
            9 => {
                let operator = ["and", "or"][self.random.below(2)];
                format!("{} {operator} {}", self.any(depth), self.any(depth))
            }
            10 => format!("{}{}", ["-", "not ", "#"][self.random.below(3)], self.operand(depth)),
            11 => self.table(depth),
            12 => format!("({})[{}]", self.any(depth), self.any(depth)),
            13 => format!("({}).{}", self.any(depth), self.random.pick(NAMES)),
            14 => self.conversion(depth),
            _ => format!("({})", self.any(depth)),
        }
    }

    /// An operand in parentheses where it needs some.
    fn operand(&mut self, depth: usize) -> String {
        match self.random.below(3) {
            0 => format!("({})", self.any(depth)),
            1 => self.number(),
            _ => self.literal(),
        }
    }

    fn conversion(&mut self, depth: usize) -> String {
        let value = self.any(depth);
        match self.random.below(8) {
            0 => format!("tostring({value})"),
            1 => format!("tonumber({value})"),
            2 => format!("tonumber({value}, {})", self.random.below(40)),
            3 => format!("type({value})"),
            4 => format!("select({}, {value}, {})", self.number(), self.literal()),
            5 => format!("rawequal({value}, {})", self.literal()),
            6 => {
                let name = ["floor", "ceil", "abs", "sqrt", "exp", "fmod", "max", "modf", "pow"]
                    [self.random.below(9)];
                format!("math.{name}({value}, {})", self.number())
            }
            _ => format!("math.frexp({value})"),
        }
    }

    /// Statements that end with `return`.
    pub fn block(&mut self) -> String {
        let mut text = String::new();
        for name in &NAMES[..3 + self.random.below(3)] {
            text += &format!("local {name} = {}\n", self.any(2));
        }
        for _ in 0..self.random.below(5) {
            text += &self.statement(2);
            text.push('\n');
        }
        format!("{text}return {}, {}", self.any(3), self.any(2))
    }

    fn statement(&mut self, depth: usize) -> String {
        let name = *self.random.pick_from(&NAMES[..3]);
        if depth == 0 {
            return format!("{name} = {}", self.any(1));
        }
        let inner = depth - 1;
        match self.random.below(12) {
            0 | 1 => format!("{name} = {}", self.any(2)),
            2 => format!(
                "if {} then {} else {} end",
                self.any(2),
                self.statement(inner),
                self.statement(inner)
            ),
            3 => format!(
                "for i = {}, {}, {} do {name} = i {} end",
                self.random.below(5),
                self.random.below(9),
                [1, 2, 3, -1][self.random.below(4)],
                self.statement(inner)
            ),
            4 => format!("for k, v in ipairs({}) do {name} = v end", self.table(1)),
            // A counter for each depth: the condition of a loop must not see that of an inner one.
            5 => format!(
                "local z{depth} = 0 while z{depth} < {} do z{depth} = z{depth} + 1 {} end",
                self.random.below(6),
                self.statement(inner)
            ),
            6 => format!(
                "local z{depth} = 0 repeat z{depth} = z{depth} + 1 {} until z{depth} > {}",
                self.statement(inner),
                self.random.below(6)
            ),
            7 => format!(
                "{name} = (function(...) return select('#', ...), ... end)({}, {})",
                self.any(1),
                self.any(1)
            ),
            8 => format!("local p, q = pcall(function() return {} end) {name} = q", self.any(2)),
            9 => format!(
                "local co = coroutine.wrap(function(x) local y = coroutine.yield(x) return y end) \
                 {name} = co({}) {name} = co({})",
                self.any(1),
                self.any(1)
            ),
            10 => self.metatable(name),
            _ => {
                format!("local f = function(x) {name} = x return x end {name} = f({})", self.any(1))
            }
        }
    }

    fn metatable(&mut self, name: &str) -> String {
        let event = [
            "__index",
            "__newindex",
            "__call",
            "__add",
            "__concat",
            "__eq",
            "__lt",
            "__le",
            "__unm",
            "__tostring",
            "__mod",
            "__div",
        ][self.random.below(12)];
        let value = self.any(1);
        let used = [
            "m.x",
            "m + 1",
            "1 + m",
            "m .. 'x'",
            "m == m",
            "m < m",
            "m <= m",
            "-m",
            "tostring(m)",
            "m(1)",
            "m % 2",
            "m / 2",
            "#m",
            "m[1]",
        ][self.random.below(14)];
        format!(
            "local m = setmetatable({{}}, {{{event} = function(x, y) return {value} end}}) \
             {name} = {used}"
        )
    }
}
