//! The mailbox of the rewriter: orders, and the before-images that clients send during a snapshot.

use crate::keyspace::store::snapshot::BeforeImage;
use crate::limits;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// An order for the rewriter. `TurnOn` and `TurnOff` return whether it succeeded.
pub enum Order {
    /// Rewrite the log.
    Rewrite,
    /// Save a snapshot, and return whether it succeeded to the client that waits, if one does.
    Save(Option<Sender<Result<(), String>>>),
    /// Load the snapshot again (DEBUG RELOAD).
    Reload(Reload, Sender<Result<(), String>>),
    /// Load the log again (DEBUG LOADAOF).
    LoadLog(Sender<Result<(), String>>),
    /// Start the log.
    TurnOn(Sender<Result<(), String>>),
    /// Stop the log.
    TurnOff(Sender<Result<(), String>>),
}

/// How a snapshot is loaded into a server that has data.
#[derive(Debug, Clone, Copy)]
pub struct Reload {
    /// The data is removed first.
    pub flushes: bool,
    /// A key of the snapshot replaces one of the server's; without this, that is an error.
    pub merges: bool,
}

/// Both ends of both channels.
pub struct Mailbox {
    orders: Sender<Order>,
    /// Orders for the rewriter.
    pub orders_given: Receiver<Order>,
    before_images: Sender<Vec<BeforeImage>>,
    incoming: Receiver<Vec<BeforeImage>>,
    /// Portions that were taken out of the keyspace and not yet received by the rewriter.
    announced: AtomicUsize,
}

impl Default for Mailbox {
    fn default() -> Mailbox {
        let (orders, orders_given) = unbounded();
        let (before_images, incoming) = bounded(limits::BEFORE_IMAGE_PORTIONS_MAX);
        let announced = AtomicUsize::new(0);
        Mailbox { orders, orders_given, before_images, incoming, announced }
    }
}

impl Mailbox {
    /// Sends an order to the rewriter.
    pub fn order(&self, order: Order) {
        // The other end lives as long as this one.
        let _ = self.orders.send(order);
    }

    /// Announces that before-images were taken out of the keyspace, while it is locked.
    pub fn announce_before_images(&self) {
        self.announced.fetch_add(1, Relaxed);
    }

    /// Sends the announced before-images, with no lock held. Waits if the rewriter is behind.
    pub fn send_before_images(&self, before_images: Vec<BeforeImage>) {
        let _ = self.before_images.send(before_images);
    }

    /// Receives a portion. When the snapshot is complete, `is_complete` waits for announced
    /// portions.
    pub fn take_before_images(&self, is_complete: bool) -> Option<Vec<BeforeImage>> {
        let before_images = match self.incoming.try_recv() {
            Err(_) if is_complete && self.announced.load(Relaxed) > 0 => self.incoming.recv().ok(),
            before_images => before_images.ok(),
        }?;
        self.announced.fetch_sub(1, Relaxed);
        Some(before_images)
    }
}
