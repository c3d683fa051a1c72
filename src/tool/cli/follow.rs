//! What redis-cli knows about commands: which reply is a text for humans, and which commands are
//! followed by replies without end.

/// Replies without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The requests of all clients.
    Monitor,
    /// Messages of channels.
    Messages,
}

/// Which stream a command begins.
pub fn stream_of(words: &[Vec<u8>]) -> Option<Stream> {
    match words[0].to_ascii_lowercase().as_slice() {
        b"monitor" => Some(Stream::Monitor),
        b"subscribe" | b"psubscribe" | b"ssubscribe" => Some(Stream::Messages),
        _ => None,
    }
}

/// Whether the reply to a command is a text for humans, which has lines of its own and is shown
/// without quotes.
pub fn is_text(words: &[Vec<u8>]) -> bool {
    let word = |at: usize| words.get(at).map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let (name, second) = (word(0), word(1));
    matches!(
        (name.as_slice(), second.as_slice(), words.len()),
        (b"info" | b"lolwut", ..)
            | (b"debug", b"htstats" | b"htstats-key", _)
            | (b"memory", b"malloc-stats" | b"doctor", _)
            | (b"client", b"list" | b"info", _)
            | (b"cluster", b"nodes" | b"info", 2)
            | (b"latency", b"graph", 3)
            | (b"latency", b"doctor", 2)
            | (b"proxy", b"info", _)
    )
}
