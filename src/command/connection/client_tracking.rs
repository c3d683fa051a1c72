//! Questions of clients about client-side caching, which does not exist here: no key is tracked.
//!
//! CLIENT TRACKING and CLIENT CACHING are unknown, so no client relies on invalidations.

use crate::command::connection::client_rows::{OPEN, row};
use crate::command::engine::{Args, Command, Context, Handler, Outcome, Reply};

/// A subcommand of CLIENT.
pub static GETREDIR: Command = Command {
    summary: "Returns the connection that gets invalidations: -1, as nothing is tracked",
    example: "> CLIENT GETREDIR
              :-1",
    handler: Handler::Plain(getredir),
    ..row("getredir", 2, OPEN, "6.0.0")
};

fn getredir(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.integer(-1);
    Ok(())
}

/// A subcommand of CLIENT.
pub static TRACKINGINFO: Command = Command {
    summary: "Returns that the keys of the connection are not tracked",
    example: "> CLIENT TRACKINGINFO
              *6
              $5
              flags
              *1
              $3
              off
              $8
              redirect
              :-1
              $8
              prefixes
              *0",
    handler: Handler::Plain(trackinginfo),
    ..row("trackinginfo", 2, OPEN, "6.2.0")
};

fn trackinginfo(_: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(1);
    reply.bulk(b"off");
    reply.bulk(b"redirect");
    reply.integer(-1);
    reply.bulk(b"prefixes");
    reply.array(0);
    Ok(())
}
