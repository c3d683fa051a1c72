//! What the operating system tells and grants.

pub mod machine;
pub mod open_files;
pub mod optional;
