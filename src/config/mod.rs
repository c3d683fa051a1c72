//! The user's settings: on the command line, in files, on standard input, and with CONFIG SET.
//!
//! There is one list of directives, [`directives`]: a row each with name, type, bounds, default and
//! effect. Everything about settings is derived from that list.
//!
//! | module | job |
//! |---|---|
//! | [`sources`] | reads the command line as Redis does, files, `include`, standard input |
//! | [`directive`] | the row of a directive, and how to add one |
//! | [`shape`], `notations` | the types of values, and notations of their own |
//! | [`value`] | the types that fields have |
//! | [`change`] | CONFIG SET: several directives, all of them or none |
//! | [`rewrite`] | CONFIG REWRITE: the user's file with the present values |
//! | [`settings`] | [`Config`], which the rest of the code reads |
//!
//! # Two parsers
//! A line of Redis's does not fit a library for command lines: an option has any number of values,
//! names come in any case, and `-` is a file. So `argh` parses only respool's own words, `--help`
//! and `--version`, and the tools' flags; everything else on the command line is a directive and
//! parsed by [`sources`]. The help is argh's text followed by the list.

pub mod bind;
pub mod change;
pub mod choices;
mod defaults;
pub mod directive;
pub mod directives;
pub mod events;
pub mod invocation;
pub mod memory;
mod notations;
pub mod output_limits;
pub mod rewrite;
pub mod save;
pub mod settings;
pub mod shape;
pub mod sources;
pub mod value;
pub mod words;

pub use bind::{Bind, BindAddress, Port};
pub use change::failed;
pub use choices::{Allowed, Fsync, Supervisor};
pub use directive::{Change, Directive, Effect};
pub use events::Events;
pub use invocation::{Invocation, from_command_line, one_line};
pub use output_limits::{OutputLimit, OutputLimits};
pub use save::SavePoint;
pub use settings::Config;
pub use shape::Moment;
pub use sources::read_password;
