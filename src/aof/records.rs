//! Records: requests in the log's format, waiting to be written.
//!
//! A record has the protocol's canonical form, whatever form the client used: sloppy line ends must
//! not get into the file. Records are a [`Rope`]: a large argument that is on the heap already is
//! attached by reference, so that logging it under the keyspace lock costs no more than logging a
//! short one.

use crate::keyspace::bytes::Bytes;
use crate::keyspace::value_type::Rebuild;
use crate::keyspace::{Key, Propagation, Removal};
use crate::limits;
use crate::resp::Args;
use crate::resp::rope::{Mark, Rope};
use std::sync::Arc;

/// Requests in the log's format.
pub type Records = Rope<{ limits::AOF_BUFFER_KEPT_BYTES }>;

impl Records {
    /// Appends a request as a client sent it.
    pub fn request(&mut self, args: Args<'_>) {
        self.header(b'*', args.len());
        for index in 0..args.len() {
            match args.prepared(index) {
                Some(bytes) => self.bulk_shared(bytes, bytes.len()),
                None => self.bulk(args.at(index)),
            }
        }
    }

    /// Appends a request of words.
    pub fn words(&mut self, words: &[Key]) {
        self.head(words.len());
        words.iter().for_each(|word| self.key(word));
    }

    /// Appends a key, or a field of a hash, as an argument.
    pub fn key<const INLINE: usize>(&mut self, bytes: &Bytes<INLINE>) {
        match bytes {
            Bytes::Shared(bytes) => self.bulk_shared(bytes, bytes.len()),
            short => self.bulk(short),
        }
    }

    /// Appends the head of a request with `len` arguments; that many must follow.
    pub fn head(&mut self, len: usize) {
        self.header(b'*', len);
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
        self.records.extend(b"*1\r\n$5\r\nMULTI\r\n");
        self.unit = Some(Unit { start, content: self.records.mark(), db: before });
    }

    /// Ends a transaction. One without changes leaves no record.
    pub fn end_unit(&mut self) {
        let Some(unit) = self.unit.take() else { return };
        if self.records.mark() == unit.content {
            self.records.rollback(unit.start);
            self.db = unit.db;
        } else {
            self.records.extend(b"*1\r\n$4\r\nEXEC\r\n");
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
        self.bulk_shared(word, word.len());
    }
}
