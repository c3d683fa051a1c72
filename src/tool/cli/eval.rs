//! `--eval`: a script from a file, with keys and, after a comma, arguments.

use super::client::Client;
use super::stop::Stop;
use super::target::reason;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Sends the script.
pub fn run(client: &mut Client<'_>, words: Vec<Vec<u8>>) -> Result<(), Stop> {
    let path = &client.options.script;
    let script = std::fs::read(OsStr::from_bytes(path)).map_err(|error| {
        let path = String::from_utf8_lossy(path);
        Stop::Message(format!("Can't open file '{path}': {}", reason(&error)))
    })?;
    let keys = words.iter().take_while(|word| *word != b",").count();
    let mut request = vec![b"EVAL".to_vec(), script, keys.to_string().into_bytes()];
    request.extend(words.into_iter().enumerate().filter(|(at, _)| *at != keys).map(|(_, it)| it));
    client.connect(false);
    Ok(client.issue(&request, client.options.repeat)?)
}
