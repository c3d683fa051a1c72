//! x
use super::Command;

/// The family.
pub const COMMANDS: &[&Command] = &[];
