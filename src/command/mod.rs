//! Commands: the engine that executes requests, and a folder for each family.
//!
//! A command is one static [`engine::Command`] row, written directly above its handler. To add a
//! command, write its row and its handler in the family's file, name the row in the list at the
//! top of that file, and write its test; `UPDATE_README=1 make test` adds it to the guide's table
//! and to the one below. What the rows of a family have in common is a constant row, `FAMILY`, from
//! which [`engine::Command::row`] makes the others.
//!
//! A handler is a plain function of the keys or the connection, its arguments and the reply: no
//! socket, no lock, no clock. It parses and checks *all* its arguments before its first change. It
//! writes exactly one reply or returns an error. Everything common to all commands happens in one
//! file, the [`engine::gate`].
//!
//! # Layers
//!
//! | module | job |
//! |---|---|
//! | [`rename`] | other names for commands |
//! | [`families`] | the one list that knows all families |
//! | all others | the families; they do not know each other |
//! | [`engine`] | executes requests, and knows no family |
//!
//! # Families
//!
//! <!-- families -->
//!
//! | family | file | commands |
//! |---|---|---|
//! | [`connection`] | `client.rs` | CLIENT, CLIENT GETNAME, CLIENT ID, CLIENT INFO, CLIENT LIST, CLIENT NO-EVICT, CLIENT NO-TOUCH, CLIENT REPLY, CLIENT SETINFO, CLIENT SETNAME |
//! | | `client_kill.rs` | CLIENT KILL |
//! | | `client_pause.rs` | CLIENT PAUSE, CLIENT UNPAUSE, CLIENT UNBLOCK |
//! | | `client_tracking.rs` | CLIENT CACHING, CLIENT GETREDIR, CLIENT TRACKING, CLIENT TRACKINGINFO |
//! | | `hello.rs` | PING, ECHO, QUIT, RESET, HELLO, AUTH, SELECT |
//! | [`string`] | `bitfield.rs` | BITFIELD, BITFIELD_RO |
//! | | `bits.rs` | SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP |
//! | | `counter.rs` | INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT |
//! | | `get_and_change.rs` | SETNX, MSETNX, GETSET, GETDEL, GETEX, DELIFEQ |
//! | | `get_set.rs` | GET, SET, SETEX, PSETEX, MGET, MSET |
//! | | `lcs.rs` | LCS |
//! | | `range.rs` | STRLEN, GETRANGE, SUBSTR, SETRANGE, APPEND |
//! | [`hash`] | `counter.rs` | HINCRBY, HINCRBYFLOAT |
//! | | `deadlines.rs` | HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT |
//! | | `exchange.rs` | HGETDEL, HGETEX, HSETEX |
//! | | `fields.rs` | HSET, HMSET, HSETNX, HGET, HMGET, HEXISTS, HSTRLEN, HLEN, HDEL |
//! | | `getall.rs` | HGETALL, HKEYS, HVALS |
//! | | `lifetimes.rs` | HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME, HPERSIST |
//! | | `walk.rs` | HSCAN, HRANDFIELD |
//! | [`list`] | `blocking.rs` | BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP |
//! | | `ends.rs` | LPUSH, RPUSH, LPUSHX, RPUSHX, LPOP, RPOP, LLEN |
//! | | `inside.rs` | LSET, LINSERT, LREM |
//! | | `moving.rs` | LMOVE, RPOPLPUSH, LMPOP |
//! | | `position.rs` | LPOS |
//! | | `range.rs` | LRANGE, LTRIM, LINDEX |
//! | [`set`] | `algebra.rs` | SINTER, SINTERCARD, SINTERSTORE, SUNION, SUNIONSTORE, SDIFF, SDIFFSTORE |
//! | | `members.rs` | SADD, SREM, SISMEMBER, SMISMEMBER, SCARD, SMEMBERS, SMOVE |
//! | | `random.rs` | SPOP, SRANDMEMBER |
//! | | `walk.rs` | SSCAN |
//! | [`sorted_set`] | `algebra.rs` | ZUNION, ZUNIONSTORE, ZINTER, ZINTERSTORE, ZINTERCARD, ZDIFF, ZDIFFSTORE |
//! | | `blocking.rs` | BZPOPMIN, BZPOPMAX, BZMPOP |
//! | | `members.rs` | ZADD, ZINCRBY, ZREM, ZCARD, ZSCORE, ZMSCORE |
//! | | `pop.rs` | ZPOPMIN, ZPOPMAX, ZMPOP |
//! | | `range.rs` | ZRANGE, ZRANGESTORE, ZREVRANGE, ZRANGEBYSCORE, ZREVRANGEBYSCORE, ZRANGEBYLEX, ZREVRANGEBYLEX |
//! | | `ranks.rs` | ZRANK, ZREVRANK, ZCOUNT, ZLEXCOUNT |
//! | | `remove.rs` | ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX |
//! | | `walk.rs` | ZSCAN, ZRANDMEMBER |
//! | [`geo`] | `members.rs` | GEOADD, GEOPOS, GEODIST, GEOHASH |
//! | | `radius.rs` | GEORADIUS, GEORADIUS_RO, GEORADIUSBYMEMBER, GEORADIUSBYMEMBER_RO |
//! | | `search.rs` | GEOSEARCH, GEOSEARCHSTORE |
//! | [`hyperloglog`] | `count.rs` | PFADD, PFCOUNT, PFMERGE |
//! | | `debug.rs` | PFDEBUG, PFSELFTEST |
//! | [`stream`] | `add.rs` | XADD |
//! | | `claim.rs` | XCLAIM, XAUTOCLAIM |
//! | | `delete.rs` | XDEL, XSETID |
//! | | `group.rs` | XGROUP, XGROUP CREATE, XGROUP SETID, XGROUP DESTROY, XGROUP CREATECONSUMER, XGROUP DELCONSUMER |
//! | | `info.rs` | XINFO, XINFO STREAM, XINFO GROUPS, XINFO CONSUMERS |
//! | | `pending.rs` | XACK, XPENDING |
//! | | `range.rs` | XLEN, XRANGE, XREVRANGE |
//! | | `read.rs` | XREAD |
//! | | `read_group.rs` | XREADGROUP |
//! | | `trim.rs` | XTRIM |
//! | [`keys`] | `copy_move.rs` | COPY, MOVE, SWAPDB |
//! | | `del_rename.rs` | DEL, UNLINK, EXISTS, TOUCH, TYPE, RENAME, RENAMENX |
//! | | `dump.rs` | DUMP, RESTORE |
//! | | `expire.rs` | EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT, TTL, PTTL, EXPIRETIME, PEXPIRETIME, PERSIST |
//! | | `migrate.rs` | MIGRATE |
//! | | `object.rs` | OBJECT, OBJECT ENCODING, OBJECT FREQ, OBJECT IDLETIME, OBJECT REFCOUNT |
//! | | `scan.rs` | SCAN, KEYS, RANDOMKEY |
//! | | `sort.rs` | SORT, SORT_RO |
//! | [`transaction`] | `transaction.rs` | MULTI, EXEC, DISCARD, WATCH, UNWATCH |
//! | [`pubsub`] | `publish.rs` | PUBLISH, SPUBLISH |
//! | | `pubsub_command.rs` | PUBSUB, PUBSUB CHANNELS, PUBSUB NUMPAT, PUBSUB NUMSUB, PUBSUB SHARDCHANNELS, PUBSUB SHARDNUMSUB |
//! | | `subscribe.rs` | SUBSCRIBE, UNSUBSCRIBE, PSUBSCRIBE, PUNSUBSCRIBE, SSUBSCRIBE, SUNSUBSCRIBE |
//! | [`scripting`] | `eval.rs` | EVAL, EVAL_RO, EVALSHA, EVALSHA_RO |
//! | | `fcall.rs` | FCALL, FCALL_RO |
//! | | `function_command.rs` | FUNCTION, FUNCTION LOAD, FUNCTION DELETE, FUNCTION FLUSH, FUNCTION LIST, FUNCTION STATS, FUNCTION KILL |
//! | | `function_payload.rs` | FUNCTION DUMP, FUNCTION RESTORE |
//! | | `script_command.rs` | SCRIPT, SCRIPT LOAD, SCRIPT EXISTS, SCRIPT FLUSH, SCRIPT KILL, SCRIPT DEBUG |
//! | [`admin`] | `acl.rs` | ACL, ACL CAT, ACL DRYRUN, ACL GENPASS, ACL LOG, ACL WHOAMI |
//! | | `acl_users.rs` | ACL SETUSER, ACL DELUSER, ACL GETUSER, ACL LIST, ACL USERS, ACL LOAD, ACL SAVE |
//! | | `cluster.rs` | CLUSTER, CLUSTER INFO, CLUSTER NODES, CLUSTER SLOTS, CLUSTER SHARDS, CLUSTER MYID, CLUSTER MYSHARDID, CLUSTER LINKS, CLUSTER REPLICAS, CLUSTER SLAVES, CLUSTER RESET, CLUSTER KEYSLOT, CLUSTER COUNTKEYSINSLOT, CLUSTER GETKEYSINSLOT, READONLY, READWRITE, ASKING |
//! | | `command_command.rs` | COMMAND, COMMAND COUNT, COMMAND INFO, COMMAND DOCS, COMMAND GETKEYS, COMMAND GETKEYSANDFLAGS, COMMAND LIST |
//! | | `config_command.rs` | CONFIG, CONFIG GET, CONFIG SET, CONFIG RESETSTAT, CONFIG REWRITE |
//! | | `debug.rs` | DEBUG |
//! | | `flush_time.rs` | DBSIZE, FLUSHDB, FLUSHALL, TIME |
//! | | `info.rs` | INFO |
//! | | `latency_command.rs` | LATENCY, LATENCY LATEST, LATENCY HISTORY, LATENCY RESET, LATENCY HISTOGRAM, LATENCY DOCTOR, LATENCY GRAPH |
//! | | `lolwut.rs` | LOLWUT |
//! | | `memory_command.rs` | MEMORY, MEMORY DOCTOR, MEMORY MALLOC-STATS, MEMORY PURGE, MEMORY STATS, MEMORY USAGE |
//! | | `monitor.rs` | MONITOR |
//! | | `persistence.rs` | BGREWRITEAOF, SAVE, BGSAVE, LASTSAVE |
//! | | `shutdown.rs` | SHUTDOWN |
//! | | `slowlog_command.rs` | SLOWLOG, SLOWLOG GET, SLOWLOG LEN, SLOWLOG RESET |
//! | | `topology.rs` | ROLE, WAIT, WAITAOF, MODULE, MODULE LIST |
//! <!-- /families -->

pub mod admin;
pub mod connection;
pub mod engine;
pub mod families;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod keys;
pub mod list;
pub mod pubsub;
pub mod rename;
pub mod scripting;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
pub mod transaction;
