//! How much the data may take, what goes first, and how small values are kept.

use crate::config::directive::{Directive, at};
use crate::config::notations::MAXMEMORY;
use crate::config::shape::Shape;
use crate::config::words::{INT, LONG};
use crate::limits;

const LAZY: &str = "values are always freed after the reply, without the lock";
const EXACT: &str = "LRU knows the oldest key exactly, LFU compares a whole segment";
const NO_DEFRAG: &str = "the allocator is the C library's, which cannot be asked to move blocks";
const OWN_FORM: &str =
    "values are kept in respool's own form; only OBJECT ENCODING follows the setting";

/// The rows.
pub static ROWS: &[Directive] = &[
    Directive::new(
        "databases",
        Shape::Integer(1, limits::DATABASES_MAX as i64),
        "16",
        "number of databases for SELECT",
    )
    .at(at!(databases)),
    Directive::new(
        "maxmemory",
        Shape::Own(&MAXMEMORY),
        "80%",
        "memory for the data: bytes as in 100mb, or per cent of the machine's; 0 is no limit",
    )
    .settable(),
    Directive::new(
        "maxmemory-policy",
        Shape::OneOf(&[
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "noeviction",
        ]),
        "allkeys-lru",
        "what happens when it is used up: which keys go, or noeviction",
    )
    .at(at!(maxmemory_policy))
    .settable(),
    Directive::new("maxmemory-samples", Shape::Integer(1, INT), "5", "keys that eviction compares")
        .settable()
        .without_effect(EXACT),
    Directive::new(
        "maxmemory-eviction-tenacity",
        Shape::Integer(0, 100),
        "10",
        "how much time eviction takes at once",
    )
    .settable()
    .without_effect("eviction takes as long as the write that needs the memory"),
    Directive::new(
        "lfu-log-factor",
        Shape::Integer(0, INT),
        "10",
        "how slowly a count of uses grows",
    )
    .at(at!(lfu_log_factor))
    .settable(),
    Directive::new("lfu-decay-time", Shape::Integer(0, INT), "1", "minutes until a count falls")
        .at(at!(lfu_decay_time))
        .settable(),
    Directive::new("active-expire-effort", Shape::Integer(1, 10), "1", "effort for expired keys")
        .settable()
        .without_effect("the sweep finds what is due without looking at anything else"),
    Directive::new("activerehashing", Shape::YesNo, "yes", "whether tables grow in the background")
        .settable()
        .without_effect("tables grow in steps of less than a millisecond"),
    lazy("lazyfree-lazy-eviction", "whether evicted values are freed later"),
    lazy("lazyfree-lazy-expire", "whether expired values are freed later"),
    lazy("lazyfree-lazy-server-del", "whether replaced values are freed later"),
    lazy("lazyfree-lazy-user-del", "whether DEL frees later"),
    lazy("lazyfree-lazy-user-flush", "whether FLUSHALL frees later"),
    entries("hash-max-listpack-entries", "512", "fields of a packed hash")
        .alias("hash-max-ziplist-entries")
        .at(at!(hash_max_listpack_entries)),
    bytes("hash-max-listpack-value", "64", "bytes of a value in a packed hash")
        .alias("hash-max-ziplist-value")
        .at(at!(hash_max_listpack_value)),
    Directive::new(
        "list-max-listpack-size",
        Shape::Integer(i32::MIN as i64, INT),
        "-2",
        "elements of a list's node, or its size: -1 is 4 KB, -5 is 64 KB",
    )
    .alias("list-max-ziplist-size")
    .at(at!(list_max_listpack_size))
    .settable()
    .without_effect(OWN_FORM),
    Directive::new(
        "list-compress-depth",
        Shape::Integer(0, INT),
        "0",
        "nodes at both ends of a list that are not compressed; 0 compresses none",
    )
    .at(at!(list_compress_depth))
    .settable()
    .without_effect("lists are not compressed"),
    entries("set-max-intset-entries", "512", "members of a packed set of numbers")
        .at(at!(set_max_intset_entries)),
    entries("set-max-listpack-entries", "128", "members of a packed set")
        .at(at!(set_max_listpack_entries)),
    bytes("set-max-listpack-value", "64", "bytes of a member of a packed set")
        .at(at!(set_max_listpack_value)),
    entries("zset-max-listpack-entries", "128", "members of a packed sorted set")
        .alias("zset-max-ziplist-entries")
        .at(at!(zset_max_listpack_entries)),
    bytes("zset-max-listpack-value", "64", "bytes of a member of a packed sorted set")
        .alias("zset-max-ziplist-value")
        .at(at!(zset_max_listpack_value)),
    Directive::new(
        "hll-sparse-max-bytes",
        Shape::Bytes(0, LONG),
        "3000",
        "bytes up to which a HyperLogLog is sparse",
    )
    .at(at!(hll_sparse_max_bytes))
    .settable(),
    Directive::new(
        "stream-node-max-bytes",
        Shape::Bytes(0, LONG),
        "4kb",
        "bytes of a stream's node, as Redis would keep it; 0 is 64 KiB",
    )
    .at(at!(stream_node_max_bytes))
    .settable(),
    Directive::new(
        "stream-node-max-entries",
        Shape::Integer(0, LONG),
        "100",
        "entries of a stream's node; 0 is 10 000",
    )
    .at(at!(stream_node_max_entries))
    .settable(),
    defrag("activedefrag", Shape::YesNo, "no", "whether memory is defragmented"),
    defrag("active-defrag-ignore-bytes", Shape::Bytes(1, LONG), "100mb", "waste to begin at"),
    defrag("active-defrag-threshold-lower", Shape::Integer(0, 1000), "10", "per cent to begin at"),
    defrag("active-defrag-threshold-upper", Shape::Integer(0, 1000), "100", "full effort at"),
    defrag("active-defrag-cycle-min", Shape::Integer(1, 99), "1", "least effort"),
    defrag("active-defrag-cycle-max", Shape::Integer(1, 99), "25", "greatest effort"),
    defrag("active-defrag-max-scan-fields", Shape::Integer(1, LONG), "1000", "fields at once"),
];

const fn lazy(name: &'static str, doc: &'static str) -> Directive {
    Directive::new(name, Shape::YesNo, "no", doc).settable().without_effect(LAZY)
}

const fn defrag(
    name: &'static str,
    shape: Shape,
    default: &'static str,
    doc: &'static str,
) -> Directive {
    Directive::new(name, shape, default, doc).settable().without_effect(NO_DEFRAG)
}

/// How many elements a value may have in its small form.
const fn entries(name: &'static str, default: &'static str, doc: &'static str) -> Directive {
    Directive::new(name, Shape::Integer(0, LONG), default, doc).settable().without_effect(OWN_FORM)
}

/// How many bytes an element may have in a value's small form.
const fn bytes(name: &'static str, default: &'static str, doc: &'static str) -> Directive {
    Directive::new(name, Shape::Bytes(0, LONG), default, doc).settable().without_effect(OWN_FORM)
}
