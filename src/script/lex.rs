//! The lexer: source text to tokens, one at a time and one ahead.

use std::sync::Arc;

use super::env::Env;
use super::interner::Interner;
use super::number;
use super::value::StrId;

/// A script that cannot be compiled: the text of the reason, with name and line.
#[derive(Debug)]
pub struct SyntaxError(pub Vec<u8>);

pub(super) type Parsed<T> = Result<T, Box<SyntaxError>>;

macro_rules! tokens {
    ($($name:ident $text:literal),* $(,)?) => {
        /// A token.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(super) enum Token {
            $($name,)*
            Name(StrId),
            Text(StrId),
            Number(f64),
            Eof,
            Byte(u8),
        }
        impl Token {
            /// The text of a token that has only one.
            fn fixed_text(self) -> Option<&'static str> {
                match self {
                    $(Token::$name => Some($text),)*
                    Token::Eof => Some("<eof>"),
                    _ => None,
                }
            }
            fn keyword(text: &[u8]) -> Option<Token> {
                const ALL: &[(&str, Token)] = &[$(($text, Token::$name)),*];
                ALL.iter().find(|(name, _)| name.as_bytes() == text).map(|(_, token)| *token)
            }
        }
    };
}

tokens! {
    And "and", Break "break", Do "do", Else "else", ElseIf "elseif", End "end", False "false",
    For "for", Function "function", If "if", In "in", Local "local", Nil "nil", Not "not",
    Or "or", Repeat "repeat", Return "return", Then "then", True "true", Until "until",
    While "while", Concat "..", Dots "...", Equal "==", GreaterEqual ">=", LessEqual "<=",
    NotEqual "~=",
}

/// The lexer, and the strings of the program that it met.
pub(super) struct Lexer<'s> {
    source: &'s [u8],
    at: usize,
    /// Where the current token begins.
    start: usize,
    pub line: u32,
    /// The line of the token before the current one.
    pub last_line: u32,
    pub token: Token,
    ahead: Option<(Token, usize, usize, u32)>,
    pub env: Arc<Env>,
    pub strings: Interner,
    pub name: Box<[u8]>,
}

impl<'s> Lexer<'s> {
    pub fn new(env: &Arc<Env>, name: &[u8], source: &'s [u8]) -> Self {
        let first_line = source.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Self {
            source,
            // A first line that begins with # is for the shell; Redis's own comes before this.
            at: if source.first() == Some(&b'#') { first_line.len() } else { 0 },
            start: 0,
            line: 1,
            last_line: 1,
            token: Token::Eof,
            ahead: None,
            env: env.clone(),
            strings: Interner::default(),
            name: name.into(),
        }
    }

    /// Goes on to the next token.
    pub fn advance(&mut self) -> Parsed<()> {
        self.last_line = self.line;
        if let Some((token, start, at, line)) = self.ahead.take() {
            (self.token, self.start, self.at, self.line) = (token, start, at, line);
            return Ok(());
        }
        self.token = self.scan()?;
        Ok(())
    }

    /// The token behind the current one.
    pub fn peek(&mut self) -> Parsed<Token> {
        if self.ahead.is_none() {
            let (start, at, line) = (self.start, self.at, self.line);
            let token = self.scan()?;
            self.ahead = Some((token, self.start, self.at, self.line));
            (self.start, self.at, self.line) = (start, at, line);
        }
        Ok(self.ahead.map_or(Token::Eof, |ahead| ahead.0))
    }

    /// An error at the current token.
    pub fn error_near<T>(&self, message: &str) -> Parsed<T> {
        let end = if self.token == Token::Eof { self.start } else { self.at.max(self.start) };
        self.error_at(message, self.token, end)
    }

    fn error_at<T>(&self, message: &str, token: Token, end: usize) -> Parsed<T> {
        if token == Token::Byte(0) {
            // A zero byte is no token to be shown, as in C Lua.
            return self.error(message.as_bytes());
        }
        let near = self.token_text(token, end);
        // C prints what is in front of a zero byte.
        let near = near.split(|byte| *byte == 0).next().unwrap_or_default();
        let mut text = message.as_bytes().to_vec();
        text.extend_from_slice(b" near '");
        text.extend_from_slice(near);
        text.push(b'\'');
        self.error(&text)
    }

    /// An error in a quoted string, of which `text` has been read.
    fn error_in_text<T>(&self, message: &str, text: &[u8]) -> Parsed<T> {
        let shown = text.split(|byte| *byte == 0).next().unwrap_or_default();
        let quote = &self.source[self.start..=self.start];
        self.error(&[message.as_bytes(), b" near '", quote, shown, b"'"].concat())
    }

    /// An error with position and nothing else.
    pub fn error<T>(&self, message: &[u8]) -> Parsed<T> {
        let mut text = self.name.to_vec();
        text.extend_from_slice(format!(":{}: ", self.line).as_bytes());
        text.extend_from_slice(message);
        Err(Box::new(SyntaxError(text)))
    }

    fn token_text(&self, token: Token, end: usize) -> Vec<u8> {
        match token {
            Token::Byte(byte) if byte < 32 || byte == 127 => format!("char({byte})").into_bytes(),
            Token::Byte(byte) => vec![byte],
            Token::Text(id) if self.source.get(self.start) != Some(&b'[') => {
                let quote = &self.source[self.start..=self.start];
                [quote, self.bytes(id), quote].concat()
            }
            Token::Name(_) | Token::Text(_) | Token::Number(_) => {
                self.source.get(self.start..end).unwrap_or_default().to_vec()
            }
            token => self.fixed(token).into_bytes(),
        }
    }

    /// The text of a token without content.
    pub fn fixed(&self, token: Token) -> String {
        match token {
            Token::Byte(byte) => char::from(byte).to_string(),
            Token::Name(_) => "<name>".to_owned(),
            token => token.fixed_text().unwrap_or("?").to_owned(),
        }
    }

    /// Interns a string of the program.
    pub fn intern(&mut self, bytes: &[u8]) -> StrId {
        let hash = self.env.hasher.hash_one(bytes);
        if let Some(id) = self.env.strings.find(hash, bytes) {
            return StrId(id);
        }
        let base = self.env.strings.items.len() as u32;
        let found = self.strings.find(hash, bytes);
        StrId(base + found.unwrap_or_else(|| self.strings.insert(hash, bytes.into())))
    }

    /// The bytes of a string of the program.
    pub fn bytes(&self, id: StrId) -> &[u8] {
        let base = self.env.strings.items.len() as u32;
        match id.0.checked_sub(base) {
            Some(own) => &self.strings.items[own as usize].bytes,
            None => &self.env.strings.items[id.0 as usize].bytes,
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    fn scan(&mut self) -> Parsed<Token> {
        loop {
            self.start = self.at;
            let Some(byte) = self.byte(0) else { return Ok(Token::Eof) };
            match byte {
                b'\n' | b'\r' => self.new_line(),
                b' ' | b'\t' | 11 | 12 => self.at += 1,
                b'-' if self.byte(1) == Some(b'-') => self.comment()?,
                b'[' => match self.long_bracket() {
                    Some(level) => return self.long_text(level, "string").map(Token::Text),
                    None if self.byte(1) == Some(b'=') => {
                        self.at += 1;
                        return self.error_at(
                            "invalid long string delimiter",
                            Token::Number(0.0),
                            self.at,
                        );
                    }
                    None => return Ok(self.single(byte)),
                },
                b'"' | b'\'' => return self.quoted(byte),
                b'0'..=b'9' => return self.numeral(),
                b'.' => match (self.byte(1), self.byte(2)) {
                    (Some(b'.'), Some(b'.')) => return Ok(self.symbol(Token::Dots, 3)),
                    (Some(b'.'), _) => return Ok(self.symbol(Token::Concat, 2)),
                    (Some(b'0'..=b'9'), _) => return self.numeral(),
                    _ => return Ok(self.single(byte)),
                },
                b'=' | b'<' | b'>' | b'~' if self.byte(1) == Some(b'=') => {
                    let token = match byte {
                        b'=' => Token::Equal,
                        b'<' => Token::LessEqual,
                        b'>' => Token::GreaterEqual,
                        _ => Token::NotEqual,
                    };
                    return Ok(self.symbol(token, 2));
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => return Ok(self.word()),
                byte => return Ok(self.single(byte)),
            }
        }
    }

    fn single(&mut self, byte: u8) -> Token {
        self.symbol(Token::Byte(byte), 1)
    }

    fn symbol(&mut self, token: Token, len: usize) -> Token {
        self.at += len;
        token
    }

    fn word(&mut self) -> Token {
        let rest = &self.source[self.at..];
        let end = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        match Token::keyword(word) {
            Some(token) => token,
            None => Token::Name(self.intern(word)),
        }
    }

    /// Passes the end of a line; `\r\n` and `\n\r` are one.
    fn new_line(&mut self) {
        let pair = (self.byte(0), self.byte(1));
        let is_pair = matches!(pair, (Some(b'\n'), Some(b'\r')) | (Some(b'\r'), Some(b'\n')));
        self.at += if is_pair { 2 } else { 1 };
        self.line += 1;
    }

    fn comment(&mut self) -> Parsed<()> {
        self.at += 2;
        if self.byte(0) == Some(b'[')
            && let Some(level) = self.long_bracket()
        {
            self.long_text(level, "comment")?;
            return Ok(());
        }
        let rest = &self.source[self.at..];
        self.at += rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
        Ok(())
    }

    /// The number of equal signs, if a long bracket begins here.
    fn long_bracket(&self) -> Option<usize> {
        let rest = &self.source[self.at + 1..];
        let level = rest.iter().take_while(|byte| **byte == b'=').count();
        (rest.get(level) == Some(&b'[')).then_some(level)
    }

    fn long_text(&mut self, level: usize, what: &str) -> Parsed<StrId> {
        self.at += level + 2;
        let mut text = Vec::new();
        if matches!(self.byte(0), Some(b'\n' | b'\r')) {
            self.new_line();
        }
        loop {
            match self.byte(0) {
                None => {
                    let message = format!("unfinished long {what}");
                    return self.error_at(&message, Token::Eof, self.at);
                }
                Some(b']') => {
                    let rest = &self.source[self.at + 1..];
                    let signs = rest.iter().take_while(|byte| **byte == b'=').count();
                    if signs == level && rest.get(level) == Some(&b']') {
                        self.at += level + 2;
                        return Ok(self.intern(&text));
                    }
                    text.push(b']');
                    self.at += 1;
                }
                Some(b'\n' | b'\r') => {
                    self.new_line();
                    text.push(b'\n');
                }
                Some(byte) => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn quoted(&mut self, quote: u8) -> Parsed<Token> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            let Some(byte) = self.byte(0) else {
                return self.error_at("unfinished string", Token::Eof, self.at);
            };
            match byte {
                b'\n' | b'\r' => {
                    return self.error_in_text("unfinished string", &text);
                }
                b'\\' => self.escape(&mut text)?,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return Ok(Token::Text(self.intern(&text)));
                    }
                    text.push(byte);
                }
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Parsed<()> {
        self.at += 1;
        let Some(byte) = self.byte(0) else { return Ok(()) };
        let plain = match byte {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\n' | b'\r' => {
                self.new_line();
                text.push(b'\n');
                return Ok(());
            }
            b'0'..=b'9' => {
                let mut code = 0u32;
                for _ in 0..3 {
                    let Some(digit @ b'0'..=b'9') = self.byte(0) else { break };
                    code = code * 10 + u32::from(digit - b'0');
                    self.at += 1;
                }
                let Ok(code) = u8::try_from(code) else {
                    return self.error_in_text("escape sequence too large", text);
                };
                text.push(code);
                return Ok(());
            }
            other => other,
        };
        text.push(plain);
        self.at += 1;
        Ok(())
    }

    fn numeral(&mut self) -> Parsed<Token> {
        while matches!(self.byte(0), Some(b'0'..=b'9' | b'.')) {
            self.at += 1;
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(0), Some(b'+' | b'-')) {
                self.at += 1;
            }
        }
        while self.byte(0).is_some_and(is_word) {
            self.at += 1;
        }
        match number::parse(&self.source[self.start..self.at]) {
            Some(n) => Ok(Token::Number(n)),
            None => self.error_at("malformed number", Token::Number(0.0), self.at),
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
