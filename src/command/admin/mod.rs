//! The server itself: its figures, settings, logs, and its end.

mod acl;
mod acl_users;
mod cluster;
mod command_command;
mod config_command;
mod debug;
mod flush_time;
mod info;
mod info_commands;
mod info_facts;
mod info_memory;
mod info_process;
mod info_stats;
mod latency_command;
mod lolwut;
mod memory_command;
mod monitor;
mod persistence;
mod shutdown;
mod slowlog_command;
mod topology;

use crate::command::engine::Command;

/// The family, file by file.
pub const COMMANDS: &[&[&Command]] = &[
    persistence::COMMANDS,
    flush_time::COMMANDS,
    debug::COMMANDS,
    config_command::COMMANDS,
    info::COMMANDS,
    memory_command::COMMANDS,
    slowlog_command::COMMANDS,
    latency_command::COMMANDS,
    monitor::COMMANDS,
    command_command::COMMANDS,
    acl::COMMANDS,
    topology::COMMANDS,
    cluster::COMMANDS,
    shutdown::COMMANDS,
    lolwut::COMMANDS,
];
