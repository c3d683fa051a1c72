//! Limits of connections and outboxes: first buffers, short messages, rounds of sending.

/// Bytes of the read buffer until a read has filled it: idle clients share pages, instead of having
/// one each.
pub const READ_BUFFER_FIRST_BYTES: usize = 1024;

/// Bytes of a message that is copied into the outbox behind others; longer ones are shared.
pub const MESSAGE_COPIED_BYTES_MAX: usize = 256;

/// Bytes of short messages in one piece of an outbox: a piece is freed when all of it was sent.
pub const MESSAGES_JOINED_BYTES_MAX: usize = 16 * 1024;

/// Attempts to send to one client in a row, while others have messages waiting as well.
pub const DELIVERY_ROUNDS_MAX: usize = 16;

/// Bytes of lines that may wait for one monitor: about a hundred thousand small commands, which is
/// a tenth of a second of a busy server.
pub const MONITOR_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Pieces in an outbox up to which replies wait each for their own sync of the log. Those of a
/// client that has more of them wait together: many small replies must not take much memory.
pub const FENCES_MAX: usize = 64;
