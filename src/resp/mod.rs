//! The wire: Redis's serialisation protocol, versions 2 and 3.
//!
//! Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>. A request is an array
//! of bulk strings, or a line of words typed by a human (an *inline* request):
//!
//! ```text
//! *2\r\n$3\r\nGET\r\n$3\r\nkey\r\n          get key\r\n
//! ```
//!
//! There are two ways to read a request, with one grammar: `parse.rs`. A request that is complete
//! in the read buffer is parsed in place, without a copy ([`parse::parse`]). A request that
//! continues after the buffer's end is collected by an [`assemble::Assembler`] as its bytes arrive.
//! Replies are written by [`reply::Reply`], in either version; their bytes are a [`rope::Rope`],
//! text with large values attached. The other side of a connection is here, too: a client's
//! requests are written by [`request::encode`], and replies are read by an [`AnswerReader`].
//!
//! This layer knows bytes only: no sockets, no keys, no commands.

pub mod answer;
pub mod answer_reader;
pub mod assemble;
pub mod error;
pub mod inline;
pub mod integer;
pub mod parse;
pub mod reply;
pub mod request;
pub mod rope;

pub use answer::Answer;
pub use answer_reader::AnswerReader;
pub use assemble::Assembler;
pub use error::ProtocolError;
pub use integer::parse_integer;
pub use parse::{Limits, Parsed, parse};
pub use reply::Reply;
pub use request::{Args, Span};
