//! Commands: the engine that executes requests, and a folder for each family.
//!
//! A command is one static [`engine::Command`] row, written directly above its handler. To add a
//! command, write its row and its handler in the family's file, name the row in the list at the
//! top of that file, and write its test; `UPDATE_README=1 make test` adds it to the guide's table
//! and to the one below. What the rows of a family have in common is a constant row, `FAMILY`, from
//! which [`engine::Command::row`] makes the others.
//!
//! A handler is a plain function of the keys or the connection, its arguments and the reply: no
//! socket, no lock, no clock. It parses and checks *all* its arguments before its first change. It
//! writes exactly one reply or returns an error. Everything common to all commands happens in one
//! file, the [`engine::gate`].
//!
//! # Layers
//!
//! | module | job |
//! |---|---|
//! | [`rename`] | other names for commands |
//! | [`families`] | the one list that knows all families |
//! | [`admin`], [`connection`], [`geo`], [`hash`], [`hyperloglog`], [`keys`], [`list`], [`pubsub`], [`scripting`], [`set`], [`sorted_set`], [`string`], [`transaction`] | the families; they do not know each other |
//! | [`engine`] | executes requests, and knows no family |
//!
//! # Families
//!
//! <!-- families -->
//! <!-- /families -->

pub mod admin;
pub mod connection;
pub mod engine;
pub mod families;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod keys;
pub mod list;
pub mod pubsub;
pub mod rename;
pub mod scripting;
pub mod set;
pub mod sorted_set;
pub mod string;
pub mod transaction;
