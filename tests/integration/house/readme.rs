//! The README tells the truth about the commands: its table is made from theirs.

use crate::support::TestServer;
use respool::command::engine::Command;
use respool::command::families;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

const BEGIN: &str = "<!-- commands -->";
const END: &str = "<!-- /commands -->";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// The table of all commands that can be called, in the order of the families.
fn expected_table() -> String {
    let mut table =
        String::from("| command | syntax | what it does | since |\n|---|---|---|---|\n");
    for row in families::rows() {
        let Command { syntax, summary, since, arity, .. } = row.command;
        // A container that is nothing without a subcommand is shown by its subcommands.
        if row.command.subcommands().is_empty() || *arity == -1 {
            let name = row.full_name().replace('|', " ").to_uppercase();
            let syntax = syntax.replace('|', "\\|");
            let syntax = if syntax.is_empty() { syntax } else { format!("`{syntax}`") };
            let summary = summary.replace('|', "\\|");
            let line = format!("| `{name}` | {syntax} | {summary} | {since} |").replace("  ", " ");
            writeln!(table, "{line}").expect("writing into a String cannot fail");
        }
    }
    table
}

/// Ensures that the README's table of commands is the one in the code.
#[test]
fn the_table_of_commands_is_the_codes() {
    let expected = expected_table();
    let readme = fs::read_to_string(path()).unwrap_or_else(|error| {
        panic!("no README.md ({error}); between {BEGIN} and {END} it should have\n\n{expected}")
    });
    let (before, rest) = readme.split_once(BEGIN).expect("the marker before the table");
    let (found, after) = rest.split_once(END).expect("the marker behind the table");
    if found.trim() == expected.trim() {
        return;
    }
    if std::env::var("UPDATE_README").is_ok_and(|wanted| wanted == "1") {
        let updated = format!("{before}{BEGIN}\n{expected}{END}{after}");
        return fs::write(path(), updated).expect("README.md can be written");
    }
    panic!("UPDATE_README=1 cargo test puts this table into README.md:\n\n{expected}");
}

/// Ensures that what the README says of families that are not served is what a client gets.
#[test]
fn families_that_are_not_served_answer_as_described() {
    let readme = fs::read_to_string(path()).expect("README.md");
    let (_, table) = readme.split_once("| family | for example |").expect("the table of families");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert!(rows.len() > 5, "{rows:#?}");
    let server = TestServer::start();
    let mut client = server.client();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (request, answer) = (cells[2], cells[3]);
        let reply = client.ask(request);
        assert!(reply.starts_with(&format!("-{answer}")), "{request}: {reply}");
    }
}
