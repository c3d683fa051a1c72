//! What the program does beside serving: `respool ping`, one row for each such tool.
//!
//! In an image that holds nothing but this binary there is no shell, no redis-cli and no script;
//! whatever an operator needs inside must be the binary itself. A tool is a plain function from
//! its arguments to the text that it prints. Flags come first in a server's command line, so a
//! first word without dashes that is in the table can only mean a tool.

use crate::config;
use argh::{EarlyExit, FromArgs};

mod check_aof;
mod check_rdb;
mod ping;

/// One tool.
pub struct Tool {
    /// The first word of the command line.
    pub name: &'static str,
    /// What it does, for `respool --help`.
    pub summary: &'static str,
    /// Gets the words behind the name. Returns what goes to standard output, or one line that says
    /// what is wrong and goes to standard error with exit code 1.
    pub run: fn(&[String]) -> Result<String, String>,
}

/// Every tool.
pub static TOOLS: &[Tool] = &[
    Tool { name: "ping", summary: "ask a server whether it serves", run: ping::run },
    Tool {
        name: "check-aof",
        summary: "explain an append-only file, and repair its torn end",
        run: check_aof::run,
    },
    Tool {
        name: "check-rdb",
        summary: "explain a snapshot: what it holds, or where it is damaged",
        run: check_rdb::run,
    },
];

/// The tool that a command line asks for, and the words that are meant for it.
pub fn from_command_line(arguments: &[String]) -> Option<(&'static Tool, &[String])> {
    let (name, rest) = arguments.split_first()?;
    TOOLS.iter().find(|tool| tool.name == name).map(|tool| (tool, rest))
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
