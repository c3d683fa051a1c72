//! A client that listens to key events, for the tests of every family.

use crate::raw::{Raw, lines_of};
use crate::support::TestServer;

/// A client that gets every message, and a server that publishes events of some classes.
pub fn listen(classes: &str) -> (TestServer, Raw) {
    let server = TestServer::start();
    let mut client = server.client();
    let request = format!("CONFIG SET notify-keyspace-events {classes}");
    assert_eq!(client.ask(&request), "+OK");
    assert_eq!(client.ask("PSUBSCRIBE *"), "*3 $10 psubscribe $1 * :1");
    (server, client)
}

/// The next message: channel and text.
pub fn next(client: &mut Raw) -> String {
    let lines = lines_of(&client.reply());
    assert_eq!(lines[0..5], ["*4", "$8", "pmessage", "$1", "*"]);
    format!("{} {}", lines[6], lines[8])
}

/// The events that are published until now, on the channels of events: their names and keys.
pub fn events(client: &mut Raw, listener: &mut Raw) -> Vec<String> {
    client.ask("PUBLISH fence x");
    let messages = std::iter::from_fn(|| Some(next(listener)));
    let event = |it: String| it.trim_start_matches("__keyevent@0__:").to_owned();
    messages.take_while(|message| message != "fence x").map(event).collect()
}
