//! What survives a restart: the log of changes, and snapshots.

use crate::config::directive::{Directive, at};
use crate::config::notations::SAVE;
use crate::config::notations::file_name;
use crate::config::shape::Shape;
use crate::config::words::{INT, LONG};
use crate::limits;

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new(
        "appendonly",
        Shape::YesNo,
        "no",
        "whether changes are logged, so that the data survives a restart",
    )
    .at(at!(appendonly))
    .settable(),
    Directive::new(
        "appendfsync",
        Shape::OneOf(&["everysec", "always", "no"]),
        "everysec",
        "when the log is synced to the disk: always, everysec or no",
    )
    .at(at!(appendfsync))
    .settable(),
    Directive::new(
        "appendfsync-interval-ms",
        Shape::Integer(1, limits::FSYNC_INTERVAL_MS_MAX as i64),
        "1000",
        "milliseconds between two syncs of everysec (a directive of respool's own)",
    )
    .at(at!(appendfsync_interval_ms))
    .settable(),
    Directive::new(
        "auto-aof-rewrite-percentage",
        Shape::Integer(0, INT),
        "100",
        "growth in per cent at which the log is rewritten; 0 is never",
    )
    .at(at!(auto_aof_rewrite_percentage))
    .settable(),
    Directive::new(
        "auto-aof-rewrite-min-size",
        Shape::Bytes(0, LONG),
        "64mb",
        "size below which the log is not rewritten by itself",
    )
    .at(at!(auto_aof_rewrite_min_size))
    .settable(),
    Directive::new(
        "aof-load-truncated",
        Shape::YesNo,
        "yes",
        "whether a torn end of the log is cut off at the start",
    )
    .at(at!(aof_load_truncated))
    .settable(),
    Directive::new(
        "appendfilename",
        Shape::Checked(|word| file_name("appendfilename", word)),
        "appendonly.aof",
        "beginning of the names of the log's files",
    )
    .at(at!(appendfilename)),
    Directive::new(
        "appenddirname",
        Shape::Checked(|word| file_name("appenddirname", word)),
        "appendonlydir",
        "folder of the log, in dir",
    )
    .at(at!(appenddirname)),
    Directive::new(
        "aof-use-rdb-preamble",
        Shape::YesNo,
        // Redis's default is yes. For a million strings of 32 bytes a snapshot is half as large
        // (32 MB instead of 69), takes a quarter more CPU time to write and as much to load; but
        // requests are parsed by a second thread, and are loaded in 0.6 to 0.75 of the time
        // (2026-11-28, two busy cores).
        "no",
        "whether the next base of the log is a snapshot; otherwise it consists of requests",
    )
    .at(at!(aof_use_rdb_preamble))
    .settable(),
    Directive::new("aof-timestamp-enabled", Shape::YesNo, "no", "whether the log tells the time")
        .settable()
        .without_effect("the log has no times in it"),
    Directive::new("aof-disable-auto-gc", Shape::YesNo, "no", "whether old log files are kept")
        .settable()
        .without_effect("files that are no longer part of the log are removed"),
    Directive::new("aof-rewrite-incremental-fsync", Shape::YesNo, "yes", "syncs while rewriting")
        .settable()
        .without_effect("a new base is synced before it counts"),
    Directive::new(
        "no-appendfsync-on-rewrite",
        Shape::YesNo,
        "no",
        "whether syncs stop during a rewrite",
    )
    .settable()
    .without_effect("appendfsync holds during a rewrite, too"),
    Directive::new("save", Shape::Own(&SAVE), "", "seconds and changes after which to snapshot")
        .settable(),
    Directive::new(
        "dbfilename",
        Shape::Checked(|word| file_name("dbfilename", word)),
        "dump.rdb",
        "file of the snapshot, in dir",
    )
    .at(at!(dbfilename))
    .protected(),
    Directive::new("rdbcompression", Shape::YesNo, "yes", "whether snapshots are compressed")
        .at(at!(rdbcompression))
        .settable(),
    Directive::new("rdbchecksum", Shape::YesNo, "yes", "whether snapshots have a check sum")
        .at(at!(rdbchecksum)),
    Directive::new(
        "stop-writes-on-bgsave-error",
        Shape::YesNo,
        "yes",
        "whether writes are refused after a snapshot failed",
    )
    .at(at!(stop_writes_on_bgsave_error))
    .settable(),
    Directive::new("rdb-save-incremental-fsync", Shape::YesNo, "yes", "syncs while saving")
        .settable()
        .without_effect("a snapshot is synced before it counts"),
    Directive::new("rdb-del-sync-files", Shape::YesNo, "no", "removes snapshots of replication")
        .settable()
        .without_effect("there is no replication"),
];
