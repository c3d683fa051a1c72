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
    /// Redis's type: `pure-token`, `oneof`, `block`, or one of those that `kind_of` knows.
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
                group.is_optional = *word == "[" && !repeats(&group, &mut found);
                // The closing bracket.
                *rest = rest.get(1..).unwrap_or(&[]);
                // A token in front of a choice belongs to it: `TYPE <a | b>`.
                match found.pop_if(|last| last.announces() && *word == "<") {
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
        kind: if is_token { "pure-token" } else { kind_of(word) },
        token: is_token.then(|| word.to_owned()),
        ..Argument::default()
    }
}

/// Whether a group repeats what stands in front of it, as in `key [key ...]` or `field value [field
/// value ...]`. It is one argument then, and what stands there is removed.
fn repeats(group: &Argument, found: &mut Vec<Argument>) -> bool {
    let parts = match group.kind {
        "block" => group.arguments.as_slice(),
        _ => std::slice::from_ref(group),
    };
    let is_same = |one: &Argument, other: &Argument| {
        (&one.name, &one.token, &one.arguments) == (&other.name, &other.token, &other.arguments)
    };
    let Some(at) = found.len().checked_sub(parts.len()).filter(|_| group.is_multiple) else {
        return false;
    };
    let repeats = found[at..].iter().zip(parts).all(|(one, other)| is_same(one, other));
    found.truncate(if repeats { at } else { found.len() });
    repeats
}

/// Redis's type of a placeholder.
fn kind_of(name: &str) -> &'static str {
    match name {
        "key" | "key1" | "key2" | "newkey" | "source" | "destination" | "src" | "dst"
        | "destkey" | "sourcekey" => "key",
        "bit" | "client-id" | "count" | "cursor" | "db" | "decrement" | "destination-db"
        | "frequency" | "index" | "index1" | "index2" | "len" | "limit" | "milliseconds"
        | "min-match-len" | "num-matches" | "numfields" | "numkeys" | "numlocal"
        | "numreplicas" | "offset" | "port" | "protover" | "rank" | "seconds" | "slot" | "ttl"
        | "version" | "weight" => "integer",
        "height" | "latitude" | "longitude" | "radius" | "score" | "width" => "double",
        "unix-time-seconds" | "unix-time-milliseconds" => "unix-time",
        "pattern" => "pattern",
        _ => "string",
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

    /// The same notation with `key ...` for `key [key ...]`.
    fn shortened(syntax: &str) -> String {
        let mut text = syntax.to_owned();
        for (end, _) in syntax.rmatch_indices(" ...]") {
            let Some(begin) = text[..end].rfind('[') else { continue };
            let (before, part) = (text[..begin].trim_end(), &text[begin + 1..end]);
            let head = before.strip_suffix(part).filter(|_| !part.contains(']'));
            // A token in front belongs to the first one alone.
            let is_token = |word: &str| word.ends_with(|letter: char| letter.is_ascii_uppercase());
            let last = head.and_then(|head| head.split_whitespace().next_back());
            if head.is_some() && !last.is_some_and(is_token) {
                text = format!("{before} ...{}", &text[end + " ...]".len()..]);
            }
        }
        text
    }

    /// Ensures that what is repeated is one argument, alone and as a block.
    #[test]
    fn repetitions_are_one_argument() {
        let read = arguments("key field value [field value ...]");
        assert_eq!(read.len(), 2);
        assert!(read[1].kind == "block" && read[1].is_multiple && !read[1].is_optional);
        let read = arguments("key [element [element ...]]");
        assert_eq!((read.len(), read[1].kind), (2, "string"));
        assert!(read[1].is_multiple && read[1].is_optional);
        let read = arguments("key [GET pattern [GET pattern ...]] [ID client-id [client-id ...]]");
        assert!(read[1].is_multiple && read[1].token.is_some());
        // The token stands there once.
        assert_eq!(read[2].kind, "block");
    }

    /// Ensures that every row's syntax survives parsing and writing, except for brackets that only
    /// group a choice.
    #[test]
    fn every_row_survives_being_read() {
        crate::command::families::install();
        for row in crate::command::engine::table::rows() {
            let syntax = shortened(row.command.syntax).replace(['<', '>'], "");
            assert_eq!(show(&arguments(row.command.syntax), " "), syntax, "{}", row.full_name());
        }
    }

    /// Ensures that tokens, choices and repetitions are distinguished.
    #[test]
    fn a_choice_of_tokens_with_values() {
        let read = arguments("key [NX | XX] [EX seconds | KEEPTTL] [field value ...]");
        let kinds: Vec<&str> = read.iter().map(|argument| argument.kind).collect();
        assert_eq!(kinds, ["key", "oneof", "oneof", "block"]);
        assert_eq!(read[2].arguments[0].kind, "integer");
        assert_eq!(read[2].arguments[0].token.as_deref(), Some("EX"));
        assert_eq!(read[2].arguments[0].name, "seconds");
        assert!(read[3].is_multiple && read[3].is_optional);
    }
}
