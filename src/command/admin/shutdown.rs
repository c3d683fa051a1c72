//! SHUTDOWN: an orderly stop at the request of a client instead of a signal.

use crate::command::engine::arguments::Cursor;
use crate::command::engine::session::ReplyMode;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::log;
use crate::shared::Shared;
use crate::shared::saving::AtStop;

/// The family.
pub const COMMANDS: &[&Command] = &[&SHUTDOWN];

static SHUTDOWN: Command = Command {
    group: "server",
    complexity: Complexity::Other("O(N) with N connections"),
    summary: "Saves if there are points of `save`, and stops the server; closes without a reply",
    syntax: "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
    example: "> SHUTDOWN ABORT
              -ERR No shutdown in progress.
              > SHUTDOWN SAVE NOSAVE
              -ERR syntax error",
    handler: Handler::Server(shutdown),
    ..Command::named(
        "shutdown",
        -1,
        flag::ADMIN
            | flag::NOSCRIPT
            | flag::LOADING
            | flag::STALE
            | flag::NO_MULTI
            | flag::ALLOW_BUSY,
        "1.0.0",
    )
};

/// The options of SHUTDOWN.
#[derive(Default)]
struct Options {
    save: bool,
    no_save: bool,
    force: bool,
    abort: bool,
}

fn shutdown(shared: &Shared, context: &mut Context<'_>, args: Args<'_>, _: &mut Reply) -> Outcome {
    let options = options(args)?;
    // A stop has no replica to wait for, so it cannot be aborted.
    if options.abort {
        return Err(CommandError::new("ERR No shutdown in progress."));
    }
    let (id, peer) = (context.session.client.id, &context.session.client.peer);
    if options.no_save {
        shared.saving.decide_at_stop(AtStop::Nothing);
    } else if !shared.is_loading() && (options.save || !shared.config().save.is_empty()) {
        // A failure is found out while the server can still go on. What other clients change from
        // here on is saved when they have gone.
        let is_saved = shared.save_when_free().is_ok();
        if !is_saved && !options.force {
            log::warning(&format!("SHUTDOWN from client id={id} addr={peer} refused: not saved"));
            return Err(CommandError::new("ERR Errors trying to SHUTDOWN. Check logs."));
        }
        shared.saving.decide_at_stop(AtStop::Rest);
    }
    log::notice(&format!("Client id={id} addr={peer} asked for SHUTDOWN, stopping"));
    shared.ask_to_stop();
    context.session.is_closing = true;
    context.session.reply_mode = ReplyMode::Off;
    Ok(())
}

fn options(args: Args<'_>) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut words = Cursor::at(args, 1);
    while !words.is_done() {
        if words.take("SAVE") {
            options.save = true;
        } else if words.take("NOSAVE") {
            options.no_save = true;
        } else if words.take("FORCE") {
            options.force = true;
        } else if words.take("ABORT") {
            options.abort = true;
        } else if !words.take("NOW") {
            // NOW skips the wait for replicas, of which there are none.
            return Err(CommandError::SYNTAX);
        }
    }
    let is_contradictory = options.save && options.no_save || options.abort && args.len() > 2;
    if is_contradictory { Err(CommandError::SYNTAX) } else { Ok(options) }
}
