//! Passwords, protected mode and permissions.

use crate::config::directive::{Directive, Field, at};
use crate::config::shape::Shape;
use crate::config::value::Value;
use crate::config::words::LONG;

const ALLOWED: Shape = Shape::OneOf(&["no", "yes", "local"]);

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new("requirepass", Shape::Text, "", "password that clients must give with AUTH")
        .at(at!(requirepass))
        .settable()
        .secret(),
    Directive::new(
        "requirepass-file",
        Shape::Text,
        "",
        "file with the password on its first line (a directive of respool's own)",
    )
    .at(at!(requirepass_file)),
    Directive::new("aclfile", Shape::Text, "", "file with users and what they may do")
        .at(at!(aclfile)),
    Directive::new("acllog-max-len", Shape::Integer(0, LONG), "128", "entries of ACL LOG")
        .at(at!(acllog_max_len))
        .settable(),
    Directive::new(
        "acl-pubsub-default",
        Shape::OneOf(&["allchannels", "resetchannels"]),
        "resetchannels",
        "channels of a new user",
    )
    .at(Field {
        get: |config| {
            let all = config.acl_pubsub_default_all;
            Value::Word(if all { "allchannels" } else { "resetchannels" })
        },
        set: |config, value| {
            config.acl_pubsub_default_all = value == Value::Word("allchannels");
            Ok(())
        },
    })
    .settable(),
    Directive::new(
        "enable-debug-command",
        ALLOWED,
        "no",
        "whether DEBUG is served: no, yes, or local for clients on this machine",
    )
    .at(at!(enable_debug_command)),
    Directive::new("enable-module-command", ALLOWED, "no", "whether MODULE LOAD is served")
        .at(at!(enable_module_command))
        .without_effect("there are no modules"),
    Directive::new(
        "enable-protected-configs",
        ALLOWED,
        "no",
        "whether CONFIG SET may change dir and dbfilename: no, yes or local",
    )
    .at(at!(enable_protected_configs)),
    Directive::new(
        "sanitize-dump-payload",
        Shape::OneOf(&["no", "yes", "clients"]),
        "no",
        "checks of RESTORE",
    )
    .settable()
    .without_effect("what RESTORE gets is always checked"),
];
