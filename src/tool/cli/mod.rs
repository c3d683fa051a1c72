//! `respool cli`: a client with the manners of redis-cli, and the client half of the course.
//!
//! The shortest way from a command to its reply: [`one_shot`] here → [`client::Client::issue`] →
//! [`link::Link`] → [`crate::resp::AnswerReader`] → [`mod@format`]. The server's side of the same
//! bytes begins in `src/connection`.
//!
//! | file | job |
//! |---|---|
//! | `options.rs`, `target.rs` | the command line; where the server is |
//! | `link.rs` | one connection: requests out, answers in |
//! | `client.rs`, `follow.rs` | the way of a command, and what must be known about some |
//! | `stop.rs` | why the program ends with an error |
//! | `format.rs`, `json.rs` | how replies are shown |
//! | `prompt.rs`, `help.rs`, `syntax.rs` | commands that are typed, and help about them |
//! | `scan.rs`, `stat.rs`, `latency.rs`, `eval.rs` | what is done instead of a command |
//!
//! What it prints and its exit codes are redis-cli's, because health checks and scripts read them.
//! Left out are what needs a cluster, TLS or a replica's stream, `--pipe`, `--bigkeys` and the like
//! (`options.rs` lists them), and the editing of lines: the terminal's own is used, without history
//! and completion, so that no dependency and no raw terminal mode is needed.

mod client;
mod eval;
mod follow;
mod format;
mod help;
mod json;
mod latency;
mod link;
mod options;
mod prompt;
mod scan;
mod stat;
mod stop;
mod syntax;
mod target;

use client::Client;
use format::Format;
use options::{Mode, Options, Style, Wanted, unquoted, version};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use stop::Stop;

/// Runs the tool.
pub fn run(words: Vec<OsString>) -> ExitCode {
    let words = words.into_iter().map(OsString::into_vec).collect();
    match options::parse(words) {
        Ok(Wanted::Help) => say(&options::help()),
        Ok(Wanted::Version) => say(&(version() + "\n")),
        Ok(Wanted::Talk(options, words)) => talk(*options, words),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints to standard output. A reader that closes the pipe has read enough.
fn say(text: &str) -> ExitCode {
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn talk(mut options: Options, words: Vec<Vec<u8>>) -> ExitCode {
    if options.password.is_some() && !options.is_password_fine {
        eprintln!(
            "Warning: Using a password with '-a' or '-u' option on the command line interface may \
             not be safe."
        );
    }
    // The environment is hidden from other users; the list of processes is not.
    let from_environment = || std::env::var_os("REDISCLI_AUTH").map(OsString::into_vec);
    options.password = options.password.take().or_else(from_environment);
    // Tests of scripts set the variable to see what a human sees.
    let is_terminal = io::stdout().is_terminal() || std::env::var_os("FAKETTY").is_some();
    let by_output = if is_terminal { Style::Standard } else { Style::Raw };
    let format = Format {
        style: options.style.unwrap_or(by_output),
        element_end: options.element_end.clone(),
        reply_end: options.reply_end.clone(),
    };
    let mut client = Client::new(&options, format, is_terminal);
    let done = match options.mode {
        Mode::Commands if words.is_empty() => return prompt::run(&mut client),
        Mode::Commands => one_shot(&mut client, words),
        Mode::Scan => scan::run(&mut client),
        Mode::Stat => stat::run(&mut client),
        Mode::Latency | Mode::LatencyHistory => latency::run(&mut client),
        Mode::Eval => eval::run(&mut client, words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Said) => ExitCode::FAILURE,
        Err(Stop::Message(message)) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Sends the command of the command line.
fn one_shot(client: &mut Client<'_>, words: Vec<Vec<u8>>) -> Result<(), Stop> {
    let Some(words) = arguments(client.options, words)? else {
        let _ = io::stdout().write_all(b"Invalid quoted string\n");
        return Err(Stop::Said);
    };
    // Quietly, because the command needs a connection, and tries again if there is none.
    client.connect(false);
    Ok(client.issue(&words, client.options.repeat)?)
}

/// The words of the command line, unquoted and with standard input among them if that was asked
/// for; `None` if quotes do not close.
fn arguments(options: &Options, words: Vec<Vec<u8>>) -> Result<Option<Vec<Vec<u8>>>, Stop> {
    let unquote =
        |word: Vec<u8>| if options.is_input_quoted { unquoted(&word) } else { Some(word) };
    let Some(mut words) = words.into_iter().map(unquote).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    if options.takes_last_argument {
        words.push(standard_input()?);
    }
    if let Some(tag) = &options.tag {
        let Some(place) = words.iter_mut().find(|word| *word == tag) else {
            let message = "Using -X option but stdin tag not match.";
            return Err(Stop::Message(message.to_owned()));
        };
        *place = standard_input()?;
    }
    Ok(Some(words))
}

fn standard_input() -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    let read = io::stdin().read_to_end(&mut bytes);
    read.map_err(|error| Stop::Message(format!("Error: {}", target::reason(&error))))?;
    Ok(bytes)
}
