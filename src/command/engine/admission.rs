//! Admission control: whether a request is executed now, queued, waits, or is refused.
//!
//! All checks that do not depend on the command's own work are here, in one order. The
//! [`super::gate`] acts on the decision.

use crate::command::engine::gate::Run;
use crate::command::engine::permission::{self, Place};
use crate::command::engine::propagation;
use crate::command::engine::queue::aborted_because_of;
use crate::command::engine::session::{ReplyMode, reach};
use crate::command::engine::table;
use crate::command::engine::{
    Alone, Args, Command, CommandError, CommandId, Handler, Outcome, flag,
};
use crate::keyspace::Eviction;
use crate::limits;
use crate::log::Level;
use std::sync::atomic::Ordering::Relaxed;

/// The decision about a request.
#[derive(Clone, Copy)]
pub(super) enum Admitted {
    /// Execute it now.
    Call(CommandId),
    /// Execute it now, without the keyspace, which a script holds for too long.
    WhileBusy(CommandId, Alone),
    /// It is queued for EXEC.
    Queued,
    /// It waits for the end of a pause and is tried again.
    Later,
    /// There is nothing to execute: a request without a word.
    Empty,
}

impl Run<'_, '_> {
    /// Admits a request or not: the checks, in nearly Redis's order. If a write is refused for two
    /// reasons, Redis reports short memory before a failing disk; here keys are evicted only for a
    /// write that can be logged.
    pub(super) fn admit(
        &mut self,
        id: &Result<CommandId, CommandError>,
        args: Args<'_>,
    ) -> Result<Admitted, CommandError> {
        if args.is_empty() {
            return Ok(Admitted::Empty);
        }
        let id = match id {
            Ok(id) => *id,
            Err(error) => {
                self.refuse_cross_protocol(args);
                return Err(error.clone());
            }
        };
        let row = table::row(id);
        self.session.client.command.store(id.index() + 1, Relaxed);
        if !row.command.takes(args.len()) {
            return Err(CommandError::arity(&row.full_name()));
        }
        if !self.session.is_authenticated
            && !row.command.has(flag::NO_AUTH)
            && !self.shared.acl.default_user().is_open()
        {
            return Err(CommandError::new("NOAUTH Authentication required."));
        }
        let is_alone = matches!(row.command.handler, Handler::Server(_));
        if self.session.transaction.is_some() && (is_alone || row.command.has(flag::NO_MULTI)) {
            return Err(CommandError::new("ERR Command not allowed inside a transaction"));
        }
        permission::check(self.shared, self.session, id, args, Place::Client)
            .map_err(|denied| permission::error(denied, &self.session.user, id))?;
        if self.session.is_reached(reach::MONITOR) && row.command.accesses_keys() {
            return Err(CommandError::new("ERR Replica can't interact with the keyspace"));
        }
        self.session.admit_while_subscribed(row)?;
        let is_write = self.is_write(row.command);
        // What a script may do is checked when it does it.
        let is_logged = is_write && !row.command.has(flag::RUNS_COMMANDS);
        propagation::admit(self.shared, row.command, is_logged)?;
        if self.has_to_wait(is_write || row.command.has(flag::PAUSED_AS_WRITE)) {
            return Ok(Admitted::Later);
        }
        if let Err(busy) = self.lock_for(row.command) {
            let is_queued = self.session.transaction.is_some();
            let handler = row.command.while_busy.filter(|_| !is_queued).ok_or(busy)?;
            return Ok(Admitted::WhileBusy(id, handler));
        }
        self.evict_for(row.command)?;
        match &mut self.session.transaction {
            Some(transaction) if !row.command.has(flag::UNQUEUED) => {
                let (is_write, may_grow) =
                    (row.command.has(flag::WRITE), row.command.has(flag::DENYOOM));
                transaction.queue(id, (is_write, may_grow), args)?;
                Ok(Admitted::Queued)
            }
            _ => Ok(Admitted::Call(id)),
        }
    }

    /// Whether a command may change the data, or executes queued ones that may.
    pub(super) fn is_write(&self, command: &Command) -> bool {
        let transaction = self.session.transaction.as_ref();
        command.has(flag::WRITE)
            || command.has(flag::RUNS_COMMANDS) && !command.has(flag::READONLY)
            || command.has(flag::EXECUTES) && transaction.is_some_and(|queued| queued.has_writes)
    }

    /// Whether a pause concerns a command. A stopping server has no pauses.
    fn has_to_wait(&mut self, is_write: bool) -> bool {
        let waits = self.shared.clients.pause.concerns(is_write) && !self.shared.is_stopping();
        self.session.has_to_wait = waits.then_some(is_write);
        waits
    }

    /// Locks the keyspace for a command that needs it.
    ///
    /// # Errors
    /// A script holds the lock for longer than others should wait.
    fn lock_for(&mut self, command: &Command) -> Outcome {
        let needs_it = command.handler.needs_keyspace() || command.has(flag::DENYOOM);
        if self.access.is_none() && needs_it {
            match self.shared.lock_keyspace_unless_busy() {
                Some(hold) => self.use_hold(hold),
                None if self.shared.scripts.is_function() => {
                    return Err(CommandError::BUSY_FUNCTION);
                }
                None => return Err(CommandError::BUSY),
            }
        }
        Ok(())
    }

    /// Evicts keys if the memory limit is exceeded and the request may need more memory. The
    /// request may proceed even if the limit is still exceeded afterwards.
    ///
    /// # Errors
    /// No key may be evicted.
    fn evict_for(&mut self, command: &Command) -> Outcome {
        if !propagation::may_grow(command, self.session.transaction.as_ref()) {
            return Ok(());
        }
        let access = self.keyspace();
        if !access.is_over_limit() {
            return Ok(());
        }
        let room = access.evict(limits::EVICTION_EFFORT_MAX);
        self.has_evicted = true;
        if room == Eviction::Impossible { Err(CommandError::OUT_OF_MEMORY) } else { Ok(()) }
    }

    /// Counts a request that is not executed, and marks a transaction as broken.
    pub(super) fn refuse(
        &mut self,
        id: &Result<CommandId, CommandError>,
        error: CommandError,
    ) -> CommandError {
        let id = id.as_ref().ok().copied();
        id.into_iter().for_each(|id| self.shared.calls.add_rejected(id));
        if id.is_some_and(|id| table::command(id).has(flag::EXECUTES)) {
            self.forget_transaction();
            return aborted_because_of(&error);
        }
        if let Some(transaction) = &mut self.session.transaction {
            transaction.is_broken = true;
        }
        error
    }

    /// A browser can be made to send requests here (cross-protocol scripting); they begin with a
    /// line of HTTP. Nothing after it may be executed.
    fn refuse_cross_protocol(&mut self, args: Args<'_>) {
        if args.is(0, "post") || args.is(0, "host:") {
            let peer = &self.session.client.peer;
            let line = format!(
                "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or \
                 Host: commands to Redis: connection from {peer} aborted."
            );
            // Writing a log line is a system call: not under the lock.
            self.session.aftermath.log_lines.push((Level::Warning, line));
            self.session.is_closing = true;
            self.session.reply_mode = ReplyMode::Off;
        }
    }
}
