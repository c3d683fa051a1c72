//! Writing a value: what RDB calls its type, and then its elements one after the other.
//!
//! Nothing is gathered: a set of ten million members is written from where it is. The version is
//! the oldest that all supported servers read (see [`crate::rdb::write`]), and none of the types
//! written here needs a newer one. Only hashes with fields that expire need Redis 7.4 or later.

use crate::keyspace::types::Element;
use crate::keyspace::value::each_type;
use crate::keyspace::{Hash, List, Set, SortedSet, Text, Value};
use crate::rdb::payload;
use crate::rdb::value_writer::{Head, ValueWriter};
use crate::rdb::write::Version;
use std::io::{self, Write};

/// A type of value that can be written.
pub trait Encode {
    /// The type and the number of elements.
    fn head(&self) -> Head;

    /// Writes as many elements as announced.
    ///
    /// # Errors
    /// The output cannot be written to.
    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()>;
}

/// The type and the number of elements of a value.
pub fn head(value: &Value) -> Head {
    each_type!(value, inner => inner.head())
}

/// Writes a whole value; `writer` was begun with its [`head`].
///
/// # Errors
/// The output cannot be written to.
pub fn write<W: Write>(value: &Value, mut writer: ValueWriter<'_, W>) -> io::Result<()> {
    each_type!(value, inner => inner.write(&mut writer)?);
    writer.end()
}

/// The payload of DUMP.
///
/// # Errors
/// The value cannot be expressed, which is true of no value of these types.
pub fn dump(value: &Value) -> io::Result<Vec<u8>> {
    payload::dump(Version::Nine, true, head(value), |writer| write(value, writer))
}

/// The bytes of an element.
fn text<'b>(element: &Element<'b>, digits: &'b mut itoa::Buffer) -> &'b [u8] {
    element.text(digits)
}

impl Encode for Text {
    fn head(&self) -> Head {
        Head::String
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        writer.string(self)
    }
}

impl Encode for Hash {
    fn head(&self) -> Head {
        let len = self.len() as u64;
        match self.next_deadline_ms() {
            Some(earliest_ms) => Head::ExpiringHash { len, earliest_ms },
            None => Head::Hash(len),
        }
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        for (field, value) in self.iter() {
            let (mut first, mut second) = (itoa::Buffer::new(), itoa::Buffer::new());
            let field = text(&field, &mut first);
            let expires_at_ms = self.deadline_ms(field);
            writer.field(field, text(&value, &mut second), expires_at_ms)?;
        }
        Ok(())
    }
}

impl Encode for Set {
    fn head(&self) -> Head {
        Head::Set(self.len() as u64)
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        self.iter().try_for_each(|member| writer.element(text(&member, &mut itoa::Buffer::new())))
    }
}

impl Encode for List {
    fn head(&self) -> Head {
        Head::List(self.len() as u64)
    }

    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        self.iter(0..self.len())
            .try_for_each(|element| writer.element(text(&element, &mut itoa::Buffer::new())))
    }
}

impl Encode for SortedSet {
    fn head(&self) -> Head {
        Head::SortedSet(self.len() as u64)
    }

    /// From the highest score to the lowest: Redis inserts at the front fastest.
    fn write<W: Write>(&self, writer: &mut ValueWriter<'_, W>) -> io::Result<()> {
        self.iter(0..self.len()).rev().try_for_each(|(member, score)| {
            writer.scored(text(&member, &mut itoa::Buffer::new()), score)
        })
    }
}
