//! Executing what a log says.
//!
//! Replaying is not serving: nobody is answered, nothing is logged, evicted or expired, and a
//! request that fails is damage, because only what had succeeded was ever logged.

use super::batch::look_up;
use super::table;
use super::{Args, Context, Reply, Session, flag};
use crate::clients::Client;
use crate::shared::{Access, Shared};
use std::sync::Arc;

/// Executes requests in the name of nobody.
pub struct Replay<'a> {
    shared: &'a Shared,
    session: Session,
    reply: Reply,
}

impl<'a> Replay<'a> {
    /// Begins in database 0.
    pub fn new(shared: &'a Shared) -> Replay<'a> {
        let client = Arc::new(Client::without_connection(&shared.clock));
        Replay { shared, session: Session::new(client, true), reply: Reply::default() }
    }

    /// Executes one request.
    ///
    /// # Errors
    /// Why it cannot be part of a log.
    pub fn execute(&mut self, access: &mut Access<'_>, args: Args<'_>) -> Result<(), String> {
        let refuse = |reason: &[u8]| {
            let (name, reason) = (args.at(0).escape_ascii(), String::from_utf8_lossy(reason));
            Err(format!("'{name}' cannot be replayed: {reason}"))
        };
        let row = match look_up(args) {
            Ok(row) => &table::rows()[row],
            Err(_) => return refuse(b"respool has no such command"),
        };
        let command = row.command;
        if !command.takes(args.len()) {
            return refuse(b"wrong number of arguments");
        }
        let now_ms = access.now_ms;
        let (session, shared) = (&mut self.session, self.shared);
        let mut context = Context { session, shared, now_ms, log: None };
        if !command.has(flag::WRITE) && command.name != "select" {
            return refuse(b"it changes nothing");
        }
        let outcome = command.invoke(&mut context, access, args, &mut self.reply);
        self.reply.advance(self.reply.len());
        outcome.or_else(|error| refuse(error.text()))
    }
}
