//! Key events: which of them `notify-keyspace-events` asks for.

/// A set of classes of events and of the channels on which they are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Events(u16);

impl Events {
    /// Channels named after the key: `__keyspace@0__:key`.
    pub const KEYSPACE: Events = Events(1 << 0);
    /// Channels named after the event: `__keyevent@0__:del`.
    pub const KEYEVENT: Events = Events(1 << 1);
    /// Commands of no particular type: DEL, EXPIRE, RENAME …
    pub const GENERIC: Events = Events(1 << 2);
    /// Strings.
    pub const STRING: Events = Events(1 << 3);
    /// Lists.
    pub const LIST: Events = Events(1 << 4);
    /// Sets.
    pub const SET: Events = Events(1 << 5);
    /// Hashes.
    pub const HASH: Events = Events(1 << 6);
    /// Sorted sets.
    pub const SORTED_SET: Events = Events(1 << 7);
    /// A key was removed because its time was over.
    pub const EXPIRED: Events = Events(1 << 8);
    /// A key was removed because memory was short.
    pub const EVICTED: Events = Events(1 << 9);
    /// Streams.
    pub const STREAM: Events = Events(1 << 10);
    /// Types of modules, of which there are none.
    pub const MODULE: Events = Events(1 << 11);
    /// A key was read that does not exist.
    pub const KEY_MISS: Events = Events(1 << 12);
    /// A key was made.
    pub const NEW: Events = Events(1 << 13);

    /// What `A` stands for; misses and new keys are not among it.
    pub const ALL: Events = Events(0b1111_1111_1100);

    /// The letters, in the order in which Redis shows them.
    const LETTERS: [(u8, Events); 14] = [
        (b'g', Events::GENERIC),
        (b'$', Events::STRING),
        (b'l', Events::LIST),
        (b's', Events::SET),
        (b'h', Events::HASH),
        (b'z', Events::SORTED_SET),
        (b'x', Events::EXPIRED),
        (b'e', Events::EVICTED),
        (b't', Events::STREAM),
        (b'd', Events::MODULE),
        (b'n', Events::NEW),
        (b'K', Events::KEYSPACE),
        (b'E', Events::KEYEVENT),
        (b'm', Events::KEY_MISS),
    ];

    /// Whether all of `others` are in the set.
    pub fn contains(self, others: Events) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads a word of letters.
    ///
    /// # Errors
    /// A letter that means nothing.
    pub fn of_letters(word: &[u8]) -> Result<Events, String> {
        let mut events = Events::default();
        for letter in word {
            let known = Events::LETTERS.iter().find(|(known, _)| known == letter);
            events.0 |= match (letter, known) {
                (b'A', _) => Events::ALL.0,
                (_, Some((_, class))) => class.0,
                _ => {
                    let text = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
                    return Err(text.to_owned());
                }
            };
        }
        Ok(events)
    }

    /// The letters of the set, as few as possible.
    pub fn letters(self) -> String {
        let has_all = self.contains(Events::ALL);
        let mut letters = if has_all { "A".to_owned() } else { String::new() };
        for (letter, class) in Events::LETTERS {
            if self.contains(class) && !(has_all && Events::ALL.contains(class)) {
                letters.push(letter as char);
            }
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that letters are shown in Redis's order, `A` standing for what it stands for there.
    #[test]
    fn letters_are_redis_s() {
        for (given, shown) in [
            ("", ""),
            ("KEA", "AKE"),
            ("Kg$lshzxetd", "AK"),
            ("glE", "glE"),
            ("Egx", "gxE"),
            ("mKEA", "AKEm"),
            ("Kn", "nK"),
        ] {
            let events = Events::of_letters(given.as_bytes()).expect(given);
            assert_eq!(events.letters(), shown, "{given}");
            assert_eq!(Events::of_letters(shown.as_bytes()), Ok(events), "{shown}");
        }
        assert!(Events::of_letters(b"KEq").is_err());
    }
}
