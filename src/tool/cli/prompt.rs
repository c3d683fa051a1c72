//! The prompt: commands are read line by line, from a terminal or from a pipe.
//!
//! The terminal edits the line (backspace, Ctrl-U); a history and completion would need a terminal
//! in raw mode, and are left out. The start of redis-cli asks for COMMAND DOCS, to complete names;
//! here only `help` does.
//!
//! A connection that is lost does not end the prompt: the next command makes a new one. What was
//! sent into the lost one is not sent again, because it may have been executed.
//!
//! Ctrl-C ends the program, or a stream of replies ([`Client::issue`]). No handler of ours runs for
//! that: two flags say what the signal is to do ([`signal_hook::flag`]).

use super::client::{Client, Failure, print};
use super::format::Format;
use super::options::{Style, leading_integer};
use crate::text::quoting::next_word;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a human notices: a command that takes longer is shown with its time.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Nothing,
    /// To be said instead of a reply.
    Message(String),
    Quit,
    Clear,
    Connect(Vec<u8>, u16),
    Command(Vec<Vec<u8>>, i64),
}

/// Reads and executes lines until there are no more.
pub fn run(client: &mut Client<'_>) -> ExitCode {
    client.is_interactive = true;
    if let Err(error) = listen_for_interrupts(client) {
        eprintln!("respool: cannot listen for signals: {error}");
    }
    client.connect(true);
    let mut input = BufReader::new(io::stdin());
    let shows_prompt = io::stdin().is_terminal();
    loop {
        if shows_prompt && print(format!("{}> ", client.prompt()).as_bytes()).is_err() {
            return ExitCode::FAILURE;
        }
        let mut line = Vec::new();
        if !matches!(input.read_until(b'\n', &mut line), Ok(1..)) {
            return ExitCode::SUCCESS;
        }
        let done = match read(&line) {
            Line::Nothing => Ok(()),
            Line::Quit => return ExitCode::SUCCESS,
            Line::Message(message) => print(message.as_bytes()).map_err(Failure::from),
            // Home, and erase what is below.
            Line::Clear => print(b"\x1b[H\x1b[2J").map_err(Failure::from),
            Line::Connect(host, port) => {
                (client.target.host, client.target.port) = (host, port);
                client.connect(true);
                Ok(())
            }
            Line::Command(words, repeat) => execute(client, &words, repeat),
        };
        match done {
            Ok(()) | Err(Failure::Unreachable | Failure::ErrorReply) => {}
            Err(Failure::NoReader) => return ExitCode::FAILURE,
            Err(Failure::Lost(lost)) => {
                eprintln!("Error: {}", lost.reason);
                if !lost.is_gone {
                    return ExitCode::FAILURE;
                }
            }
        }
    }
}

/// Sends a command, and says how long it took if that was long.
fn execute(client: &mut Client<'_>, words: &[Vec<u8>], repeat: i64) -> Result<(), Failure> {
    let start = Instant::now();
    client.issue(words, repeat)?;
    let took = start.elapsed();
    if took >= NOTICEABLE && matches!(client.format, Format { style: Style::Standard, .. }) {
        print(format!("({:.2}s)\n", took.as_secs_f64()).as_bytes())?;
    }
    Ok(())
}

/// Lets Ctrl-C end the program or the stream that is shown.
fn listen_for_interrupts(client: &Client<'_>) -> io::Result<()> {
    flag::register_conditional_shutdown(SIGINT, 1, Arc::clone(&client.may_be_ended))?;
    flag::register(SIGINT, Arc::clone(&client.interrupted))?;
    Ok(())
}

/// Reads a line.
fn read(line: &[u8]) -> Line {
    let (mut rest, mut words, mut word) = (line, Vec::new(), Vec::new());
    loop {
        match next_word(rest, &mut word) {
            Ok(Some(behind)) => rest = behind,
            Ok(None) => break,
            Err(_) => return Line::Message("Invalid argument(s)\n".to_owned()),
        }
        words.push(std::mem::take(&mut word));
    }
    let Some(first) = words.first() else { return Line::Nothing };
    let is = |name: &str| first.eq_ignore_ascii_case(name.as_bytes());
    match words.len() {
        _ if is("quit") || is("exit") => Line::Quit,
        _ if first.starts_with(b":") => preference(&words),
        1 if is("clear") => Line::Clear,
        3 if is("connect") => {
            let port = u16::try_from(leading_integer(&words[2])).unwrap_or_default();
            Line::Connect(std::mem::take(&mut words[1]), port)
        }
        2.. if is_integer(first) => match String::from_utf8_lossy(first).parse() {
            Ok(repeat @ 1..) => Line::Command(words.split_off(1), repeat),
            _ => Line::Message("Invalid redis-cli repeat command option value.\n".to_owned()),
        },
        _ => Line::Command(words, 1),
    }
}

fn is_integer(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").or(word.strip_prefix(b"+")).unwrap_or(word);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// `:set hints` and `:set nohints` are the only settings; without hints neither changes anything.
fn preference(words: &[Vec<u8>]) -> Line {
    let shown = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let is_set = words[0].eq_ignore_ascii_case(b":set");
    match words.get(1) {
        Some(name) if is_set => match name.to_ascii_lowercase().as_slice() {
            b"hints" | b"nohints" => Line::Nothing,
            _ => Line::Message(format!("unknown redis-cli preference '{}'\n", shown(name))),
        },
        _ => Line::Message(format!("unknown redis-cli internal command '{}'\n", shown(&words[0]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str], repeat: i64) -> Line {
        Line::Command(words.iter().map(|word| word.as_bytes().to_vec()).collect(), repeat)
    }

    /// Ensures that lines are understood as redis-cli understands them.
    #[test]
    fn lines() {
        let message = |text: &str| Line::Message(format!("{text}\n"));
        let repeat = || message("Invalid redis-cli repeat command option value.");
        for (line, expected) in [
            ("", Line::Nothing),
            (" \t\r\n", Line::Nothing),
            ("set \"\\x41 b\" 'c'\n", command(&["set", "A b", "c"], 1)),
            ("set 'a", message("Invalid argument(s)")),
            ("set \"a\"b", message("Invalid argument(s)")),
            ("QUIT now", Line::Quit),
            ("exit", Line::Quit),
            ("clear", Line::Clear),
            ("clear x", command(&["clear", "x"], 1)),
            ("connect h 7", Line::Connect(b"h".to_vec(), 7)),
            ("connect h", command(&["connect", "h"], 1)),
            ("5 incr x", command(&["incr", "x"], 5)),
            ("+5 incr x", command(&["incr", "x"], 5)),
            ("5", command(&["5"], 1)),
            ("5x incr", command(&["5x", "incr"], 1)),
            ("0 incr x", repeat()),
            ("-1 incr x", repeat()),
            ("99999999999999999999 incr x", repeat()),
            ("# comment", command(&["#", "comment"], 1)),
            (":set hints", Line::Nothing),
            (":set foo", message("unknown redis-cli preference 'foo'")),
            (":foo", message("unknown redis-cli internal command ':foo'")),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
    }
}
