//! The way to the rewriter: orders, and the old values that clients hand over while an image of the
//! data is taken.

use crate::keyspace::store::snapshot::BeforeImage;
use crate::limits;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What the rewriter may be told to do. Who waits for an answer hears whether it worked.
pub enum Order {
    /// Rewrite the log.
    Rewrite,
    /// Begin to log.
    TurnOn(Sender<Result<(), String>>),
    /// Cease to log.
    TurnOff(Sender<Result<(), String>>),
}

/// Both ends of both ways.
pub struct Mailbox {
    orders: Sender<Order>,
    /// What the rewriter is to do.
    pub orders_given: Receiver<Order>,
    kept: Sender<Vec<BeforeImage>>,
    kept_given: Receiver<Vec<BeforeImage>>,
    /// Portions that were taken out of the keyspace and not taken by the rewriter.
    kept_under_way: AtomicUsize,
}

impl Default for Mailbox {
    fn default() -> Mailbox {
        let (orders, orders_given) = unbounded();
        let (kept, kept_given) = bounded(limits::AOF_KEPT_PORTIONS);
        let kept_under_way = AtomicUsize::new(0);
        Mailbox { orders, orders_given, kept, kept_given, kept_under_way }
    }
}

impl Mailbox {
    /// Gives the rewriter an order.
    pub fn order(&self, order: Order) {
        // The other end lives as long as this one.
        let _ = self.orders.send(order);
    }

    /// Announces that old values were taken out of the keyspace, while it is locked.
    pub fn announce_before_images(&self) {
        self.kept_under_way.fetch_add(1, Relaxed);
    }

    /// Hands the announced values over, with no lock held. Waits if the rewriter is behind.
    pub fn hand_over(&self, kept: Vec<BeforeImage>) {
        let _ = self.kept.send(kept);
    }

    /// Takes a portion of what was handed over. Once the image is complete, `is_complete` waits
    /// for those that were announced.
    pub fn take_before_images(&self, is_complete: bool) -> Option<Vec<BeforeImage>> {
        let kept = match self.kept_given.try_recv() {
            Err(_) if is_complete && self.kept_under_way.load(Relaxed) > 0 => {
                self.kept_given.recv().ok()
            }
            kept => kept.ok(),
        }?;
        self.kept_under_way.fetch_sub(1, Relaxed);
        Some(kept)
    }
}
