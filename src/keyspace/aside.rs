//! Changes of a value that are not changes of its content.
//!
//! Who has read what of a stream is kept with the stream. It has to be logged, but a transaction
//! that watches the key does not fail for it, no cache becomes stale, and nobody waits for it.

use crate::keyspace::events::Event;
use crate::keyspace::keys::Keys;
use crate::keyspace::value::Stored;
use crate::keyspace::value_type::WrongType;

impl Keys<'_> {
    /// *Mutator.* [`Keys::change`] for a change that counts and is logged, and of which no client
    /// is informed that watches, caches or waits for the key.
    ///
    /// # Errors
    /// The value is of another type; nothing has changed then.
    pub fn change_aside<T: Stored, R>(
        &mut self,
        key: &[u8],
        event: Event,
        change: impl FnOnce(&mut T) -> (R, usize),
    ) -> Result<R, WrongType> {
        let (result, changes, _) = self.lend(key, change)?;
        if changes > 0 {
            self.keyspace.counters.changes += changes as u64;
            self.notify(key, event);
        }
        Ok(result)
    }

    /// Lets the clients that wait for `key` try again.
    pub fn wake(&mut self, key: &[u8]) {
        self.keyspace.waiters.changed(self.db, key);
    }
}
