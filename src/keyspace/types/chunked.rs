//! A vector in counted chunks: the first change after a clone copies one chunk, never the whole.
//!
//! A snapshot holds a clone of a value while commands go on changing it. With a plain vector of
//! a million elements the first change would copy all of them under the lock. Here a clone
//! copies one counted reference per `N` elements, and a change copies the `N` elements around it
//! if, and only if, another reader still shares them.
//!
//! Elements are added and removed at the end only. They are stored in the chunk itself, so that a
//! lookup costs two dependent reads and not three.

use crate::keyspace::allocation::allocated;
use std::sync::Arc;

/// A vector whose elements are shared by clones in chunks of `N`.
#[derive(Debug, Clone, Default)]
pub struct Chunked<T, const N: usize> {
    /// All are full of live elements but the last; unused elements are defaults.
    chunks: Vec<Arc<[T; N]>>,
    len: usize,
}

impl<T: Clone + Default, const N: usize> Chunked<T, N> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The element at `index`.
    ///
    /// # Panics
    /// If there is none.
    pub fn get(&self, index: usize) -> &T {
        &self.chunks[index / N][index % N]
    }

    /// The element at `index`, to be changed; its chunk is copied first if it is shared.
    ///
    /// # Panics
    /// If there is none.
    pub fn get_mut(&mut self, index: usize) -> &mut T {
        &mut Arc::make_mut(&mut self.chunks[index / N])[index % N]
    }

    /// Adds an element at the end.
    pub fn push(&mut self, element: T) {
        if self.len == self.chunks.len() * N {
            self.chunks.push(Arc::new(std::array::from_fn(|_| T::default())));
        }
        self.len += 1;
        *self.get_mut(self.len - 1) = element;
    }

    /// Removes the last element.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.len.checked_sub(1)?;
        let element = std::mem::take(self.get_mut(last));
        self.len = last;
        if last.is_multiple_of(N) {
            self.chunks.pop();
            // A vector that became much shorter gives its memory back.
            if self.chunks.len() < self.chunks.capacity() / 4 {
                self.chunks.shrink_to(self.chunks.len() * 2);
            }
        }
        Some(element)
    }

    /// Bytes on the heap, without those that the elements themselves refer to.
    pub fn heap_bytes(&self) -> usize {
        let chunk_bytes = allocated(2 * size_of::<usize>() + N * size_of::<T>());
        allocated(self.chunks.capacity() * size_of::<usize>()) + self.chunks.len() * chunk_bytes
    }
}

/// A copy with the same capacity, which `clone` does not keep: accounts of memory stay right when
/// a chunk is copied, and the change that the copy was made for finds room.
pub fn clone_with_capacity<T: Clone>(vector: &Vec<T>) -> Vec<T> {
    let mut copy = Vec::with_capacity(vector.capacity());
    copy.extend_from_slice(vector);
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that a clone keeps what it saw, whatever happens to the original.
    #[test]
    fn a_clone_is_left_alone() {
        let mut numbers = Chunked::<u32, 4>::default();
        (0..10).for_each(|number| numbers.push(number));
        let before = numbers.clone();
        *numbers.get_mut(5) = 99;
        assert_eq!(numbers.pop(), Some(9));
        assert_eq!(numbers.pop(), Some(8));
        numbers.push(77);
        let all = |numbers: &Chunked<u32, 4>| -> Vec<u32> {
            (0..numbers.len()).map(|index| *numbers.get(index)).collect()
        };
        assert_eq!(all(&before), (0..10).collect::<Vec<u32>>());
        assert_eq!(all(&numbers), [0, 1, 2, 3, 4, 99, 6, 7, 77]);
        // The first of three chunks was never changed, so it is still shared.
        assert!(Arc::ptr_eq(&before.chunks[0], &numbers.chunks[0]));
        assert!(!Arc::ptr_eq(&before.chunks[1], &numbers.chunks[1]));
    }

    /// Ensures that an emptied vector gives its memory back.
    #[test]
    fn chunks_go_with_their_last_element() {
        let mut numbers = Chunked::<u32, 4>::default();
        (0..1_000).for_each(|number| numbers.push(number));
        while numbers.pop().is_some() {}
        assert!(numbers.is_empty());
        assert!(numbers.heap_bytes() < 64, "{} bytes", numbers.heap_bytes());
    }
}
