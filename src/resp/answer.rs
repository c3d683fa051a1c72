//! Replies as a client receives them: a tree of values, and the reader that builds it.
//!
//! Clients, tests, scripts and replicas all have to understand replies; this is their one reader.
//! It knows every type of both protocol versions, and it is *incremental*: bytes go in as they
//! arrive, and when a reply is whole it comes out ([`answer_reader`](super::answer_reader)). A
//! *reply* is what a server writes ([`super::Reply`]), an *answer* is what its client got.
//!
//! Version 2 has five types and writes everything in them; version 3 has a type for each thing, and
//! an aggregate for each use. What a number or a text means is not looked into any further here: a
//! double keeps the digits that were sent, because 1.10 must be shown as 1.10.
//!
//! Left out are the streamed types of version 3 (`$?`, `*?`), which no server sends.

/// A reply, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `+OK`: a short text without line ends.
    Simple(Vec<u8>),
    /// `-ERR …`, or `!len` in version 3, which may have line ends. The first word says which error.
    Error(Vec<u8>),
    /// `:5`.
    Integer(i64),
    /// `$len`: any bytes.
    Bulk(Vec<u8>),
    /// `=len`: a text for humans, after three letters for its format.
    Verbatim([u8; 3], Vec<u8>),
    /// `_`, and in version 2 `$-1` or `*-1`: there is nothing.
    Null,
    /// `,1.5`: a number with a fraction, `inf`, `-inf` or `nan`, in the digits that were sent.
    Double(Vec<u8>),
    /// `#t` or `#f`.
    Boolean(bool),
    /// `(123…`: an integer of any length, in its digits.
    BigNumber(Vec<u8>),
    /// `*len`.
    Array(Vec<Answer>),
    /// `~len`: like an array, but the order says nothing.
    Set(Vec<Answer>),
    /// `%len`: keys and values, in the order in which they were sent.
    Map(Vec<(Answer, Answer)>),
    /// `>len`: what the client did not ask for, such as a message of a channel.
    Push(Vec<Answer>),
    /// `|len` and then any type: an answer, and what the server adds about it.
    Attributed(Vec<(Answer, Answer)>, Box<Answer>),
}

impl Answer {
    /// The bytes of a text, whichever of the three types it has.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Answer::Simple(text) | Answer::Bulk(text) | Answer::Verbatim(_, text) => Some(text),
            _ => None,
        }
    }

    /// What is said by an error.
    pub fn error(&self) -> Option<&[u8]> {
        match self {
            Answer::Error(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array, a set or a push.
    pub fn elements(&self) -> Option<&[Answer]> {
        match self {
            Answer::Array(elements) | Answer::Set(elements) | Answer::Push(elements) => {
                Some(elements)
            }
            _ => None,
        }
    }

    /// Keys and values of a map, which version 2 sends as an array of both in turn.
    pub fn pairs(&self) -> Vec<(&Answer, &Answer)> {
        match self {
            Answer::Map(pairs) => pairs.iter().map(|(key, value)| (key, value)).collect(),
            other => {
                let elements = other.elements().unwrap_or_default();
                elements.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect()
            }
        }
    }

    /// The value of a map's key that is this text.
    pub fn value(&self, key: &str) -> Option<&Answer> {
        let mut pairs = self.pairs().into_iter();
        pairs.find(|(found, _)| found.text() == Some(key.as_bytes())).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Answer {
        Answer::Bulk(text.as_bytes().to_vec())
    }

    /// Ensures that a map is found to be the same one in both versions of the protocol.
    #[test]
    fn maps_of_both_versions() {
        let pairs = vec![(bulk("proto"), Answer::Integer(3)), (bulk("mode"), bulk("standalone"))];
        let map = Answer::Map(pairs.clone());
        let flat = Answer::Array(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect());
        for answer in [map, flat] {
            assert_eq!(answer.value("proto"), Some(&Answer::Integer(3)));
            assert_eq!(answer.value("mode").and_then(Answer::text), Some(&b"standalone"[..]));
            assert_eq!(answer.value("none"), None);
        }
        assert_eq!(Answer::Null.pairs(), []);
    }
}
