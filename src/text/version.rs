//! The versions that respool reports.

/// The Redis version whose behaviour clients may expect; INFO shows respool's own version, too.
pub const REDIS_VERSION: &str = "7.2.0";

/// respool's own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that was built. The environment of the build names it; `make` and the Dockerfile do.
const COMMIT: Option<&str> = option_env!("RESPOOL_COMMIT");

/// What `--version` prints: version, commit and target.
pub fn line() -> String {
    let libc = match (cfg!(target_env = "musl"), cfg!(target_env = "gnu")) {
        (true, _) => "-musl",
        (_, true) => "-gnu",
        _ => "",
    };
    let commit = COMMIT.filter(|commit| !commit.is_empty()).unwrap_or("unknown");
    let (arch, system) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("respool {VERSION} (commit {commit}, {arch}-{system}{libc})\n")
}
