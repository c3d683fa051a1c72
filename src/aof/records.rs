//! Records: requests in the log's format, waiting to be written.
//!
//! A record has the protocol's canonical form, whatever form the client used: sloppy line ends must
//! not get into the file. Short arguments are copied into one growing buffer; a large one that is
//! on the heap already is attached by reference, so that logging it under the keyspace lock costs
//! no more than logging a short one.

use crate::keyspace::bytes::Bytes;
use crate::keyspace::value_type::Rebuild;
use crate::keyspace::{Key, Propagation, Removal};
use crate::limits;
use crate::resp::Args;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

/// Requests in the log's format.
#[derive(Debug, Default)]
pub struct Records {
    /// Everything except the attachments.
    text: Vec<u8>,
    /// Bytes of `text` that were written already.
    text_done: usize,
    /// Large arguments with their offsets in the text.
    attachments: VecDeque<(usize, Arc<[u8]>)>,
    /// Sum of the attachments' lengths.
    attached_bytes: usize,
    /// Bytes of the first attachment that were written already.
    attachment_done: usize,
}

/// A state to return to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    text: usize,
    attachments: usize,
}

impl Records {
    /// Bytes that wait to be written.
    pub fn len(&self) -> usize {
        self.text.len() - self.text_done + self.attached_bytes - self.attachment_done
    }

    /// Whether nothing waits to be written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a request as a client sent it.
    pub fn request(&mut self, args: Args<'_>) {
        self.header(b'*', args.len());
        for index in 0..args.len() {
            match args.prepared(index) {
                Some(bytes) => self.shared(bytes),
                None => self.bulk(args.at(index)),
            }
        }
    }

    /// Appends a request of words.
    pub fn words(&mut self, words: &[Key]) {
        self.header(b'*', words.len());
        words.iter().for_each(|word| self.key(word));
    }

    /// Appends a key, or a field of a hash, as an argument.
    pub fn key<const INLINE: usize>(&mut self, bytes: &Bytes<INLINE>) {
        match bytes {
            Bytes::Shared(bytes) => self.shared(bytes),
            short => self.bulk(short),
        }
    }

    /// Appends the head of a request with `len` arguments; that many must follow.
    pub fn head(&mut self, len: usize) {
        self.header(b'*', len);
    }

    /// Appends an argument.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.header(b'$', bytes.len());
        self.text.extend_from_slice(bytes);
        self.text.extend_from_slice(b"\r\n");
    }

    /// Appends an argument, by reference if it is large.
    pub fn shared(&mut self, bytes: &Arc<[u8]>) {
        if bytes.len() < limits::REPLY_SHARED_BYTES_MIN {
            return self.bulk(bytes);
        }
        self.header(b'$', bytes.len());
        self.attached_bytes += bytes.len();
        self.attachments.push_back((self.text.len(), Arc::clone(bytes)));
        self.text.extend_from_slice(b"\r\n");
    }

    /// Appends bytes as they are.
    pub fn plain_text(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// Appends all of `other`.
    pub fn append(&mut self, other: &mut Records) {
        if self.is_empty() {
            self.clear();
            std::mem::swap(self, other);
            return;
        }
        debug_assert!(other.text_done == 0 && other.attachment_done == 0, "a fresh one");
        let base = self.text.len();
        self.text.extend_from_slice(&other.text);
        let moved = other.attachments.drain(..).map(|(at, bytes)| (base + at, bytes));
        self.attachments.extend(moved);
        self.attached_bytes += other.attached_bytes;
        other.clear();
    }

    /// Where the next record will begin.
    pub fn mark(&self) -> Mark {
        Mark { text: self.text.len(), attachments: self.attachments.len() }
    }

    /// Removes everything since `mark`, if nothing was written since.
    pub fn rollback(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        for (_, dropped) in self.attachments.drain(mark.attachments..) {
            self.attached_bytes -= dropped.len();
        }
    }

    /// All of the bytes, if nothing is attached.
    pub fn plain(&self) -> Option<&[u8]> {
        self.attachments.is_empty().then(|| &self.text[self.text_done..])
    }

    /// The first slice of bytes.
    pub fn front(&self) -> &[u8] {
        match self.attachments.front() {
            Some((at, _)) if self.text_done < *at => &self.text[self.text_done..*at],
            Some((_, bytes)) => &bytes[self.attachment_done..],
            None => &self.text[self.text_done..],
        }
    }

    /// The first slices of bytes, in order and at most `max` of them.
    pub fn slices(&self, max: usize) -> Vec<IoSlice<'_>> {
        let mut slices = Vec::with_capacity(max.min(2 * self.attachments.len() + 1));
        let (mut text_done, mut skip) = (self.text_done, self.attachment_done);
        for (at, bytes) in self.attachments.iter().take(max / 2) {
            slices.push(IoSlice::new(&self.text[text_done..*at]));
            slices.push(IoSlice::new(&bytes[skip..]));
            (text_done, skip) = (*at, 0);
        }
        if self.attachments.len() <= max / 2 {
            slices.push(IoSlice::new(&self.text[text_done..]));
        }
        slices
    }

    /// Removes the first `done` bytes, which were written.
    pub fn advance(&mut self, mut done: usize) {
        while let Some((at, bytes)) = self.attachments.front() {
            let (text_len, len) = (at - self.text_done, bytes.len() - self.attachment_done);
            if done < text_len + len {
                let of_text = done.min(text_len);
                self.text_done += of_text;
                self.attachment_done += done - of_text;
                return;
            }
            done -= text_len + len;
            self.text_done = *at;
            self.attached_bytes -= bytes.len();
            self.attachment_done = 0;
            self.attachments.pop_front();
        }
        self.text_done += done;
        if self.text_done == self.text.len() {
            self.clear();
        }
    }

    /// Removes everything and releases memory that only many records needed.
    pub fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(limits::AOF_BUFFER_KEPT_BYTES);
        self.text_done = 0;
        self.attachments.clear();
        (self.attached_bytes, self.attachment_done) = (0, 0);
    }

    /// `*` or `$`, a number, a line end. Most numbers have one digit.
    fn header(&mut self, kind: u8, number: usize) {
        if number < 10 {
            return self.text.extend_from_slice(&[kind, b'0' + number as u8, b'\r', b'\n']);
        }
        self.text.push(kind);
        self.text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        self.text.extend_from_slice(b"\r\n");
    }
}

/// The records of one hold of the keyspace lock, and the selected database after them.
#[derive(Debug, Default)]
pub struct Pending {
    records: Records,
    /// The database that was last selected in the log.
    db: Option<usize>,
    /// The beginning of the transaction that is being executed, and the selection at that time.
    unit: Option<Unit>,
}

#[derive(Debug, Clone, Copy)]
struct Unit {
    start: Mark,
    content: Mark,
    db: Option<usize>,
}

impl Pending {
    /// Appends a request for database `db`.
    pub fn request(&mut self, db: usize, args: Args<'_>) {
        self.select(db);
        self.records.request(args);
    }

    /// The same for a request of words.
    pub fn words(&mut self, db: usize, words: &[Key]) {
        self.select(db);
        self.records.words(words);
    }

    /// Appends a DEL for every key that was removed without a command, and an HDEL for fields.
    pub fn removals(&mut self, propagation: &mut Propagation) {
        if propagation.has_removals() {
            for Removal { db, key, fields } in propagation.take_removals() {
                if fields.is_empty() {
                    self.words(db, &[Key::new(b"DEL"), key.clone()]);
                }
                for some in fields.chunks(limits::AOF_ELEMENTS_PER_REQUEST) {
                    let head = [Key::new(b"HDEL"), key.clone()];
                    let words: Vec<Key> = head.iter().chain(some).cloned().collect();
                    self.words(db, &words);
                }
            }
        }
    }

    /// Begins a transaction: one unit of the log.
    pub fn begin_unit(&mut self, db: usize) {
        let (start, before) = (self.records.mark(), self.db);
        self.select(db);
        self.records.plain_text(b"*1\r\n$5\r\nMULTI\r\n");
        self.unit = Some(Unit { start, content: self.records.mark(), db: before });
    }

    /// Ends a transaction. One without changes leaves no record.
    pub fn end_unit(&mut self) {
        let Some(unit) = self.unit.take() else { return };
        if self.records.mark() == unit.content {
            self.records.rollback(unit.start);
            self.db = unit.db;
        } else {
            self.records.plain_text(b"*1\r\n$4\r\nEXEC\r\n");
        }
    }

    /// Forgets which database is selected: a new file begins, whose reader has selected none.
    pub fn forget_selection(&mut self) {
        self.db = None;
    }

    /// Whether there is nothing to log.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes to be logged.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// The records. A bug may have ended a transaction half-way; the log follows the memory.
    pub fn finished(&mut self) -> &mut Records {
        self.end_unit();
        &mut self.records
    }

    fn select(&mut self, db: usize) {
        if self.db != Some(db) {
            self.db = Some(db);
            self.records.head(2);
            self.records.bulk(b"SELECT");
            self.records.bulk(itoa::Buffer::new().format(db).as_bytes());
        }
    }
}
/// The rewrite of the log asks the values for the requests that create them.
impl Rebuild for Records {
    fn request(&mut self, words: usize) {
        self.head(words);
    }

    fn word(&mut self, word: &[u8]) {
        self.bulk(word);
    }

    fn shared_word(&mut self, word: &Arc<[u8]>) {
        self.shared(word);
    }
}
