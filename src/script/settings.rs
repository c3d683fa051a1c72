//! Settings that a script can change for the rest of its run: those of the cjson library.

/// What `cjson.encode_*` and `cjson.decode_*` set.
#[derive(Clone, Copy, Debug)]
pub(super) struct CjsonSettings {
    /// Whether sparse arrays are written as objects instead of being refused.
    pub sparse_convert: bool,
    /// An array is sparse if its largest index is more than this often its number of elements…
    pub sparse_ratio: i32,
    /// …and larger than this.
    pub sparse_safe: i32,
    pub encode_max_depth: i32,
    pub decode_max_depth: i32,
    /// Digits of a number's text.
    pub encode_precision: usize,
    pub encode_invalid_numbers: InvalidNumbers,
    pub decode_invalid_numbers: bool,
    pub keep_buffer: bool,
}

/// What is done with a number that JSON cannot write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum InvalidNumbers {
    Refuse,
    AsText,
    AsNull,
}

impl Default for CjsonSettings {
    fn default() -> Self {
        Self {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_max_depth: 1000,
            decode_max_depth: 1000,
            encode_precision: 14,
            encode_invalid_numbers: InvalidNumbers::Refuse,
            decode_invalid_numbers: true,
            keep_buffer: true,
        }
    }
}
