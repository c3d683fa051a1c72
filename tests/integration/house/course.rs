//! The grader of "build your own" is right: this server passes every stage, and each of the servers
//! that are wrong on purpose is caught. It is a program in Python; without Python, the tests report
//! that they were skipped.

use crate::house::tidy::root;
use crate::process::PROGRAM;
use std::fs;
use std::process::Command;

/// Runs a program of the course, and expects that it ends with success.
fn expect_success(arguments: &[&str]) {
    let mut command = Command::new("python3");
    let Ok(output) = command.args(arguments).current_dir(root().join("tests/course")).output()
    else {
        eprintln!("skipped, because there is no python3");
        return;
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}:\n{printed}{errors}");
}

/// Ensures that this server passes every stage.
#[test]
fn respool_passes_every_stage() {
    expect_success(&["check.py", "--server", &format!("'{PROGRAM}' --port {{port}}")]);
}

/// Ensures that each stage catches the servers that are wrong in what it is about, and that the
/// server from which they are made passes all stages.
#[test]
fn wrong_servers_are_caught() {
    expect_success(&["check.py"]);
}

/// Ensures that a picture can be drawn from the trace as it is written now.
#[test]
fn a_picture_is_drawn_from_the_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().to_str().expect("a path in UTF-8");
    expect_success(&["figures.py", "--server", PROGRAM, "--only", "pipeline", target]);
    // Without Python there is none.
    if let Ok(picture) = fs::read_to_string(folder.path().join("pipeline.svg")) {
        assert!(picture.matches("<rect").count() > 16, "{picture}");
    }
}

/// Ensures that the solutions of the exercises on this code can be applied to it. That they solve
/// them is proved by `make exercises-check`, in minutes.
#[test]
fn solutions_can_be_applied() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests/course/exercises")).expect("a folder") {
        let patch = entry.expect("an entry").path().join("solution.patch");
        if patch.exists() {
            let mut command = Command::new("git");
            let check = command.args(["apply", "--check"]).arg(&patch).current_dir(root());
            let Ok(output) = check.output() else { return };
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {errors}", patch.display());
            count += 1;
        }
    }
    assert!(count > 0, "no exercise changes this code");
}
