//! `respool generate`: the files around the program, made from the lists in it.
//!
//! A man page, a sample of a configuration, the completion of command lines and a unit for systemd
//! are installed next to the binary. They are made by the binary that they describe, so none of
//! them can name a flag or a command that it does not have.

use crate::command::families;
use crate::config::directives::{LINES, SUBJECTS};
use crate::config::shape::Shape;
use crate::config::{Config, Directive, Effect};
use crate::text::version;
use crate::tool::TOOLS;
use argh::FromArgs;
use std::collections::BTreeMap;

/// The unit that the guide shows.
const UNIT: &str = include_str!("respool.service");

/// prints one of the files around the program: man (a page for man), conf (every directive with its
/// default), completion (for bash), unit (for systemd)
#[derive(FromArgs)]
struct Generate {
    /// man, conf, completion or unit
    #[argh(positional)]
    what: String,
}

/// Runs the tool.
pub fn run(arguments: &[String]) -> Result<String, String> {
    let Generate { what } = match super::flags("generate", arguments) {
        Ok(wanted) => wanted,
        Err(outcome) => return outcome,
    };
    match what.as_str() {
        "man" => Ok(man()),
        "conf" => Ok(conf()),
        "completion" => Ok(completion()),
        "unit" => Ok(UNIT.to_owned()),
        other => Err(format!("'{other}' is none of man, conf, completion and unit")),
    }
}

/// The directives that do something, subject by subject.
fn honoured() -> impl Iterator<Item = (&'static str, Vec<&'static Directive>)> {
    let rows = |rows: &'static [Directive]| {
        rows.iter().filter(|row| row.effect == Effect::Honoured).collect::<Vec<_>>()
    };
    let subjects = SUBJECTS.iter().map(move |(subject, all)| (*subject, rows(all)));
    subjects.filter(|(_, rows)| !rows.is_empty())
}

/// Text for roff: a hyphen is a minus, and no line begins with a request.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// A list: each entry with a bold name, what follows the name, and what it means.
fn entries<'a>(list: impl Iterator<Item = (String, String, &'a str)>) -> String {
    let entry = |(name, more, meaning): (String, String, &str)| {
        let more = if more.is_empty() { more } else { format!(" {}", roff(&more)) };
        format!(".TP\n\\fB{}\\fR{more}\n{}\n", roff(&name), roff(meaning))
    };
    list.map(entry).collect()
}

fn man() -> String {
    let tools = TOOLS.iter().map(|tool| (tool.name.to_owned(), String::new(), tool.summary));
    let mut text = format!(
        ".TH RESPOOL 1 \"\" \"respool {}\" \"User Commands\"\n\
         .SH NAME\nrespool \\- a small, blocking cache server that speaks the protocol of Redis\n\
         .SH SYNOPSIS\n.B respool\n[\\fIfile\\fR | \\fB\\-\\fR] [\\fB\\-\\-\\fIdirective value\\fR \
         ...]\n.br\n.B respool\n\\fItool\\fR [\\fIargument\\fR ...]\n\
         .SH DESCRIPTION\nThe first form runs a server with the directives of a file, of standard \
         input, and of the command line.\nSIGTERM and SIGINT stop it in good order.\nThe second \
         form runs one of the tools, each of which has a \\fB\\-\\-help\\fR of its own.\n\
         .SH TOOLS\n{}.SH DIRECTIVES\nEach is a line of a file, or a flag with two hyphens.\n",
        version::VERSION,
        entries(tools)
    );
    for (subject, rows) in honoured() {
        let rows = rows.into_iter().map(|row| {
            let default = if row.default.is_empty() { "none" } else { row.default };
            (row.name.to_owned(), format!("({default})"), row.doc)
        });
        text += &format!(".SS {}\n{}", roff(subject), entries(rows));
    }
    let lines = LINES.iter().map(|(line, doc)| ((*line).to_owned(), String::new(), *doc));
    text += &format!(".SS Lines that are no settings\n{}.SH COMMANDS\n", entries(lines));
    let mut groups: BTreeMap<&str, Vec<(String, String, &str)>> = BTreeMap::new();
    for row in families::rows() {
        let (name, command) = (row.full_name().to_uppercase().replace('|', " "), row.command);
        if command.summary.is_empty() {
            continue;
        }
        let entry = (name, command.syntax.to_owned(), command.summary);
        groups.entry(command.group).or_default().push(entry);
    }
    for (group, commands) in groups {
        text += &format!(".SS {}\n{}", roff(group), entries(commands.into_iter()));
    }
    text + ".SH EXIT STATUS\n0 after an orderly stop, 1 if the server or the tool cannot do what \
            is asked; one line on standard error says why.\n.SH SEE ALSO\n.BR redis\\-cli (1)\n"
}

fn conf() -> String {
    let defaults = Config::with_defaults();
    let mut text = format!(
        "# Configuration of respool {}: every directive with its default.\n\
         # respool /etc/respool.conf starts a server with it: remove the # of what you change.\n",
        version::VERSION
    );
    for (subject, rows) in honoured() {
        text += &format!("\n# {subject}\n");
        for row in rows {
            text += &format!("\n# {}\n", row.doc);
            let lines = row.lines(&defaults);
            let lines = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned());
            let lines: Vec<String> = lines.collect();
            match lines.is_empty() {
                true => text += &format!("#{} \"\"\n", row.name),
                false => lines.iter().for_each(|line| text += &format!("#{line}\n")),
            }
        }
    }
    text
}

fn completion() -> String {
    let all = || honoured().flat_map(|(_, rows)| rows);
    let flags: Vec<String> = all().map(|row| format!("--{}", row.name)).collect();
    let mut values = String::new();
    for row in all() {
        let words = match row.shape {
            Shape::YesNo => "yes no".to_owned(),
            Shape::OneOf(words) | Shape::SomeOf(words) => words.join(" "),
            _ => continue,
        };
        values += &format!("        --{}) choices=\"{words}\" ;;\n", row.name);
    }
    let tools: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    let rows = families::rows().iter().filter(|row| row.container.is_none());
    let commands: Vec<String> = rows.map(|row| row.full_name()).collect();
    format!(
        "# Completion for bash of the command line of respool {}.\n\
         _respool() {{\n    \
         local word before choices\n    word=${{COMP_WORDS[COMP_CWORD]}}\n    \
         before=${{COMP_WORDS[COMP_CWORD - 1]}}\n    \
         case ${{COMP_WORDS[1]}} in\n        cli) choices=\"{}\" ;;\n        \
         generate) choices=\"man conf completion unit\" ;;\n        \
         *) choices=\"{} --help --version\" ;;\n    esac\n    \
         [ \"$COMP_CWORD\" -gt 1 ] || choices=\"{} $choices\"\n    \
         case $before in\n{values}    esac\n    \
         COMPREPLY=($(compgen -W \"$choices\" -- \"$word\"))\n}}\n\
         complete -o default -F _respool respool\n",
        version::VERSION,
        commands.join(" "),
        flags.join(" "),
        tools.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that each file is made from its list: nothing of it is missing.
    #[test]
    fn nothing_is_missing() {
        let (man, conf, completion) = (man(), conf(), completion());
        for (_, rows) in honoured() {
            for row in rows {
                assert!(man.contains(&format!("\\fB{}\\fR", roff(row.name))), "{}", row.name);
                assert!(conf.contains(&format!("\n#{} ", row.name)), "{}", row.name);
                assert!(completion.contains(&format!("--{}", row.name)), "{}", row.name);
            }
        }
        for row in families::rows().iter().filter(|row| row.container.is_none()) {
            let name = row.full_name();
            assert!(man.contains(&format!("\\fB{}\\fR", roff(&name.to_uppercase()))), "{name}");
        }
        let guide = include_str!("../guide/operating.md");
        assert!(guide.contains(&format!("```ini\n{UNIT}```")), "the unit of the guide");
        assert!(man.lines().all(|line| !line.starts_with('\'')), "a request by accident");
    }
}
