//! The program: reads the command line, starts the server, and ends it on a signal.

use respool::clock::Clock;
use respool::config::{self, Invocation};
use respool::log;
use respool::server::Server;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match config::from_command_line(&arguments) {
        Ok(Invocation::Print(text)) => {
            print!("{text}");
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
    thread::scope(|scope| {
        scope.spawn(move || {
            for signal in signals.forever() {
                let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
                log::notice(&format!("Received {name}, stopping"));
                stopper.stop();
            }
        });
        server.run();
        no_more_signals.close();
    });
    log::notice("Bye bye");
    Ok(())
}
