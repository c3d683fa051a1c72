//! What scripts find under the name `redis`.

use super::globals::{
    ACL_CHECK_CMD, BREAKPOINT, CALL, ERROR_REPLY, FUNCTIONS, LOG, PCALL, REGISTER,
    REPLICATE_COMMANDS, SET_REPL, SETRESP, SHA1HEX, STATUS_REPLY,
};
use super::registration::callback_of;
use super::values::{error_table, from_answer};
use crate::command::engine::batch::look_up;
use crate::command::engine::permission::Place;
use crate::command::engine::{
    Args, CommandError, Context, Handler, Keyspace, Reply, call, flag, permission, propagation,
    table,
};
use crate::limits;
use crate::log::Level;
use crate::observe::slowlog;
use crate::resp::Span;
use crate::resp::answer_reader::AnswerReader;
use crate::script::{Abort, Call, Error, Host, Value, general};
use crate::shared::scripts::RunningFunction;
use std::borrow::Cow;

/// The server, as one run of a script sees it.
pub struct ScriptHost<'h, 'c> {
    /// The client that called the script, and the services.
    pub context: &'h mut Context<'c>,
    /// All data.
    pub keyspace: &'h mut Keyspace,
    /// Whether commands that write are refused.
    pub is_read_only: bool,
    /// Whether memory is short, so that commands that may need more are refused.
    pub is_out_of_memory: bool,
    /// Whether a command has changed something or may have.
    pub has_written: bool,
    /// Whether replies come in RESP3 (`redis.setresp`).
    pub is_resp3: bool,
    /// Replies of the commands that the script calls.
    pub reply: Reply,
    /// Lines for the server's log, which is written after the lock was released.
    pub lines: Vec<(Level, String)>,
    /// The function that is called, if it is not a script.
    pub function: Option<Callee<'h>>,
}

/// A function of a library that is called.
pub struct Callee<'a> {
    /// Its name.
    pub name: &'a str,
    /// The request.
    pub request: Args<'a>,
    /// Whether it was found: the code of the library has registered it again.
    pub is_found: bool,
    /// Whether the code of the library has ended: it may not register functions any more.
    pub is_loaded: bool,
    /// Whether FUNCTION STATS shows it.
    pub is_shown: bool,
}

impl Host for ScriptHost<'_, '_> {
    fn call(&mut self, native: u16, call: &mut Call<'_>) -> Result<usize, Error> {
        match native {
            CALL => self.command(call, true),
            PCALL => self.command(call, false),
            LOG => self.log(call),
            SHA1HEX if call.count() == 1 => {
                // What is no text counts as an empty one.
                let arg = call.arg(0);
                let text = call.vm().text(arg).unwrap_or_default();
                call.reply_bytes(sha1_smol::Sha1::from(text).digest().to_string().as_bytes())
            }
            SHA1HEX => raise(call, b"ERR wrong number of arguments"),
            ERROR_REPLY | STATUS_REPLY => self.reply_table(call, native == ERROR_REPLY),
            SETRESP => self.set_version(call),
            SET_REPL => set_replication(call),
            REPLICATE_COMMANDS => call.reply(Value::Bool(true)),
            ACL_CHECK_CMD => self.may_call(call),
            BREAKPOINT => call.reply(Value::Bool(false)),
            REGISTER => self.register(call),
            _ => Ok(0),
        }
    }

    fn tick(&mut self, _: u64) -> Result<(), Abort> {
        let shared = self.context.shared;
        if let Some(function) = &mut self.function
            && !std::mem::replace(&mut function.is_shown, true)
        {
            shared.scripts.show(function.show());
        }
        if shared.scripts.shall_end() || shared.is_stopping() { Err(Abort(0)) } else { Ok(()) }
    }

    fn clock(&mut self) -> f64 {
        self.context.shared.clock.steady_ns() as f64 / 1e9
    }
}

/// Raises an error that is a table with the field `err`, as a command that fails does.
pub fn raise(call: &mut Call<'_>, text: &[u8]) -> Result<usize, Error> {
    let table = error_table(call.vm(), text)?;
    Err(Error::value(table))
}

impl ScriptHost<'_, '_> {
    /// `redis.call` and `redis.pcall`: the second returns errors instead of raising them.
    fn command(&mut self, call: &mut Call<'_>, raises: bool) -> Result<usize, Error> {
        let words = self.words(call);
        let is_request = words.is_ok();
        let outcome = words.and_then(|(bytes, spans)| self.perform(Args::new(&bytes, &spans)));
        let text = match outcome {
            Ok(()) => {
                let bytes = self.reply.take().to_bytes();
                match AnswerReader::default().take(&mut &bytes[..]) {
                    Ok(Some(answer)) if answer.error().is_none() => {
                        let value = from_answer(call.vm(), &answer, self.is_resp3)?;
                        return call.reply(value);
                    }
                    Ok(Some(answer)) => answer.error().unwrap_or_default().to_vec(),
                    Ok(None) | Err(_) => b"ERR the reply cannot be read".to_vec(),
                }
            }
            Err(error) => {
                drop(self.reply.take());
                error.text().to_vec()
            }
        };
        let table = error_table(call.vm(), &text)?;
        if raises {
            return Err(Error::value(table));
        }
        if is_request {
            // Redis shows by this that the error was counted already.
            call.vm().set_field(table, "ignore_error_stats_update", Value::Bool(true))?;
        }
        call.reply(table)
    }

    /// The arguments of a call as a request.
    fn words(&self, call: &mut Call<'_>) -> Result<(Vec<u8>, Vec<Span>), CommandError> {
        if call.count() == 0 {
            return Err(CommandError::new(
                "ERR Please specify at least one argument for this redis lib call",
            ));
        }
        let (mut bytes, mut spans) = (Vec::new(), Vec::with_capacity(call.count()));
        for at in 0..call.count() {
            let start = bytes.len();
            match call.arg(at) {
                Value::Num(number) => bytes.extend_from_slice(&general(number, 17)),
                value => match call.vm().bytes(value) {
                    Some(text) => bytes.extend_from_slice(text),
                    None => {
                        return Err(CommandError::new(
                            "ERR Lua redis lib command arguments must be strings or integers",
                        ));
                    }
                },
            }
            if bytes.len() > limits::REQUEST_BYTES_MAX {
                return Err(CommandError::new("ERR the request is too large"));
            }
            spans.push(Span { start: start as u32, len: (bytes.len() - start) as u32 });
        }
        Ok((bytes, spans))
    }

    /// Checks a request as the gate does for clients, and executes it.
    fn perform(&mut self, args: Args<'_>) -> Result<(), CommandError> {
        let id = look_up(args)
            .map_err(|_| CommandError::new("ERR Unknown Redis command called from script"))?;
        let command = table::command(id);
        if !command.takes(args.len()) {
            return Err(CommandError::new(
                "ERR Wrong number of args calling Redis command from script",
            ));
        }
        if command.has(flag::NOSCRIPT) || matches!(command.handler, Handler::Server(_)) {
            return Err(CommandError::new("ERR This Redis command is not allowed from script"));
        }
        let (services, session) = (self.context.shared, &*self.context.session);
        permission::check(services, session, id, args, Place::Script).map_err(|denied| {
            let reason = permission::reason(denied, &session.user, id);
            CommandError::quoting("ERR ACL failure in script: ", &reason, "")
        })?;
        let is_write = command.has(flag::WRITE);
        if is_write && self.is_read_only {
            return Err(CommandError::new(
                "ERR Write commands are not allowed from read-only scripts.",
            ));
        }
        if command.has(flag::DENYOOM) && self.is_out_of_memory {
            return Err(CommandError::OUT_OF_MEMORY);
        }
        propagation::admit(self.context.shared, command, is_write)?;
        if is_write && !self.has_written {
            self.has_written = true;
            self.context.shared.scripts.mark_written();
        }
        self.reply.set_resp3(self.is_resp3);
        call::perform(id, self.context, self.keyspace, args, &mut self.reply)
    }

    /// `redis.acl_check_cmd`: whether the client that called the script may make a request.
    fn may_call(&mut self, call: &mut Call<'_>) -> Result<usize, Error> {
        let words = self.words(call);
        let (bytes, spans) = match words {
            Ok(words) => words,
            Err(error) => return raise(call, error.text()),
        };
        let args = Args::new(&bytes, &spans);
        let Ok(number) = look_up(args) else {
            return raise(call, b"ERR Invalid command passed to redis.acl_check_cmd()");
        };
        let user = &self.context.session.user;
        let may = user.is_unrestricted() || permission::allows(&user.rules(), number, args).is_ok();
        call.reply(Value::Bool(may))
    }

    /// `redis.log(level, message, …)`.
    fn log(&mut self, call: &mut Call<'_>) -> Result<usize, Error> {
        let line = level_and_line(call)?;
        if self.lines.len() < limits::SCRIPT_LOG_LINES_MAX {
            self.lines.push(line);
        }
        Ok(0)
    }

    /// `redis.register_function`, when a library is run to call one of its functions: that one is
    /// kept. Otherwise, as in Redis, there is no such function.
    fn register(&mut self, call: &mut Call<'_>) -> Result<usize, Error> {
        let Some(function) = self.function.as_mut().filter(|function| !function.is_loaded) else {
            return Err(Error::text("attempt to call field 'register_function' (a nil value)"));
        };
        if function.is_found {
            return Ok(0);
        }
        // The arguments were checked when the library was loaded, and are the same each time.
        if let Some(callback) = callback_of(call, function.name) {
            function.is_found = true;
            let place = call.vm().run_table(FUNCTIONS.callback);
            call.vm().set(place, Value::Num(1.0), callback)?;
        }
        Ok(0)
    }

    /// `redis.setresp(2 or 3)`.
    fn set_version(&mut self, call: &mut Call<'_>) -> Result<usize, Error> {
        if call.count() != 1 {
            return raise(call, b"ERR redis.setresp() requires one argument.");
        }
        match number_of(call, 0) {
            2.0 => self.is_resp3 = false,
            3.0 => self.is_resp3 = true,
            _ => return raise(call, b"ERR RESP version must be 2 or 3."),
        }
        Ok(0)
    }

    /// `redis.error_reply(text)` and `redis.status_reply(text)`. Wrong arguments are no error, but
    /// give the reply of one.
    fn reply_table(&mut self, call: &mut Call<'_>, is_error: bool) -> Result<usize, Error> {
        let text = call.arg(0);
        let text = call.vm().bytes(text).map(<[u8]>::to_vec).filter(|_| call.count() == 1);
        let Some(text) = text else {
            let table = error_table(call.vm(), b"ERR wrong number or type of arguments")?;
            return call.reply(table);
        };
        let table = match is_error {
            true => {
                let text = text.strip_prefix(b"-").unwrap_or(&text).to_vec();
                let is_whole = text.contains(&b' ');
                let text = if is_whole { text } else { [b"ERR ", &text[..]].concat() };
                error_table(call.vm(), &text)?
            }
            false => {
                let table = call.vm().table(0, 1)?;
                let text = call.vm().string(&text)?;
                call.vm().set_field(table, "ok", text)?;
                table
            }
        };
        call.reply(table)
    }
}

/// An argument as C Lua's `lua_tonumber` takes it: what is no number counts as zero.
fn number_of(call: &mut Call<'_>, at: usize) -> f64 {
    match call.arg(at) {
        Value::Num(number) => number,
        text => call.vm().bytes(text).and_then(crate::script::parse).unwrap_or(0.0),
    }
}

/// `redis.set_repl`: effects are always logged, as one unit, so there is nothing to choose.
fn set_replication(call: &mut Call<'_>) -> Result<usize, Error> {
    if call.count() != 1 {
        return raise(call, b"ERR redis.set_repl() requires two arguments.");
    }
    match number_of(call, 0) as i64 & !3 {
        0 => Ok(0),
        _ => {
            let text = "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or \
                        REPL_NONE.";
            raise(call, text.as_bytes())
        }
    }
}

/// The arguments of `redis.log`: a level, and words that become a line.
pub fn level_and_line(call: &mut Call<'_>) -> Result<(Level, String), Error> {
    const LEVELS: [Level; 4] = [Level::Debug, Level::Verbose, Level::Notice, Level::Warning];
    let complaint = match call.arg(0) {
        _ if call.count() < 2 => "ERR redis.log() requires two arguments or more.",
        Value::Num(level) if (0.0..=3.0).contains(&level) => {
            let line = texts_from(call, 1).join(&b' ');
            let line = &line[..line.len().min(limits::SCRIPT_LOG_LINE_BYTES_MAX)];
            return Ok((LEVELS[level as usize], String::from_utf8_lossy(line).into_owned()));
        }
        Value::Num(_) => "ERR Invalid debug level.",
        _ => "ERR First argument must be a number (log level).",
    };
    let table = error_table(call.vm(), complaint.as_bytes())?;
    Err(Error::value(table))
}

impl Callee<'_> {
    /// The function as FUNCTION STATS shows it, with as much of the request as the slow log keeps.
    fn show(&self) -> RunningFunction {
        let command =
            slowlog::shortened(self.request.len(), self.request.iter().map(Cow::Borrowed));
        RunningFunction { name: self.name.to_owned(), command }
    }
}

/// The arguments from number `first` on that are strings or numbers, as text.
fn texts_from(call: &mut Call<'_>, first: usize) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for at in first..call.count() {
        let arg = call.arg(at);
        texts.extend(call.vm().text(arg));
    }
    texts
}
