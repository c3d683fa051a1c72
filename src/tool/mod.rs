//! What the program does apart from serving: `respool ping`, one row for each such tool.
//!
//! In an image that holds nothing but this binary there is no shell, no redis-cli and no script;
//! whatever an operator needs inside must be the binary itself. A tool is a plain function from
//! its arguments to an exit code. Which tool a command line means is decided in one place
//! ([`asked_for`]).

use crate::config;
use argh::{EarlyExit, FromArgs};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

mod check_aof;
mod check_rdb;
mod cli;
mod generate;
mod names;
mod ping;

pub use names::{Asked, asked_for};

/// One tool.
pub struct Tool {
    /// The first word of the command line.
    pub name: &'static str,
    /// Redis's names for it: the binary is this tool if it is called by one of them, and they are
    /// accepted instead of `name`, too.
    pub aliases: &'static [&'static str],
    /// What it does, for `respool --help`.
    pub summary: &'static str,
    /// Gets the words after the name, and does the work.
    pub run: fn(Vec<OsString>) -> ExitCode,
}

/// Every tool.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: "cli",
        aliases: &["redis-cli", "respool-cli"],
        summary: "talk to a server, like redis-cli",
        run: cli::run,
    },
    Tool {
        name: "ping",
        aliases: &[],
        summary: "ask a server whether it serves",
        run: |words| report(ping::run(&texts(words))),
    },
    Tool {
        name: "check-aof",
        aliases: &["redis-check-aof"],
        summary: "explain an append-only file, and repair its torn end",
        run: |words| report(check_aof::run(&texts(words))),
    },
    Tool {
        name: "check-rdb",
        aliases: &["redis-check-rdb"],
        summary: "explain a snapshot: what it holds, or where it is damaged",
        run: |words| report(check_rdb::run(&texts(words))),
    },
    Tool {
        name: "generate",
        aliases: &[],
        summary: "print a man page, a sample configuration, a completion or a unit",
        run: |words| report(generate::run(&texts(words))),
    },
];

/// Ends a tool that has one text to say: on standard output if all is well, and if not one line
/// on standard error.
fn report(outcome: Result<String, String>) -> ExitCode {
    match outcome {
        Ok(text) => {
            // A reader that closes the pipe has read enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("respool: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The words as text, for flags that are read by `argh`, which knows no other.
fn texts(words: Vec<OsString>) -> Vec<String> {
    words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The part of the help that names the tools.
pub fn help() -> String {
    let line = |tool: &Tool| format!("  {:<17} {}\n", tool.name, tool.summary);
    let lines: String = TOOLS.iter().map(line).collect();
    format!("\nTools, each with a --help of its own:\n{lines}")
}

/// Reads a tool's flags; `Err` is what [`Tool::run`] then returns.
fn flags<T: FromArgs>(name: &str, arguments: &[String]) -> Result<T, Result<String, String>> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    T::from_args(&["respool", name], &arguments).map_err(|exit: EarlyExit| match exit.status {
        Ok(()) => Ok(exit.output),
        Err(()) => Err(config::one_line(&exit.output)),
    })
}
