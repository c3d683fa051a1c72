//! The numbers of the format: operations between keys, encodings of values, versions.

use super::piece::Kind;

/// The highest version of Redis's that can be read: Redis 8.4's.
pub const VERSION_MAX: u32 = 13;

/// The version of Valkey 9, whose files begin with another word.
pub const VERSION_VALKEY: u32 = 80;

/// Bytes of a file's first word and version: `REDIS0010`, `VALKEY080`.
pub const MAGIC_BYTES: usize = 9;

/// The first version with a check sum at the end.
pub const VERSION_WITH_SUM: u32 = 5;

/// Whether a version can be read.
pub fn is_readable(version: u32) -> bool {
    matches!(version, 1..=VERSION_MAX | VERSION_VALKEY)
}

/// Whether a file that begins like this is a snapshot: a log of Redis may have one in front.
pub fn is_snapshot(beginning: &[u8]) -> bool {
    let is_version = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_digit);
    [&b"REDIS"[..], b"VALKEY"]
        .iter()
        .any(|word| beginning.strip_prefix(*word).is_some_and(is_version))
}

/// What stands between keys. Numbers of values are below 100, so that one byte tells both apart.
pub mod operation {
    /// What a module keeps for the next key; Valkey uses the number for a slot's import.
    pub const KEY_METADATA: u8 = 243;
    /// Sizes of a cluster's slot, which are only hints.
    pub const SLOT_INFO: u8 = 244;
    /// The code of a function library.
    pub const FUNCTION: u8 = 245;
    /// The same of Redis 7's release candidates.
    pub const FUNCTION_CANDIDATE: u8 = 246;
    /// What a module keeps apart from keys.
    pub const MODULE_AUX: u8 = 247;
    /// Seconds since the next key was used.
    pub const IDLE: u8 = 248;
    /// How often the next key is used, as a logarithmic counter.
    pub const FREQUENCY: u8 = 249;
    /// A name and a value that are only information.
    pub const AUX: u8 = 250;
    /// Numbers of keys and of expiring keys to come, which are only hints.
    pub const RESIZE: u8 = 251;
    /// When the next key expires, in milliseconds.
    pub const EXPIRES_MS: u8 = 252;
    /// When the next key expires, in seconds.
    pub const EXPIRES_S: u8 = 253;
    /// The database of the keys to come.
    pub const SELECT: u8 = 254;
    /// The end; a check sum follows.
    pub const END: u8 = 255;
}

/// The encoding of a string whose first two bits are set.
pub mod string {
    /// The digits of an integer of one byte.
    pub const INT8: u8 = 0;
    /// The digits of an integer of two bytes.
    pub const INT16: u8 = 1;
    /// The digits of an integer of four bytes.
    pub const INT32: u8 = 2;
    /// Compressed bytes.
    pub const LZF: u8 = 3;
}

/// What stands in front of a module's pieces of data.
pub mod module {
    /// The end of the value.
    pub const END: u64 = 0;
    /// A signed integer, written as a length.
    pub const SIGNED: u64 = 1;
    /// An unsigned integer, written as a length.
    pub const UNSIGNED: u64 = 2;
    /// Four bytes.
    pub const FLOAT: u64 = 3;
    /// Eight bytes.
    pub const DOUBLE: u64 = 4;
    /// A string.
    pub const STRING: u64 = 5;
}

/// How a value stands in a file. The numbers that the writer uses have names below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One string.
    String,
    /// A count and strings.
    List,
    /// A count and strings.
    Set,
    /// A count, and pairs of string and score; the scores as text, or as eight bytes.
    SortedSet {
        /// Whether scores are eight bytes.
        is_binary: bool,
    },
    /// A count and pairs of strings.
    Hash,
    /// A hash in a zipmap.
    ZipmapHash,
    /// A list in one ziplist.
    ZiplistList,
    /// A set in an intset.
    IntsetSet,
    /// A sorted set in a ziplist.
    ZiplistSortedSet,
    /// A hash in a ziplist.
    ZiplistHash,
    /// A list in ziplists.
    Quicklist,
    /// A list in listpacks and single elements.
    Quicklist2,
    /// A hash in a listpack.
    ListpackHash,
    /// A sorted set in a listpack.
    ListpackSortedSet,
    /// A set in a listpack.
    ListpackSet,
    /// A stream; what it knows grew four times.
    Stream(u8),
    /// A hash whose fields expire, with or without the earliest moment in front.
    ExpiringHash {
        /// Whether the earliest moment stands in front, and the others relative to it.
        is_relative: bool,
    },
    /// The same in a listpack of three elements a field.
    ListpackExpiringHash {
        /// Whether the earliest moment stands in front.
        has_earliest: bool,
    },
    /// The same as Valkey writes it.
    ValkeyExpiringHash,
    /// A module's value.
    Module {
        /// Whether it can be skipped without the module.
        is_annotated: bool,
    },
}

/// The numbers of the encodings that are written.
pub mod written {
    /// A string.
    pub const STRING: u8 = 0;
    /// A list.
    pub const LIST: u8 = 1;
    /// A set.
    pub const SET: u8 = 2;
    /// A hash.
    pub const HASH: u8 = 4;
    /// A sorted set with scores of eight bytes.
    pub const SORTED_SET: u8 = 5;
    /// A stream as Redis 5 writes it.
    pub const STREAM: u8 = 15;
    /// A stream as Redis 7.0 writes it.
    pub const STREAM_2: u8 = 19;
    /// A stream as Redis 7.2 writes it.
    pub const STREAM_3: u8 = 21;
    /// A hash whose fields expire, since Redis 7.4.
    pub const EXPIRING_HASH: u8 = 24;
}

impl Encoding {
    /// The encoding with this number, which since version 22 means two things.
    pub fn of(number: u8, is_valkey: bool) -> Option<Encoding> {
        Some(match number {
            0 => Encoding::String,
            1 => Encoding::List,
            2 => Encoding::Set,
            3 => Encoding::SortedSet { is_binary: false },
            4 => Encoding::Hash,
            5 => Encoding::SortedSet { is_binary: true },
            6 => Encoding::Module { is_annotated: false },
            7 => Encoding::Module { is_annotated: true },
            9 => Encoding::ZipmapHash,
            10 => Encoding::ZiplistList,
            11 => Encoding::IntsetSet,
            12 => Encoding::ZiplistSortedSet,
            13 => Encoding::ZiplistHash,
            14 => Encoding::Quicklist,
            15 => Encoding::Stream(1),
            16 => Encoding::ListpackHash,
            17 => Encoding::ListpackSortedSet,
            18 => Encoding::Quicklist2,
            19 => Encoding::Stream(2),
            20 => Encoding::ListpackSet,
            21 => Encoding::Stream(3),
            22 if is_valkey => Encoding::ValkeyExpiringHash,
            _ if is_valkey => return None,
            22 => Encoding::ExpiringHash { is_relative: false },
            23 => Encoding::ListpackExpiringHash { has_earliest: false },
            24 => Encoding::ExpiringHash { is_relative: true },
            25 => Encoding::ListpackExpiringHash { has_earliest: true },
            26 => Encoding::Stream(4),
            _ => return None,
        })
    }

    /// The type of the value; none for a module's.
    pub fn kind(self) -> Option<Kind> {
        Some(match self {
            Encoding::String => Kind::String,
            Encoding::List | Encoding::ZiplistList | Encoding::Quicklist | Encoding::Quicklist2 => {
                Kind::List
            }
            Encoding::Set | Encoding::IntsetSet | Encoding::ListpackSet => Kind::Set,
            Encoding::SortedSet { .. }
            | Encoding::ZiplistSortedSet
            | Encoding::ListpackSortedSet => Kind::SortedSet,
            Encoding::Hash
            | Encoding::ZipmapHash
            | Encoding::ZiplistHash
            | Encoding::ListpackHash
            | Encoding::ExpiringHash { .. }
            | Encoding::ListpackExpiringHash { .. }
            | Encoding::ValkeyExpiringHash => Kind::Hash,
            Encoding::Stream(_) => Kind::Stream,
            Encoding::Module { .. } => return None,
        })
    }
}
