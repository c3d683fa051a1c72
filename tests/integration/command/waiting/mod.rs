//! Tests of commands that wait for a key (BLPOP and its kind).

mod crash;
mod many;
mod random;
mod serving;

use crate::raw::{Raw, lines_of};
use crate::support::{TestServer, wait_until};

/// A client whose request waits for a key.
pub fn waiting(server: &TestServer, request: &str) -> Raw {
    let mut client = server.client();
    wait_with(server, &mut client, request);
    client
}

/// Sends a request and waits until it waits.
pub fn wait_with(server: &TestServer, client: &mut Raw, request: &str) {
    let before = server.shared.clients.waiting.len();
    client.say(request);
    wait_until("it waits", || server.shared.clients.waiting.len() > before);
}

/// The number of a client.
pub fn id(client: &mut Raw) -> String {
    client.ask("CLIENT ID")[1..].to_owned()
}

/// The next reply, its lines parted by a space.
pub fn next(client: &mut Raw) -> String {
    lines_of(&client.reply()).join(" ")
}

/// A number from the environment.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// The elements in a reply: what begins with `e`.
fn elements(reply: &str) -> impl Iterator<Item = u64> {
    reply.split(' ').filter_map(|word| word.strip_prefix('e')?.parse().ok())
}
