//! From the text of a script to what can be executed.

use super::globals::GLOBALS;
use super::header;
use crate::command::engine::CommandError;
use crate::limits;
use crate::script::Program;
use crate::shared::Services;
use crate::shared::scripts::{Digest, Memo, Script, ScriptFlags};
use std::sync::Arc;

/// The digest of a source.
pub fn digest_of(source: &[u8]) -> Digest {
    let text = sha1_smol::Sha1::from(source).digest().to_string();
    let mut digest = [b'0'; 40];
    digest.copy_from_slice(text.as_bytes());
    digest
}

/// The script with this source, from the memo of the session or the cache, or compiled.
///
/// # Errors
/// It is too long, its first line is wrong, or it is no Lua.
pub fn find_or_compile(
    shared: &Services,
    memo: &mut Memo,
    source: &[u8],
) -> Result<Arc<Script>, CommandError> {
    if let Some(script) = memo.find(source) {
        return Ok(script);
    }
    let digest = digest_of(source);
    let script = match shared.scripts.find(&digest) {
        Some(script) => script,
        None => compile(shared, digest, source)?,
    };
    memo.add(&script);
    Ok(script)
}

/// Compiles a script that is not in the cache.
fn compile(shared: &Services, digest: Digest, source: &[u8]) -> Result<Arc<Script>, CommandError> {
    if let Some(reason) = shared.scripts.refusal(&digest) {
        return Err(reason);
    }
    let _compiler = shared.scripts.compiler(source.len());
    let compiled = translate(source);
    if let Err(error) = &compiled {
        shared.scripts.refuse(digest, error.clone());
    }
    compiled.map(|(program, flags)| Script::new(digest, source, program, flags))
}

fn translate(source: &[u8]) -> Result<(Arc<Program>, ScriptFlags), CommandError> {
    if source.len() > limits::SCRIPT_SOURCE_BYTES_MAX {
        return Err(CommandError::new("ERR script is too long"));
    }
    let (flags, body) = header::of_script(source)?;
    let program = Program::compile(&GLOBALS.env, "user_script", body).map_err(|error| {
        CommandError::quoting("ERR Error compiling script (new function): ", &error.0, "")
    })?;
    Ok((program, flags))
}
