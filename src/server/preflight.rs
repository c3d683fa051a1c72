//! Checks and warnings about a configuration before the server serves.

use crate::acl::Acl;
use crate::aof::{Directory, Disk, Names, survey};
use crate::background::saver;
use crate::config::Config;
use crate::shared::Shared;
use crate::system::{machine, open_files};
use crate::text::units;
use crate::{limits, log};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Logs what an operator should know about a configuration.
pub fn report(shared: &Shared, addresses: &[SocketAddr]) {
    let config = shared.config();
    warn_about_open_access(shared, &config, addresses);
    warn_about_users(&config);
    warn_about_directives(&config);
    log_limit(&config);
}

/// Reads the file with users, if the configuration names one.
///
/// # Errors
/// All that is wrong with it.
pub fn load_users(shared: &Shared) -> Result<(), String> {
    let path = {
        let config = shared.config();
        config.aclfile.as_ref().map(|path| config.path(path))
    };
    let Some(path) = path else { return Ok(()) };
    let loaded = shared.acl.load(&path).map_err(|errors| {
        let errors = String::from_utf8_lossy(&errors).into_owned();
        format!("Aborting Redis startup because of ACL errors: {errors}")
    });
    loaded.map(|_| ())
}

/// Names users who are switched off by their line: that may be an oversight.
fn warn_about_users(config: &Config) {
    for words in &config.users {
        let acl = Acl::new(b"", false);
        let user = words.first().filter(|_| acl.set_configured(words).is_ok());
        let user = user.and_then(|name| acl.find(name));
        if let Some(user) = user.filter(|user| !user.rules().is_on) {
            log::notice(&format!(
                "The user '{}' is disabled (there is no 'on' modifier in the user description). \
                 Make sure this is not a configuration error.",
                user.name.escape_ascii()
            ));
        }
    }
}

/// Names the directives without an effect here, in one line.
fn warn_about_directives(config: &Config) {
    let ignored = config.without_effect();
    if !ignored.is_empty() {
        let named: Vec<String> =
            ignored.iter().map(|(name, why)| format!("{name} ({why})")).collect();
        log::warning(&format!("Accepted without effect: {}", named.join(", ")));
    }
}

/// Logs how much memory the data may use, and the origin of that number.
fn log_limit(config: &Config) {
    let (limit, origin) = (config.limit(), config.maxmemory.origin(machine::memory()));
    log::notice(&match limit.bytes as u64 {
        0 => "maxmemory 0: the data may take all the memory there is".to_owned(),
        bytes => format!(
            "maxmemory {} ({origin}), maxmemory-policy {}",
            units::human(bytes),
            limit.policy.name()
        ),
    });
}

/// Lowers `maxclients` to the limit of open files, if that cannot be raised.
pub fn with_enough_files(mut config: Config) -> Config {
    let possible = open_files::allow(config.maxclients);
    if possible < config.maxclients {
        log::warning(&format!(
            "maxclients lowered from {} to {possible}: only {} files may be open (ulimit -n)",
            config.maxclients,
            possible as u64 + limits::RESERVED_FILES
        ));
        config.maxclients = possible;
    }
    config
}

/// Warns about access without a password, or that protected mode denies it to remote clients.
fn warn_about_open_access(shared: &Shared, config: &Config, addresses: &[SocketAddr]) {
    let is_open = addresses.iter().any(|address| !address.ip().is_loopback());
    if is_open && shared.acl.default_user().is_open() {
        let consequence = match config.protected_mode {
            true => "clients on other machines are denied (protected mode)",
            false => "everyone who can reach the port can read and change everything",
        };
        log::warning(&format!(
            "No password is set: {consequence}. Set one with --requirepass-file <path>"
        ));
    }
}

/// The log to replay or, without one, the snapshot to load. Unfinished snapshots are removed.
///
/// # Errors
/// One line with the reason why the log cannot be used.
pub fn find_data(
    config: &Config,
    disk: &Disk,
) -> Result<(Option<Directory>, Option<PathBuf>), String> {
    let names = Names::of(config)?;
    saver::remove_unfinished(disk, &config.dir);
    // Redis's rule: a server that keeps a log never loads the snapshot.
    if config.appendonly {
        return Ok((Some(Directory::open(disk.clone(), &config.dir, names)?), None));
    }
    survey::warn_of_unread(&config.dir, &names);
    let path = config.dir.join(&names.snapshot);
    let has_data = path.metadata().is_ok_and(|file| file.len() > 0);
    Ok((None, has_data.then_some(path)))
}
