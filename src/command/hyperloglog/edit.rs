//! A sketch that is being changed where it is stored.
//!
//! A string that was stored as a whole has no spare capacity and may be shared with a reply that is
//! still being sent (copy-on-write). So the first change copies it, into a string that grows; later
//! ones happen in place.

use super::sketch::sparse::{self, Hint, Opcodes};
use super::sketch::{self, Corrupt, Encoding, HEADER_BYTES, dense};
use crate::keyspace::{Changed, Text};

/// A sketch that is being changed.
pub struct Edit<'a> {
    /// The string that is stored.
    old: Option<&'a mut Text>,
    /// What takes its place, after a copy.
    new: Option<Text>,
    encoding: Encoding,
    /// Bytes that a sparse sketch may take (`hll-sparse-max-bytes`).
    sparse_bytes_max: usize,
}

impl<'a> Edit<'a> {
    /// Begins with what is stored, or with an empty sketch.
    pub fn new(old: Option<&'a mut Text>, encoding: Encoding, sparse_bytes_max: usize) -> Edit<'a> {
        let new = match old {
            None => Some(grown(&sketch::empty())),
            Some(_) => None,
        };
        Edit { old, new, encoding, sparse_bytes_max }
    }

    /// How it is encoded now.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Has a corrupt sketch changed in a copy, which is dropped if a later step fails. Redis adds
    /// to such a sketch as long as it does not notice.
    ///
    /// # Errors
    /// The sketch is longer than any can be.
    pub fn protect(&mut self) -> Result<(), Corrupt> {
        let runs = &self.text()[HEADER_BYTES..];
        let is_corrupt =
            self.encoding == Encoding::Sparse && sparse::for_each_run(runs, |_, _, _| {}).is_err();
        if is_corrupt && runs.len() > sparse::BYTES_MAX {
            return Err(Corrupt);
        }
        if is_corrupt {
            self.new = Some(grown(self.text()));
        }
        Ok(())
    }

    /// Raises a register, and says whether it was lower. `hint` shortens the search while the
    /// registers come in ascending order.
    ///
    /// # Errors
    /// The sketch is corrupt.
    pub fn raise(&mut self, index: usize, rank: u8, hint: &mut Hint) -> Result<bool, Corrupt> {
        let len = self.text().len();
        if self.encoding == Encoding::Sparse {
            let found = sparse::find(&self.text()[HEADER_BYTES..], index, *hint)?;
            *hint = found.next;
            if found.run.rank >= rank {
                return Ok(false);
            }
            let bytes_max = self.sparse_bytes_max;
            let buffer = &mut self.bytes_mut(len + sparse::GROWTH_MAX)[HEADER_BYTES..];
            let mut opcodes = Opcodes::new(buffer, len - HEADER_BYTES);
            let has_fitted = opcodes.raise(&found, index, rank, bytes_max);
            let len = HEADER_BYTES + opcodes.len();
            self.bytes_mut(len);
            if has_fitted {
                return Ok(true);
            }
            self.make_dense()?;
        }
        if dense::get(&self.text()[HEADER_BYTES..], index) >= rank {
            return Ok(false);
        }
        let len = self.text().len();
        dense::set(&mut self.bytes_mut(len)[HEADER_BYTES..], index, rank);
        Ok(true)
    }

    /// Turns a sparse sketch into a dense one.
    ///
    /// # Errors
    /// It is corrupt.
    pub fn make_dense(&mut self) -> Result<(), Corrupt> {
        if self.encoding == Encoding::Sparse {
            self.new = Some(grown(&sketch::to_dense(self.text())?));
            self.encoding = Encoding::Dense;
        }
        Ok(())
    }

    /// Marks the cached count as out of date.
    pub fn forget_count(&mut self) {
        let len = self.text().len();
        sketch::forget_count(self.bytes_mut(len));
    }

    /// Caches a count.
    pub fn cache_count(&mut self, count: u64) {
        let len = self.text().len();
        sketch::cache_count(self.bytes_mut(len), count);
    }

    /// The end of the change, for [`crate::keyspace::Keys::replace`].
    pub fn done<R>(self, is_change: bool, result: R) -> Changed<Text, R> {
        Changed::within(self.new, is_change, result)
    }

    /// What takes the place of the string, if it was not changed in place.
    pub fn into_new(self) -> Option<Text> {
        self.new
    }

    /// The string as it is now.
    pub fn text(&self) -> &Text {
        match (&self.new, &self.old) {
            (Some(new), _) => new,
            (None, Some(old)) => old,
            (None, None) => unreachable!("without an old string there is a new one"),
        }
    }

    fn text_mut(&mut self) -> &mut Text {
        match (&mut self.new, &mut self.old) {
            (Some(new), _) => new,
            (None, Some(old)) => old,
            (None, None) => unreachable!("without an old string there is a new one"),
        }
    }

    /// The first `len` bytes for writing, which are all of them from now on.
    fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        if self.text_mut().in_place(len).is_none() {
            self.new = Some(Text::grown(self.text(), len));
        }
        self.text_mut().in_place(len).expect("a string that has just been made has its length")
    }
}

/// A string that can be changed in place.
fn grown(bytes: &[u8]) -> Text {
    Text::grown(&Text::new(bytes), bytes.len())
}
