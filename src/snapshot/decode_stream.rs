//! Building a stream from the pieces that a reader passes on.
//!
//! A node becomes a chunk, so that what is trimmed by whole chunks is the same as where the stream
//! comes from. A node that is larger than any chunk may be becomes several.

use crate::keyspace::Key;
use crate::keyspace::types::stream::{ConsumerNumber, Entries, Group, Id, Pending, Stream};
use crate::keyspace::types::{Element, StreamNodes};
use crate::rdb::packed::Packed;
use crate::rdb::piece::{Fields, Piece, StreamId, StreamState};

/// No limit but those that all chunks have.
const ANY_SIZE: StreamNodes = StreamNodes { bytes_max: 0, entries_max: 0 };

/// What the next piece belongs to.
#[derive(Debug, Default)]
pub(super) struct Place {
    begins_node: bool,
    group: Option<Key>,
    consumer: ConsumerNumber,
}

fn id_of(id: StreamId) -> Id {
    Id::new(id.ms, id.sequence)
}

fn element(packed: Packed<'_>) -> Element<'_> {
    match packed {
        Packed::Text(text) => Element::Bytes(text),
        Packed::Integer(number) => Element::Int(number),
    }
}

/// Takes a piece of a stream, and says whether it is not there yet.
pub(super) fn take(stream: &mut Stream, piece: Piece<'_>, place: &mut Place) -> bool {
    match piece {
        Piece::Node => place.begins_node = true,
        Piece::Entry { id, fields } => append(stream.entries_mut(), id_of(id), &fields, place),
        Piece::Stream(state) => set_state(stream.entries_mut(), &state),
        Piece::Group { name, last_id, entries_read } => {
            place.group = Some(Key::new(&name));
            return stream.add_group(&name, Group::new(id_of(last_id), entries_read));
        }
        Piece::Consumer { name, seen_at_ms, active_at_ms } => {
            let added = place.group.as_ref().and_then(|group| {
                stream.change_group(group, |group, _| {
                    let (number, is_new) = group.add_consumer(&name, seen_at_ms);
                    group.set_moments(number, seen_at_ms, active_at_ms);
                    (number, is_new)
                })
            });
            let (number, is_new) = added.unwrap_or_default();
            place.consumer = number;
            return is_new;
        }
        Piece::Pending { id, delivered_at_ms, deliveries } => {
            let pending = Pending { delivered_at_ms, deliveries, consumer: place.consumer };
            if let Some(group) = &place.group {
                stream.change_group(group, |group, _| group.assign(id_of(id), pending));
            }
        }
        _ => return false,
    }
    true
}

fn append(entries: &mut Entries, id: Id, fields: &Fields<'_>, place: &mut Place) {
    let words = fields.words().map(element as fn(Packed<'_>) -> Element<'_>);
    let begins_chunk = std::mem::take(&mut place.begins_node);
    let begins_chunk = begins_chunk || !entries.fits(words.clone(), ANY_SIZE);
    entries.push(id, words, begins_chunk);
}

fn set_state(entries: &mut Entries, state: &StreamState) {
    entries.last_id = id_of(state.last_id);
    entries.max_deleted_id = id_of(state.max_deleted_id);
    entries.added = state.entries_added;
}
