//! The guide tells the truth about the commands: its table is made from theirs.

use crate::house::guide::expect_between;
use crate::house::tidy::root;
use crate::support::TestServer;
use respool::command::engine::Command;
use respool::command::families;
use std::fmt::Write;
use std::fs;

const MARKERS: (&str, &str) = ("<!-- commands -->", "<!-- /commands -->");

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

/// Ensures that the guide's table of commands is the one in the code.
#[test]
fn the_table_of_commands_is_the_codes() {
    expect_between("src/guide/commands.md", MARKERS, &expected_table());
}

/// Ensures that what the guide says of families that are not served is what a client gets.
#[test]
fn families_that_are_not_served_answer_as_described() {
    let path = root().join("src/guide/compatibility.md");
    let page = fs::read_to_string(path).expect("the page");
    let (_, table) = page.split_once("| family | for example |").expect("the table of families");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert!(rows.len() > 1, "{rows:#?}");
    let server = TestServer::start();
    let mut client = server.client();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (request, answer) = (cells[2], cells[3]);
        let reply = client.ask(request);
        assert!(reply.starts_with(&format!("-{answer}")), "{request}: {reply}");
    }
}
