//! The writer of a stream's node: entries in a listpack, relative to the first of them.
//!
//! The first entry's fields are the master entry's: entries with the same names do not repeat
//! them, which is the usual case. `stream.rs` shows the layout.

use super::listpack::Builder;
use super::piece::StreamId;
use std::io;

/// Marks of an entry: its fields are the master entry's.
const HAS_MASTER_FIELDS: i64 = 2;

/// A node under construction.
#[derive(Debug, Default)]
pub(super) struct NodeWriter {
    /// Entries that were announced.
    entries: u64,
    /// The block, from the first entry on.
    open: Option<Open>,
    /// Memory for the next block.
    spare: Vec<u8>,
}

#[derive(Debug)]
struct Open {
    block: Builder,
    first: StreamId,
    names: Vec<Vec<u8>>,
}

impl NodeWriter {
    /// Begins a node of so many entries.
    pub fn begin(&mut self, entries: u64) {
        self.entries = entries;
    }

    /// Appends an entry.
    pub fn entry(&mut self, id: StreamId, fields: &[(&[u8], &[u8])]) {
        let spare = &mut self.spare;
        let entries = self.entries;
        let open = self.open.get_or_insert_with(|| {
            let mut block = Builder::new(std::mem::take(spare));
            block.integer(entries as i64);
            // None of them is deleted.
            block.integer(0);
            block.integer(fields.len() as i64);
            fields.iter().for_each(|(name, _)| block.text(name));
            block.integer(0);
            let names = fields.iter().map(|(name, _)| name.to_vec()).collect();
            Open { block, first: id, names }
        });
        let Open { block, first, names } = open;
        let has_master_fields = fields.iter().map(|(name, _)| *name).eq(names.iter());
        block.integer(if has_master_fields { HAS_MASTER_FIELDS } else { 0 });
        block.integer(id.ms.wrapping_sub(first.ms) as i64);
        block.integer(id.sequence.wrapping_sub(first.sequence) as i64);
        let mut elements = 3 + fields.len();
        if !has_master_fields {
            block.integer(fields.len() as i64);
            elements += 1 + fields.len();
        }
        for (name, value) in fields {
            if !has_master_fields {
                block.text(name);
            }
            block.text(value);
        }
        block.integer(elements as i64);
    }

    /// The first entry's id, and the block.
    ///
    /// # Errors
    /// The block is too long.
    pub fn finish(&mut self) -> io::Result<(StreamId, Vec<u8>)> {
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
        let open = self.open.take().ok_or_else(|| invalid("a stream's node without entries"))?;
        Ok((open.first, open.block.finish().map_err(invalid)?))
    }

    /// Keeps a block's memory for the next one.
    pub fn recycle(&mut self, block: Vec<u8>) {
        self.spare = block;
    }
}
