//! Facts and limits of the operating system.

pub mod differences;
pub mod identity;
pub mod machine;
pub mod open_files;
pub mod optional;
pub mod port_owner;
pub mod processes;
pub mod random;
