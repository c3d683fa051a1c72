//! What is said when clients are served: to the operator, to a supervisor, and to a person in front
//! of a terminal who does not know yet what to type.

use crate::log;
use crate::supervision::Supervision;
use std::io::IsTerminal;

/// Announces that clients are served.
pub fn announce(listeners: &[String], supervision: &Supervision) {
    for name in listeners {
        log::notice(&format!("Ready to accept connections on {name}"));
    }
    if let Some(name) = listeners.first().filter(|_| std::io::stderr().is_terminal()) {
        let program = std::env::args().next().unwrap_or_else(|| "respool".to_owned());
        let line = first_words(&program, name);
        log::notice(&format!("To try it, type in another terminal: {line}"));
    }
    supervision.ready();
}

/// A command line that reaches the listener of this name. It needs nothing but this program:
/// redis-cli may not be there.
fn first_words(program: &str, listener: &str) -> String {
    let port = listener.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    match port {
        Some(port) => format!("{program} cli -p {port} set greeting hello"),
        None => format!("{program} cli -s {listener} set greeting hello"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ensures that the line reaches a port, and a socket with a path.
    #[test]
    fn the_first_words_reach_the_server() {
        let words = |name| first_words("./respool", name);
        assert_eq!(words("127.0.0.1:7000"), "./respool cli -p 7000 set greeting hello");
        assert_eq!(words("[::1]:7000"), "./respool cli -p 7000 set greeting hello");
        assert_eq!(words("/run/r.sock"), "./respool cli -s /run/r.sock set greeting hello");
    }
}
