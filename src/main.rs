//! The program: reads the command line, starts the server, and ends it on a signal.

use respool::clock::Clock;
use respool::config::{self, Invocation};
use respool::log;
use respool::server::Server;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::Write;
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let lossy = |argument: std::ffi::OsString| argument.to_string_lossy().into_owned();
    let arguments: Vec<String> = std::env::args_os().skip(1).map(lossy).collect();
    let outcome = match config::from_command_line(&arguments) {
        Ok(Invocation::Print(text)) => {
            // Whoever closes the pipe has read enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            Ok(())
        }
        Ok(Invocation::Serve(config)) => {
            log::set_level(config.loglevel);
            Server::bind(*config, Clock::system()).and_then(serve)
        }
        Err(message) => Err(message),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("respool: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until SIGTERM or SIGINT.
fn serve(server: Server) -> Result<(), String> {
    let mut signals = Signals::new([SIGTERM, SIGINT])
        .map_err(|error| format!("cannot listen for signals: {error}"))?;
    let no_more_signals = signals.handle();
    let stopper = server.stopper();
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
