//! Transactions: what MULTI queues, what ends it, and what WATCH sees.

use crate::support::check;

/// Ensures that MULTI inside MULTI is an error, and that the transaction goes on.
#[test]
fn multi_is_not_nested() {
    check(
        "
        > MULTI
        +OK
        > MULTI
        -ERR MULTI calls can not be nested
        > SET k v
        +QUEUED
        > EXEC
        *1
        +OK
        ",
    );
}

/// Ensures that UNWATCH ends the watching: a change after WATCH does not stop EXEC any more.
#[test]
fn unwatch_ends_the_watching() {
    check(
        "
        > WATCH k
        +OK
        2> SET k other
        +OK
        > UNWATCH
        +OK
        > MULTI
        +OK
        > GET k
        +QUEUED
        > EXEC
        *1
        $5 other
        ",
    );
}

/// Ensures that DISCARD ends the watching together with the transaction.
#[test]
fn discard_ends_the_watching() {
    check(
        "
        > WATCH k
        +OK
        > MULTI
        +OK
        > DISCARD
        +OK
        2> SET k other
        +OK
        > MULTI
        +OK
        > GET k
        +QUEUED
        > EXEC
        *1
        $5 other
        ",
    );
}

/// Ensures that EXEC does nothing after a watched key was changed, and that the next transaction is
/// free of it.
#[test]
fn a_watched_change_stops_exec_once() {
    check(
        "
        > WATCH a b
        +OK
        2> SET b other
        +OK
        > MULTI
        +OK
        > SET a mine
        +QUEUED
        > EXEC
        *-1
        > EXISTS a
        :0
        > MULTI
        +OK
        > SET a mine
        +QUEUED
        > EXEC
        *1
        +OK
        ",
    );
}

/// Ensures that errors outside and inside of a transaction have Redis's texts.
#[test]
fn transaction_errors() {
    check(
        "
        > EXEC
        -ERR EXEC without MULTI
        > DISCARD
        -ERR DISCARD without MULTI
        > MULTI
        +OK
        > WATCH k
        -ERR WATCH inside MULTI is not allowed
        > SET k
        -ERR wrong number of arguments for 'set' command
        > EXEC
        -EXECABORT Transaction discarded because of previous errors.
        > EXISTS k
        :0
        ",
    );
}
