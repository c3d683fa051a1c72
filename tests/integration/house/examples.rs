//! The example of every row of the command table is true.

use crate::support::TestServer;
use respool::command::families;

/// Ensures that every command's example, which the documentation shows, is what really happens.
#[test]
fn every_example_is_true() {
    let mut differences = String::new();
    for row in families::rows() {
        let server = TestServer::start();
        if let Err(difference) = server.run(row.command.example, 2) {
            differences.push_str(&format!("\n{}:{difference}\n", row.full_name()));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// Ensures that every example shows the command it belongs to, and a reply.
#[test]
fn every_example_is_about_its_command() {
    for row in families::rows().iter().filter(|row| !row.command.example.trim().is_empty()) {
        let name = row.full_name().replace('|', " ").to_uppercase();
        let requests =
            row.command.example.lines().filter_map(|line| line.trim().strip_prefix("> "));
        let shown = requests.map(str::to_uppercase).any(|request| request.starts_with(&name));
        assert!(shown, "the example of {name} does not call it");
        assert!(row.command.example.lines().count() > 1, "the example of {name} has no reply");
    }
}
