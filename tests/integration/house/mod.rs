//! Tests of the code itself: its layers, sizes, words, and what the README says.

mod examples;
mod layers;
mod readme;
mod tidy;
mod words;
