//! Random scripts that speak with the server: replies of commands as values, values as replies,
//! errors of all origins, and texts that are no Lua.

use super::expressions::Expressions;

/// Requests whose replies have all types; the keys are those of [`super::FILL`].
const REQUESTS: &[&str] = &[
    "'GET', 'str'",
    "'GET', 'nobody'",
    "'GET', 'num'",
    "'STRLEN', 'str'",
    "'LRANGE', 'list', 0, -1",
    "'HGETALL', 'pair'",
    "'HGET', 'hash', 'f'",
    "'HMGET', 'hash', 'f', 'x'",
    "'SMEMBERS', 'one'",
    "'SISMEMBER', 'one', 'm'",
    "'ZRANGE', 'zset', 0, -1, 'WITHSCORES'",
    "'ZSCORE', 'zset', 'a'",
    "'ZSCORE', 'zset', 'x'",
    "'ZRANGE', 'zset', 0, -1",
    "'MGET', 'str', 'nobody', 'list'",
    "'PING'",
    "'ECHO', 'x'",
    "'EXISTS', 'str', 'list'",
    "'TYPE', 'hash'",
    "'TTL', 'str'",
    "'LPOP', 'nobody'",
    "'LPOP', 'nobody', 2",
    "'INCR', 'str'",
    "'GET'",
    "'NOPE', 1",
    "'GET', {}",
    "'GET', nil",
    "'GET', true",
    "'SET', 'k', 1.5",
    "'INCRBYFLOAT', 'num', 1.5",
    "'SET', 'k', 1e20",
    "",
    "'SELECT', 3",
    "'SELECT', 99",
    "'SUBSCRIBE', 'x'",
    "'MULTI'",
    "'CONFIG', 'GET', 'maxmemory'",
    "'HSET', 'str', 'a', 'b'",
    "'SET', 'k', 'v', 'XX', 'NX'",
    "'OBJECT', 'ENCODING', 'str'",
    "'ZADD', 'zset', 'nan', 'x'",
    "'GETDEL', 'gone'",
    "'HINCRBYFLOAT', 'hash', 'n', '1.25'",
    "'ZPOPMIN', 'nobody'",
    "'ZADD', 'zset', 'INCR', 1, 'a'",
    "'SPOP', 'no'",
    "'LPOS', 'list', 'b'",
    "'SCARD', 'one'",
    "'BLPOP', 'nobody', 0",
    "'BITFIELD', 'bits', 'GET', 'u8', 0, 'OVERFLOW', 'FAIL', 'INCRBY', 'u2', 0, 9",
    "'WATCH', 'k'",
    "'EVAL', 'return 1', 0",
    "'SCRIPT', 'EXISTS', 'x'",
    "'CLIENT', 'ID'",
    "'set', 'k', ''",
    "'SORT', 'list', 'ALPHA'",
    "'SETRANGE', 'k', 0, ''",
    "'DEL', 'k'",
    "'GETRANGE', 'str', 1, -2",
];

/// Calls of the table `redis` that are not requests.
const CALLS: &[&str] = &[
    "redis.error_reply('MY err')",
    "redis.error_reply('err')",
    "redis.error_reply('-x y')",
    "redis.error_reply('')",
    "redis.error_reply()",
    "redis.error_reply({})",
    "redis.error_reply(1)",
    "redis.status_reply('OK')",
    "redis.status_reply()",
    "redis.status_reply(1)",
    "redis.sha1hex('')",
    "redis.sha1hex('a\\0b')",
    "redis.sha1hex()",
    "redis.sha1hex(1)",
    "redis.sha1hex({})",
    "redis.sha1hex('a', 'b')",
    "redis.log()",
    "redis.log('x', 'y')",
    "redis.log(9, 'y')",
    "redis.log(redis.LOG_DEBUG, 'y')",
    "redis.setresp()",
    "redis.setresp(1)",
    "redis.setresp('3')",
    "redis.setresp(2, 3)",
    "redis.set_repl(redis.REPL_ALL)",
    "redis.set_repl()",
    "redis.set_repl(99)",
    "redis.set_repl('x')",
    "redis.replicate_commands()",
    "redis.breakpoint()",
    "redis.REPL_SLAVE",
    "redis.nothing",
    "redis.nothing()",
    "redis.call",
    "redis.LOG_WARNING",
    "redis.x == nil",
];

impl Expressions<'_> {
    /// A request, as values of Lua.
    pub fn request(&mut self) -> String {
        let name = ["call", "pcall"][self.random.below(2)];
        format!("redis.{name}({})", self.random.pick(REQUESTS))
    }

    /// A call of what else is in the table `redis`.
    pub fn redis_call(&mut self) -> String {
        self.random.pick(CALLS).to_owned()
    }

    /// A whole script whose value becomes a reply.
    pub fn replying(&mut self) -> String {
        let version = ["", "", "redis.setresp(3) ", "redis.setresp(2) "][self.random.below(4)];
        let value = match self.random.below(6) {
            0 => self.request(),
            1 => self.redis_call(),
            _ => self.reply(3),
        };
        match self.random.below(6) {
            // An error that is a table without `err` crashes Redis 7.0.
            0 if "'0123456789-".contains(&value[..1]) || value.starts_with("{err") => {
                format!("{version}error({value})")
            }
            1 => format!("{version}local ok, e = pcall(function() error({value}) end) return e"),
            2 => format!("{version}\n\nlocal x = {value}\nreturn x"),
            _ => format!("{version}return {value}"),
        }
    }

    /// A value that has a form as a reply, or nearly.
    fn reply(&mut self, depth: usize) -> String {
        let field = |name: &str, value: String| format!("{{{name} = {value}}}");
        match self.random.below(if depth == 0 { 6 } else { 16 }) {
            0 => self.number(),
            1 => self.string(),
            2 => "true".to_owned(),
            3 => "false".to_owned(),
            4 => "nil".to_owned(),
            5 => self.literal(),
            6 => field("ok", self.string()),
            7 => field("err", self.string()),
            8 => field(
                "double",
                ["0.5", "-2", "1e10", "1/0", "-1/0", "2.75"][self.random.below(6)].to_owned(),
            ),
            9 => format!("{{map = {{[{}] = {}}}}}", self.string(), self.reply(depth - 1)),
            10 => format!("{{set = {{[{}] = true}}}}", self.string()),
            11 => field("big_number", "'12345678901234567890'".to_owned()),
            12 => format!("{{verbatim_string = {{format = 'txt', string = {}}}}}", self.string()),
            _ => {
                let items: Vec<String> =
                    (0..self.random.below(5)).map(|_| self.reply(depth - 1)).collect();
                format!("{{{}}}", items.join(", "))
            }
        }
    }

    /// A text that is Lua but for a few accidents. One with a loop is compiled only: it might run
    /// for ever.
    pub fn damaged(&mut self) -> String {
        const TOKENS: &[&str] = &[
            "end", "if", "then", "do", "while", "return", "local", "function", "(", ")", "{", "}",
            "[", "]", "=", "==", "~", "~=", "..", "...", ".", ",", ";", ":", "nil", "'", "\"",
            "[[", "]]", "--", "--[[", "0x", "1e", "1..2", "\\", "@", "$", "!", "break", "goto",
            "and", "not", "#", "%", "'\\300'", "'\\q'", "\n", "x", "5", "'a\nb'", "[==[", "for",
            "in", "repeat", "until", "elseif", "else", "1.2.3", "0xg", "\0", "\u{e9}",
        ];
        let mut text = self.block();
        for _ in 0..=self.random.below(3) {
            let boundaries: Vec<usize> = text
                .char_indices()
                .filter(|(_, c)| " \n(),".contains(*c))
                .map(|(at, _)| at)
                .collect();
            if boundaries.is_empty() {
                break;
            }
            let at = *self.random.pick_from(&boundaries);
            match self.random.below(3) {
                0 => text.insert_str(at, &format!(" {} ", self.random.pick(TOKENS))),
                1 => text.truncate(at.max(1)),
                _ => {
                    let end = *self.random.pick_from(&boundaries);
                    text.replace_range(at.min(end)..at.max(end), " ");
                }
            }
        }
        let has_loop = ["while", "repeat", "for"].iter().any(|word| text.contains(word));
        if has_loop { format!("do return 'compiled' end {text}") } else { text }
    }
}
