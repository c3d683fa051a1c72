//! What a piece of memory takes, as the allocator rounds it.

/// Bytes of memory that a request for `bytes` occupies.
///
/// The rule of glibc: 8 bytes of its own in front, a multiple of 16 altogether. musl, which the
/// container image is built with, has 4 bytes in front and coarser classes for larger requests, and
/// comes to the same for an entry.
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

    /// Ensures that sizes are rounded as glibc's `malloc_usable_size` shows it.
    #[test]
    fn requests_are_rounded() {
        let cases = [(0, 0), (1, 32), (24, 32), (25, 48), (96, 112), (104, 112), (105, 128)];
        for (asked, got) in cases {
            assert_eq!(allocated(asked), got, "{asked}");
        }
    }
}
