//! The hash function of all databases.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// The keyed hash function of all databases. Every process draws another seed, so that a client
/// cannot choose keys that collide.
#[derive(Clone, Default)]
pub struct SharedHasher(Arc<ahash::RandomState>);

impl SharedHasher {
    pub(crate) fn hash_one(&self, key: &[u8]) -> u64 {
        let mut hasher = self.build_hasher();
        key.hash(&mut hasher);
        std::hash::Hasher::finish(&hasher)
    }
}

impl BuildHasher for SharedHasher {
    type Hasher = ahash::AHasher;

    fn build_hasher(&self) -> ahash::AHasher {
        self.0.build_hasher()
    }
}
