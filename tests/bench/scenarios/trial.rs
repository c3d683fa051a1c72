//! A fresh server for one measurement, in a directory of its own and for a bounded time.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::Scenario;
use crate::process;
use crate::server::{self, Program, Server};

/// A scenario that takes longer than this on one server has failed.
const TRIAL_MAX: Duration = Duration::from_secs(90);

/// What a scenario measures.
pub struct Trial {
    /// Whether rough figures are enough.
    pub quick: bool,
    program: Program,
    flags: &'static [&'static str],
    directory: TempDir,
    watchdog: Watchdog,
    /// `None` only while it is being started again.
    server: Option<Server>,
}

/// Measures `scenario` once on `program`.
pub fn once(
    scenario: &Scenario,
    side: usize,
    program: &Program,
    quick: bool,
) -> Result<Vec<f64>, String> {
    let flags = [scenario.respool_flags, scenario.redis_flags][side];
    let directory = server::directory()?;
    let server = Server::start(program, flags, directory.path(), None)?;
    let watchdog = Watchdog::over(&server);
    let program = program.clone();
    let mut trial = Trial { quick, program, flags, directory, watchdog, server: Some(server) };
    let figures = (scenario.measure)(&mut trial)?;
    match figures.len() == scenario.figures.len() && figures.iter().all(|value| value.is_finite()) {
        true => Ok(figures),
        false => Err(format!("returned {figures:?}, which are not its figures")),
    }
}

impl Trial {
    /// The server under measurement.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a trial has a server between two calls")
    }

    /// The server's program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Stops the server in an orderly way and starts it again in the same directory. Tells how
    /// long the start took, up to the first PONG.
    pub fn restart(&mut self) -> Result<Duration, String> {
        self.restart_on(|_| Ok(()))
    }

    /// The same with another state of the directory, which `prepare` leaves there in between.
    pub fn restart_on(
        &mut self,
        prepare: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<Duration, String> {
        if let Some(server) = self.server.take() {
            server.stop()?;
        }
        prepare(self.directory.path())?;
        let server = Server::start(&self.program, self.flags, self.directory.path(), None)?;
        self.watchdog.watch(&server);
        Ok(self.server.insert(server).started_in)
    }
}

/// Kills the server when the time is up, so that whatever waits for it fails.
struct Watchdog {
    process_id: Arc<AtomicU32>,
    /// Dropped with the trial, which ends the thread.
    _alive: Sender<()>,
}

impl Watchdog {
    fn over(server: &Server) -> Watchdog {
        let process_id = Arc::new(AtomicU32::new(server.id()));
        let (alive, ended) = channel::<()>();
        let watched = Arc::clone(&process_id);
        thread::spawn(move || {
            // An error that is not a timeout says that the trial has ended.
            if ended.recv_timeout(TRIAL_MAX) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                let id = watched.load(Ordering::Relaxed).to_string();
                let _ = process::output(Command::new("kill").args(["-KILL", &id]));
                eprintln!("took longer than {} s: its server was killed", TRIAL_MAX.as_secs());
            }
        });
        Watchdog { process_id, _alive: alive }
    }

    fn watch(&self, server: &Server) {
        self.process_id.store(server.id(), Ordering::Relaxed);
    }
}
