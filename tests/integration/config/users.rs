//! Users in a configuration and in a file of their own.

use crate::config::drop_in::{OnSocket, folder};
use crate::process::PROGRAM;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder with a configuration and a file with users.
fn with_files(config: &str, users: &str) -> TempDir {
    let folder = folder();
    fs::write(folder.path().join("redis.conf"), config).expect("a write");
    fs::write(folder.path().join("users.acl"), users).expect("a write");
    folder
}

/// The reason why the program does not start.
fn refusal(folder: &TempDir) -> String {
    let mut command = Command::new(PROGRAM);
    command.arg("redis.conf").args(["--port", "any"]).current_dir(folder.path());
    let ended = command.stdin(Stdio::null()).output().expect("the program");
    assert!(!ended.status.success(), "it must not start");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

/// Ensures that `user` lines are in force from the first request on, and that one about `default`
/// replaces what `requirepass` says.
#[test]
fn lines_of_a_configuration_make_users() {
    let config = "requirepass old\nuser app on >secret ~app:* +@all -@dangerous\n\
                  user off-duty ~* +get\nuser default on >new +ping\n";
    let mut server = OnSocket::with(with_files(config, ""), &[]);
    let mut client = server.client();
    assert_eq!(client.ask("GET k"), "-NOAUTH Authentication required.");
    assert!(client.ask("AUTH old").starts_with("-WRONGPASS"));
    assert!(client.ask("AUTH off-duty x").starts_with("-WRONGPASS"));
    assert_eq!(client.ask("AUTH new"), "+OK");
    assert_eq!(client.ask("PING"), "+PONG");
    assert!(client.ask("GET k").starts_with("-NOPERM User default has no permissions"));
    assert_eq!(client.ask("AUTH app secret"), "+OK");
    assert_eq!(client.ask("SET app:1 v"), "+OK");
    assert_eq!(client.ask("SET other v"), "-NOPERM No permissions to access a key");
    assert!(client.ask("FLUSHALL").starts_with("-NOPERM"));
    assert!(server.log().contains("The user 'off-duty' is disabled"), "{}", server.log());
}

/// Ensures that all wrong `user` lines are reported at once, in Redis's words, and without secrets.
#[test]
fn wrong_lines_are_reported_together() {
    let config = "user a on +nosuch\nuser b on >hunter2 ~* ~b\nuser a off\nuser \"c d\" on\n\
                  user e (+get\nuser f on #hunter2\naclfile users.acl\nuser g on\n";
    let text = refusal(&with_files(config, ""));
    for line in [
        "Error loading ACL rule '+nosuch' for the user named 'a': Unknown command or category \
         name in ACL",
        "Error in user declaration '~b': Adding a pattern after the * pattern",
        "Spaces not allowed in ACL usernames",
        "Unmatched parenthesis in acl selector starting at '(+get'.",
        "The password hash must be exactly 64 characters",
        "Configuring Redis with users defined in redis.conf and at the same setting an ACL file \
         path is invalid.",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    let twice = refusal(&with_files("user a on\nuser a off\n", ""));
    let line = "Error in user declaration 'a': Duplicate user found. A user can only be defined \
                once in config files";
    assert!(twice.contains(line), "{twice}");
}

/// Ensures that a file with users is loaded at the start and again by ACL LOAD, all of it or
/// nothing, and that ACL SAVE writes it.
#[test]
fn a_file_of_users_is_loaded_and_saved() {
    let users = "user default on nopass ~* &* +@all\n\nuser a on nopass +get ~*\r\n";
    let mut server = OnSocket::with(with_files("aclfile users.acl\n", users), &[]);
    let (mut admin, mut a) = (server.client(), server.client());
    let path = server.path().join("users.acl");
    assert_eq!(a.ask("AUTH a any"), "+OK");
    assert_eq!(admin.ask("ACL SETUSER b on >p +set ~b*"), "+OK");
    assert_eq!(admin.ask("ACL SAVE"), "+OK");
    let saved = fs::read_to_string(&path).expect("a file");
    let hash = "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";
    let expected = format!(
        "user a on nopass sanitize-payload ~* resetchannels -@all +get\n\
         user b on sanitize-payload #{hash} ~b* resetchannels -@all +set\n\
         user default on nopass sanitize-payload ~* &* +@all\n"
    );
    assert_eq!(saved, expected);
    let wrong = "usr x\nuser c on +nope ~* ~x ~y\nuser c on\nuser d (+get\n";
    fs::write(&path, wrong).expect("a write");
    let text = admin.ask("ACL LOAD");
    let place = path.canonicalize().expect("a path").display().to_string();
    let expected = format!(
        "-ERR {place}:1 should start with user keyword followed by the username. \
         {place}:2: Error in applying operation '+nope': Unknown command or category name in ACL. \
         {place}:2: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and \
         does not have any effect. Try 'resetkeys' to start with an empty list of patterns. \
         WARNING: Duplicate user 'c' found on line 3. \
         {place}:4: Unmatched parenthesis in selector definition.\
         WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
    );
    assert_eq!(text, expected);
    assert_eq!(admin.ask("ACL USERS"), "*3 $1 a $1 b $7 default");
    fs::write(&path, "user b on nopass +ping\n").expect("a write");
    assert_eq!(admin.ask("ACL LOAD"), "+OK");
    assert!(a.finish().is_empty(), "a user who is gone is disconnected");
    assert_eq!(admin.ask("ACL USERS"), "*2 $1 b $7 default");
    let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode & 0o022, 0, "others must not write it");
}

/// Ensures that a file with mistakes stops the start.
#[test]
fn a_wrong_file_of_users_stops_the_start() {
    let text = refusal(&with_files("aclfile users.acl\n", "user a on +nope\n"));
    assert!(text.contains("Aborting Redis startup because of ACL errors: "), "{text}");
    let text = refusal(&with_files("aclfile nowhere\n", ""));
    assert!(text.contains("Error loading ACLs, opening file '"), "{text}");
}

/// Ensures that CONFIG REWRITE writes users whose rules have changed, and leaves other lines alone.
#[test]
fn users_are_rewritten() {
    let config = "# who\nuser a   on nopass +get\nuser b on nopass\n# end\n";
    let mut server = OnSocket::with(with_files(config, ""), &[]);
    let mut client = server.client();
    assert_eq!(client.ask("ACL SETUSER b ~x"), "+OK");
    assert_eq!(client.ask("ACL SETUSER c off"), "+OK");
    assert_eq!(client.ask("CONFIG REWRITE"), "+OK");
    let text = fs::read_to_string(server.path().join("redis.conf")).expect("a file");
    let begin = "# who\nuser a   on nopass +get\n\
                 user b on nopass sanitize-payload ~x resetchannels -@all\n# end\n";
    assert!(text.starts_with(begin), "{text}");
    let default = "user default on nopass sanitize-payload ~* &* +@all\n";
    assert!(text.contains(default), "{text}");
    assert!(text.contains("user c off sanitize-payload resetchannels -@all\n"), "{text}");
}
