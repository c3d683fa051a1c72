//! The words of the comments: plain English that readers with another first language know, and the
//! field's terms, so that a reader finds a technique by searching for its name.

use crate::house::tidy::{Source, expect_nothing, sources};

/// Words that no comment may contain, each with a plain one. They are written in pieces here, so
/// that this file does not contain them.
const FORBIDDEN: [([&str; 2], &str); 14] = [
    (["who", "ever"], "the thread, the client, the caller"),
    (["whom", "ever"], "the thread, the client, the caller"),
    (["in v", "ain"], "without success"),
    (["for wa", "nt of"], "because there is no"),
    (["a", "new"], "again"),
    (["let ", "go of"], "release"),
    (["lets ", "go of"], "releases"),
    (["letting ", "go of"], "releasing"),
    (["besi", "de"], "next to, in addition to"),
    (["nobody", "'s"], "not charged to any, without owner"),
    (["is t", "old"], "gets the reply, is informed"),
    (["are t", "old"], "get the reply, are informed"),
    (["was t", "old"], "got the reply, was configured"),
    (["be t", "old"], "get the reply, be informed"),
];

/// Terms that the comments of `src` explain where the technique is used.
const TERMS: [&str; 17] = [
    "LRU",
    "LSN",
    "admission control",
    "back-pressure",
    "before-image",
    "copy-on-write",
    "extendible hashing",
    "false sharing",
    "group commit",
    "half-close",
    "head-of-line blocking",
    "lingering close",
    "optimistic locking",
    "prefetch",
    "rendezvous",
    "snapshot",
    "write-ahead log",
];

/// The text of all comments, a word that begins at each line break included.
fn comments(text: &str) -> String {
    let comment = |line: &str| line.split_once("//").map(|(_, text)| text.to_owned());
    let words: Vec<String> = text.lines().filter_map(comment).collect();
    let words = words.iter().flat_map(|line| line.split_whitespace());
    words.filter(|word| !["/", "!"].contains(word)).collect::<Vec<_>>().join(" ")
}

/// Whether `text` contains `word` between characters that are not letters, in any case.
fn contains_word(text: &str, word: &str) -> bool {
    let is_letter = |end: Option<char>| end.is_some_and(char::is_alphabetic);
    let mut found = text.match_indices(word);
    found.any(|(at, _)| {
        let after = text[at + word.len()..].chars().next();
        !is_letter(text[..at].chars().next_back()) && !is_letter(after)
    })
}

/// The words in `text` for which there are plain ones, each with those.
pub fn not_plain(text: &str) -> Vec<String> {
    // Line breaks may stand between the words of a phrase.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let forbidden = FORBIDDEN.map(|(parts, plain)| (parts.concat(), plain)).into_iter();
    let found = forbidden.filter(|(word, _)| contains_word(&text, word));
    found.map(|(word, plain)| format!("\"{word}\"; plain: {plain}")).collect()
}

/// Ensures that no comment contains a word for which there is a plain one.
#[test]
fn comments_are_in_plain_words() {
    let mut found = Vec::new();
    for Source { path, text } in [sources("src"), sources("tests")].into_iter().flatten() {
        let words = not_plain(&comments(&text));
        found.extend(words.into_iter().map(|word| format!("{path}: {word}")));
    }
    expect_nothing("Words that are not plain", &found);
}

/// Ensures that the name of every technique is found by searching for it.
#[test]
fn techniques_are_called_by_their_names() {
    let all: String = sources("src").iter().map(|source| comments(&source.text)).collect();
    let all = all.to_lowercase();
    let missing = TERMS.iter().filter(|term| !contains_word(&all, &term.to_lowercase()));
    let missing: Vec<String> = missing.map(|term| (*term).to_owned()).collect();
    expect_nothing("Terms that no comment explains", &missing);
}
