//! The courier: one thread that sends the content of outboxes.
//!
//! It takes the list of announced clients, sends without waiting for any of them, and asks the
//! kernel (`poll`) about those few whose sockets are full. A client that does not read costs the
//! others one entry in that system call (no head-of-line blocking). The thread that has put a
//! message in often sends it itself, see [`crate::shared::Services::post`]; the courier serves many
//! receivers, and slow ones.

use crate::clients::courier::Sockets;
use crate::clients::outbox::Delivery;
use crate::shared::Shared;
use std::io;
use std::thread::{Builder, Scope};

/// Starts the thread. It ends when [`crate::clients::courier::Courier::stop`] is called.
///
/// # Errors
/// The system has no thread or no descriptor left.
pub fn start<'scope>(scope: &'scope Scope<'scope, '_>, shared: &'scope Shared) -> io::Result<()> {
    let sockets = Sockets::new()?;
    let courier = Builder::new().name("courier".to_owned());
    courier.spawn_scoped(scope, move || run(shared, sockets)).map(|_| ())
}

/// Sends until the courier's list is stopped.
fn run(shared: &Shared, mut sockets: Sockets) {
    let courier = &shared.clients.courier;
    let mut ready = Vec::new();
    while courier.wait(&mut sockets, &mut ready) {
        for client in ready.drain(..) {
            match shared.deliver(&client) {
                Delivery::Full => sockets.add(client),
                Delivery::More => courier.announce([client]),
                Delivery::Done | Delivery::Fenced | Delivery::CutOff(_) => {}
            }
        }
    }
}
