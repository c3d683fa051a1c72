//! What is left to do after a hold of the keyspace lock, and in which order.

use crate::clients::courier::Mail;
use crate::clients::monitors::Line;
use crate::keyspace::Garbage;
use crate::keyspace::store::snapshot::BeforeImage;
use crate::observe::slowlog::Entry;
use crate::shared::Services;

/// What is gathered while requests are executed, with or without the keyspace lock, and done when
/// no lock is held any more.
#[derive(Default)]
pub struct Aftermath {
    /// Before-images for the snapshot that is being taken.
    pub before_images: Vec<Vec<BeforeImage>>,
    /// Requests that were slow.
    pub slow: Vec<Entry>,
    /// All requests, if somebody monitors.
    pub monitored: Vec<Line>,
    /// Values and databases whose destruction takes time.
    pub garbage: Vec<Garbage>,
    /// Clients for which something was put into their outboxes. [`Services::post`] sends it, when
    /// the log is as safe as the policy promises.
    pub mail: Mail,
}

impl Aftermath {
    /// Does everything but to post the mail. No lock may be held.
    pub fn settle(&mut self, services: &Services) {
        // The rewriter may be behind; then this waits, and its client with it (back-pressure).
        for images in self.before_images.drain(..) {
            services.aof.rewriter.hand_over(images);
        }
        if !self.slow.is_empty() {
            services.slowlog.extend(std::mem::take(&mut self.slow));
        }
        if !self.monitored.is_empty() {
            services.monitors.publish(&services.clients, &self.monitored, &mut self.mail);
            self.monitored.clear();
        }
        services.clients.close_killed();
        if !self.garbage.is_empty() {
            drop(std::mem::take(&mut self.garbage));
        }
    }
}
