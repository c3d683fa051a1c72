//! Random calls of the libraries that scripts have: strings, patterns, tables, JSON, MessagePack,
//! packed structures, bits.

use super::expressions::Expressions;

impl Expressions<'_> {
    /// An integer near an edge of a string.
    fn position(&mut self) -> String {
        match self.random.below(12) {
            0 => "nil".to_owned(),
            1 => self.literal(),
            _ => (self.random.below(14) as i64 - 6).to_string(),
        }
    }

    /// A pattern, most of them well formed.
    fn pattern(&mut self) -> String {
        const ITEMS: &[&str] = &[
            "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%p", "%u", "%l", "%x", "%c", "%S", "%D",
            "[abc]", "[^a]", "[a-c]", "[%d%s]", "[]]", "[^%w]", "(a)", "(.)", "()", "(%w*)",
            "%b()", "%f[%w]", "%1", "%%", "%.", "%-", "X", "=", " ",
        ];
        const ODD: &[&str] = &["[", "(", ")", "%", "[a", "%b", "%f", "%2", "[%", "[^", "%bx", "*"];
        let mut text = String::new();
        if self.random.once_in(6) {
            text.push('^');
        }
        for _ in 0..=self.random.below(4) {
            let item = if self.random.once_in(25) { ODD } else { ITEMS };
            text += self.random.pick(item);
            if self.random.once_in(3) {
                text += ["*", "+", "-", "?"][self.random.below(4)];
            }
        }
        if self.random.once_in(6) {
            text.push('$');
        }
        format!("'{text}'")
    }

    fn subject(&mut self) -> String {
        const SUBJECTS: &[&str] = &[
            "'hello world'",
            "'abcabc'",
            "'aaa'",
            "''",
            "'key = value'",
            "'(a(b)c)'",
            "'1,2,,3'",
            "'THE (quick) fox'",
            "'a.b-c_d'",
            "'  trim  '",
            "'\\0a\\0'",
            "'aXbXc'",
            "12345",
        ];
        match self.random.below(8) {
            0 => self.literal(),
            _ => self.random.pick(SUBJECTS).to_owned(),
        }
    }

    /// A call of the string library.
    pub fn string_call(&mut self) -> String {
        let s = self.subject();
        match self.random.below(18) {
            0 => format!("string.sub({s}, {}, {})", self.position(), self.position()),
            1 => format!("string.byte({s}, {}, {})", self.position(), self.position()),
            2 => format!("string.rep({s}, {})", self.random.below(14) as i64 - 3),
            3 => format!(
                "string.reverse({s}), string.len({s}), string.upper({s}), string.lower({s})"
            ),
            4 => format!("string.char({}, {})", self.random.below(300), self.position()),
            5..=7 => format!(
                "string.find({s}, {}, {}, {})",
                self.pattern(),
                self.position(),
                ["true", "false", "nil"][self.random.below(3)]
            ),
            8..=10 => format!("string.match({s}, {}, {})", self.pattern(), self.position()),
            11 | 12 => format!(
                "(function() local r = {{}} for x, y in string.gmatch({s}, {}) do r[#r + 1] = x \
                 r[#r + 1] = y end return r end)()",
                self.pattern()
            ),
            13..=16 => {
                let by = match self.random.below(6) {
                    0 => "'<%0>'".to_owned(),
                    1 => "'%1%2'".to_owned(),
                    2 => "{a = 'A', b = true, c = false, hello = 1.5}".to_owned(),
                    3 => "function(x, y) return y or x end".to_owned(),
                    4 => "function(x) if x == 'a' then return nil end return #x end".to_owned(),
                    _ => self.literal(),
                };
                format!(
                    "string.gsub({s}, {}, {by}, {})",
                    self.pattern(),
                    ["nil", "1", "2", "0", "-1"][self.random.below(5)]
                )
            }
            _ => format!("({s}):upper(), ({s}):len()"),
        }
    }

    /// A call of string.format.
    pub fn format_call(&mut self) -> String {
        let mut text = String::new();
        let mut args = Vec::new();
        for _ in 0..=self.random.below(3) {
            text.push('%');
            for _ in 0..self.random.below(3) {
                text += ["-", "+", " ", "#", "0"][self.random.below(5)];
            }
            if self.random.once_in(2) {
                text += &self.random.below(24).to_string();
            }
            if self.random.once_in(3) {
                text += &format!(".{}", self.random.below(20));
            }
            let letter =
                ["d", "i", "u", "c", "x", "X", "o", "e", "E", "f", "g", "G", "q", "s", "%", "y"]
                    [self.random.below(16)];
            text += letter;
            args.push(match self.random.below(8) {
                0 => self.literal(),
                _ if "sq".contains(letter) => self.string(),
                _ if "dixXouc".contains(letter) => self.random.below(400).to_string(),
                _ => self.number(),
            });
            text += ["", " ", "x"][self.random.below(3)];
        }
        format!("string.format('{text}', {})", args.join(", "))
    }

    /// A call of the table library.
    pub fn table_call(&mut self) -> String {
        let t = self.table(1);
        match self.random.below(12) {
            0 => format!(
                "(function() local x = {t} table.insert(x, {}) return x end)()",
                self.literal()
            ),
            1 => format!(
                "(function() local x = {t} table.insert(x, {}, {}) return x end)()",
                // Far below zero it takes Redis for ever.
                self.random.below(14) as i64 - 6,
                self.literal()
            ),
            2 => format!(
                "(function() local x = {t} return table.remove(x, {}), x end)()",
                self.position()
            ),
            3 => format!(
                "table.concat({t}, {}, {}, {})",
                self.string(),
                self.position(),
                self.position()
            ),
            4 => format!("unpack({t}, {}, {})", self.position(), self.position()),
            5 => format!("#({t}), table.getn({t}), table.maxn({t})"),
            6 => {
                let items: Vec<String> =
                    (0..self.random.below(12)).map(|_| self.random.below(50).to_string()).collect();
                let by = [
                    "",
                    ", function(x, y) return x > y end",
                    ", function(x, y) return x % 7 < y % 7 end",
                ][self.random.below(3)];
                let order = if by.contains('7') { "#x" } else { "x" };
                format!(
                    "(function() local x = {{{}}} table.sort(x{by}) return {order} end)()",
                    items.join(", ")
                )
            }
            7 => format!("(function() local x = {t} table.sort(x) return x end)()"),
            8 => format!("next({t}) == nil, rawget({t}, {}), rawlen", self.literal()),
            9 => format!(
                "(function() local n = 0 table.foreach({t}, function() n = n + 1 end) \
                 return n end)()"
            ),
            10 => format!("table.foreachi({t}, function(i, v) if i == 2 then return v end end)"),
            _ => format!(
                "(function() local n = 0 for k, v in pairs({t}) do n = n + 1 end return n end)()"
            ),
        }
    }

    /// A JSON text, sometimes a damaged one.
    fn json(&mut self, depth: usize) -> String {
        let text = match self.random.below(if depth == 0 { 9 } else { 13 }) {
            0 => "null".to_owned(),
            1 => "true".to_owned(),
            2 => "false".to_owned(),
            3 => self.random.below(1000).to_string(),
            4 => "-12.5e3".to_owned(),
            5 => "\"text\"".to_owned(),
            6 => "\"\\\\u00e9\\\\n\\\\/\\\\\\\\\"".to_owned(),
            7 => [
                "1e400",
                "0x10",
                "nan",
                "Infinity",
                "\"\\\\ud83d\\\\ude00\"",
                "\"\\\\ud83d\"",
                "01",
                "-0",
                "1.0",
                "12345678901234567890",
            ][self.random.below(10)]
            .to_owned(),
            8 => ["[]", "{}", "[ ]", "\"\""][self.random.below(4)].to_owned(),
            9 | 10 => {
                let items: Vec<String> =
                    (0..self.random.below(4)).map(|_| self.json(depth - 1)).collect();
                format!("[{}]", items.join(","))
            }
            _ => {
                let items: Vec<String> = (0..self.random.below(4))
                    .map(|at| format!("\"k{at}\": {}", self.json(depth - 1)))
                    .collect();
                format!("{{{}}}", items.join(","))
            }
        };
        match self.random.below(40) {
            0 => text[..self.random.below(text.len() + 1)].to_owned(),
            1 => format!("{text}{}", ["]", "}", ",", "x", " 1", "\""][self.random.below(6)]),
            _ => text,
        }
    }

    /// A call of the JSON library.
    pub fn json_call(&mut self) -> String {
        match self.random.below(5) {
            0..=2 => format!("cjson.decode('{}')", self.json(3)),
            3 => format!("cjson.decode(cjson.encode({}))", self.table(2)),
            _ => format!("cjson.encode({})", self.literal()),
        }
    }

    /// A call of the MessagePack library.
    pub fn msgpack_call(&mut self) -> String {
        match self.random.below(4) {
            0 => format!("cmsgpack.pack({}, {})", self.literal(), self.number()),
            1 => format!("cmsgpack.unpack(cmsgpack.pack({}, {}))", self.table(2), self.literal()),
            2 => {
                let offset = self.random.below(14) as i64 - 6;
                format!("cmsgpack.unpack_one('{}', {offset})", self.bytes())
            }
            _ => format!("cmsgpack.unpack('{}')", self.bytes()),
        }
    }

    /// Bytes as escapes.
    fn bytes(&mut self) -> String {
        let len = self.random.below(10);
        (0..len)
            .map(|_| {
                let byte = match self.random.below(3) {
                    0 => 0xc0 + self.random.below(0x20),
                    1 => 0x80 + self.random.below(0x40),
                    _ => self.random.below(256),
                };
                format!("\\{byte:03}")
            })
            .collect()
    }

    /// A call of the library for packed structures.
    pub fn struct_call(&mut self) -> String {
        let mut format = String::new();
        let mut args = Vec::new();
        for _ in 0..=self.random.below(4) {
            let item = [
                "b", "B", "h", "H", "l", "L", "i", "I", "i2", "I3", "i8", "s", "c3", "x", "f", "d",
                "<", ">", "!4", "!", " ", "c0", "T", "i33", "y",
            ][self.random.below(25)];
            format += item;
            match item.as_bytes()[0] {
                b's' | b'c' => args.push(self.string()),
                b'<' | b'>' | b'!' | b' ' | b'x' => {}
                _ => {
                    args.push(if self.random.once_in(10) { self.literal() } else { self.number() })
                }
            }
        }
        match self.random.below(3) {
            0 => format!("struct.unpack('{format}', '{}', {})", self.bytes(), self.position()),
            1 => format!("struct.unpack('{format}', struct.pack('{format}', {}))", args.join(", ")),
            _ => format!(
                "struct.pack('{format}'{}{})",
                if args.is_empty() { "" } else { ", " },
                args.join(", ")
            ),
        }
    }

    /// A call of the library for bits.
    pub fn bit_call(&mut self) -> String {
        let (x, y) = (self.number(), self.literal());
        let name = [
            "tobit", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror",
            "bswap", "tohex",
        ][self.random.below(12)];
        format!("bit.{name}({x}, {y})")
    }
}
