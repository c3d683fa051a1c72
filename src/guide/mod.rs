//! The long pages of the documentation; the short one is `README.md`.
//!
//! Each page is a Markdown file next to this one, so that any Git host shows it, and a module
//! without code here, so that `cargo doc` shows it as well. A page about what the code does is
//! compared with the code by a test: the table of commands, the tables of directives, the answers
//! of what is not served, the configuration of the proxy, and every link to a file.
//!
//! | for | pages |
//! |---|---|
//! | operators | [`commands`], [`configuration`], [`operating`], [`durability`], [`migration`], [`memory`], [`compatibility`], [`cluster`], [`changes`] |
//! | readers | [`tour`], [`interpreter`], [`figures`], [`experiments`], [`mistakes`] |
//! | students, and their teachers | [`build_your_own`] and its [`stages`], [`exercises`], [`seeing`], [`lecturers`] |

#[doc = include_str!("build-your-own.md")]
pub mod build_your_own {}

#[doc = include_str!("changes.md")]
pub mod changes {}

#[doc = include_str!("cluster.md")]
pub mod cluster {}

#[doc = include_str!("commands.md")]
pub mod commands {}

#[doc = include_str!("compatibility.md")]
pub mod compatibility {}

#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[doc = include_str!("durability.md")]
pub mod durability {}

#[doc = include_str!("exercises.md")]
pub mod exercises {}

#[doc = include_str!("experiments.md")]
pub mod experiments {}

#[doc = include_str!("figures.md")]
pub mod figures {}

#[doc = include_str!("interpreter.md")]
pub mod interpreter {}

#[doc = include_str!("lecturers.md")]
pub mod lecturers {}

#[doc = include_str!("memory.md")]
pub mod memory {}

#[doc = include_str!("mistakes.md")]
pub mod mistakes {}

#[doc = include_str!("migration.md")]
pub mod migration {}

#[doc = include_str!("operating.md")]
pub mod operating {}

#[doc = include_str!("seeing.md")]
pub mod seeing {}

pub mod stages;

#[doc = include_str!("tour.md")]
pub mod tour {}
