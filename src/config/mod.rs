//! What a user may choose: on the command line, in files, on standard input, and with CONFIG SET.
//!
//! There is one list of directives, [`directives`]: a row each with its name, type, bounds, default
//! and effect. Everything that deals with settings goes by that list.
//!
//! | who | does |
//! |---|---|
//! | [`sources`] | reads the command line as Redis does, files, `include`, standard input |
//! | [`directive`] | what a row says, and how it is added |
//! | [`shape`], [`notations`] | the types of values, and notations of their own |
//! | [`value`] | the types that fields have |
//! | [`change`] | CONFIG SET: several directives, all of them or none |
//! | [`rewrite`] | CONFIG REWRITE: the user's file with the present values |
//! | [`settings`] | [`Config`], what the rest of the code reads |
//!
//! # Two readers
//! A line of Redis's is not what a library for command lines expects: an option has any number of
//! values, names come in any case, and `-` is a file. So `argh` reads what is respool's own, the
//! words `--help` and `--version` and the tools' flags; everything else on the command line is a
//! directive and read by [`sources`]. The help is argh's text with the list behind it.

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
