//! respool: a small, fast, blocking Redis-compatible cache server, written to be read.
//!
//! # The shape
//!
//! ```text
//!               accept()          rendezvous             one lock
//!  clients ───► acceptor ───────► worker-0 ─┐
//!                        ───────► worker-1 ─┼─ batch ──► keyspace ◄── housekeeper
//!                        ───────► worker-N ─┘            (lru maps)   (expiry sweep)
//! ```
//!
//! Every client has a worker, a plain thread that blocks in `read` until a request arrives. There
//! is no event loop: the operating system's scheduler is the event loop. A client that does not
//! read its replies delays no other one (no head-of-line blocking).
//!
//! # Layers
//!
//! A module may import modules of lower rows only. A test reads this table and those in
//! `command/mod.rs` and `keyspace/mod.rs`, and checks all imports.
//!
//! | module | job |
//! |---|---|
//! | `main` | the process: command line, signals |
//! | [`tool`] | what the program does apart from serving: `cli`, `ping`, `check-aof`, … |
//! | [`server`] | start and stop: listeners, the pool of workers, the order of both |
//! | [`background`] | threads without a client: housekeeper, courier, rewriter, loader |
//! | [`connection`] | one client: read, execute, write |
//! | [`command`] | the engine that executes requests, and a folder for each family; no sockets |
//! | [`shared`] | state shared by threads, and the lock of the keyspace |
//! | [`clients`] | the register of clients, their outboxes, and pauses |
//! | [`aof`] | the log of changes (a write-ahead log), and its own lock |
//! | [`observe`] | statistics and logs of the server's own work; small locks of its own |
//! | [`listener`] | listening sockets: TCP or Unix |
//! | [`supervision`] | messages to systemd, and the pid file |
//! | [`snapshot`] | values as pieces of a snapshot, and back |
//! | [`rdb`] | snapshots in Redis's format, as bytes and pieces of values; no files, no locks |
//! | [`peer`] | connections to other servers |
//! | [`resp`], [`keyspace`] | the wire, the data; no locks, no clock; they do not know each other |
//! | [`script`] | a Lua for scripts; knows no keys and no commands |
//! | [`config`] | settings and their sources |
//! | [`acl`] | users, and the rules about what each of them may do |
//! | [`system`] | facts and limits of the operating system |
//! | [`log`], [`number`], [`text`] | lines for the operator; numbers and text that Rust lacks |
//! | [`clock`], [`error`], [`limits`], [`policy`] | nothing below them |
//! | [`guide`] | the long pages of the documentation; no code |
//!
//! # Threads
//!
//! | thread | count | does | ends when |
//! |---|---|---|---|
//! | acceptor | one per address | admits or refuses a client (admission control), passes the stream to a worker | the server stops |
//! | worker-N | 0 … `maxclients` | serves one client after the other | no client has come for a while |
//! | courier | 1 | sends the outboxes: messages of other threads, and replies that a client did not accept at once | the clients have left |
//! | housekeeper | 1 | sweep, eviction, fsync, figures, SHUTDOWN | all other threads have ended |
//! | log-reader | 1 while loading | reads and parses ahead of the executing thread | the log has been read |
//! | rewriter | 1 | rewrites the log | the clients have left |
//! | signals | 1 | turns SIGTERM and SIGINT into an orderly stop | the server has stopped |
//!
//! # Locks
//!
//! A thread that takes more than one of them takes them in this order:
//!
//! | lock | held | taken in |
//! |---|---|---|
//! | the change of the configuration | while a new one is put in force | `shared/mod.rs` |
//! | the keyspace ([`shared::Shared::lock_keyspace`]) | for a batch of requests, or a step of the sweep | `shared/mod.rs` |
//! | the configuration ([`shared::Services::config`]) | to read a setting, or to replace all | `shared/services.rs` |
//! | the queue of the log | to add to it, or to take all of it | `aof/commit.rs`, `aof/refusal.rs` |
//! | the register of clients, then the list of killed ones | to add, remove or list | `clients/mod.rs` |
//! | all users, then the rules of one ([`acl::users`]) | to look one up, or for a change of users | `acl/users.rs` |
//! | one client's names ([`clients::Client::names`]) | to read or replace them | `command/admin/acl_users.rs`, `command/connection/client.rs`, `command/connection/client_kill.rs`, `command/connection/hello.rs`, `command/engine/client_line.rs`, `command/engine/meter.rs`, `command/engine/session.rs`, `command/engine/waiting.rs`, `connection/tracing.rs` |
//! | the end of a pause ([`clients::pause::Pause`]) | to read or replace it; waiting holds no other lock | `clients/pause.rs` |
//! | the requests that wait for a key ([`clients::waiting`]) | to add, look up or remove one | `clients/waiting.rs` |
//! | the registry of channels ([`clients::channels`]) | to subscribe, leave, look, or put a message into the outbox of each subscriber | `clients/channels.rs` |
//! | the keys that clients have in their caches ([`clients::tracking`]) | to remember keys, or put an invalidation into the outbox of each client | `clients/tracking.rs` |
//! | the list of monitors | to add, remove, or put a line into the outbox of each | `clients/monitors.rs` |
//! | one client's outbox ([`clients::outbox`]) | to add or to take items | `clients/outbox/mod.rs`, `clients/outbox/delivery.rs` |
//! | the courier's list | to add to it, or to take all of it | `clients/courier.rs` |
//! | the slow log, the latency events | to add or to list | `observe/slowlog.rs`, `observe/errors.rs`, `observe/latency.rs` |
//! | the compiler of large scripts | while it compiles one | `shared/scripts.rs` |
//! | the last figures of the keyspace | to copy or replace them | `command/admin/info.rs`, `background/housekeeper.rs` |
//! | the libraries of functions | to read or replace them | `shared/functions.rs` |
//! | the scripts that were sent, the function that runs | to look one up, or to keep one | `shared/scripts.rs` |
//! | what was refused ([`acl::log`]) | to add, list or remove entries | `acl/log.rs` |
//! | the standard error stream | for one line | `log.rs` |
//! | the planned faults of a test | to look one up | `aof/faults.rs` |
//!
//! Only the first of these locks may be held during file or socket I/O. Values that are costly to
//! drop are dropped after the keyspace lock was released ([`keyspace::Garbage`]); a reply shares a
//! large value by a counted reference.
//!
//! # Invariants
//!
//! - A connected client is served or refused at once; it is never left hanging.
//! - Every request is answered exactly once, in order, unless the client turned replies off.
//! - Memory is allocated for received bytes, never for an announced length.
//! - A request that fails has changed nothing.
//! - A bug in a handler costs one connection.
//!
//! # Where to begin
//!
//! `README.md` leads through the source in eight stops. The shortest way from a byte to an answer:
//! [`connection`] → [`resp`] → [`command::engine::gate`] → any family, say `command/string/` →
//! [`keyspace::Keys`] → [`resp::Reply`].

pub mod acl;
pub mod aof;
pub mod background;
pub mod clients;
pub mod clock;
pub mod command;
pub mod config;
pub mod connection;
pub mod error;
pub mod guide;
pub mod keyspace;
pub mod limits;
pub mod listener;
pub mod log;
pub mod number;
pub mod observe;
pub mod peer;
pub mod policy;
pub mod rdb;
pub mod resp;
pub mod script;
pub mod server;
pub mod shared;
pub mod snapshot;
pub mod supervision;
pub mod system;
pub mod text;
pub mod tool;
