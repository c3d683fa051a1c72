//! The memory that an allocation takes, as the allocator rounds it.

/// Bytes of memory that a request for `bytes` occupies.
///
/// The rule of glibc: a header of 8 bytes, and a multiple of 16 in all. musl, the C library of the
/// container image, has a header of 4 bytes and coarser classes for larger requests, and gives the
/// same size for an entry.
pub const fn allocated(bytes: usize) -> usize {
    const FRONT_BYTES: usize = 8;
    const MIN: usize = 32;
    match (bytes + FRONT_BYTES).next_multiple_of(16) {
        _ if bytes == 0 => 0,
        ..MIN => MIN,
        rounded => rounded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that sizes are rounded as glibc's `malloc_usable_size` shows.
    #[test]
    fn requests_are_rounded() {
        let cases = [(0, 0), (1, 32), (24, 32), (25, 48), (96, 112), (104, 112), (105, 128)];
        for (asked, got) in cases {
            assert_eq!(allocated(asked), got, "{asked}");
        }
    }
}
