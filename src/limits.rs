//! Every limit of the server in one file, each with its unit and its reason.
//!
//! Every input is hostile until it was checked against one of these limits. Numbers that a user may
//! choose are not here but in [`crate::config`].

mod connections;
mod scripting;
mod streams;
mod users;

pub use connections::*;
pub use scripting::*;
pub use streams::*;
pub use users::*;

/// Bytes of a connection's read buffer: about 400 pipelined small requests.
pub const READ_BUFFER_BYTES: usize = 16 * 1024;

/// Bytes of one bulk string (Redis: `proto-max-bulk-len`).
pub const BULK_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Bytes of one whole request (Redis: `client-query-buffer-limit`).
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Arguments of one request, the command's name included.
pub const ARGUMENTS_MAX: usize = 1024 * 1024;

/// Bytes of a line: an inline request, or the digits of a count (Redis: `PROTO_INLINE_MAX_SIZE`).
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// Arguments of a request before AUTH: enough for `HELLO 3 AUTH u p SETNAME n`, useless to a flood.
pub const ARGUMENTS_BEFORE_AUTH_MAX: usize = 10;

/// Bytes of a bulk string before AUTH, as in Redis.
pub const BULK_BYTES_BEFORE_AUTH_MAX: usize = 16 * 1024;

/// Aggregates within aggregates of a reply that we read as a client. The deepest ones of Redis have
/// less than ten; with these few, functions that call themselves are safe on any thread's stack.
pub const ANSWER_DEPTH_MAX: usize = 128;

/// First allocation, in bytes, for a request whose end has not arrived. A declared length is a
/// promise; memory is given for bytes only.
pub const ASSEMBLY_FIRST_BYTES: usize = 4 * 1024;

/// Bytes of an assembly buffer that is kept between requests; a larger one is released.
pub const ASSEMBLY_KEPT_BYTES: usize = 16 * 1024;

/// The same for the bytes of arguments, until the client is silent ([`IDLE_AFTER_MS`]): a client
/// that stores large values sends another one soon, and fresh memory costs a page fault for every
/// four kilobytes.
pub const ASSEMBLY_BYTES_KEPT: usize = 1024 * 1024 + READ_BUFFER_BYTES;

/// Bytes by which an assembly buffer grows at least when a long argument is read straight into it.
pub const ASSEMBLY_STEP_BYTES: usize = 64 * 1024;

/// Requests executed under one hold of the keyspace lock. At about half a microsecond each, other
/// clients wait at most a quarter of a millisecond for a pipeline of small requests.
pub const BATCH_REQUESTS_MAX: usize = 512;

/// Keys of a batch that are prefetched, so that their cache misses overlap: as many as stay in the
/// first-level cache until they are used.
pub const PREFETCH_KEYS: usize = 64;

/// Microseconds after which a batch releases the keyspace lock although requests are left.
pub const BATCH_HOLD_US_MAX: u64 = 500;

/// Requests between two readings of the clock under the lock: a reading costs about 25 ns.
pub const BATCH_CLOCK_EVERY: usize = 16;

/// Unsent reply bytes of one client beyond which none of its requests is executed (back-pressure).
/// If it does not read a byte in [`OUTPUT_STALL_MS`] then, it is dropped. Also the bytes of
/// messages that may wait for one client, whatever Redis's `client-output-buffer-limit` says: that
/// is unlimited for normal clients, and we prefer to live.
pub const OUTPUT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Unsent reply bytes after which a batch is cut short and the replies are sent.
pub const OUTPUT_FLUSH_BYTES: usize = 256 * 1024;

/// Capacity of a reply buffer, in bytes, that is kept after a flush; more is released.
pub const OUTPUT_KEPT_BYTES: usize = 16 * 1024;

/// A value at least this long, in bytes, is attached to a reply or a record by reference instead of
/// being copied into the text: the copy would happen under the lock.
pub const ATTACHED_BYTES_MIN: usize = 4 * 1024;

/// Buffers handed to one `writev`; the kernel's own limit is 1024.
pub const WRITEV_BUFFERS_MAX: usize = 64;

/// Milliseconds in which a client has to read a byte at least when [`OUTPUT_BYTES_MAX`] of replies
/// wait for it and it asks for more.
pub const OUTPUT_STALL_MS: u64 = 1_000;

/// Milliseconds between two looks at full sockets while the courier has others to serve: to ask the
/// kernel about a thousand sockets takes about as long as to send to ten.
pub const COURIER_POLL_EVERY_MS: u64 = 1;

/// Milliseconds without progress after which replies to a client that has said all it will ever
/// say are given up.
pub const DRAIN_WAIT_MS: u64 = 5_000;

/// For how many milliseconds, and how many bytes, input is thrown away after a final reply. Closing
/// a socket with unread bytes in it would reset the connection and could destroy that reply on its
/// way.
pub const LINGER_MS: u64 = 50;
/// See [`LINGER_MS`].
pub const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// Milliseconds of silence after which a connection gives its grown buffers back.
pub const IDLE_AFTER_MS: u64 = 2_000;

/// Milliseconds without a client after which a worker thread ends.
pub const WORKER_IDLE_MS: u64 = 10_000;

/// Milliseconds that an admitted client waits at the rendezvous for a worker before another worker
/// is started, if the limit allows one.
pub const RENDEZVOUS_WAIT_MS: u64 = 20;

/// Number of such waits before the client is refused. If there is a free slot, its worker is about
/// to return to the rendezvous, so the first wait is nearly always enough.
pub const RENDEZVOUS_ATTEMPTS: u64 = 50;

/// Stack of a worker, in bytes of address space; only touched pages are resident.
pub const WORKER_STACK_BYTES: usize = 256 * 1024;

/// Milliseconds that the acceptor waits when `accept` fails because descriptors or memory are
/// short.
pub const ACCEPT_BACKOFF_MS: u64 = 50;

/// Open files in addition to the clients': listeners, log files, standard streams (Redis reserves
/// 32).
pub const RESERVED_FILES: u64 = 32;

/// Milliseconds that an orderly stop waits for clients that do not read their last replies.
pub const STOP_GRACE_MS: u64 = 300;

/// Milliseconds between two rounds of the housekeeper.
pub const HOUSEKEEPER_ROUND_MS: u64 = 100;

/// The latest deadline of a field, in Unix milliseconds: Redis's limit, in the year 4199.
pub const FIELD_DEADLINE_MS_MAX: u64 = ((1 << 48) - 1) >> 2;

/// Keys and fields that one sweep step removes under one hold of the lock: about 100 microseconds.
pub const SWEEP_KEYS_MAX: usize = 256;

/// Keys at which CLUSTER COUNTKEYSINSLOT looks under one hold of the lock: about 100 microseconds.
pub const SLOT_WALK_KEYS: usize = 1_024;

/// Entries that a sweep step may move to smaller tables before it releases the lock: about 100
/// microseconds.
pub const SWEEP_MOVES_MAX: u64 = 512;

/// Entries that are examined or moved under one hold of the lock to evict for a command; an evicted
/// entry counts as [`EVICTION_EFFORT`] of them. About 200 microseconds; sorting a segment takes as
/// long and happens at most once per hold.
pub const EVICTION_EFFORT_MAX: usize = 512;

/// Holds of the lock in which one batch evicts for what it wrote, while other clients may take the
/// lock in between (back-pressure: only the client that fills the memory is slowed down). The
/// housekeeper does the rest.
pub const EVICTION_HOLDS_MAX: usize = 16;

/// Holds of the lock, per round, in which the housekeeper searches for the next key to evict.
pub const FORESIGHT_HOLDS_MAX: usize = 64;

/// Milliseconds between two checks of the process's size near the end of the memory: fast clients
/// write a megabyte in that time.
pub const MEMORY_WATCH_MS: u64 = 10;

/// Per cent of the container's limit, or of the machine's memory, that the process may fill before
/// keys are evicted although the data is below its own limit: sockets and kernel stacks are not
/// part of the resident size but count, too.
pub const RESIDENT_PERCENT_MAX: u64 = 90;

/// Expired keys that RANDOMKEY removes before it returns one: each costs a removal under the lock.
pub const RANDOM_KEY_TRIES: usize = 16;

/// The cost of removing an entry, in examined entries.
pub const EVICTION_EFFORT: usize = 4;

/// Fields up to which the tables of a hash are fitted after removals, in half a millisecond. Larger
/// tables are fitted when seven eighths of their capacity are unused.
pub const HASH_FITTED_FIELDS_MAX: usize = 65_536;

/// Keys in one segment of a database before it is split in two: three quarters of a hash table of
/// 1024 buckets, so that a split (the longest pause that growing causes) stays below 0.2 ms.
pub const SEGMENT_KEYS_MAX: usize = 768;

/// Clients that `--maxclients` may ask for, as in Redis. The system's limit of open files is lower.
pub const CLIENTS_MAX: usize = u32::MAX as usize;

/// Milliseconds that `--appendfsync-interval-ms` may ask for: an hour, after which a log can hardly
/// be called synced.
pub const FSYNC_INTERVAL_MS_MAX: usize = 3_600_000;

/// Bytes of a configuration file: a device that was named by mistake does not fill the memory.
pub const CONFIG_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Configuration files that are read: one that includes itself comes to an end.
pub const CONFIG_FILES_MAX: usize = 1_024;

/// Files that include each other in a chain.
pub const CONFIG_DEPTH_MAX: usize = 16;

/// Reported mistakes of a configuration; a text file of another kind has thousands.
pub const CONFIG_MISTAKES_MAX: usize = 50;

/// Words of `bind`, as in Redis.
pub const BIND_ADDRESSES_MAX: usize = 16;

/// Percentiles that INFO may be asked to show: each is looked up for each command.
pub const PERCENTILES_MAX: usize = 64;

/// Databases that `--databases` may ask for.
pub const DATABASES_MAX: usize = 1024;

/// Rows of the command table, subcommands included, for which there are counters.
pub const COMMANDS_MAX: usize = 512;

/// Microseconds that a short request cannot take by itself. Equal short requests are measured
/// together only if the slow log's threshold is not lower.
pub const STREAK_US: u64 = 1_000;

/// Bytes of a request beyond which it is measured by itself: copying them takes time.
pub const STREAK_REQUEST_BYTES_MAX: usize = 4 * 1024;

/// Steps that a line of the trace shows: a batch of ordinary requests has five.
pub const TRACE_STEPS_MAX: usize = 32;

/// Commands that one step of it names: a screen is some hundred characters wide.
pub const TRACE_COMMANDS_MAX: usize = 8;

/// Arguments that an entry of the slow log keeps; the last of them may give the number of missing
/// ones.
pub const SLOWLOG_ARGUMENTS_MAX: usize = 32;

/// Bytes of an argument that an entry of the slow log keeps.
pub const SLOWLOG_ARGUMENT_BYTES_MAX: usize = 128;

/// Samples that LATENCY HISTORY keeps for each event, as in Redis.
pub const LATENCY_SAMPLES_MAX: usize = 160;

/// Milliseconds for which a request waits for the end of a pause before its worker looks whether
/// the client is still there.
pub const PAUSE_LOOK_MS: u64 = 500;

/// Bytes of arguments that an unknown-command error repeats, as in Redis.
pub const ERROR_ARGUMENT_BYTES_MAX: usize = 128;

/// Cells of the table that LCS may fill, as in Redis, where each has four bytes and all together
/// must not exceed `proto-max-bulk-len`. Here they take a bit each, and some milliseconds.
pub const LCS_CELLS_MAX: u64 = BULK_BYTES_MAX as u64 / 4;

/// Fields or members that HRANDFIELD and its relatives draw when they may draw the same one again:
/// without a bound, a count of a billion would be a reply that nobody can hold. About ten
/// milliseconds under the lock.
pub const DRAWN_FIELDS_MAX: usize = 100_000;

/// Lookups of SORT … GET: the number of elements times the number of patterns, both of which the
/// client chooses. Without a bound, one request could hold the lock for hours.
pub const SORT_GETS_MAX: usize = 10_000_000;

/// Bytes that are reserved in the file system for the log at a time: a call per megabyte costs
/// nothing, and a full disk is noticed while there is space for the records in flight.
pub const AOF_RESERVE_BYTES: u64 = 1024 * 1024;

/// Reserved bytes in addition to those being written, below which writes are refused.
pub const AOF_HEADROOM_BYTES: u64 = 64 * 1024;

/// Capacity of a buffer for records, in bytes, up to which it is kept after the write.
pub const AOF_BUFFER_KEPT_BYTES: usize = 256 * 1024;

/// Bytes of the log that are read at a time while it is replayed.
pub const AOF_READ_BYTES: usize = 1024 * 1024;

/// Portions of the log that are in memory during replay: one is read and parsed while the other one
/// is executed.
pub const AOF_PORTIONS: usize = 2;

/// Tables are reserved for the keys expected from the rest of a file if that rest is at most so
/// many times as long as the part already read.
pub const LOADING_AHEAD_TIMES_MAX: u64 = 32;

/// Per cent of the container's limit, or of the machine's memory, for tables reserved for keys that
/// are only expected.
pub const LOADING_AHEAD_PERCENT: u64 = 10;

/// Bytes that an expected key takes in a table, at most.
pub const LOADING_AHEAD_KEY_BYTES: u64 = 45;

/// Bytes of one unit of the log: a request, or a transaction with all its requests. Offsets inside
/// of a unit have 32 bits; what clients can send in one unit is a quarter of that.
pub const AOF_UNIT_BYTES_MAX: u64 = u32::MAX as u64;

/// Bytes of unreadable data at the end of the log that are cut off unasked. That is what a power
/// failure leaves of writes that were not synced: with `everysec` a second of them, and 64 MB a
/// second is more than a server on two cores logs. Larger damage has another cause.
pub const AOF_TORN_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of unreadable data that are cut off unasked although that is more than all that could be
/// read before: the page of the file that was being written, and the next one. Beyond that, a log
/// of which more is lost than kept was not torn by a power failure.
pub const AOF_TORN_BYTES_OF_SHORT_LOG: u64 = 8 * 1024;

/// Bytes after damage in which whole requests are searched for, to distinguish a torn end from a
/// loss in the middle. A longer end is never cut off automatically.
pub const AOF_SEARCH_BYTES: u64 = AOF_TORN_BYTES_MAX;

/// Arguments parsed during that search. A value in the torn end may be a log itself, in which every
/// line could begin a request; beyond this number the damage counts as one in the middle.
pub const AOF_SEARCH_ARGUMENTS_MAX: usize = 16 * 1024 * 1024;

/// Files next to a damaged one that may keep what was cut off at the same offset.
pub const AOF_CUT_COPIES_MAX: usize = 100;

/// Bytes of a manifest: some thousand files, where three are usual.
pub const AOF_MANIFEST_BYTES_MAX: usize = 256 * 1024;

/// Entries of `dir` that are looked at to find another log before a new one is begun.
pub const AOF_SURVEY_ENTRIES_MAX: usize = 10_000;

/// Microseconds between two log lines about the progress of loading.
pub const LOADING_LOG_EVERY_US: u64 = 1_000_000;

/// Bytes of before-images in one portion that a client passes to the running rewrite.
pub const BEFORE_IMAGE_BYTES_MAX: usize = 1024 * 1024;

/// Portions that may be queued for the rewriter (back-pressure): a client with one more waits until
/// the rewriter has taken one.
pub const BEFORE_IMAGE_PORTIONS_MAX: usize = 4;

/// Fields of a hash in one request of a rewritten log, as in Redis.
pub const AOF_ELEMENTS_PER_REQUEST: usize = 64;

/// Milliseconds after a failed rewrite before it is tried again; twice as many after every further
/// failure, up to [`AOF_REWRITE_BACKOFF_MS_MAX`].
pub const AOF_REWRITE_BACKOFF_MS: u64 = 1_000;
/// See [`AOF_REWRITE_BACKOFF_MS`]; Redis ends at an hour as well.
pub const AOF_REWRITE_BACKOFF_MS_MAX: u64 = 3_600_000;

/// Seconds after a failed snapshot before a point of `save` begins another one, as in Redis: a full
/// disk is not tried ten times a second.
pub const SNAPSHOT_RETRY_S: u64 = 5;

/// Bytes of an RDB file that are read at a time. A string that fits is passed on from the buffer
/// without a copy.
pub const RDB_READ_BYTES: usize = 64 * 1024;

/// First capacity, in bytes, for a string that does not fit. Further memory is allocated for
/// received bytes only.
pub const RDB_STRING_STEP_BYTES: usize = 1024 * 1024;

/// Bytes of one string of an RDB file, compressed or not. Redis's longest are packed blocks of a
/// gigabyte; its strings have half as much by default.
pub const RDB_STRING_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Bytes that are buffered before a write to an RDB file.
pub const RDB_WRITE_BYTES: usize = 64 * 1024;

/// Bytes of a compressed string: compressed and decompressed form are in memory together.
pub const RDB_COMPRESSED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Entries in a segment of a large hash or set, on average; one that is about to be split has twice
/// as many. Splitting or copying one takes some 20 microseconds.
pub const VALUE_SEGMENT_MEAN: usize = 420;

/// Segments in a chunk of a large hash or set. During a snapshot of ten million entries the first
/// change copies the list of some 400 chunks, and the list of one of them (copy-on-write).
pub const VALUE_CHUNK_SEGMENTS: usize = 64;

/// Fields of a hash, or members of a set, up to which it is one packed block, which is searched
/// from the front: at the end of the largest, in a quarter of a microsecond.
pub const PACKED_ENTRIES_MAX: usize = 128;

/// Members of a packed set of integers, each of which takes a nanosecond to pass (Redis:
/// `set-max-intset-entries`).
pub const PACKED_INTEGERS_MAX: usize = 512;

/// Bytes of a name, a value or a member in a packed block. Redis's default is 64; one long value
/// among short ones does not make them worth a table each.
pub const PACKED_TEXT_BYTES_MAX: usize = 1024;

/// Bytes of a packed block, all of which may be moved or copied by a change: about a microsecond.
pub const PACKED_BLOCK_BYTES_MAX: usize = 16 * 1024;

/// Keys that a read removes from a full table of tracked keys, apart from as many as it has added:
/// after the limit was lowered, that is a tenth of a millisecond for each read (as in Redis).
pub const TRACKING_EVICTION_EFFORT: usize = 100;

/// Prefixes of a client up to which an error about two of them names the pair that Redis names: at
/// most half a million comparisons, a few milliseconds.
pub const TRACKING_PREFIXES_COMPARED: usize = 1_000;

/// Keys that MIGRATE takes under one hold of the keyspace lock: a fraction of a millisecond, since
/// their values are shared and not copied.
pub const MIGRATE_KEYS: usize = 256;

/// Bytes of requests that MIGRATE sends before it reads the replies; a value may be longer. The
/// replies to so few fit into the buffers of the kernel, so neither side waits for the other.
pub const MIGRATE_BYTES: usize = 256 * 1024;

/// Redis's time-out of MIGRATE in milliseconds, if none is given.
pub const MIGRATE_TIMEOUT_MS: u64 = 1_000;

/// Milliseconds after which a wait for another server looks whether it is still wanted: a stop of
/// this server, or CLIENT KILL, takes no longer.
pub const PEER_LOOK_MS: u64 = 100;

/// Milliseconds for a connection to another server, whatever time-out is given: nothing can end
/// this wait early, and a stop of this server has to wait for it.
pub const PEER_CONNECT_MS_MAX: u64 = 5_000;

/// Bytes of a reply of another server to a request that has a short one. Redis reads 1 024.
pub const PEER_ANSWER_BYTES_MAX: usize = 64 * 1024;
