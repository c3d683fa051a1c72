//! Limits of users, their passwords, and the log of refusals.

/// Bytes of the text of DEBUG STRINGMATCH-LEN.
pub const DEBUG_TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a file with users: half a million lines of the usual length.
pub const ACL_FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bits of a password that ACL GENPASS makes without being asked for a number, as in Redis.
pub const PASSWORD_BITS: i64 = 256;

/// Bits that ACL GENPASS may be asked for, as in Redis.
pub const PASSWORD_BITS_MAX: i64 = 4096;

/// Entries that ACL LOG shows without being asked for a number, as in Redis.
pub const ACL_LOG_SHOWN: usize = 10;

/// Bytes of a key or a channel that an entry of ACL LOG keeps.
pub const ACL_LOG_OBJECT_BYTES_MAX: usize = 1024;

/// Milliseconds between two equal refusals that are one entry of ACL LOG, as in Redis.
pub const ACL_LOG_GROUP_MS: u64 = 60_000;

/// Entries of ACL LOG that a refusal is compared with, as in Redis: the log may be long, and a
/// refusal is made under its lock.
pub const ACL_LOG_COMPARED: usize = 10;
