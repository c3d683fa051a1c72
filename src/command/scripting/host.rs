//! What scripts find under the name `redis`.

use super::values::{error_table, from_answer};
use crate::command::engine::batch::look_up;
use crate::command::engine::{
    Args, CommandError, Context, Handler, Keyspace, Reply, call, flag, propagation, table,
};
use crate::limits;
use crate::log::Level;
use crate::resp::Span;
use crate::resp::answer_reader::AnswerReader;
use crate::script::{Abort, Call, Error, Host, Value, general};

const CALL: u16 = 0;
const PCALL: u16 = 1;
const LOG: u16 = 2;
const SHA1HEX: u16 = 3;
const ERROR_REPLY: u16 = 4;
const STATUS_REPLY: u16 = 5;
const SETRESP: u16 = 6;
const SET_REPL: u16 = 7;
const REPLICATE_COMMANDS: u16 = 8;
const ACL_CHECK_CMD: u16 = 9;
const BREAKPOINT: u16 = 10;
const DEBUG: u16 = 11;

/// The functions in the table `redis`, by name and number.
pub const NATIVES: &[(&str, u16)] = &[
    ("call", CALL),
    ("pcall", PCALL),
    ("log", LOG),
    ("sha1hex", SHA1HEX),
    ("error_reply", ERROR_REPLY),
    ("status_reply", STATUS_REPLY),
    ("setresp", SETRESP),
    ("set_repl", SET_REPL),
    ("replicate_commands", REPLICATE_COMMANDS),
    ("acl_check_cmd", ACL_CHECK_CMD),
    ("breakpoint", BREAKPOINT),
    ("debug", DEBUG),
];

/// The numbers in the table `redis`.
pub const CONSTANTS: &[(&str, f64)] = &[
    ("LOG_DEBUG", 0.0),
    ("LOG_VERBOSE", 1.0),
    ("LOG_NOTICE", 2.0),
    ("LOG_WARNING", 3.0),
    ("REPL_NONE", 0.0),
    ("REPL_AOF", 1.0),
    ("REPL_SLAVE", 2.0),
    ("REPL_REPLICA", 2.0),
    ("REPL_ALL", 3.0),
    ("REDIS_VERSION_NUM", 0x0007_0200 as f64),
];

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
}

impl Host for ScriptHost<'_, '_> {
    fn call(&mut self, native: u16, call: &mut Call<'_>) -> Result<usize, Error> {
        match native {
            CALL => self.command(call, true),
            PCALL => self.command(call, false),
            LOG => self.log(call),
            SHA1HEX => {
                let [text] = self.texts::<1>(call, "wrong number of arguments")?;
                call.reply_bytes(sha1_smol::Sha1::from(text).digest().to_string().as_bytes())
            }
            ERROR_REPLY => {
                let [text] = self.texts::<1>(call, "wrong number or type of arguments")?;
                let text = text.strip_prefix(b"-").unwrap_or(&text).to_vec();
                let text = if text.contains(&b' ') { text } else { [b"ERR ", &text[..]].concat() };
                let table = error_table(call.vm(), &text)?;
                call.reply(table)
            }
            STATUS_REPLY => {
                let [text] = self.texts::<1>(call, "wrong number or type of arguments")?;
                let table = call.vm().table(0, 1)?;
                let text = call.vm().string(&text)?;
                call.vm().set_field(table, "ok", text)?;
                call.reply(table)
            }
            SETRESP => self.set_version(call),
            // Effects are always logged, as one unit: there is nothing to choose.
            SET_REPL => match call.arg(0) {
                Value::Num(flags) if (0.0..=3.0).contains(&flags) => Ok(0),
                _ => raise(
                    call,
                    b"ERR Invalid replication flags. Please use REPL_AOF, \
                                   REPL_REPLICA, REPL_ALL or REPL_NONE.",
                ),
            },
            REPLICATE_COMMANDS | ACL_CHECK_CMD => call.reply(Value::Bool(true)),
            BREAKPOINT => call.reply(Value::Bool(false)),
            _ => Ok(0),
        }
    }

    fn tick(&mut self, _: u64) -> Result<(), Abort> {
        let shared = self.context.shared;
        if shared.scripts.shall_end() || shared.is_stopping() { Err(Abort(0)) } else { Ok(()) }
    }

    fn clock(&mut self) -> f64 {
        self.context.shared.clock.steady_ns() as f64 / 1e9
    }
}

/// Raises an error that is a table with the field `err`, as a command that fails does.
fn raise(call: &mut Call<'_>, text: &[u8]) -> Result<usize, Error> {
    let table = error_table(call.vm(), text)?;
    Err(Error::value(table))
}

impl ScriptHost<'_, '_> {
    /// `redis.call` and `redis.pcall`: the second returns errors instead of raising them.
    fn command(&mut self, call: &mut Call<'_>, raises: bool) -> Result<usize, Error> {
        let outcome = self.words(call).and_then(|(bytes, spans)| {
            let args = Args::new(&bytes, &spans);
            self.perform(args)
        });
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
        if raises { Err(Error::value(table)) } else { call.reply(table) }
    }

    /// The arguments of a call as a request.
    fn words(&self, call: &mut Call<'_>) -> Result<(Vec<u8>, Vec<Span>), CommandError> {
        if call.count() == 0 {
            return Err(CommandError::new(
                "ERR Please specify at least one argument for this redis.call() call",
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

    /// `redis.log(level, message, …)`.
    fn log(&mut self, call: &mut Call<'_>) -> Result<usize, Error> {
        if call.count() < 2 {
            return raise(call, b"ERR redis.log() requires two arguments or more.");
        }
        let Value::Num(level) = call.arg(0) else {
            return raise(call, b"ERR First argument must be a number (log level).");
        };
        if !(0.0..=3.0).contains(&level) {
            return raise(call, b"ERR Invalid log level.");
        }
        let words = texts_from(call, 1);
        if self.lines.len() < limits::SCRIPT_LOG_LINES_MAX {
            let line = words.join(&b' ');
            let line = &line[..line.len().min(limits::SCRIPT_LOG_LINE_BYTES_MAX)];
            const LEVELS: [Level; 4] =
                [Level::Debug, Level::Verbose, Level::Notice, Level::Warning];
            let text = String::from_utf8_lossy(line).into_owned();
            self.lines.push((LEVELS[level as usize], text));
        }
        Ok(0)
    }

    /// `redis.setresp(2 or 3)`.
    fn set_version(&mut self, call: &mut Call<'_>) -> Result<usize, Error> {
        if call.count() != 1 {
            return raise(call, b"ERR redis.setresp() requires one argument.");
        }
        match call.arg(0) {
            Value::Num(2.0) => self.is_resp3 = false,
            Value::Num(3.0) => self.is_resp3 = true,
            _ => return raise(call, b"ERR RESP version must be 2 or 3."),
        }
        Ok(0)
    }

    /// Exactly `COUNT` texts.
    fn texts<const COUNT: usize>(
        &self,
        call: &mut Call<'_>,
        complaint: &str,
    ) -> Result<[Vec<u8>; COUNT], Error> {
        let texts = texts_from(call, 0);
        match <[Vec<u8>; COUNT]>::try_from(texts) {
            Ok(texts) if call.count() == COUNT => Ok(texts),
            _ => {
                let table = error_table(call.vm(), format!("ERR {complaint}").as_bytes())?;
                Err(Error::value(table))
            }
        }
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
