//! Encryption, which a proxy in front of respool has to do.

use crate::config::directive::Directive;
use crate::config::shape::Shape;
use crate::config::words::INT;

const PLAIN: &str = "respool does not encrypt; put a proxy that does in front of it";

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new("tls-port", Shape::Integer(0, 65535), "0", "port for encrypted connections")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-cert-file", Shape::Text, "", "certificate").settable().refused(PLAIN),
    Directive::new("tls-key-file", Shape::Text, "", "key of the certificate")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-key-file-pass", Shape::Text, "", "password of the key")
        .settable()
        .secret()
        .refused(PLAIN),
    Directive::new("tls-client-cert-file", Shape::Text, "", "certificate for outgoing connections")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-client-key-file", Shape::Text, "", "key of that certificate")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-client-key-file-pass", Shape::Text, "", "password of that key")
        .settable()
        .secret()
        .refused(PLAIN),
    Directive::new("tls-dh-params-file", Shape::Text, "", "Diffie-Hellman parameters")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-ca-cert-file", Shape::Text, "", "certificates of authorities")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-ca-cert-dir", Shape::Text, "", "folder of such certificates")
        .settable()
        .refused(PLAIN),
    Directive::new(
        "tls-auth-clients",
        Shape::OneOf(&["no", "yes", "optional"]),
        "yes",
        "whether clients need a certificate",
    )
    .settable()
    .refused(PLAIN),
    Directive::new("tls-replication", Shape::YesNo, "no", "whether replication is encrypted")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-cluster", Shape::YesNo, "no", "whether the cluster is encrypted")
        .settable()
        .refused(PLAIN),
    Directive::new("tls-protocols", Shape::Text, "", "versions of TLS").settable().refused(PLAIN),
    Directive::new("tls-ciphers", Shape::Text, "", "ciphers of TLS 1.2").settable().refused(PLAIN),
    Directive::new("tls-ciphersuites", Shape::Text, "", "ciphers of TLS 1.3")
        .settable()
        .refused(PLAIN),
    Directive::new(
        "tls-prefer-server-ciphers",
        Shape::YesNo,
        "no",
        "whether the server chooses the cipher",
    )
    .settable()
    .refused(PLAIN),
    Directive::new("tls-session-caching", Shape::YesNo, "yes", "whether sessions are kept")
        .settable()
        .refused(PLAIN),
    Directive::new(
        "tls-session-cache-size",
        Shape::Integer(0, INT),
        "20480",
        "sessions that are kept",
    )
    .settable()
    .refused(PLAIN),
    Directive::new(
        "tls-session-cache-timeout",
        Shape::Integer(0, INT),
        "300",
        "seconds that they are kept",
    )
    .settable()
    .refused(PLAIN),
];
