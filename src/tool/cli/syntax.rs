//! The syntax of a command as one line, from the arguments that COMMAND DOCS describes: `key value
//! [NX|XX] [EX seconds|PX milliseconds]`.

use crate::resp::Answer;

/// The line for a list of arguments.
pub fn of(arguments: &Answer) -> String {
    joined(Some(arguments), " ")
}

fn joined(arguments: Option<&Answer>, separator: &str) -> String {
    let arguments = arguments.and_then(Answer::elements).unwrap_or_default();
    let parts: Vec<String> = arguments.iter().map(argument).collect();
    parts.join(separator)
}

/// One argument: its token, if it has one, and what follows that; dots if it may come again,
/// brackets if it may be left out.
fn argument(argument: &Answer) -> String {
    let text = |key: &str| {
        let text = argument.value(key).and_then(Answer::text);
        text.map(|text| String::from_utf8_lossy(text).into_owned())
    };
    let kind = text("type").unwrap_or_default();
    let inner = argument.value("arguments");
    let body = match kind.as_str() {
        "pure-token" => String::new(),
        "oneof" => joined(inner, "|"),
        "block" => joined(inner, " "),
        _ => text("display_text").or_else(|| text("name")).unwrap_or_default(),
    };
    let with_token = |body: &str| match text("token").as_deref() {
        Some(token) if body.is_empty() => token.to_owned(),
        // An empty one represents an argument that is an empty string.
        Some("") => format!("\"\" {body}"),
        Some(token) => format!("{token} {body}"),
        None => body.to_owned(),
    };
    let flags = argument.value("flags").and_then(Answer::elements).unwrap_or_default();
    let has = |flag: &str| flags.iter().any(|it| it.text() == Some(flag.as_bytes()));
    let mut syntax = with_token(&body);
    if has("multiple") {
        let again = if has("multiple_token") { with_token(&body) } else { body };
        syntax += &format!(" [{again} ...]");
    }
    if has("optional") { format!("[{syntax}]") } else { syntax }
}
