//! The aftermath of a hold of the keyspace lock: what remains to be done, and in which order.

use crate::clients::Client;
use crate::clients::courier::Mail;
use crate::clients::monitors::Line;
use crate::keyspace::Garbage;
use crate::keyspace::store::snapshot::BeforeImage;
use crate::log::{self, Level};
use crate::observe::slowlog::Entry;
use crate::resp::Reply;
use crate::shared::Services;
use std::sync::Arc;

/// Work that is collected during execution, with or without the keyspace lock, and done when no
/// lock is held any more.
#[derive(Default)]
pub struct Aftermath {
    /// Before-images for the snapshot that is being taken.
    pub before_images: Vec<Vec<BeforeImage>>,
    /// Requests that were slow.
    pub slow: Vec<Entry>,
    /// All requests, if there is a monitor.
    pub monitored: Vec<Line>,
    /// Lines for the log of the server, those of `redis.log` among them.
    pub log_lines: Vec<(Level, String)>,
    /// Replies to clients that waited for a key, which [`super::Hold::finish`] puts into their
    /// outboxes.
    pub served: Vec<(Arc<Client>, Reply)>,
    /// The end of the log behind the last change that this thread has put into its queue.
    pub log_end: u64,
    /// Values and databases that take time to drop.
    pub garbage: Vec<Garbage>,
    /// Clients with new messages in their outboxes. [`Services::post`] sends them, when the log is
    /// as safe as the policy promises.
    pub mail: Mail,
}

impl Aftermath {
    /// Does everything except posting the mail. No lock may be held.
    pub fn settle(&mut self, services: &Services) {
        let is_usual = self.before_images.is_empty()
            && self.slow.is_empty()
            && self.monitored.is_empty()
            && self.log_lines.is_empty()
            && self.garbage.is_empty();
        if !is_usual || services.clients.has_killed() {
            self.settle_unusual(services);
        }
    }

    // The stack of a worker keeps the pages that were touched once: the usual case touches few.
    #[inline(never)]
    fn settle_unusual(&mut self, services: &Services) {
        // If the rewriter is behind, the worker and its client wait here (back-pressure).
        for images in self.before_images.drain(..) {
            services.aof.rewriter.send_before_images(images);
        }
        if !self.slow.is_empty() {
            services.slowlog.extend(std::mem::take(&mut self.slow));
        }
        if !self.monitored.is_empty() {
            services.monitors.publish(&services.clients, &self.monitored, &mut self.mail);
            self.monitored.clear();
        }
        for (level, line) in self.log_lines.drain(..) {
            log::write(level, &line);
        }
        services.clients.close_killed();
        if !self.garbage.is_empty() {
            drop(std::mem::take(&mut self.garbage));
        }
    }
}
