//! The engine: how a request is executed, whatever its command does.
//!
//! The engine knows no family. A family (`string/`, `hash/`, …) knows the engine, and
//! [`super::families`] knows both and hands the families to the [`table`] at the start.
//!
//! | file | job |
//! |---|---|
//! | [`spec`] | the row of a command, its flags, the kinds of handlers |
//! | [`key_use`] | the keys of a request, and what is done with each |
//! | [`table`] | all rows by name |
//! | [`batch`] | parsed requests that are executed under one hold of the lock |
//! | [`gate`], `admission` | admit → queue, wait or call → reply |
//! | `permission` | what the user of a session may do |
//! | [`call`] | calls a handler under the lock, and counts and logs the call |
//! | [`session`] | the state of a connection between two requests |
//! | [`subscriptions`] | what a session has subscribed to |
//! | [`tracking`] | the keys that a session has read |
//! | [`queue`] | what was queued since MULTI |
//! | [`propagation`] | what a change adds to the log |
//! | [`meter`], [`monitoring`] | times for statistics and the slow log; lines for MONITOR |
//! | [`blocking`], [`waiting`] | what a command that waits for a key is made of; its wait |
//! | [`replay`] | executing a log |
//! | [`arguments`], [`deadline`], `draw`, [`scan_options`], [`sums`], [`values`] | what several families have in common |
//! | `client_line` | the line that describes a client |
//! | [`help`], [`syntax`], [`categories`], [`secrets`] | texts and figures derived from rows |

mod admission;
pub mod arguments;
pub mod batch;
pub mod blocking;
pub mod call;
pub mod categories;
pub(crate) mod client_line;
pub mod deadline;
pub(crate) mod draw;
pub mod errors;
pub mod gate;
pub mod help;
pub mod key_use;
pub mod meter;
pub mod monitoring;
pub(crate) mod permission;
pub mod propagation;
pub mod queue;
pub mod replay;
pub mod scan_options;
pub mod secrets;
pub mod session;
pub mod spec;
pub mod subscriptions;
pub mod sums;
pub mod syntax;
pub mod table;
pub mod tracking;
pub mod values;
pub mod waiting;

pub use crate::error::{CommandError, Outcome};
pub use crate::keyspace::{Keys, Keyspace};
pub use crate::observe::CommandId;
pub use crate::resp::{Args, Reply};
pub use session::Session;
pub use spec::{Alone, Command, Complexity, Context, Handler, KeyArguments, flag};
