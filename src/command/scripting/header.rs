//! The first line of a script or library: `#!lua name=value …`.

use crate::command::engine::CommandError;
use crate::shared::scripts::ScriptFlags;
use crate::text::quoting::next_word;

/// The words of the first line, and what remains. That begins with the line's end, so that lines
/// keep their numbers.
struct Header<'a> {
    words: Vec<Vec<u8>>,
    body: &'a [u8],
}

/// Why there is no header.
enum Missing {
    /// The line does not begin with `#!`.
    Sign,
    /// The line has no end.
    End,
    /// Its quotes do not close.
    Words,
}

fn parse(source: &[u8]) -> Result<Header<'_>, Missing> {
    if !source.starts_with(b"#!") {
        return Err(Missing::Sign);
    }
    let end = source.iter().position(|byte| matches!(byte, b'\n' | 0));
    let end = end.filter(|end| source[*end] == b'\n').ok_or(Missing::End)?;
    let (mut words, mut rest) = (Vec::new(), &source[..end]);
    loop {
        let mut word = Vec::new();
        match next_word(rest, &mut word).map_err(|_| Missing::Words)? {
            Some(behind) => rest = behind,
            None => return Ok(Header { words, body: &source[end..] }),
        }
        words.push(word);
    }
}

/// Reads `#!lua flags=…` in front of a script, if it is there.
///
/// # Errors
/// Redis's.
pub fn of_script(source: &[u8]) -> Result<(ScriptFlags, &[u8]), CommandError> {
    let Header { words, body } = match parse(source) {
        Ok(header) => header,
        Err(Missing::Sign) => return Ok((ScriptFlags::default(), source)),
        Err(Missing::End) => return Err(CommandError::new("ERR Invalid script shebang")),
        Err(Missing::Words) => {
            return Err(CommandError::new("ERR Invalid engine in script shebang"));
        }
    };
    let (engine, options) = words.split_first().map_or((&[][..], &[][..]), |(a, b)| (a, b));
    if engine != b"#!lua" {
        let text = "ERR Unexpected engine in script shebang: ";
        return Err(CommandError::quoting(text, engine, ""));
    }
    let mut flags = ScriptFlags { are_declared: true, ..ScriptFlags::default() };
    for word in options {
        let Some(list) = word.strip_prefix(b"flags=") else {
            return Err(CommandError::quoting("ERR Unknown lua shebang option: ", word, ""));
        };
        for flag in list.split(|byte| *byte == b',').filter(|_| !list.is_empty()) {
            match flag {
                b"no-writes" => flags.no_writes = true,
                b"allow-oom" => flags.allow_oom = true,
                b"allow-stale" | b"no-cluster" | b"allow-cross-slot-keys" => {}
                _ => {
                    let text = "ERR Unexpected flag in script shebang: ";
                    return Err(CommandError::quoting(text, flag, ""));
                }
            }
        }
    }
    Ok((flags, body))
}

/// Reads `#!lua name=…` in front of a library: its name, and the code behind the line.
///
/// # Errors
/// Redis's.
pub fn of_library(code: &[u8]) -> Result<(String, &[u8]), CommandError> {
    const INVALID: CommandError = CommandError::new("ERR Invalid library metadata");
    let Header { words, body } = parse(code).map_err(|missing| match missing {
        Missing::Sign => CommandError::new("ERR Missing library metadata"),
        Missing::End | Missing::Words => INVALID,
    })?;
    let (engine, options) = words.split_first().ok_or(INVALID)?;
    let mut name = None;
    for word in options {
        let value = word.split_at_checked(5).filter(|(key, _)| key.eq_ignore_ascii_case(b"name="));
        match value {
            Some(_) if name.is_some() => {
                return Err(CommandError::new(
                    "ERR Invalid metadata value, name argument was given multiple times",
                ));
            }
            Some((_, value)) => name = Some(value),
            None => {
                return Err(CommandError::quoting("ERR Invalid metadata value given: ", word, ""));
            }
        }
    }
    let name = name.ok_or(CommandError::new("ERR Library name was not given"))?;
    let name = checked_name(name).ok_or(BAD_NAME)?;
    let engine = engine.get(2..).unwrap_or_default();
    match engine.eq_ignore_ascii_case(b"lua") {
        true => Ok((name, body)),
        false => Err(CommandError::quoting("ERR Engine '", engine, "' not found")),
    }
}

/// Redis says so of functions, too.
pub const BAD_NAME: CommandError = CommandError::new(
    "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least \
     one character long",
);

/// The name of a library or function, if it is allowed.
pub fn checked_name(name: &[u8]) -> Option<String> {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_short = name.len() <= crate::limits::FUNCTION_NAME_BYTES_MAX;
    let is_allowed = is_short && !name.is_empty() && name.iter().all(is_good);
    is_allowed.then(|| String::from_utf8_lossy(name).into_owned())
}
