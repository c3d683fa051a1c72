//! Replay: the execution of the requests in a log.
//!
//! Replay differs from serving: there are no replies, nothing is logged, evicted or expired, and a
//! request that fails is damage, because only successful requests were logged.

use crate::clients::Client;
use crate::command::engine::table;
use crate::command::engine::table::Row;
use crate::command::engine::{Args, Context, KeyArguments, Reply, Session, flag};
use crate::limits;
use crate::shared::{Hold, Shared};
use std::collections::VecDeque;
use std::sync::Arc;

/// Executes requests without a client.
pub struct Replay<'a> {
    shared: &'a Shared,
    session: Session,
    reply: Reply,
}

impl<'a> Replay<'a> {
    /// Begins in database 0.
    pub fn new(shared: &'a Shared) -> Replay<'a> {
        let client = Arc::new(Client::without_connection(&shared.clock));
        let session = Session::new(client, shared.acl.default_user());
        Replay { shared, session, reply: Reply::default() }
    }

    /// The database that the log has selected.
    pub fn db(&self) -> usize {
        self.session.db()
    }

    /// Executes requests, each of which comes with its offset in the log, and returns their number.
    ///
    /// Like the gate it prefetches keys, so that cache misses overlap: most keys of a log are new,
    /// and their buckets are anywhere in memory. The next requests are always available here, so
    /// one is prefetched for each that is executed.
    ///
    /// # Errors
    /// The offset of the request that cannot be part of a log, and the reason.
    pub fn execute<'b>(
        &mut self,
        access: &mut Hold<'_>,
        mut requests: impl Iterator<Item = (u64, Args<'b>)>,
    ) -> Result<usize, (u64, String)> {
        let mut ahead = VecDeque::with_capacity(limits::PREFETCH_KEYS);
        let mut count = 0;
        loop {
            while ahead.len() < limits::PREFETCH_KEYS
                && let Some((place, args)) = requests.next()
            {
                let id = table::find_logged(args.at(0)).map(|id| match args.get(1) {
                    Some(sub) if table::is_container(id) => {
                        table::find_subcommand(id, sub).unwrap_or(id)
                    }
                    _ => id,
                });
                let row = id.map(table::row);
                self.prefetch_keys(access, row, args);
                ahead.push_back((place, row, args));
            }
            let Some((place, row, args)) = ahead.pop_front() else { return Ok(count) };
            self.perform(access, row, args).map_err(|reason| (place, reason))?;
            count += 1;
        }
    }

    /// Prefetches the keys of a request. If a SELECT comes first, that has no effect.
    fn prefetch_keys(&self, access: &Hold<'_>, row: Option<&Row>, args: Args<'_>) {
        let keys = row.map_or(KeyArguments::NONE, |row| row.command.keys);
        let keys = keys.of(args).filter_map(|index| args.get(index));
        keys.take(limits::PREFETCH_KEYS).for_each(|key| access.prefetch(self.session.db(), key));
    }

    /// Executes one request.
    fn perform(
        &mut self,
        access: &mut Hold<'_>,
        row: Option<&Row>,
        args: Args<'_>,
    ) -> Result<(), String> {
        let refuse = |reason: &[u8]| {
            let (name, reason) = (args.at(0).escape_ascii(), String::from_utf8_lossy(reason));
            Err(format!("'{name}' cannot be replayed: {reason}"))
        };
        let Some(Row { command, .. }) = row else {
            return refuse(b"respool has no such command");
        };
        if !command.takes(args.len()) {
            return refuse(b"wrong number of arguments");
        }
        let now_ms = access.now_ms;
        let (session, shared) = (&mut self.session, self.shared);
        let mut context = Context { session, shared, now_ms, log: None };
        if command.flags & (flag::WRITE | flag::REPLAYED) == 0 {
            return refuse(b"it changes nothing");
        }
        let outcome = command.invoke(&mut context, access, args, &mut self.reply);
        self.reply.advance(self.reply.len());
        outcome.or_else(|error| refuse(error.text()))
    }
}
