//! Access control: users, their passwords, and the rules about what each of them may do.
//!
//! The names are Redis's: a *user* has *passwords*, flags, and one or more *selectors*. A selector
//! is a set of commands with patterns of keys and channels; a request is permitted if one selector
//! alone permits all of it. Rules are words such as `+get`, `-@dangerous`, `~cache:*`, and the
//! same words are the notation of ACL SETUSER, of `user` lines in a configuration, and of a file
//! with users.
//!
//! | file | job |
//! |---|---|
//! | [`catalogue`] | commands as rules see them: numbers, names, categories |
//! | [`selector`] | one set of commands, keys and channels: its rules, its checks |
//! | [`rules`] | all that is known about a user: flags, passwords, selectors |
//! | [`error`] | why a rule cannot be applied |
//! | [`password`] | passwords as SHA-256, compared in constant time |
//! | [`users`] | all users, and what threads share of them |
//! | [`log`] | requests and passwords that were refused |
//! | [`file`](mod@file) | a file with users |
//!
//! This folder knows no request and no connection. The engine passes it the number of a command,
//! with its keys and channels (`command/engine/permission.rs`).
//!
//! # The cost for a server without restrictions
//! Each session holds its [`User`]. A user who may do everything has one flag set, which is all
//! that a request of such a user reads. Only other users take the lock of their rules.

pub mod catalogue;
pub mod error;
pub mod file;
pub mod log;
pub mod password;
pub mod rules;
pub mod selector;
pub mod users;

pub use error::RuleError;
pub use log::{Log, Refused};
pub use rules::Rules;
pub use selector::{Access, Denied, Request, Selector, Touched};
pub use users::{Acl, User};
