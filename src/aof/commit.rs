//! The log that is being written (a write-ahead log): a queue of records, and group commit.
//!
//! Records enter under the keyspace lock ([`Aof::append`]), so their order in the file is the order
//! of execution. They leave when a worker waits for them ([`Aof::wait`]): the first waiting worker
//! takes *everything* that is queued and writes it, without holding any lock; workers that come
//! meanwhile wait, and one of them writes all their records at once. With `always` the same happens
//! with the disk: one sync of the housekeeper serves all replies that wait in outboxes by then
//! (group commit). Replies that arrive during a sync form the next group; so the higher the load,
//! the more replies share a sync.
//!
//! An *offset* (in databases: log sequence number, LSN) is a number of bytes since the log was
//! opened, over all files. Three of them matter, and each is at most the next one:
//!
//! ```text
//! records     │ on the disk │ in the kernel │ in the queue │
//! offsets     0 ───────── synced ──────── written ─────── end
//! always      replies that rest on changes up to `synced` may leave
//! otherwise   replies that rest on changes up to `written` may leave
//! ```
//!
//! # Where the time goes with `always`
//!
//! 50 clients that send one SET at a time (perf and `/proc`, 2026-11-28, Redis 7.0 in parentheses):
//! 25 µs of CPU per SET (16.5), and 1.15 context switches (0.12). Of the CPU, 61 % was the syncing
//! thread's, and nearly all of that for the replies that follow a sync, one system call each; the
//! rest was the workers'. So a sync waited until the replies of the one before had been sent. Now
//! the courier sends them during the next sync. The context switches remain: they are the price of
//! a thread per client, as without a log.

use super::disk::{Disk, LogFile};
use super::mailbox::{Mailbox, Order};
use super::records::Records;
use super::status::Status;
use crate::config::Fsync;
use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

/// The records that were waited for cannot be written at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritten;

/// The log of one server, which may be off.
pub struct Aof {
    pub(super) state: Mutex<State>,
    /// A write has succeeded or failed.
    written_more: Condvar,
    /// A sync has succeeded or failed.
    synced_more: Condvar,
    end: AtomicU64,
    written: AtomicU64,
    synced: AtomicU64,
    /// [`Fsync`] as a number.
    policy: AtomicU8,
    is_on: AtomicBool,
    pub(super) is_refusing: AtomicBool,
    /// Figures.
    pub status: Status,
    /// The disk of the log, even while the log is off.
    disk: Disk,
    /// Orders and before-images for the rewriter.
    pub rewriter: Mailbox,
    /// Wakes the housekeeper for a sync.
    bell: Sender<()>,
    /// The other end of the bell.
    pub bell_rings: Receiver<()>,
}

/// What the lock guards.
#[derive(Default)]
pub(super) struct State {
    /// Records to write, with their files; the last file is the one that grows.
    pub(super) queue: VecDeque<Portion>,
    /// Whether a thread is writing; the front of the queue has been taken out then.
    is_writing: bool,
    /// Whether a thread is syncing; its files have been taken out then.
    is_syncing: bool,
    /// Whether the housekeeper was asked to sync.
    is_sync_asked: bool,
    /// Files with bytes that were not synced, the oldest first.
    unsynced: Vec<Arc<LogFile>>,
    /// An empty buffer for the next write.
    spare: Records,
    /// The reason why new writes are refused.
    pub(super) refusal: Option<String>,
    /// Whether the queue could not be written.
    pub(super) is_stuck: bool,
    /// Whether an fsync has failed since the last file was begun.
    pub(super) is_distrusted: bool,
}

/// Records for one file.
pub(super) struct Portion {
    pub(super) file: Arc<LogFile>,
    records: Records,
    /// Whether a new base contains the records that this file lacks.
    pub(super) is_history: bool,
}

impl Portion {
    fn of(file: LogFile) -> Portion {
        Portion { file: Arc::new(file), records: Records::default(), is_history: false }
    }
}

impl Aof {
    /// A log that is off, to be kept on `disk`.
    pub fn new(disk: Disk) -> Aof {
        let (bell, bell_rings) = bounded(1);
        Aof {
            state: Mutex::default(),
            written_more: Condvar::new(),
            synced_more: Condvar::new(),
            end: AtomicU64::new(0),
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            policy: AtomicU8::new(Fsync::Everysec as u8),
            is_on: AtomicBool::new(false),
            is_refusing: AtomicBool::new(false),
            status: Status::default(),
            disk,
            rewriter: Mailbox::default(),
            bell,
            bell_rings,
        }
    }

    /// The disk of the log, even while the log is off.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Orders a rewrite of the log; false if one is in progress or ordered already.
    pub fn order_rewrite(&self) -> bool {
        let status = &self.status;
        if status.is_rewriting.load(Relaxed) || status.is_scheduled.swap(true, Relaxed) {
            return false;
        }
        self.rewriter.order(Order::Rewrite);
        true
    }

    /// Sets the policy of syncing.
    pub fn set_policy(&self, policy: Fsync) {
        self.policy.store(policy as u8, Relaxed);
        let state = self.state.lock();
        self.wake_all();
        drop(state);
    }

    /// Whether changes are logged.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    /// Begins to log into `file`, of a log of which `base_bytes` of `bytes` are the base.
    pub fn begin(&self, file: LogFile, (base_bytes, bytes): (u64, u64)) {
        let mut state = self.state.lock();
        *state = State::default();
        state.queue.push_back(Portion::of(file));
        self.status.bytes.store(bytes, Relaxed);
        self.status.base_bytes.store(base_bytes, Relaxed);
        self.is_refusing.store(false, Relaxed);
        self.status.is_own.store(true, Relaxed);
        self.is_on.store(true, Relaxed);
    }

    /// The offset after everything that was logged.
    pub fn end(&self) -> u64 {
        self.end.load(Relaxed)
    }

    /// Moves `records` into the queue. Must be called under the keyspace lock, for the order.
    pub fn append(&self, records: &mut Records) {
        let mut state = self.state.lock();
        let Some(last) = state.queue.back_mut() else { return records.clear() };
        let bytes = records.len() as u64;
        last.records.append(records);
        self.end.fetch_add(bytes, Relaxed);
        self.status.bytes.fetch_add(bytes, Relaxed);
    }

    /// Continues the log in `file`. Must be called under the keyspace lock, at the moment of a
    /// snapshot.
    pub fn switch(&self, file: LogFile) {
        self.state.lock().queue.push_back(Portion::of(file));
    }

    /// Syncs the file that is being written, independent of other syncs.
    ///
    /// # Errors
    /// Those of the system.
    pub fn sync_file(&self) -> io::Result<()> {
        let file = self.state.lock().queue.back().map(|portion| Arc::clone(&portion.file));
        let outcome = file.map_or(Ok(()), |file| file.sync());
        // The system reports the error only once: the next sync would not get it.
        self.record_sync(&mut self.state.lock(), &outcome);
        outcome
    }

    /// Bytes that wait to be written.
    pub fn queued_bytes(&self) -> u64 {
        self.end().saturating_sub(self.written.load(Relaxed))
    }

    /// Waits until everything before `offset` is as safe as the policy promises. Writes it, unless
    /// another thread does.
    ///
    /// # Errors
    /// It cannot be written or synced at present.
    pub fn wait(&self, offset: u64) -> Result<(), Unwritten> {
        if self.is_safe(offset) {
            return Ok(());
        }
        // Give other workers a chance to append their records first: one `write` then serves them
        // all.
        std::thread::yield_now();
        let mut state = self.state.lock();
        while !self.is_safe(offset) {
            let is_always = self.is_always();
            if state.is_stuck || is_always && state.is_distrusted {
                return Err(Unwritten);
            }
            if is_always {
                self.ask_for_sync(&mut state);
                self.synced_more.wait(&mut state);
            } else if state.is_writing {
                self.written_more.wait(&mut state);
            } else {
                self.write_front(&mut state);
            }
        }
        Ok(())
    }

    /// Whether replies that rest on `offset` have to wait for the disk.
    pub fn has_to_sync(&self, offset: u64) -> bool {
        self.is_always() && !self.is_safe(offset)
    }

    /// Whether replies that rest on `offset` may leave, that is, whether it is safe. Never waits.
    ///
    /// # Errors
    /// It will not be safe soon: the disk fails.
    pub fn is_safe_or_lost(&self, offset: u64) -> Result<bool, Unwritten> {
        if self.is_safe(offset) {
            return Ok(true);
        }
        let state = self.state.lock();
        let is_lost = state.is_stuck || self.is_always() && state.is_distrusted;
        if is_lost && !self.is_safe(offset) { Err(Unwritten) } else { Ok(self.is_safe(offset)) }
    }

    /// The offset up to which the log is on the disk.
    pub fn synced(&self) -> u64 {
        self.synced.load(Relaxed)
    }

    /// Requests a sync soon, for all replies that wait by then.
    pub fn request_sync(&self) {
        self.ask_for_sync(&mut self.state.lock());
    }

    /// Wakes the housekeeper, which writes and syncs for all replies that wait by then.
    fn ask_for_sync(&self, state: &mut State) {
        if !std::mem::replace(&mut state.is_sync_asked, true) {
            // A bell that has been rung already suffices.
            let _ = self.bell.try_send(());
        }
    }

    fn is_safe(&self, offset: u64) -> bool {
        let reached = if self.is_always() { &self.synced } else { &self.written };
        reached.load(Relaxed) >= offset || !self.is_on()
    }

    fn is_always(&self) -> bool {
        self.policy.load(Relaxed) == Fsync::Always as u8
    }

    /// Writes records for which no reply waits, and retries after failures. Called by the
    /// housekeeper in every round.
    pub fn keep_up(&self) {
        let mut state = self.state.lock();
        let has_work = self.written.load(Relaxed) < self.end() || state.refusal.is_some();
        if has_work && !state.is_writing {
            state.is_stuck = false;
            self.write_front(&mut state);
        }
    }

    /// Writes and syncs the queue. Called by the housekeeper, and when the log is turned off.
    pub fn sync(&self) {
        let mut state = self.state.lock();
        // Records that another thread is syncing are not safe before it has finished.
        while state.is_syncing {
            self.synced_more.wait(&mut state);
        }
        state.is_sync_asked = false;
        while self.written.load(Relaxed) < self.end() && !state.is_stuck {
            if state.is_writing {
                self.written_more.wait(&mut state);
            } else {
                self.write_front(&mut state);
            }
        }
        let files = std::mem::take(&mut state.unsynced);
        let offset = self.written.load(Relaxed);
        if !files.is_empty() {
            state.is_syncing = true;
            let outcome =
                MutexGuard::unlocked(&mut state, || files.iter().try_for_each(|file| file.sync()));
            state.is_syncing = false;
            self.record_sync(&mut state, &outcome);
        }
        if !state.is_distrusted {
            self.synced.fetch_max(offset, Relaxed);
        }
        self.synced_more.notify_all();
    }

    /// Whether there are bytes that were not synced.
    pub fn has_unsynced(&self) -> bool {
        self.is_on() && self.synced.load(Relaxed) < self.end()
    }

    /// Writes the front of the queue while the lock is released, so that others can append.
    ///
    /// Writing under the lock would be simpler, but the thread that holds the keyspace then waits
    /// for the file: with `everysec`, SETs at 16 a batch were 22 % fewer a second (medians of seven
    /// interleaved runs, two busy cores, 2026-11-28).
    fn write_front(&self, state: &mut MutexGuard<'_, State>) {
        let spare = std::mem::take(&mut state.spare);
        let (has_next, is_distrusted) = (state.queue.len() > 1, state.is_distrusted);
        let Some(front) = state.queue.front_mut() else { return };
        let file = Arc::clone(&front.file);
        let mut records = std::mem::replace(&mut front.records, spare);
        let (bytes, is_needless) = (records.len(), has_next && (is_distrusted || front.is_history));
        state.is_writing = true;
        let (reserved, outcome, last_sync) = MutexGuard::unlocked(state, || {
            if is_needless {
                // The rewrite in progress will contain these records, or does already.
                records.clear();
                return (Ok(()), Ok(()), Ok(()));
            }
            let reserved = file.reserve(bytes);
            let outcome = file.write(&mut records);
            // Records in the next file must not survive a power failure that these do not.
            let last_sync = if has_next && outcome.is_ok() { file.sync() } else { Ok(()) };
            (reserved, outcome, last_sync)
        });
        state.is_writing = false;
        self.written.fetch_add((bytes - records.len()) as u64, Relaxed);
        state.is_stuck = outcome.is_err();
        let is_done = has_next && outcome.is_ok() && last_sync.is_ok();
        match state.queue.front_mut() {
            Some(front) if outcome.is_err() => {
                records.append(&mut front.records);
                front.records = records;
            }
            _ => state.spare = records,
        }
        state.unsynced.retain(|known| !Arc::ptr_eq(known, &file));
        if is_done {
            state.queue.pop_front();
        } else {
            state.unsynced.push(file);
        }
        self.record_sync(state, &last_sync);
        self.record_write(state, outcome.and(reserved));
        self.written_more.notify_all();
        if state.is_stuck {
            self.synced_more.notify_all();
        }
    }

    fn wake_all(&self) {
        self.written_more.notify_all();
        self.synced_more.notify_all();
    }

    /// Writes and syncs the rest of the queue, and stops logging. The keyspace must have stopped
    /// before.
    pub fn finish(&self) {
        self.sync();
        let mut state = self.state.lock();
        while state.is_writing || state.is_syncing {
            let to_come = if state.is_writing { &self.written_more } else { &self.synced_more };
            to_come.wait(&mut state);
        }
        let rest = std::mem::take(&mut *state);
        self.is_on.store(false, Relaxed);
        self.is_refusing.store(false, Relaxed);
        // Records that could not be written are given up: no reply may wait for them, now or in
        // another log.
        self.written.store(self.end(), Relaxed);
        self.synced.store(self.end(), Relaxed);
        self.wake_all();
        drop(state);
        rest.queue.iter().for_each(|portion| portion.file.give_back());
    }
}
