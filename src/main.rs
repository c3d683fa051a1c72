//! The program: reads the command line, then runs a tool, or a server until a signal ends it.

use respool::clock::Clock;
use respool::command::{families, rename};
use respool::config::{self, Invocation};
use respool::log;
use respool::server::Server;
use respool::supervision::PidFile;
use respool::text::version;
use respool::tool::{self, Asked};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

fn main() -> ExitCode {
    let words = match tool::asked_for(std::env::args_os()) {
        Asked::Tool(tool, words) => return (tool.run)(words),
        Asked::Server(words) => words,
    };
    match serve_as_told(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("respool: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints to standard output. A reader that closes the pipe has read enough.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Runs a server with the flags of the command line, or prints what they ask for.
fn serve_as_told(arguments: &[OsString]) -> Result<(), String> {
    families::install_catalogue();
    let renames = RefCell::new(Vec::new());
    let rename = |old: &[u8], new: &[u8]| {
        rename::check(&renames.borrow(), old, new)?;
        renames.borrow_mut().push((old.to_vec(), new.to_vec()));
        Ok(())
    };
    match config::from_command_line(arguments, &rename)? {
        Invocation::Help(text) => print(&(text + &tool::help())),
        Invocation::Version => print(&version::line()),
        Invocation::Serve(config) => {
            rename::put_in_force(renames.take());
            log::set_level(config.loglevel);
            if let Some(path) = &config.logfile {
                log::set_file(config.path(path))?;
            }
            let server = Server::bind(*config, Clock::system())?;
            // Only a server that has its addresses may claim to be the running one.
            let _removed_at_the_end = PidFile::write(&server.shared().config());
            serve(server)?;
        }
    }
    Ok(())
}

/// Serves until SIGTERM or SIGINT. SIGHUP, sent when a terminal is closed or a tool has rotated the
/// log file, ends nothing: the file is opened for each line, so there is nothing to reopen.
fn serve(server: Server) -> Result<(), String> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])
        .map_err(|error| format!("cannot listen for signals: {error}"))?;
    let no_more_signals = signals.handle();
    let stopper = server.stopper();
    // The data is freed with the process: freeing every entry would take 0.25 s for a million.
    std::mem::forget(Arc::clone(server.shared()));
    let version = env!("CARGO_PKG_VERSION");
    log::notice(&format!("respool {version} starting, process {}", std::process::id()));
    let served = thread::scope(|scope| {
        let listen = move || {
            for signal in signals.forever() {
                if signal == SIGHUP {
                    log::notice("Received SIGHUP: log lines go to the file of this name");
                    continue;
                }
                let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
                log::notice(&format!("Received {name}, stopping"));
                stopper.stop();
            }
        };
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn_scoped(scope, listen)
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        let served = server.run();
        no_more_signals.close();
        served
    });
    log::notice("Bye bye");
    served
}
