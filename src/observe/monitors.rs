//! Who wants to see every command, and the queues through which they do.
//!
//! A monitor is a client. Its own worker takes the lines out of its queue and sends them; whoever
//! executes commands only puts lines in, when no lock is held, and never waits. A monitor that
//! does not keep up finds its queue cut off at a bound: it loses its connection, and nobody else
//! loses a microsecond.
//!
//! Lines of one client are in order. Those of two clients may change places by a few
//! microseconds, because they are queued after the commands were executed; each bears its time.

use crate::limits;
use crossbeam_channel::{Receiver, Sender, unbounded};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// A line for monitors, in the form of a reply; all of them share it.
pub type Line = Arc<[u8]>;

/// All monitors.
#[derive(Debug, Default)]
pub struct Monitors {
    count: AtomicUsize,
    queues: Mutex<Vec<Queue>>,
    last_id: AtomicUsize,
}

/// The end where lines go in.
#[derive(Debug, Clone)]
struct Queue {
    id: usize,
    lines: Sender<Line>,
    state: Arc<State>,
}

/// The end where lines come out.
#[derive(Debug)]
pub struct Monitor {
    id: usize,
    lines: Receiver<Line>,
    state: Arc<State>,
}

/// What both ends know.
#[derive(Debug, Default)]
struct State {
    waiting_bytes: AtomicUsize,
    is_cut_off: AtomicBool,
}

impl Monitors {
    /// Whether anybody is there. Asked for every command.
    pub fn is_empty(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    /// Opens a queue. [`Monitors::leave`] closes it.
    pub fn join(&self) -> Monitor {
        let id = self.last_id.fetch_add(1, Relaxed);
        let (sender, receiver) = unbounded();
        let state = Arc::<State>::default();
        let queue = Queue { id, lines: sender, state: Arc::clone(&state) };
        let mut queues = self.queues.lock();
        queues.push(queue);
        self.count.store(queues.len(), Relaxed);
        Monitor { id, lines: receiver, state }
    }

    /// Closes a queue, if it is still open.
    pub fn leave(&self, monitor: &Monitor) {
        self.remove(monitor.id);
    }

    /// Puts lines into all queues, and cuts those off whose owner does not keep up.
    pub fn publish(&self, lines: &[Line]) {
        // Waking a worker is a system call: not with the lock held.
        let queues = self.queues.lock().clone();
        let bytes: usize = lines.iter().map(|line| line.len()).sum();
        for queue in queues {
            let waiting_bytes = queue.state.waiting_bytes.fetch_add(bytes, Relaxed);
            if waiting_bytes > limits::MONITOR_QUEUE_BYTES_MAX {
                queue.state.is_cut_off.store(true, Relaxed);
                self.remove(queue.id);
                continue;
            }
            // A monitor that has just left takes no more.
            let _ = lines.iter().try_for_each(|line| queue.lines.send(Arc::clone(line)));
        }
    }

    fn remove(&self, id: usize) {
        let mut queues = self.queues.lock();
        queues.retain(|queue| queue.id != id);
        self.count.store(queues.len(), Relaxed);
    }
}

impl Monitor {
    /// Whether its owner did not keep up, so that nothing more comes.
    pub fn is_cut_off(&self) -> bool {
        self.state.is_cut_off.load(Relaxed)
    }

    /// Waits for the next line; `None` if none came.
    pub fn next(&self, wait: Duration) -> Option<Line> {
        let line = self.lines.recv_timeout(wait).ok()?;
        self.state.waiting_bytes.fetch_sub(line.len(), Relaxed);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: Duration = Duration::ZERO;

    /// Ensures that every monitor gets every line, and only while it is one.
    #[test]
    fn lines_go_to_everyone() {
        let monitors = Monitors::default();
        assert!(monitors.is_empty());
        let (first, second) = (monitors.join(), monitors.join());
        monitors.publish(&[b"a"[..].into(), b"b"[..].into()]);
        monitors.leave(&second);
        monitors.publish(&[b"c"[..].into()]);
        let read = |monitor: &Monitor| {
            std::iter::from_fn(|| monitor.next(NO_TIME)).collect::<Vec<_>>().concat()
        };
        assert_eq!((&read(&first)[..], &read(&second)[..]), (&b"abc"[..], &b"ab"[..]));
        monitors.leave(&first);
        assert!(monitors.is_empty());
    }

    /// Ensures that a monitor that takes nothing is cut off at the bound, and the others are not.
    #[test]
    fn who_does_not_keep_up_is_cut_off() {
        let monitors = Monitors::default();
        let (lazy, eager) = (monitors.join(), monitors.join());
        let line: Line = vec![b'x'; limits::MONITOR_QUEUE_BYTES_MAX / 4].into();
        for _ in 0..7 {
            monitors.publish(&[Arc::clone(&line)]);
            assert!(eager.next(NO_TIME).is_some());
        }
        assert!(lazy.is_cut_off() && !eager.is_cut_off());
        monitors.publish(&[line]);
        assert!(eager.next(NO_TIME).is_some());
        assert_eq!(std::iter::from_fn(|| lazy.next(NO_TIME)).count(), 5, "the bound and one more");
    }
}
