//! Walking a range of ranks, from either end, in either form of a sorted set.

use super::large::Large;
use super::leaf::Leaf;
use super::order::Place;
use super::small;
use crate::keyspace::types::element::Element;
use crate::keyspace::types::packed;
use std::iter::FusedIterator;
use std::ops::Range;

/// Members with their scores, in order; `rev` gives them in reverse.
#[derive(Debug, Clone)]
pub struct Iter<'a>(Form<'a>);

#[derive(Debug, Clone)]
enum Form<'a> {
    /// A block cannot be read from the back; its few members are listed in advance for that.
    Small(packed::Iter<'a, false>, usize),
    Listed(std::vec::IntoIter<(Element<'a>, f64)>),
    Large(Walk<'a>),
}

impl<'a> Iter<'a> {
    /// The first `left` pairs of `items`.
    pub(super) fn small(items: packed::Iter<'a, false>, left: usize) -> Iter<'a> {
        Iter(Form::Small(items, left))
    }

    /// The members of `set` whose ranks are in `range`.
    pub(super) fn large(set: &'a Large, range: Range<usize>) -> Iter<'a> {
        Iter(Form::Large(Walk::new(set, range)))
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Element<'a>, f64);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Form::Small(items, left) => {
                *left = left.checked_sub(1)?;
                small::next_pair(items)
            }
            Form::Listed(pairs) => pairs.next(),
            Form::Large(walk) => walk.next().map(|(member, score)| (Element::Bytes(member), score)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match &self.0 {
            Form::Small(_, left) => *left,
            Form::Listed(pairs) => pairs.len(),
            Form::Large(walk) => walk.left,
        };
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if let Form::Small(items, left) = &mut self.0 {
            let pairs = std::iter::from_fn(|| small::next_pair(items)).take(*left);
            self.0 = Form::Listed(pairs.collect::<Vec<_>>().into_iter());
        }
        match &mut self.0 {
            Form::Small(..) => None,
            Form::Listed(pairs) => pairs.next_back(),
            Form::Large(walk) => {
                walk.next_back().map(|(member, score)| (Element::Bytes(member), score))
            }
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// A position between two members.
#[derive(Debug, Clone)]
struct Edge<'a> {
    place: Place,
    leaf: &'a Leaf,
    at: usize,
}

/// A walk through the leaves of a large set.
#[derive(Debug, Clone)]
struct Walk<'a> {
    set: &'a Large,
    front: Edge<'a>,
    back: Edge<'a>,
    left: usize,
}

impl<'a> Walk<'a> {
    fn new(set: &'a Large, range: Range<usize>) -> Walk<'a> {
        let edge = |place, at| Edge { place, leaf: set.leaves.get(set.order.number(place)), at };
        let left = range.len();
        if left == 0 {
            let nowhere = edge(set.order.first(), 0);
            return Walk { set, front: nowhere.clone(), back: nowhere, left };
        }
        let (first, from) = set.order.nth(range.start);
        let (last, until) = set.order.nth(range.end - 1);
        Walk { set, front: edge(first, from), back: edge(last, until + 1), left }
    }

    fn leaf(&self, place: Place) -> &'a Leaf {
        self.set.leaves.get(self.set.order.number(place))
    }

    fn next(&mut self) -> Option<(&'a [u8], f64)> {
        self.left = self.left.checked_sub(1)?;
        if self.front.at == self.front.leaf.len() {
            let place = self.set.order.after(self.front.place)?;
            self.front = Edge { place, leaf: self.leaf(place), at: 0 };
        }
        let Edge { leaf, at, .. } = self.front;
        self.front.at += 1;
        Some((leaf.member(at), leaf.score(at)))
    }

    fn next_back(&mut self) -> Option<(&'a [u8], f64)> {
        self.left = self.left.checked_sub(1)?;
        if self.back.at == 0 {
            let place = self.set.order.before(self.back.place)?;
            let leaf = self.leaf(place);
            self.back = Edge { place, leaf, at: leaf.len() };
        }
        self.back.at -= 1;
        let Edge { leaf, at, .. } = self.back;
        Some((leaf.member(at), leaf.score(at)))
    }
}
