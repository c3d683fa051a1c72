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
//! Every client has a worker, a plain thread that blocks in `read` until the client says something.
//! There is no event loop: the operating system's scheduler is the event loop.
//!
//! # Layers
//!
//! Imports go down only; a test keeps it so.
//!
//! | layer | job |
//! |---|---|
//! | `main` | the process: command line, signals |
//! | [`tool`] | what the program does beside serving: `ping`, `check-aof` |
//! | [`server`], [`housekeeper`], [`rewriter`] | threads and sockets, starting and stopping |
//! | [`connection`] | one client: read, execute, write |
//! | [`loading`] | replays the log at the start |
//! | [`command`] | the table, the gate, the families; no sockets |
//! | [`shared`], [`clients`], [`pause`] | what threads share, and most locks |
//! | [`aof`] | the log of changes, and its own lock |
//! | [`observe`] | what the server remembers about its own work; small locks of its own |
//! | [`listener`] | where clients come in: TCP or a Unix socket |
//! | [`resp`], [`keyspace`] | the wire, the data; no locks, no clock; strangers to each other |
//! | [`config`], [`error`], [`limits`], [`clock`], [`log`] and smaller ones | nothing below them |
//!
//! # Threads
//!
//! | thread | count | does | ends when |
//! |---|---|---|---|
//! | acceptor | one per address | admits or refuses, hands the stream over | the server stops |
//! | worker-N | 0 … `maxclients` | serves one client after the other | none came for a while |
//! | housekeeper | 1 | sweep, eviction, fsync, figures, SHUTDOWN | everybody else has ended |
//! | log-reader | 1 while loading | reads and parses ahead of the one who executes | all is read |
//! | rewriter | 1 | makes the log short again | the clients have left |
//! | signals | 1 | turns SIGTERM and SIGINT into an orderly stop | the server has stopped |
//!
//! # Locks
//!
//! Who takes more than one takes them in this order:
//!
//! 1. the change of the configuration ([`shared::Shared::reconfigure`]), while it is put in force;
//! 2. the keyspace ([`shared::Shared::access`]), for a batch of requests or a step of the sweep;
//! 3. the configuration ([`shared::Shared::config`]), to read a setting or to replace all;
//! 4. the queue of the log ([`aof::commit`]), to add to it or to take all of it;
//! 5. the register of clients ([`clients::Clients`]), to add, remove or list;
//! 6. the list of killed clients beside it, to add to it or to take it;
//! 7. one client's names ([`clients::Client::names`]), to read or replace them;
//! 8. the end of a pause ([`pause::Pause`]), which is waited for with no other lock held;
//! 9. the slow log, the slow moments, the list of monitors ([`observe`]), to add or to list.
//!
//! None but the first is ever held while a file or a socket is read or written. What is costly to
//! drop is dropped after the keyspace was let go ([`keyspace::Garbage`]); a large value leaves it
//! as a counted reference.
//!
//! # Invariants
//!
//! - A connected client is served at once or told no; it is never left hanging.
//! - Every request is answered exactly once, in order, unless the client asked for silence.
//! - Memory is given for bytes that arrived, never for a length that was announced.
//! - A request that fails has changed nothing.
//! - A bug in a handler costs one connection.
//!
//! # Where to begin
//!
//! `README.md` leads through the source in eight stops. The shortest way from a byte to an answer:
//! [`connection`] → [`resp`] → [`command::gate`] → any family, say `command/string.rs` →
//! [`keyspace::Keys`] → [`resp::Reply`].

pub mod aof;
pub mod clients;
pub mod clock;
pub mod command;
pub mod config;
pub mod connection;
pub mod error;
pub mod glob;
pub mod housekeeper;
pub mod keyspace;
pub mod limits;
pub mod listener;
pub mod loading;
pub mod log;
pub mod machine;
pub mod memory_watch;
pub mod observe;
mod open_files;
pub mod pause;
pub mod policy;
mod preflight;
pub mod quoting;
pub mod resp;
pub mod rewriter;
pub mod server;
pub mod shared;
pub mod tool;
pub mod units;
