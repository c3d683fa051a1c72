//! Tests of the code itself: its layers, sizes, words, and what the README and the guide say.

mod course;
mod examples;
mod families;
pub mod guide;
mod layers;
mod readme;
mod tidy;
mod words;
