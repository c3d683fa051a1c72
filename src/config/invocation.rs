//! What a command line asks for: the help, the version, or a server.
//!
//! `argh` reads what is respool's own, `Own`, and writes the first lines of the help. The
//! directives, which have no place in a struct of flags, come from their list.

use super::directive::Effect;
use super::directives;
use super::settings::Config;
use super::sources::{self, CommandLine, Rename};
use argh::FromArgs;
use std::ffi::OsString;
use std::fmt::Write;

/// respool, a small blocking Redis-compatible cache server. A first word is a configuration file,
/// '-' is standard input, and every directive of a file can be given as --directive value...
#[derive(FromArgs)]
struct Own {
    /// print the version and exit
    #[argh(switch, short = 'v')]
    version: bool,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// Run a server.
    Serve(Box<Config>),
    /// Print this help and exit successfully.
    Help(String),
    /// Print the version and exit successfully.
    Version,
}

/// Reads a command line, the program's name excluded, and all that it names. Commands get other
/// names by `rename`.
///
/// # Errors
/// What is wrong, with its place.
pub fn from_command_line(arguments: &[OsString], rename: Rename<'_>) -> Result<Invocation, String> {
    let command_line = CommandLine::new(arguments);
    if let Some(word) = command_line.own {
        return match Own::from_args(&["respool"], &[word]) {
            Ok(Own { version: true }) => Ok(Invocation::Version),
            Ok(_) => Ok(Invocation::Help(help(""))),
            Err(exit) if exit.status.is_ok() => Ok(Invocation::Help(help(&exit.output))),
            Err(exit) => Err(one_line(&exit.output)),
        };
    }
    let config = sources::read(&command_line, &mut std::io::stdin(), rename)?;
    Ok(Invocation::Serve(Box::new(config)))
}

/// An error of several lines as one.
pub fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

/// argh's text, and the directives.
fn help(own: &str) -> String {
    let mut text = own.to_owned();
    let (mut ignored, mut refused) = (Vec::new(), Vec::new());
    for (subject, rows) in directives::SUBJECTS {
        let mut heading = format!("\n{subject}:\n");
        for row in *rows {
            match row.effect {
                Effect::Honoured => {
                    let default = if row.default.is_empty() { "none" } else { row.default };
                    text.push_str(&std::mem::take(&mut heading));
                    // Writing into a text cannot fail.
                    let _ = writeln!(text, "  --{:<30}{} (default {default})", row.name, row.doc);
                }
                Effect::Nothing(_) => ignored.push(row.name),
                Effect::Refused(_) => refused.push(row.name),
            }
        }
    }
    text.push_str("\nLines that are no settings:\n");
    for (line, doc) in directives::LINES {
        let _ = writeln!(text, "  {line:<32}{doc}");
    }
    let _ = writeln!(text, "\nAccepted without effect:\n{}", wrapped(&ignored));
    let _ = writeln!(text, "\nRefused, unless with their default:\n{}", wrapped(&refused));
    text
}

/// Words in lines of a terminal's width.
fn wrapped(words: &[&str]) -> String {
    let mut lines = vec![String::from(" ")];
    for word in words {
        if lines.last().is_some_and(|line| line.len() + word.len() > 78) {
            lines.push(String::from(" "));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}
