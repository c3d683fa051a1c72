//! Secrets: passwords in requests that a log or a monitor would otherwise show.
//!
//! A row with [`flag::SECRETS`] may have secret arguments. The word in front of them identifies
//! them, in any case; a command's own name is such a word, too.

use crate::command::engine::{Args, Command, flag};
use std::borrow::Cow;

/// The replacement of a secret.
const HIDDEN: &[u8] = b"(redacted)";

/// Words that precede secrets, and the number of secrets. Everything after `AUTH` is hidden,
/// because a mistyped password may have become several words.
/// Of a user neither name nor rules are shown.
const WORDS: [(&str, usize); 6] = [
    ("auth", usize::MAX),
    ("auth2", usize::MAX),
    ("requirepass", 1),
    ("setuser", usize::MAX),
    ("getuser", usize::MAX),
    ("deluser", usize::MAX),
];

/// The arguments of a request, with each secret replaced.
pub fn shown<'a>(command: &Command, args: Args<'a>) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let has_secrets = command.has(flag::SECRETS);
    let mut hidden = 0;
    args.iter().map(move |argument| {
        if hidden > 0 {
            hidden -= 1;
            return Cow::Borrowed(HIDDEN);
        }
        let is_word = |(word, _): &&(&str, usize)| argument.eq_ignore_ascii_case(word.as_bytes());
        if has_secrets && let Some((_, count)) = WORDS.iter().find(is_word) {
            hidden = *count;
        }
        Cow::Borrowed(argument)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::engine::table;
    use crate::resp::inline;

    fn show(line: &str) -> String {
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        inline::split(line.as_bytes(), &mut bytes, &mut spans).expect("balanced quotes");
        let args = Args::new(&bytes, &spans);
        let top = table::find(args.at(0)).expect("a command");
        let id = args.get(1).and_then(|sub| table::find_subcommand(top, sub)).unwrap_or(top);
        let shown = shown(table::command(id), args).map(Cow::into_owned);
        String::from_utf8(shown.collect::<Vec<_>>().join(&b' ')).expect("text")
    }

    /// Ensures that passwords are hidden wherever a command takes one, and nothing else is.
    #[test]
    fn passwords_are_hidden() {
        crate::command::families::install();
        assert_eq!(show("AUTH secret"), "AUTH (redacted)");
        assert_eq!(show("auth user se cret"), "auth (redacted) (redacted) (redacted)");
        let shown = "HELLO 3 SETNAME x Auth (redacted) (redacted)";
        assert_eq!(show("HELLO 3 SETNAME x Auth u p"), shown);
        assert_eq!(
            show("CONFIG SET timeout 1 RequirePass p maxclients 5"),
            "CONFIG SET timeout 1 RequirePass (redacted) maxclients 5"
        );
        let shown = "MIGRATE h 1 k 0 9 COPY AUTH2 (redacted) (redacted)";
        assert_eq!(show("MIGRATE h 1 k 0 9 COPY AUTH2 u p"), shown);
        assert_eq!(show("SET auth requirepass EX 10"), "SET auth requirepass EX 10");
    }
}
