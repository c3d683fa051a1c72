//! Users: what ACL shows and changes, and what users may not do.

use crate::support::{TestServer, check, check3, wait_until};

/// Ensures that rules are kept as they were given, and shown in the same notation by all commands.
#[test]
fn a_user_is_described_by_its_rules() {
    let hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let line = format!(
        "user b on sanitize-payload #{hash} ~a* %R~b* %W~c ~d resetchannels &ch -@all +@read -get \
         (~x resetchannels -@all +set) (%R~y resetchannels +@all -keys)"
    );
    let server = TestServer::start();
    let mut client = server.client();
    let rules = "on >x +get +@read ~a* %R~b* %W~c %rW~d &ch -get (~x +set) (%R~y +@all -keys)";
    assert_eq!(client.ask(&format!("ACL SETUSER b {rules}")), "+OK");
    let default = "$51 user default on nopass sanitize-payload ~* &* +@all";
    assert_eq!(client.ask("ACL LIST"), format!("*2 ${} {line} {default}", line.len()));
    let expected = format!(
        "*12 $5 flags *2 $2 on $16 sanitize-payload $9 passwords *1 $64 {hash} \
         $8 commands $17 -@all +@read -get $4 keys $17 ~a* %R~b* %W~c ~d $8 channels $3 &ch \
         $9 selectors *2 *6 $8 commands $10 -@all +set $4 keys $2 ~x $8 channels $0 \
         *6 $8 commands $11 +@all -keys $4 keys $4 %R~y $8 channels $0 "
    );
    assert_eq!(client.ask("ACL GETUSER b").trim_end(), expected.trim_end());
}

/// Ensures that a later rule about a command replaces earlier ones about it and its subcommands.
#[test]
fn later_rules_replace_earlier_ones() {
    let server = TestServer::start();
    let mut client = server.client();
    let mut commands = |rules: &str| {
        assert_eq!(client.ask(&format!("ACL SETUSER u reset {rules}")), "+OK");
        let user = client.ask("ACL LIST");
        let begin = user.find("resetchannels ").expect("there are no channels") + 14;
        let end = user.rfind(" $").filter(|end| *end > begin).unwrap_or(user.len());
        user[begin..end].to_owned()
    };
    for (rules, expected) in [
        ("+get +set -get", "-@all +set -get"),
        ("+config|get +config|set -config", "-@all -config"),
        ("+config +get -config|set", "-@all +config +get -config|set"),
        ("+@all -@admin +@ADMIN +GET", "+@all +@admin +get"),
        ("+get allcommands", "+@all"),
        ("+select|0 +select|1", "-@all +select|0 +select|1"),
        ("+select|0 +select", "-@all +select"),
    ] {
        assert_eq!(commands(rules), expected, "{rules}");
    }
}

/// Ensures that wrong rules are refused in Redis's words, and change nothing.
#[test]
fn wrong_rules_change_nothing() {
    let server = TestServer::start();
    let mut client = server.client();
    let after_all = |what: &str, all: &str, list: &str| {
        format!(
            "Adding a pattern after the * pattern (or the '{all}' flag) is not valid and does not \
             have any effect. Try '{what}' to start with an empty list of {list}"
        )
    };
    let (syntax, unknown) = ("Syntax error", "Unknown command or category name in ACL");
    let hash = "The password hash must be exactly 64 characters and contain only lowercase \
                hexadecimal characters";
    let keys = after_all("resetkeys", "allkeys", "patterns");
    let channels = after_all("resetchannels", "allchannels", "channels");
    for (rules, wrong, text) in [
        ("on +nosuch", "+nosuch", unknown),
        ("+", "+", unknown),
        ("+@", "+@", unknown),
        ("+@nope", "+@nope", unknown),
        ("+config|nope", "+config|nope", unknown),
        ("-select|0", "-select|0", unknown),
        ("+get|", "+get|", syntax),
        ("%X~a", "%X~a", syntax),
        ("%~a", "%~a", syntax),
        ("%", "%", syntax),
        ("%RR~a", "%RR~a", syntax),
        ("xyz", "xyz", syntax),
        ("(foo)", "(foo)", syntax),
        ("(+nosuch)", "(+nosuch)", unknown),
        ("(on)", "(on)", syntax),
        ("#abc", "#abc", hash),
        ("!abc", "!abc", hash),
        ("<abc", "<abc", "The password you are trying to remove from the user does not exist"),
        ("+config|get|x", "+config|get|x", "Allowing first-arg of a subcommand is not supported"),
        ("~* ~b", "~b", &keys),
        ("&* &b", "&b", &channels),
    ] {
        let expected = format!("-ERR Error in ACL SETUSER modifier '{wrong}': {text}");
        assert_eq!(client.ask(&format!("ACL SETUSER u {rules}")), expected);
    }
    let open = "-ERR Unmatched parenthesis in acl selector starting at '(+get'.";
    assert_eq!(client.ask("ACL SETUSER u (+get ~a"), open);
    let spaces = "-ERR Usernames can't contain spaces or null characters";
    assert_eq!(client.ask("ACL SETUSER \"a b\" on"), spaces);
    assert_eq!(client.ask("ACL SETUSER \"a\\x00b\" on"), spaces);
    assert_eq!(client.ask("ACL USERS"), "*1 $7 default");
}

/// Ensures that commands, keys and channels are refused as in Redis 7.2, and logged.
#[test]
fn a_restricted_user_is_refused() {
    let server = TestServer::start();
    let (mut admin, mut client) = (server.client(), server.client());
    let rules = "on >pw -@all +get +set +mget +sort +publish +subscribe +psubscribe +acl|whoami \
                 +config|get +select|0 +multi +exec +unsubscribe %R~r* %W~w* &c*";
    assert_eq!(admin.ask(&format!("ACL SETUSER u {rules}")), "+OK");
    let (key, channel) =
        ("-NOPERM No permissions to access a key", "-NOPERM No permissions to access a channel");
    let command =
        |name: &str| format!("-NOPERM User u has no permissions to run the '{name}' command");
    assert_eq!(client.ask("AUTH u pw"), "+OK");
    for (request, expected) in [
        ("ACL WHOAMI", "$1 u".to_owned()),
        ("ACL LIST", command("acl|list")),
        ("CONFIG GET dir*x", "*0".to_owned()),
        ("CONFIG SET timeout 0", command("config|set")),
        ("SELECT 0", "+OK".to_owned()),
        ("SELECT 1", command("select")),
        ("PING", command("ping")),
        ("SET w1 v", "+OK".to_owned()),
        ("SET w1 v GET", key.to_owned()),
        ("SET r1 v", key.to_owned()),
        ("GET r1", "$-1".to_owned()),
        ("GET w1", key.to_owned()),
        ("MGET r1 r2 w1", key.to_owned()),
        ("SORT r1", "*0".to_owned()),
        ("SORT r1 STORE w1", ":0".to_owned()),
        ("SORT r1 STORE r2", key.to_owned()),
        (
            "SORT r1 BY x*",
            "-ERR BY option of SORT denied due to insufficient ACL permissions.".to_owned(),
        ),
        (
            "SORT r1 GET #",
            "-ERR GET option of SORT denied due to insufficient ACL permissions.".to_owned(),
        ),
        ("PUBLISH c1 x", ":0".to_owned()),
        ("PUBLISH d1 x", channel.to_owned()),
        ("SUBSCRIBE d", channel.to_owned()),
        ("PSUBSCRIBE ca*", channel.to_owned()),
        ("PSUBSCRIBE c*", "*3 $10 psubscribe $2 c* :1".to_owned()),
    ] {
        assert_eq!(client.ask(request), expected, "{request}");
    }
    let log = admin.ask("ACL LOG 1");
    let entry = "*1 *20 $5 count :1 $6 reason $7 channel $7 context $8 toplevel $6 object $3 ca* \
                 $8 username $1 u $11 age-seconds ";
    assert!(log.starts_with(entry), "{log}");
    assert!(log.contains(" user=u ") && log.contains(" $8 entry-id "), "{log}");
    assert_eq!(admin.ask("ACL LOG RESET"), "+OK");
    assert_eq!(admin.ask("ACL LOG"), "*0");
    let info = admin.ask("INFO stats");
    assert!(
        info.contains(
            "acl_access_denied_cmd:4 acl_access_denied_key:5 acl_access_denied_channel:3"
        ),
        "{info}"
    );
}

/// Ensures that rules are checked when a request is queued, and again when EXEC executes it.
#[test]
fn a_transaction_is_checked_twice() {
    check(
        "
        > ACL SETUSER u on nopass +@all -get ~*
        +OK
        2> AUTH u x
        +OK
        2> MULTI
        +OK
        2> SET k v
        +QUEUED
        2> GET k
        -NOPERM User u has no permissions to run the 'get' command
        2> EXEC
        -EXECABORT Transaction discarded because of previous errors.
        2> MULTI
        +OK
        2> SET k v
        +QUEUED
        2> STRLEN k
        +QUEUED
        > ACL SETUSER u -strlen
        +OK
        2> EXEC
        *2
        +OK
        -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC \
        call. This command is no longer allowed for the following reason: no permission to execute \
        the command or subcommand
        ",
    );
}

/// Ensures that a script may do no more than the user that calls it, and can ask about that.
#[test]
fn a_script_has_the_rights_of_its_caller() {
    let server = TestServer::start();
    let (mut admin, mut client) = (server.client(), server.client());
    assert_eq!(admin.ask("ACL SETUSER u on nopass +@all -get ~k*"), "+OK");
    assert_eq!(client.ask("AUTH u x"), "+OK");
    let mut eval = |script: &str| client.ask(&format!("EVAL \"{script}\" 0"));
    let denied = "-ERR ACL failure in script: User u has no permissions to run the 'get' command";
    assert!(eval("return redis.call('get', 'k')").starts_with(denied));
    let denied = "-ERR ACL failure in script: No permissions to access a key";
    assert!(eval("return redis.call('set', 'q', 1)").starts_with(denied));
    assert_eq!(eval("return redis.call('set', 'k', 1)"), "+OK");
    assert_eq!(eval("return redis.acl_check_cmd('get', 'k')"), "$-1");
    assert_eq!(eval("return redis.acl_check_cmd('set', 'q', 1)"), "$-1");
    assert_eq!(eval("return redis.acl_check_cmd('set', 'k', 1)"), ":1");
    let unknown = "-ERR Invalid command passed to redis.acl_check_cmd()";
    assert!(eval("return redis.acl_check_cmd('nope')").starts_with(unknown));
    let none = "-ERR Please specify at least one argument for this redis lib call";
    assert!(eval("return redis.acl_check_cmd()").starts_with(none));
    assert!(admin.ask("ACL LOG 1").contains("$7 context $3 lua"));
}

/// Ensures that the clients of a deleted user are disconnected, and those who hear what their user
/// may no longer hear.
#[test]
fn clients_of_a_deleted_user_are_disconnected() {
    let server = TestServer::start();
    let (mut admin, mut a, mut b) = (server.client(), server.client(), server.client());
    assert_eq!(admin.ask("ACL SETUSER a on nopass +@all allchannels"), "+OK");
    for client in [&mut a, &mut b] {
        assert_eq!(client.ask("AUTH a any"), "+OK");
    }
    assert!(a.ask("SUBSCRIBE news").starts_with("*3 $9 subscribe"));
    assert_eq!(admin.ask("ACL SETUSER a resetchannels &news &x"), "+OK");
    assert!(a.ask("SUBSCRIBE x").starts_with("*3 $9 subscribe"));
    assert_eq!(admin.ask("ACL SETUSER a resetchannels &x"), "+OK");
    assert!(a.finish().is_empty(), "the subscriber is gone");
    assert_eq!(b.ask("PING"), "+PONG");
    assert_eq!(admin.ask("ACL DELUSER a nobody"), ":1");
    assert!(b.finish().is_empty(), "the client of a deleted user is gone");
    assert_eq!(admin.ask("ACL DELUSER default"), "-ERR The 'default' user cannot be removed");
}

/// Ensures that passwords decide, that a user may have several, and that one who is switched off
/// cannot log in but keeps its connections.
#[test]
fn passwords_are_added_and_removed() {
    let wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
    let server = TestServer::start();
    let (mut admin, mut client) = (server.client(), server.client());
    assert_eq!(admin.ask("ACL SETUSER u on >a >b +ping"), "+OK");
    for (password, reply) in [("a", "+OK"), ("b", "+OK"), ("c", wrong), ("", wrong)] {
        assert_eq!(client.ask(&format!("AUTH u \"{password}\"")), reply);
    }
    assert_eq!(admin.ask("ACL SETUSER u <a off"), "+OK");
    assert_eq!(client.ask("PING"), "+PONG");
    assert_eq!(client.ask("AUTH u b"), wrong);
    assert_eq!(admin.ask("ACL SETUSER u on"), "+OK");
    assert_eq!(client.ask("AUTH u a"), wrong);
    assert_eq!(client.ask("HELLO 2 AUTH u b").split(' ').next(), Some("*14"));
    let log = admin.ask("ACL LOG 1");
    let entry = "*1 *20 $5 count :4 $6 reason $4 auth $7 context $8 toplevel $6 object $4 AUTH \
                 $8 username $1 u ";
    assert!(log.starts_with(entry), "{log}");
    // A connection that has not authenticated may do nothing as soon as `default` has a password.
    assert_eq!(admin.ask("ACL SETUSER default >p"), "+OK");
    let mut stranger = server.client();
    assert_eq!(stranger.ask("GET k"), "-NOAUTH Authentication required.");
    assert_eq!(stranger.ask("AUTH p"), "+OK");
    assert_eq!(stranger.ask("RESET"), "+RESET");
    assert_eq!(stranger.ask("GET k"), "-NOAUTH Authentication required.");
}

/// Ensures that `requirepass` and the rules of `default` act on the same passwords.
#[test]
fn requirepass_is_the_password_of_the_default_user() {
    let server = TestServer::start();
    let mut admin = server.client();
    assert_eq!(admin.ask("CONFIG SET requirepass one"), "+OK");
    let mut client = server.client();
    assert_eq!(client.ask("PING"), "-NOAUTH Authentication required.");
    assert_eq!(admin.ask("ACL SETUSER default >two"), "+OK");
    for password in ["one", "two"] {
        assert_eq!(client.ask(&format!("AUTH {password}")), "+OK");
    }
    assert_eq!(admin.ask("CONFIG SET requirepass three"), "+OK");
    assert!(client.ask("AUTH two").starts_with("-WRONGPASS"));
    assert_eq!(admin.ask("CONFIG SET requirepass \"\""), "+OK");
    assert_eq!(client.ask("AUTH default any"), "+OK");
}

/// Ensures that a new user has the channels that `acl-pubsub-default` says.
#[test]
fn channels_of_new_users_follow_the_configuration() {
    check3(
        "
        > CONFIG SET acl-pubsub-default allchannels
        +OK
        > ACL SETUSER u (~a)
        +OK
        > ACL LIST
        *2
        $51
        user default on nopass sanitize-payload ~* &* +@all
        $50
        user u off sanitize-payload &* -@all (~a &* -@all)
        ",
    );
}

/// Ensures that generated passwords have the length that was asked for.
#[test]
fn passwords_are_generated() {
    let server = TestServer::start();
    let mut client = server.client();
    for (request, len) in [("ACL GENPASS", 64), ("ACL GENPASS 5", 2), ("ACL GENPASS 4096", 1024)] {
        let reply = client.ask(request);
        let digits = reply.split(' ').nth(1).expect("a bulk string");
        assert_eq!(digits.len(), len);
        assert!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{reply}");
    }
    for number in ["0", "4097", "-1"] {
        let reply = client.ask(&format!("ACL GENPASS {number}"));
        assert!(reply.starts_with("-ERR ACL GENPASS argument must be"), "{reply}");
    }
}

/// Ensures that what a blocked client waited for is not given to it after its right was withdrawn.
#[test]
fn a_waiting_request_is_checked_when_it_is_served() {
    let server = TestServer::start();
    let (mut admin, mut client) = (server.client(), server.client());
    assert_eq!(admin.ask("ACL SETUSER u on nopass +blpop ~*"), "+OK");
    assert_eq!(client.ask("AUTH u x"), "+OK");
    client.say("BLPOP q 0");
    let waits = || server.shared.clients.waiting.len() == 1;
    wait_until("it waits", waits);
    assert_eq!(admin.ask("ACL SETUSER u resetkeys ~other"), "+OK");
    assert_eq!(admin.ask("LPUSH q v"), ":1");
    assert_eq!(client.reply(), b"-NOPERM No permissions to access a key\r\n");
    assert_eq!(admin.ask("LLEN q"), ":1");
}

/// Ensures that keys are not taken for channels: a user without channels may count a sketch.
#[test]
fn keys_are_no_channels() {
    let server = TestServer::start();
    let mut client = server.client();
    assert_eq!(client.ask("ACL SETUSER u on nopass ~* resetchannels +@all"), "+OK");
    assert_eq!(client.ask("AUTH u x"), "+OK");
    assert_eq!(client.ask("PFADD k a"), ":1");
    assert_eq!(client.ask("PFCOUNT k"), ":1");
    let refused = "-NOPERM No permissions to access a channel";
    assert_eq!(client.ask("PUBLISH k a"), refused);
}
