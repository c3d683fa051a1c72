//! From the text of a script to what can be executed.

use crate::command::engine::CommandError;
use crate::limits;
use crate::script::{Env, EnvBuilder, Program, RunTable};
use crate::shared::scripts::{Digest, Script, ScriptFlags};
use std::sync::{Arc, LazyLock};

use super::host::{CONSTANTS, NATIVES};

/// What scripts call the tables that they are given.
pub struct Globals {
    /// Lua's libraries and `redis`.
    pub env: Arc<Env>,
    /// `KEYS`.
    pub keys: RunTable,
    /// `ARGV`.
    pub argv: RunTable,
}

/// The global variables of all scripts: read-only, so one for the whole process.
pub static GLOBALS: LazyLock<Globals> = LazyLock::new(|| {
    let mut builder = EnvBuilder::new();
    builder.host_table("redis", NATIVES, CONSTANTS);
    builder.host_text("redis", "REDIS_VERSION", crate::text::version::REDIS_VERSION);
    let (keys, argv) = (builder.run_table("KEYS"), builder.run_table("ARGV"));
    Globals { env: builder.build(), keys, argv }
});

/// The digest of a source.
pub fn digest_of(source: &[u8]) -> Digest {
    let text = sha1_smol::Sha1::from(source).digest().to_string();
    let mut digest = [b'0'; 40];
    digest.copy_from_slice(text.as_bytes());
    digest
}

/// Compiles a script.
///
/// # Errors
/// It is too long, its first line is wrong, or it is no Lua.
pub fn compile(source: &[u8]) -> Result<Script, CommandError> {
    if source.len() > limits::SCRIPT_SOURCE_BYTES_MAX {
        return Err(CommandError::new("ERR script is too long"));
    }
    let (flags, body) = shebang(source)?;
    let program = Program::compile(&GLOBALS.env, "user_script", body).map_err(|error| {
        CommandError::quoting("ERR Error compiling script (new function): ", &error.0, "")
    })?;
    Ok(Script { program, flags })
}

/// Reads the line `#!lua flags=…`. What remains begins with its line end, so that lines keep their
/// numbers.
fn shebang(source: &[u8]) -> Result<(ScriptFlags, &[u8]), CommandError> {
    let Some(line) = source.strip_prefix(b"#!") else {
        return Ok((ScriptFlags::default(), source));
    };
    let Some(end) = line.iter().position(|byte| *byte == b'\n') else {
        return Err(CommandError::new("ERR Invalid script shebang"));
    };
    let mut words = line[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let engine = words.next().unwrap_or_default();
    if engine != b"lua" {
        let text = "ERR Unexpected engine in script shebang: ";
        return Err(CommandError::quoting(text, engine, ""));
    }
    let mut flags = ScriptFlags { are_declared: true, ..ScriptFlags::default() };
    for word in words {
        let Some(list) = word.strip_prefix(b"flags=") else {
            return Err(CommandError::quoting("ERR Unknown lua shebang option: ", word, ""));
        };
        for flag in list.split(|byte| *byte == b',').filter(|flag| !flag.is_empty()) {
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
    Ok((flags, &line[end..]))
}
