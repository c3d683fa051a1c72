//! The rewriter: the thread that rewrites the log, turns it on and off, and saves snapshots.
//!
//! It is a thread of its own because its last step may take seconds: the sync of a file with all
//! the data. The housekeeper could not sync for waiting clients meanwhile, and no key would expire.
//! It owns the log's folder, so no other thread changes the manifest.

use crate::aof::{Directory, Form, Names, Order, Rewrite};
use crate::background::{reload, saver};
use crate::keyspace::store::snapshot::BeforeImage;
use crate::log;
use crate::shared::Shared;
use crate::snapshot::stream::{self, Outline};
use crossbeam_channel::{Receiver, select};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

/// Executes orders until the other end of `stop` is dropped, saves the data if a stop has to, and
/// returns the directory.
pub fn run(
    shared: &Shared,
    mut directory: Option<Directory>,
    stop: &Receiver<()>,
) -> Option<Directory> {
    loop {
        let order = select! {
            recv(stop) -> _ => {
                saver::save_at_stop(shared);
                return directory;
            }
            recv(shared.aof.rewriter.orders_given) -> order => order.ok()?,
        };
        match (order, &mut directory) {
            (Order::Rewrite, Some(directory)) => rewrite(shared, directory, |_| {}),
            (Order::Rewrite, None) => shared.aof.status.is_scheduled.store(false, Relaxed),
            (Order::Save(answer), _) => {
                let outcome = saver::save(shared, false);
                answer.into_iter().for_each(|answer| drop(answer.send(outcome.clone())));
            }
            (Order::Reload(reload, answer), directory) => {
                let outcome = reload::snapshot(shared, reload);
                if let (Ok(()), Some(directory)) = (&outcome, directory) {
                    // The log does not lead to what was loaded.
                    rewrite(shared, directory, |_| {});
                }
                let _ = answer.send(outcome);
            }
            (Order::LoadLog(answer), directory) => {
                let outcome = match directory.take() {
                    Some(log) => reload::log(shared, log).map(|log| *directory = log),
                    None => Err("there is no log".to_owned()),
                };
                let _ = answer.send(outcome);
            }
            (Order::TurnOn(answer), None) => {
                let path = shared.config().dir.clone();
                match begin_directory(shared, &path) {
                    Ok(opened) => {
                        shared.aof.status.is_unfounded.store(true, Relaxed);
                        let tell = |begun: Result<(), String>| drop(answer.send(begun));
                        rewrite(shared, directory.insert(opened), tell);
                        if !shared.aof.is_on() {
                            directory = None;
                        }
                    }
                    Err(error) => drop(answer.send(Err(error))),
                }
            }
            (Order::TurnOff(answer), _) => {
                shared.with_keyspace(|hold| hold.propagation.turn(false));
                shared.finish_log();
                directory = None;
                let _ = answer.send(Ok(()));
            }
            (Order::TurnOn(answer), Some(_)) => drop(answer.send(Ok(()))),
        }
    }
}

/// Opens the directory of a log that is turned on. A new directory gets an empty log first: if the
/// machine stops before the first base is complete, the next start finds only files that it can
/// use.
fn begin_directory(shared: &Shared, path: &Path) -> Result<Directory, String> {
    let (disk, names) = (shared.aof.disk().clone(), Names::of(&shared.config())?);
    let mut directory = match shared.aof.status.is_own.load(Relaxed) {
        true => Directory::open(disk, path, names)?,
        false => Directory::open_to_replace(disk, path, names)?,
    };
    match directory.last_increment() {
        Ok(_) => Ok(directory),
        Err(error) => Err(format!("the append-only file cannot be begun: {error}")),
    }
}

/// Rewrites the log; `tell` gets the result of its beginning.
fn rewrite(shared: &Shared, directory: &mut Directory, tell: impl FnOnce(Result<(), String>)) {
    let (status, clock) = (&shared.aof.status, &shared.clock);
    status.begin(clock.steady_ms());
    log::notice("Rewriting the append-only file");
    let begun = Rewrite::begin(&shared.aof, directory, form(shared), |file| {
        let mut access = shared.lock_keyspace();
        access.begin_snapshot();
        let outline = Outline::of(&access, shared.functions.current().codes());
        status.entries_to_rewrite.store(outline.keys(), Relaxed);
        let (keyspace, log) = access.split();
        log.forget_selection();
        if shared.aof.is_on() {
            shared.aof.switch(file);
        } else {
            keyspace.propagation.turn(true);
            shared.aof.begin(file, (0, 0));
        }
        access.release();
        outline
    });
    let outcome = match begun {
        Ok(mut rewrite) => {
            tell(Ok(()));
            match take_image(shared, false, |part| rewrite.write(part)) {
                Ok(()) => rewrite.finish(),
                Err(error) => {
                    rewrite.abandon();
                    Err(error)
                }
            }
        }
        Err(error) => {
            tell(Err(error.clone()));
            Err(error)
        }
    };
    status.end(clock.steady_ms(), outcome.is_ok());
    match outcome {
        Ok(entries) => log::notice(&format!(
            "The append-only file was rewritten: {entries} keys, {} bytes",
            status.base_bytes.load(Relaxed)
        )),
        Err(error) => {
            log::warning(&format!("Rewriting the append-only file failed: {error}"));
        }
    }
}

/// The form of the next base.
fn form(shared: &Shared) -> Form {
    let config = shared.config();
    match config.aof_use_rdb_preamble {
        true => Form::Snapshot(
            stream::options(config.rdbcompression, config.rdbchecksum),
            shared.clock.unix_ms() / 1_000,
        ),
        false => Form::Requests,
    }
}

/// Takes the snapshot to its end, even if it is not written any more: only then can another one
/// begin, and until then clients save before-images. A stop of the server ends the writing, unless
/// it is for this image that the stop waits: `is_last`.
///
/// # Errors
/// That of `write`, or that the server stops.
pub(super) fn take_image(
    shared: &Shared,
    is_last: bool,
    mut write: impl FnMut(Vec<BeforeImage>) -> Result<(), String>,
) -> Result<(), String> {
    let mut outcome = Ok(());
    let mut is_complete = false;
    while !is_complete {
        let mut access = shared.lock_keyspace();
        let mut image = access.step_snapshot();
        is_complete = !access.has_snapshot();
        access.release();
        while let Some(kept) = shared.aof.rewriter.take_before_images(is_complete) {
            image.extend(kept);
        }
        if !is_last && shared.is_stopping() && outcome.is_ok() {
            outcome = Err("the server stops".to_owned());
        }
        if outcome.is_ok() {
            outcome = write(image);
        }
        // Threads that wait for the keyspace go first.
        std::thread::yield_now();
    }
    outcome
}
