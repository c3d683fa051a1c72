//! An ordered map in counted pages: the first change after a clone copies one page, never the map.
//!
//! A B-tree of two levels: a ring of pages, and in each page up to `N` pairs in order. The ring
//! holds the first key of each page, so a search reads one page. Keys that rise fill the pages;
//! what is removed at the front moves nothing else. A clone, which a snapshot holds while commands
//! go on, copies one counted reference per page (copy-on-write).
//!
//! # Invariants
//! No page is empty. The pairs are in rising order of their keys, over all pages. The bytes of the
//! pages are kept in step, so asking for them costs nothing.

use crate::keyspace::allocation::allocated;
use crate::keyspace::types::chunked::clone_with_capacity;
use std::borrow::Borrow;
use std::collections::VecDeque;
use std::sync::Arc;

/// An ordered map with pages of up to `N` pairs.
#[derive(Debug)]
pub struct PagedMap<K, V, const N: usize> {
    pages: VecDeque<Page<K, V>>,
    len: usize,
    /// Bytes of the pages, without those that keys and values themselves refer to.
    page_bytes: usize,
}

#[derive(Debug)]
struct Page<K, V> {
    /// The first key, so that a search does not read the page.
    first: K,
    pairs: Arc<Pairs<K, V>>,
}

impl<K: Clone, V> Clone for Page<K, V> {
    fn clone(&self) -> Self {
        Page { first: self.first.clone(), pairs: Arc::clone(&self.pairs) }
    }
}

#[derive(Debug)]
struct Pairs<K, V>(Vec<(K, V)>);

impl<K: Clone, V: Clone> Clone for Pairs<K, V> {
    fn clone(&self) -> Self {
        Pairs(clone_with_capacity(&self.0))
    }
}

impl<K, V> Pairs<K, V> {
    fn heap_bytes(&self) -> usize {
        allocated(2 * size_of::<usize>() + size_of::<Self>())
            + allocated(self.0.capacity() * size_of::<(K, V)>())
    }
}

/// With the same capacity, which accounts of memory rely on: a map may be part of a page that is
/// copied.
impl<K: Clone, V, const N: usize> Clone for PagedMap<K, V, N> {
    fn clone(&self) -> Self {
        let mut pages = VecDeque::with_capacity(self.pages.capacity());
        pages.extend(self.pages.iter().cloned());
        PagedMap { pages, ..*self }
    }
}

impl<K, V, const N: usize> Default for PagedMap<K, V, N> {
    fn default() -> Self {
        PagedMap::NONE
    }
}

impl<K, V, const N: usize> PagedMap<K, V, N> {
    /// A map without pairs.
    pub const NONE: Self = PagedMap { pages: VecDeque::new(), len: 0, page_bytes: 0 };
}

impl<K: Ord + Clone, V: Clone, const N: usize> PagedMap<K, V, N> {
    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes on the heap, without those that keys and values themselves refer to.
    pub fn heap_bytes(&self) -> usize {
        allocated(self.pages.capacity() * size_of::<Page<K, V>>()) + self.page_bytes
    }

    /// The value under `key`.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (page, at) = self.find(key)?;
        Some(&self.pages[page].pairs.0[at].1)
    }

    /// The value under `key`, to be changed; its page is copied first if it is shared.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (page, at) = self.find(key)?;
        Some(&mut Arc::make_mut(&mut self.pages[page].pairs).0[at].1)
    }

    /// The pair with the lowest key.
    pub fn first(&self) -> Option<(&K, &V)> {
        let (key, value) = self.pages.front()?.pairs.0.first()?;
        Some((key, value))
    }

    /// The pair with the highest key.
    pub fn last(&self) -> Option<(&K, &V)> {
        let (key, value) = self.pages.back()?.pairs.0.last()?;
        Some((key, value))
    }

    /// The pair with the highest key, its value to be changed.
    pub fn last_mut(&mut self) -> Option<(&K, &mut V)> {
        let (key, value) = Arc::make_mut(&mut self.pages.back_mut()?.pairs).0.last_mut()?;
        Some((key, value))
    }

    /// Puts a value under `key`, and returns the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (mut page, at) = match self.search(&key) {
            Ok((page, at)) => {
                let there = &mut Arc::make_mut(&mut self.pages[page].pairs).0[at].1;
                return Some(std::mem::replace(there, value));
            }
            Err(place) => place,
        };
        let mut at = at;
        let is_full = self.pages.get(page).is_none_or(|page| page.pairs.0.len() >= N);
        if is_full {
            (page, at) = self.make_room(page, at, &key);
        }
        self.change_page(page, |pairs| {
            if pairs.len() == pairs.capacity() {
                // Twice as many, but no more than a page has.
                pairs.reserve_exact(pairs.len().clamp(1, N - pairs.len()));
            }
            pairs.insert(at, (key, value));
        });
        self.len += 1;
        None
    }

    /// Splits a full page, or adds an empty one behind the last: where the pair goes then.
    fn make_room(&mut self, page: usize, at: usize, key: &K) -> (usize, usize) {
        /// Pairs of a page behind others: it is likely to be filled.
        const BEGIN: usize = 8;
        let mut tail = Vec::new();
        let is_end = page + 1 >= self.pages.len() && self.pages.get(page).is_none_or(|_| at >= N);
        let (first, place) = if is_end {
            if !self.pages.is_empty() {
                tail.reserve_exact(BEGIN.min(N));
            }
            (key.clone(), (self.pages.len(), 0))
        } else {
            let half = N / 2;
            self.change_page(page, |pairs| {
                tail.reserve_exact(N - half + 1);
                tail.extend(pairs.drain(half..));
            });
            let place = if at > half { (page + 1, at - half) } else { (page, at) };
            (tail[0].0.clone(), place)
        };
        let pairs = Arc::new(Pairs(tail));
        self.page_bytes += pairs.heap_bytes();
        let index = if is_end { self.pages.len() } else { page + 1 };
        self.pages.insert(index, Page { first, pairs });
        place
    }

    /// Removes the pair of `key`, and returns its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (page, at) = self.find(key)?;
        let (_, value) = self.change_page(page, |pairs| {
            let pair = pairs.remove(at);
            if pairs.len() < pairs.capacity() / 4 {
                pairs.shrink_to(pairs.len() * 2);
            }
            pair
        });
        self.len -= 1;
        self.tidy(page);
        Some(value)
    }

    /// Removes a page that has become empty, or unites it with a neighbour if both have few pairs.
    fn tidy(&mut self, page: usize) {
        let len = |at: usize| self.pages.get(at).map_or(N, |page| page.pairs.0.len());
        if len(page) == 0 {
            let empty = self.pages.remove(page);
            self.page_bytes -= empty.map_or(0, |page| page.pairs.heap_bytes());
            if self.pages.len() < self.pages.capacity() / 4 {
                self.pages.shrink_to(self.pages.len() * 2);
            }
            return;
        }
        if len(page) >= N / 4 {
            return;
        }
        let before = page.checked_sub(1).filter(|before| len(*before) + len(page) <= N / 2);
        let Some(left) = before.or((len(page) + len(page + 1) <= N / 2).then_some(page)) else {
            return;
        };
        if let Some(right) = self.pages.remove(left + 1) {
            self.page_bytes -= right.pairs.heap_bytes();
            self.change_page(left, |pairs| {
                pairs.reserve_exact(right.pairs.0.len());
                pairs.extend(right.pairs.0.iter().cloned());
            });
        }
    }

    /// Changes the pairs of a page, and brings the account and the page's first key in step.
    fn change_page<R>(&mut self, at: usize, change: impl FnOnce(&mut Vec<(K, V)>) -> R) -> R {
        let page = &mut self.pages[at];
        let pairs = Arc::make_mut(&mut page.pairs);
        self.page_bytes -= pairs.heap_bytes();
        let result = change(&mut pairs.0);
        self.page_bytes += pairs.heap_bytes();
        if let Some((first, _)) = pairs.0.first()
            && *first != page.first
        {
            page.first = first.clone();
        }
        result
    }

    /// Removes the first `count` pairs, and returns them. It moves the fewer pages of both parts.
    pub fn cut_front(&mut self, count: usize) -> Self {
        let mut front = PagedMap::default();
        if count >= self.len {
            std::mem::swap(&mut front, self);
            return front;
        }
        let (mut pages, mut left) = (0, count);
        while left >= self.pages[pages].pairs.0.len() {
            left -= self.pages[pages].pairs.0.len();
            pages += 1;
        }
        if pages <= self.pages.len() / 2 {
            front.pages = self.pages.drain(..pages).collect();
        } else {
            let rest = self.pages.split_off(pages);
            front.pages = std::mem::replace(&mut self.pages, rest);
        }
        if self.pages.len() < self.pages.capacity() / 4 {
            self.pages.shrink_to(self.pages.len() * 2);
        }
        let bytes: usize = front.pages.iter().map(|page| page.pairs.heap_bytes()).sum();
        front.page_bytes = bytes;
        self.page_bytes -= bytes;
        let moved = self.change_page(0, |pairs| {
            let moved: Vec<(K, V)> = pairs.drain(..left).collect();
            pairs.shrink_to(pairs.len());
            moved
        });
        front.len = count - moved.len();
        self.len -= count;
        for (key, value) in moved {
            front.insert(key, value);
        }
        front
    }

    /// The pairs by rising keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { pages: &self.pages, page: 0, at: 0 }
    }

    /// The pairs by rising keys, from the first key on that is not below `key`.
    pub fn iter_from<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let (Ok((page, at)) | Err((page, at))) = self.search(key);
        Iter { pages: &self.pages, page, at }
    }

    /// The pairs by falling keys, from the last key on that is not above `key`.
    pub fn iter_back_from<Q: Ord + ?Sized>(&self, key: &Q) -> IterBack<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let (page, end) = match self.search(key) {
            Ok((page, at)) => (page, at + 1),
            Err(place) => place,
        };
        IterBack { pages: &self.pages, page, end }
    }

    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(usize, usize)>
    where
        K: Borrow<Q>,
    {
        self.search(key).ok()
    }

    /// The place of `key`, or where it would be.
    fn search<Q: Ord + ?Sized>(&self, key: &Q) -> Result<(usize, usize), (usize, usize)>
    where
        K: Borrow<Q>,
    {
        let behind = match self.pages.back() {
            None => return Err((0, 0)),
            // The usual place.
            Some(last) if last.first.borrow() <= key => self.pages.len(),
            Some(_) => self.pages.partition_point(|page| page.first.borrow() <= key),
        };
        let page = behind.saturating_sub(1);
        let pairs = &self.pages[page].pairs.0;
        match pairs.last() {
            Some((last, _)) if last.borrow() < key => Err((page, pairs.len())),
            _ => match pairs.binary_search_by(|(found, _)| found.borrow().cmp(key)) {
                Ok(at) => Ok((page, at)),
                Err(at) => Err((page, at)),
            },
        }
    }

    /// Checks the invariants.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check_invariants(&self) {
        let pairs = self.pages.iter().flat_map(|page| &page.pairs.0);
        assert_eq!(pairs.clone().count(), self.len);
        assert!(pairs.clone().zip(pairs.skip(1)).all(|(one, next)| one.0 < next.0), "in order");
        for Page { first, pairs } in &self.pages {
            assert!(pairs.0.first().is_some_and(|(key, _)| key == first), "the first key");
            assert!(pairs.0.len() <= N, "a full page");
        }
        let bytes: usize = self.pages.iter().map(|page| page.pairs.heap_bytes()).sum();
        assert_eq!(bytes, self.page_bytes, "the bytes of the pages");
    }
}

/// An iterator by rising keys.
#[derive(Debug, Clone)]
pub struct Iter<'a, K, V> {
    pages: &'a VecDeque<Page<K, V>>,
    page: usize,
    at: usize,
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let page = self.pages.get(self.page)?;
            if let Some((key, value)) = page.pairs.0.get(self.at) {
                self.at += 1;
                return Some((key, value));
            }
            (self.page, self.at) = (self.page + 1, 0);
        }
    }
}

/// An iterator by falling keys.
#[derive(Debug, Clone)]
pub struct IterBack<'a, K, V> {
    pages: &'a VecDeque<Page<K, V>>,
    page: usize,
    end: usize,
}

impl<'a, K, V> Iterator for IterBack<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        if self.end == 0 {
            self.page = self.page.checked_sub(1)?;
            self.end = self.pages.get(self.page)?.pairs.0.len();
        }
        self.end -= 1;
        let (key, value) = self.pages.get(self.page)?.pairs.0.get(self.end)?;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests;
