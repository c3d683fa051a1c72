//! The string as a type of value.

use crate::keyspace::bytes::{Key, Text};
use crate::keyspace::value_type::{Rebuild, ValueType, stored_word};

/// Bytes of a string that Redis stores together with its header.
const EMBEDDED_BYTES_MAX: usize = 44;

impl Default for Text {
    fn default() -> Text {
        Text::new(b"")
    }
}

impl ValueType for Text {
    const NAME: &'static str = "string";

    /// An empty string is a value like any other.
    fn is_empty(&self) -> bool {
        false
    }

    fn heap_bytes(&self) -> usize {
        Text::heap_bytes(self)
    }

    fn encoding(&self) -> &'static str {
        match self {
            Text::Grown { .. } => "raw",
            text if is_integer(text) => "int",
            text if text.len() <= EMBEDDED_BYTES_MAX => "embstr",
            _ => "raw",
        }
    }

    /// One request creates the string together with its deadline.
    fn rebuild(&self, key: &Key, expires_at_ms: Option<u64>, requests: &mut dyn Rebuild) {
        requests.request(if expires_at_ms.is_some() { 5 } else { 3 });
        requests.word(b"SET");
        stored_word(requests, key);
        stored_word(requests, self);
        if let Some(moment_ms) = expires_at_ms {
            requests.word(b"PXAT");
            requests.word(itoa::Buffer::new().format(moment_ms).as_bytes());
        }
    }

    fn prefetch_word(&self) -> usize {
        self.first().map_or(0, |byte| usize::from(*byte))
    }

    fn is_heavy(&self) -> bool {
        !matches!(self, Text::Inline { .. })
    }
}

/// Whether Redis would store these bytes as a number: they are the number's decimal form.
fn is_integer(text: &[u8]) -> bool {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
    number.is_some_and(|number| itoa::Buffer::new().format(number).as_bytes() == text)
}
