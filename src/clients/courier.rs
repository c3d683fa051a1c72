//! The courier's list: the outboxes to deliver, and waking the courier.
//!
//! The courier itself is a thread of [`crate::background`]. Threads that have put messages into
//! outboxes collect the clients in a [`Mail`] and post it when they hold no lock any more. Each
//! client is announced once, however many messages wait for it.

use super::client::Client;
use crate::limits;
use parking_lot::{Condvar, Mutex};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Clients whose outboxes have to be delivered when no lock is held any more.
#[derive(Debug, Default)]
pub struct Mail(Vec<Arc<Client>>);

impl Mail {
    /// Adds a client.
    pub fn add(&mut self, client: &Arc<Client>) {
        self.0.push(Arc::clone(client));
    }

    /// Adds all clients of `other`, which is empty afterwards.
    pub fn append(&mut self, other: &mut Mail) {
        self.0.append(&mut other.0);
    }

    /// Whether there is nothing to post.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all clients.
    pub fn take(&mut self) -> Vec<Arc<Client>> {
        std::mem::take(&mut self.0)
    }
}

/// The work of the courier.
#[derive(Debug, Default)]
pub struct Courier {
    list: Mutex<List>,
    /// The list was extended, or the courier has to stop.
    posted: Condvar,
    /// Clients whose outboxes wait for the log, with the offset that must be safe.
    fenced: Mutex<Vec<(u64, Arc<Client>)>>,
}

#[derive(Debug, Default)]
struct List {
    ready: Vec<Arc<Client>>,
    is_stopped: bool,
    /// Wakes a courier that waits for sockets.
    bell: Option<Arc<UnixStream>>,
}

impl Courier {
    /// Puts clients on the list. No other lock may be held.
    pub fn announce(&self, clients: impl IntoIterator<Item = Arc<Client>>) {
        let mut list = self.list.lock();
        let was_empty = list.ready.is_empty();
        list.ready.extend(clients);
        let is_news = was_empty && !list.ready.is_empty();
        let bell = list.bell.take_if(|_| is_news);
        drop(list);
        match bell {
            // A bell whose buffer is full has been rung already.
            Some(bell) => drop((&*bell).write(&[0])),
            None if is_news => drop(self.posted.notify_one()),
            None => {}
        }
    }

    /// Records a client whose outbox waits until the log is safe at `offset`.
    pub fn add_fenced(&self, offset: u64, client: Arc<Client>) {
        self.fenced.lock().push((offset, client));
    }

    /// Takes the clients whose outboxes need not wait any longer.
    pub fn take_fenced(&self, is_pending: impl Fn(u64) -> bool) -> Vec<Arc<Client>> {
        let mut fenced = self.fenced.lock();
        let released = fenced.extract_if(.., |(offset, _)| !is_pending(*offset));
        released.map(|(_, client)| client).collect()
    }

    /// Stops the courier.
    pub fn stop(&self) {
        let mut list = self.list.lock();
        list.is_stopped = true;
        let bell = list.bell.take();
        drop(list);
        if let Some(bell) = bell {
            let _ = (&*bell).write(&[0]);
        }
        self.posted.notify_one();
    }

    /// Waits for work, and moves the clients that can be delivered into `ready`: those announced,
    /// and those of `full` whose sockets accept bytes again. False if the courier has to stop.
    pub fn wait(&self, sockets: &mut Sockets, ready: &mut Vec<Arc<Client>>) -> bool {
        let mut list = self.list.lock();
        if sockets.full.is_empty() {
            while list.ready.is_empty() && !list.is_stopped {
                self.posted.wait(&mut list);
            }
        }
        std::mem::swap(&mut list.ready, ready);
        if list.is_stopped {
            return false;
        }
        if sockets.full.is_empty() {
            return true;
        }
        // Only a courier that is about to wait needs a bell.
        list.bell = Some(Arc::clone(&sockets.bell.0)).filter(|_| ready.is_empty());
        let may_sleep = list.bell.is_some();
        drop(list);
        sockets.poll(may_sleep, ready);
        let mut list = self.list.lock();
        list.bell = None;
        ready.append(&mut list.ready);
        !list.is_stopped
    }
}

/// The sockets that were full when the courier last tried.
pub struct Sockets {
    full: Vec<Arc<Client>>,
    /// A courier that waits for sockets is woken through this connection to itself.
    bell: (Arc<UnixStream>, UnixStream),
    polled_at: Instant,
}

impl Sockets {
    /// No sockets.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn new() -> io::Result<Sockets> {
        let (bell, ear) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        ear.set_nonblocking(true)?;
        let bell = (Arc::new(bell), ear);
        Ok(Sockets { full: Vec::new(), bell, polled_at: Instant::now() })
    }

    /// Records a client whose socket is full.
    pub fn add(&mut self, client: Arc<Client>) {
        self.full.push(client);
    }

    /// Moves the clients whose sockets accept bytes again into `ready`, after waiting for one of
    /// them, or for the bell, if the courier `may_sleep`. A courier with other work polls only now
    /// and then: asking about a thousand sockets takes as long as sending to ten.
    fn poll(&mut self, may_sleep: bool, ready: &mut Vec<Arc<Client>>) {
        let pause = Duration::from_millis(limits::COURIER_POLL_EVERY_MS);
        if !may_sleep && self.polled_at.elapsed() < pause {
            return;
        }
        // A client without a connection has nothing to be sent.
        self.full.retain(|client| client.stream.is_some());
        let mut descriptors = Vec::with_capacity(self.full.len() + 1);
        descriptors.push(PollFd::new(&self.bell.1, PollFlags::IN));
        let streams = self.full.iter().filter_map(|client| client.stream.as_deref());
        descriptors.extend(streams.map(|stream| PollFd::new(stream, PollFlags::OUT)));
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let found = poll(&mut descriptors, if may_sleep { None } else { Some(&at_once) });
        let is_ready: Vec<bool> = descriptors.iter().map(|one| !one.revents().is_empty()).collect();
        self.polled_at = Instant::now();
        // After an error the list stays as it is; the next round tries again.
        if found.is_err() {
            return;
        }
        if is_ready[0] {
            let _ = (&self.bell.1).read(&mut [0; 64]);
        }
        let mut states = is_ready.into_iter().skip(1);
        ready.extend(self.full.extract_if(.., |_| states.next().unwrap_or(true)));
    }
}
