//! The limits of streams, each with its unit and its reason.

/// Bytes of a name or a value in a chunk of a stream. A longer one is counted by itself: neither is
/// it copied with the chunk, nor into a reply under the lock.
pub const STREAM_TEXT_BYTES_MAX: usize = 1024;

/// Deleted entries of a chunk of a stream up to which it is not written again without them: a pass
/// over a chunk costs about a microsecond, and should be worth it.
pub const STREAM_DELETED_MIN: u32 = 8;

/// Bytes and entries of a chunk of a stream, whatever the configuration says: all of them may have
/// to be passed or copied under the lock.
pub const STREAM_CHUNK_BYTES_MAX: u64 = 64 * 1024;
/// See [`STREAM_CHUNK_BYTES_MAX`].
pub const STREAM_CHUNK_ENTRIES_MAX: u64 = 10_000;

/// Entries, and bytes of their fields, that make a node of a stream in an RDB file: Redis's
/// `stream-node-max-entries` and `stream-node-max-bytes`.
pub const RDB_NODE_ENTRIES: usize = 100;
/// See [`RDB_NODE_ENTRIES`].
pub const RDB_NODE_BYTES: usize = 4096;
