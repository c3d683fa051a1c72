//! The names of Redis's representations, and the thresholds at which one follows another.
//!
//! OBJECT ENCODING returns a name, which tests and tools read. The actual encodings here differ:
//! see [`super`]. So a value keeps the name that it would have in Redis, which never changes back.

/// What OBJECT ENCODING answers for a value that is not a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// A small set of integers.
    Intset,
    /// Anything small.
    Listpack,
    /// A small hash, some fields of which expire.
    ListpackEx,
    /// A hash or a set that is not small.
    Hashtable,
    /// A list that is not small.
    Quicklist,
    /// A sorted set that is not small.
    Skiplist,
}

impl Encoding {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Intset => "intset",
            Encoding::Listpack => "listpack",
            Encoding::ListpackEx => "listpackex",
            Encoding::Hashtable => "hashtable",
            Encoding::Quicklist => "quicklist",
            Encoding::Skiplist => "skiplist",
        }
    }
}

/// Redis's default of `list-max-listpack-size`: 8 KiB.
const LIST_LISTPACK_SIZE: i32 = -2;

/// Up to where a value is called a listpack: two settings of each type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listpack {
    /// Fields or members (Redis: `hash-max-listpack-entries` and the same of the other types).
    pub entries_max: usize,
    /// Bytes of each (Redis: `hash-max-listpack-value` and the same of the other types).
    pub text_bytes_max: usize,
}

impl Listpack {
    /// Redis's defaults for hashes.
    pub const OF_HASHES: Listpack = Listpack { entries_max: 512, text_bytes_max: 64 };

    /// Redis's defaults for sorted sets.
    pub const OF_SORTED_SETS: Listpack = Listpack { entries_max: 128, text_bytes_max: 64 };

    /// Redis's defaults for sets.
    pub const OF_SETS: Listpack = Listpack { entries_max: 128, text_bytes_max: 64 };
}

/// The thresholds of sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetNames {
    /// Integers up to which a set is called an intset (Redis: `set-max-intset-entries`).
    pub intset_entries_max: usize,
    /// Up to where it is called a listpack.
    pub listpack: Listpack,
}

impl Default for SetNames {
    fn default() -> SetNames {
        SetNames { intset_entries_max: 512, listpack: Listpack::OF_SETS }
    }
}

/// Where a node of a stream ends; 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamNodes {
    /// Bytes that it would have in Redis (Redis: `stream-node-max-bytes`).
    pub bytes_max: u64,
    /// Entries (Redis: `stream-node-max-entries`).
    pub entries_max: u64,
}

impl Default for StreamNodes {
    fn default() -> StreamNodes {
        StreamNodes { bytes_max: 4096, entries_max: 100 }
    }
}

/// The thresholds of all types, as the configuration has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encodings {
    /// Those of hashes.
    pub hash: Listpack,
    /// Those of sets.
    pub set: SetNames,
    /// Where a list ceases to be a listpack: elements, or one of five sizes if it is negative
    /// (Redis: `list-max-listpack-size`).
    pub list_listpack_size: i32,
    /// Those of sorted sets.
    pub sorted_set: Listpack,
    /// Bytes up to which a HyperLogLog is sparse (Redis: `hll-sparse-max-bytes`). Not only a name:
    /// the string is the same as Redis's.
    pub hyperloglog_sparse_bytes_max: usize,
    /// The size of the nodes of streams.
    pub stream: StreamNodes,
}

impl Default for Encodings {
    fn default() -> Encodings {
        Encodings {
            hash: Listpack::OF_HASHES,
            set: SetNames::default(),
            list_listpack_size: LIST_LISTPACK_SIZE,
            sorted_set: Listpack::OF_SORTED_SETS,
            hyperloglog_sparse_bytes_max: 3_000,
            stream: StreamNodes::default(),
        }
    }
}
