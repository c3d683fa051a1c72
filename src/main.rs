//! The program: reads the command line, then runs a tool, or a server until a signal ends it.

use respool::clock::Clock;
use respool::config::{self, Invocation};
use respool::log;
use respool::server::Server;
use respool::tool;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

fn main() -> ExitCode {
    let lossy = |argument: std::ffi::OsString| argument.to_string_lossy().into_owned();
    let arguments: Vec<String> = std::env::args_os().skip(1).map(lossy).collect();
    let outcome = match tool::from_command_line(&arguments) {
        Some((tool, arguments)) => (tool.run)(arguments).map(|text| print(&text)),
        None => serve_as_told(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("respool: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints to standard output. Whoever closes the pipe has read enough.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Runs a server with the flags of the command line, or prints what they ask for.
fn serve_as_told(arguments: &[String]) -> Result<(), String> {
    match config::from_command_line(arguments)? {
        Invocation::Help(text) => print(&(text + &tool::help())),
        Invocation::Version => print(&format!("respool {}\n", env!("CARGO_PKG_VERSION"))),
        Invocation::Serve(config) => {
            log::set_level(config.loglevel);
            if !config.logfile.is_empty() {
                log::set_file(&config.logfile)?;
            }
            serve(Server::bind(*config, Clock::system())?)?;
        }
    }
    Ok(())
}

/// Serves until SIGTERM or SIGINT.
fn serve(server: Server) -> Result<(), String> {
    let mut signals = Signals::new([SIGTERM, SIGINT])
        .map_err(|error| format!("cannot listen for signals: {error}"))?;
    let no_more_signals = signals.handle();
    let stopper = server.stopper();
    // The data goes with the process: to free every entry by itself takes 0.25 s for a million.
    std::mem::forget(Arc::clone(server.shared()));
    let version = env!("CARGO_PKG_VERSION");
    log::notice(&format!("respool {version} starting, process {}", std::process::id()));
    let served = thread::scope(|scope| {
        let listen = move || {
            for signal in signals.forever() {
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
