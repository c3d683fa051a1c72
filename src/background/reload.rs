//! Loading again what is on the disk, while the server runs: DEBUG RELOAD and DEBUG LOADAOF.
//!
//! Clients get `-LOADING` meanwhile, as at the start. A failure leaves a part of the data, which
//! must not be taken for all of it: the server stops, as Redis does.

use crate::aof::{Directory, Names, Reload};
use crate::background::{loader, snapshot_loader};
use crate::log;
use crate::shared::Shared;
use crate::shared::functions::Libraries;
use std::fs::File;

/// Loads the snapshot into the running server. With a log, the caller has to rewrite it.
///
/// # Errors
/// One line with the reason.
pub fn snapshot(shared: &Shared, reload: Reload) -> Result<(), String> {
    let path = {
        let config = shared.config();
        config.dir.join(Names::of(&config)?.snapshot)
    };
    let mut file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let is_logging = begin(shared, reload.flushes);
    let loaded = snapshot_loader::load_over(shared, &path, &mut file, reload.merges);
    shared.with_keyspace(|hold| {
        hold.fit();
        hold.set_replaying(false);
        hold.propagation.turn(is_logging);
    });
    shared.end_loading();
    stop_unless_loaded(shared, loaded).map(drop)
}

/// Replays the log into the empty server, and returns its directory.
///
/// # Errors
/// One line with the reason.
pub fn log(shared: &Shared, directory: Directory) -> Result<Option<Directory>, String> {
    shared.with_keyspace(|hold| hold.propagation.turn(false));
    shared.finish_log();
    begin(shared, true);
    stop_unless_loaded(shared, loader::run(shared, directory))
}

/// Keeps clients away, and removes all data if that is wanted. Says whether changes were logged.
fn begin(shared: &Shared, flushes: bool) -> bool {
    shared.begin_loading();
    let databases = shared.config().databases;
    if flushes {
        shared.functions.replace(Libraries::default());
    }
    shared.with_keyspace(|hold| {
        let is_logging = hold.propagation.is_on();
        hold.propagation.turn(false);
        if flushes {
            (0..databases).for_each(|db| hold.flush(db));
        }
        hold.set_replaying(true);
        is_logging
    })
}

fn stop_unless_loaded<T>(shared: &Shared, loaded: Result<T, String>) -> Result<T, String> {
    loaded.inspect_err(|error| {
        log::warning(&format!("Loading again failed, so the server stops: {error}"));
        shared.ask_to_stop();
    })
}
