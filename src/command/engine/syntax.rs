//! Parses the `syntax` of a row into the tree of arguments that COMMAND DOCS reports, from which
//! redis-cli makes its hints.
//!
//! The notation is that of Redis's documentation: `[a]` is optional, `<a | b>` and `[a | b]` are
//! choices, `...` repeats, words in capitals are literal, all others are placeholders.

/// One argument of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    /// The placeholder's name.
    pub name: String,
    /// Redis's type: `string`, `key`, `pure-token`, `oneof` or `block`.
    pub kind: &'static str,
    /// The word in front of it, if there is one.
    pub token: Option<String>,
    /// It may be left out.
    pub is_optional: bool,
    /// It may come several times.
    pub is_multiple: bool,
    /// The parts of a choice or a block.
    pub arguments: Vec<Argument>,
}

impl Argument {
    /// Whether it is a word that belongs to what follows: `EX seconds`. One that may be left out
    /// stands for itself.
    fn announces(&self) -> bool {
        self.kind == "pure-token" && !self.is_optional
    }
}

/// The arguments that `syntax` describes.
pub fn arguments(syntax: &str) -> Vec<Argument> {
    let spaced = ["[", "]", "<", ">", "|"]
        .iter()
        .fold(syntax.to_owned(), |text, sign| text.replace(sign, &format!(" {sign} ")));
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let mut alternatives = alternatives(&mut rest);
    if alternatives.len() > 1 {
        return vec![group(alternatives)];
    }
    alternatives.pop().unwrap_or_default()
}

/// Reads sequences separated by `|`, up to a closing bracket or the end.
fn alternatives(rest: &mut &[&str]) -> Vec<Vec<Argument>> {
    let mut found = vec![sequence(rest)];
    while let ["|", after @ ..] = rest {
        *rest = after;
        found.push(sequence(rest));
    }
    found
}

fn sequence(rest: &mut &[&str]) -> Vec<Argument> {
    let mut found: Vec<Argument> = Vec::new();
    while let [word, after @ ..] = *rest {
        match *word {
            "|" | "]" | ">" => break,
            "..." => {
                *rest = after;
                found.iter_mut().for_each(|argument| argument.is_multiple = true);
            }
            "[" | "<" => {
                *rest = after;
                let mut group = group(alternatives(rest));
                group.is_optional = *word == "[";
                // The closing bracket.
                *rest = rest.get(1..).unwrap_or(&[]);
                // A token in front of a choice belongs to it: `TYPE <a | b>`.
                match found.pop_if(|last| last.announces() && !group.is_optional) {
                    Some(token) => found.push(Argument { token: token.token, ..group }),
                    None => found.push(group),
                }
            }
            _ => {
                *rest = after;
                let single = word_argument(word);
                // `EX seconds` is one argument with a token.
                match found.pop_if(|last| last.announces() && single.token.is_none()) {
                    Some(token) => found.push(Argument { token: token.token, ..single }),
                    None => found.push(single),
                }
            }
        }
    }
    found
}

fn word_argument(word: &str) -> Argument {
    let is_token = !word.chars().any(|letter| letter.is_ascii_lowercase());
    Argument {
        name: word.to_lowercase(),
        kind: match word {
            _ if is_token => "pure-token",
            "key" | "newkey" => "key",
            _ => "string",
        },
        token: is_token.then(|| word.to_owned()),
        ..Argument::default()
    }
}

/// The content of a pair of brackets: one argument, a block of several, or a choice.
fn group(mut alternatives: Vec<Vec<Argument>>) -> Argument {
    if alternatives.len() > 1 {
        let choices = alternatives.into_iter().map(block).collect();
        let name = "choice".to_owned();
        return Argument { name, kind: "oneof", arguments: choices, ..Argument::default() };
    }
    block(alternatives.pop().unwrap_or_default())
}

fn block(mut sequence: Vec<Argument>) -> Argument {
    if sequence.len() == 1 {
        return sequence.remove(0);
    }
    let is_multiple = sequence.iter().all(|argument| argument.is_multiple);
    // A group that repeats as a whole does not repeat in its parts.
    sequence.iter_mut().for_each(|argument| argument.is_multiple &= !is_multiple);
    let name = "block".to_owned();
    Argument { name, kind: "block", is_multiple, arguments: sequence, ..Argument::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes arguments back in the notation they were read from.
    fn show(arguments: &[Argument], between: &str) -> String {
        let shown: Vec<String> = arguments.iter().map(show_one).collect();
        shown.join(between)
    }

    fn show_one(argument: &Argument) -> String {
        let inner = match argument.kind {
            "oneof" => show(&argument.arguments, " | "),
            "block" => show(&argument.arguments, " "),
            "pure-token" => String::new(),
            _ => argument.name.clone(),
        };
        let token = argument.token.clone().unwrap_or_default();
        let mut text = format!("{token} {inner}").trim().to_owned();
        if argument.is_multiple {
            text.push_str(" ...");
        }
        if argument.is_optional { format!("[{text}]") } else { text }
    }

    /// Ensures that every row's syntax survives parsing and writing, except for brackets that only
    /// group a choice.
    #[test]
    fn every_row_survives_being_read() {
        crate::command::families::install();
        for row in crate::command::engine::table::rows() {
            let syntax = row.command.syntax.replace(['<', '>'], "");
            assert_eq!(show(&arguments(row.command.syntax), " "), syntax, "{}", row.full_name());
        }
    }

    /// Ensures that tokens, choices and repetitions are distinguished.
    #[test]
    fn a_choice_of_tokens_with_values() {
        let read = arguments("key [NX | XX] [EX seconds | KEEPTTL] [field value ...]");
        let kinds: Vec<&str> = read.iter().map(|argument| argument.kind).collect();
        assert_eq!(kinds, ["key", "oneof", "oneof", "block"]);
        assert_eq!(read[2].arguments[0].token.as_deref(), Some("EX"));
        assert_eq!(read[2].arguments[0].name, "seconds");
        assert!(read[3].is_multiple && read[3].is_optional);
    }
}
