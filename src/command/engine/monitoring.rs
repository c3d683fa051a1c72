//! The lines that MONITOR shows: one for each request that is executed.

use crate::command::engine::{Args, Command, Context, flag, secrets, table};
use std::io::Write;

/// Notes a request that was executed for those who monitor, if there are any.
pub(crate) fn note(context: &mut Context<'_>, row: usize, args: Args<'_>) {
    let command = table::rows()[row].command;
    if !context.shared.monitors.is_empty() && !command.has(flag::ADMIN) {
        let line = line(context, command, args);
        context.session.notes.monitored.push(line.into());
    }
}

/// `+1700000000.000000 [0 127.0.0.1:5000] "get" "key"`, in Redis's own quoting.
fn line(context: &Context<'_>, command: &Command, args: Args<'_>) -> Vec<u8> {
    let now_us = context.shared.clock.unix_us();
    let (seconds, micros) = (now_us / 1_000_000, now_us % 1_000_000);
    let (db, peer) = (context.session.db(), &context.session.client.peer);
    let mut line = format!("+{seconds}.{micros:06} [{db} {peer}]").into_bytes();
    for argument in secrets::shown(command, args) {
        line.extend_from_slice(b" \"");
        quote(&argument, &mut line);
        line.push(b'"');
    }
    line.extend_from_slice(b"\r\n");
    line
}

fn quote(bytes: &[u8], line: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'\\' | b'"' => line.extend_from_slice(&[b'\\', *byte]),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\t' => line.extend_from_slice(b"\\t"),
            0x07 => line.extend_from_slice(b"\\a"),
            0x08 => line.extend_from_slice(b"\\b"),
            b' '..=b'~' => line.push(*byte),
            // Writing into a Vec cannot fail.
            other => drop(write!(line, "\\x{other:02x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that every byte is shown in a way that redis-cli's quoting reads back.
    #[test]
    fn bytes_are_quoted() {
        let mut line = Vec::new();
        quote(b"a \\\"\n\r\t\x07\x08\x00\x7f\xff'", &mut line);
        assert_eq!(
            line.escape_ascii().to_string(),
            r#"a \\\\\\\"\\n\\r\\t\\a\\b\\x00\\x7f\\xff\'"#
        );
    }
}
