//! CLUSTER and its relatives: a cluster of one server, for clients that know only clusters.
//!
//! Without `cluster-emulation` the answer to all of them is that there is no cluster. With it, this
//! server says that it has all slots. A cluster client then sends everything here, and never gets
//! a redirection. Nothing else changes: keys of different slots may be used together, all
//! databases are there, and no other server can join. It is no way to get more room or to survive
//! the end of the server.
//!
//! The address in the answers is the one under which the client has reached this server, unless
//! `cluster-announce-ip` or `cluster-announce-port` says otherwise: behind a port mapping the
//! server cannot know it.

use crate::command::engine::help;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::keyspace::Key;
use crate::limits;
use crate::listener::Address;
use crate::number::slot::{SLOTS, slot};
use crate::shared::Shared;

/// The family's part.
pub const COMMANDS: &[&Command] = &[&CLUSTER, &READONLY, &READWRITE, &ASKING];

/// What the rows of subcommands have in common.
const FAMILY: Command = Command { flags: flag::STALE, ..Command::of_group("cluster") };

/// The same for commands about the connection.
const CONNECTION: Command =
    Command { flags: flag::FAST, categories: &["connection"], ..Command::of_group("cluster") };

static CLUSTER: Command = Command {
    flags: 0,
    complexity: Complexity::Other("Depends on the subcommand"),
    summary: "Shows a cluster of this one server, if it emulates one",
    syntax: "subcommand",
    handler: Handler::Container(
        &[
            &COUNTKEYSINSLOT,
            &GETKEYSINSLOT,
            &HELP,
            &INFO,
            &KEYSLOT,
            &LINKS,
            &MYID,
            &MYSHARDID,
            &NODES,
            &REPLICAS,
            &RESET,
            &SHARDS,
            &SLAVES,
            &SLOTS_COMMAND,
        ],
        None,
    ),
    ..FAMILY.row("cluster", -2, 0, "3.0.0")
};

/// Whether a cluster is emulated.
///
/// # Errors
/// None is.
fn admit(context: &Context<'_>) -> Outcome {
    const DISABLED: CommandError =
        CommandError::new("ERR This instance has cluster support disabled");
    if context.shared.config().cluster_emulation { Ok(()) } else { Err(DISABLED) }
}

/// A reply that is the same for all.
fn confirm(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    admit(context)?;
    reply.ok();
    Ok(())
}

/// An empty list.
fn nothing(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    admit(context)?;
    reply.array(0);
    Ok(())
}

/// The host and the port that clients are sent to.
fn endpoint(context: &Context<'_>) -> (String, u16) {
    let config = context.shared.config();
    let (host, port) = match &context.session.client.local {
        Address::Tcp(address) => (address.ip().to_canonical().to_string(), address.port()),
        Address::Unix(_) => (String::new(), config.port.number().unwrap_or(0)),
    };
    let announced = String::from_utf8_lossy(&config.cluster_announce_ip).into_owned();
    let announced_port = u16::try_from(config.cluster_announce_port).unwrap_or(0);
    (
        if announced.is_empty() { host } else { announced },
        if announced_port == 0 { port } else { announced_port },
    )
}

static INFO: Command = Command {
    summary: "Describes the state of the cluster",
    example: "> CLUSTER INFO
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(|context, _, reply| {
        admit(context)?;
        let zeros = [
            "slots_pfail:0",
            "slots_fail:0",
            "known_nodes:1",
            "size:1",
            "current_epoch:0",
            "my_epoch:0",
            "stats_messages_sent:0",
            "stats_messages_received:0",
        ];
        let mut text = format!(
            "cluster_state:ok\r\ncluster_slots_assigned:{SLOTS}\r\ncluster_slots_ok:{SLOTS}\r\n"
        );
        zeros.iter().for_each(|line| text.push_str(&format!("cluster_{line}\r\n")));
        text.push_str("total_cluster_links_buffer_limit_exceeded:0\r\n");
        reply.verbatim(&text);
        Ok(())
    }),
    ..FAMILY.row("info", 2, 0, "3.0.0")
};

static NODES: Command = Command {
    summary: "Lists the servers of the cluster: this one",
    example: "> CLUSTER NODES
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(|context, _, reply| {
        /// What Redis adds to the port for the servers' own connections.
        const BUS_PORT_OFFSET: u32 = 10_000;
        admit(context)?;
        let ((host, port), id) = (endpoint(context), &context.shared.identity.run_id);
        let bus_port = u32::from(port) + BUS_PORT_OFFSET;
        let last = SLOTS - 1;
        let line =
            format!("{id} {host}:{port}@{bus_port} myself,master - 0 0 0 connected 0-{last}\n");
        reply.verbatim(&line);
        Ok(())
    }),
    ..FAMILY.row("nodes", 2, 0, "3.0.0")
};

static SLOTS_COMMAND: Command = Command {
    summary: "Says which server has which slots: this one has all",
    example: "> CLUSTER SLOTS
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(|context, _, reply| {
        admit(context)?;
        let (host, port) = endpoint(context);
        reply.array(1);
        reply.array(3);
        reply.integer(0);
        reply.integer(i64::from(SLOTS - 1));
        reply.array(4);
        reply.bulk(host.as_bytes());
        reply.integer(i64::from(port));
        reply.bulk(context.shared.identity.run_id.as_bytes());
        reply.map(0);
        Ok(())
    }),
    ..FAMILY.row("slots", 2, 0, "3.0.0")
};

static SHARDS: Command = Command {
    summary: "Describes the servers that have slots: this one has all",
    example: "> CLUSTER SHARDS
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(|context, _, reply| {
        admit(context)?;
        let (host, port) = endpoint(context);
        reply.array(1);
        reply.map(2);
        reply.bulk(b"slots");
        reply.array(2);
        reply.integer(0);
        reply.integer(i64::from(SLOTS - 1));
        reply.bulk(b"nodes");
        reply.array(1);
        reply.map(7);
        reply.bulk(b"id");
        reply.bulk(context.shared.identity.run_id.as_bytes());
        reply.bulk(b"port");
        reply.integer(i64::from(port));
        for (name, value) in [("ip", host.as_str()), ("endpoint", &host), ("role", "master")] {
            reply.bulk(name.as_bytes());
            reply.bulk(value.as_bytes());
        }
        reply.bulk(b"replication-offset");
        reply.integer(0);
        reply.bulk(b"health");
        reply.bulk(b"online");
        Ok(())
    }),
    ..FAMILY.row("shards", 2, 0, "7.0.0")
};

/// The name of this server in the cluster, of its own: it changes with every start.
fn id(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    admit(context)?;
    reply.bulk(context.shared.identity.run_id.as_bytes());
    Ok(())
}

static MYID: Command = Command {
    summary: "Returns the name of this server in the cluster",
    example: "> CLUSTER MYID
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(id),
    ..FAMILY.row("myid", 2, 0, "3.0.0")
};

static MYSHARDID: Command = Command {
    summary: "Returns the name of the group of this server and its replicas, of which it has none",
    example: "> CLUSTER MYSHARDID
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(id),
    ..FAMILY.row("myshardid", 2, 0, "7.2.0")
};

static LINKS: Command = Command {
    summary: "Lists the connections to other servers of the cluster: none",
    example: "> CLUSTER LINKS
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(nothing),
    ..FAMILY.row("links", 2, 0, "7.0.0")
};

static REPLICAS: Command = Command {
    summary: "Lists the replicas of a server of the cluster: none",
    syntax: "node-id",
    example: "> CLUSTER REPLICAS nobody
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(replicas),
    ..FAMILY.row("replicas", 3, flag::ADMIN, "5.0.0")
};

static SLAVES: Command = Command {
    summary: "The former name of CLUSTER REPLICAS",
    syntax: "node-id",
    example: "> CLUSTER SLAVES nobody
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(replicas),
    ..FAMILY.row("slaves", 3, flag::ADMIN, "3.0.0")
};

fn replicas(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    admit(context)?;
    if args.at(2) != context.shared.identity.run_id.as_bytes() {
        return Err(CommandError::quoting("ERR Unknown node ", args.at(2), ""));
    }
    reply.array(0);
    Ok(())
}

static RESET: Command = Command {
    summary: "Refuses to leave the cluster, which has no other server",
    syntax: "[HARD | SOFT]",
    example: "> CLUSTER RESET
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(|context, _, _| {
        admit(context)?;
        Err(CommandError::new("ERR the cluster is emulated: it has this server and all slots"))
    }),
    ..FAMILY.row("reset", -2, flag::ADMIN | flag::NOSCRIPT, "3.0.0")
};

static KEYSLOT: Command = Command {
    complexity: Complexity::Other("O(N) with N bytes in the key"),
    summary: "Computes the slot of a key",
    syntax: "key",
    example: "> CLUSTER KEYSLOT foo
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(|context, args, reply| {
        admit(context)?;
        reply.integer(i64::from(slot(args.at(2))));
        Ok(())
    }),
    ..FAMILY.row("keyslot", 3, 0, "3.0.0")
};

static COUNTKEYSINSLOT: Command = Command {
    complexity: Complexity::Other("O(N) with N keys in the database"),
    summary: "Counts the keys in a slot",
    syntax: "slot",
    example: "> CLUSTER COUNTKEYSINSLOT 0
              -ERR This instance has cluster support disabled",
    handler: Handler::Server(countkeysinslot),
    ..FAMILY.row("countkeysinslot", 3, flag::NO_MULTI, "3.0.0")
};

fn countkeysinslot(
    shared: &Shared,
    context: &mut Context<'_>,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    admit(context)?;
    let wanted = args.integer(2)?;
    if !(0..i64::from(SLOTS)).contains(&wanted) {
        return Err(CommandError::new("ERR Invalid slot"));
    }
    let mut count = 0;
    walk(shared, context, |key| {
        count += usize::from(i64::from(slot(key)) == wanted);
        true
    });
    reply.count(count);
    Ok(())
}

static GETKEYSINSLOT: Command = Command {
    complexity: Complexity::Other("O(N) with N keys in the database"),
    summary: "Lists some of the keys in a slot",
    syntax: "slot count",
    example: "> CLUSTER GETKEYSINSLOT 0 10
              -ERR This instance has cluster support disabled",
    handler: Handler::Server(getkeysinslot),
    ..FAMILY.row("getkeysinslot", 4, flag::NO_MULTI, "3.0.0")
};

fn getkeysinslot(
    shared: &Shared,
    context: &mut Context<'_>,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    const INVALID: CommandError = CommandError::new("ERR Invalid slot or number of keys");
    admit(context)?;
    let (wanted, count) = (args.integer(2)?, args.integer(3)?);
    if !(0..i64::from(SLOTS)).contains(&wanted) {
        return Err(INVALID);
    }
    let count = usize::try_from(count).map_err(|_| INVALID)?;
    let mut found = Vec::new();
    walk(shared, context, |key| {
        if found.len() < count && i64::from(slot(key)) == wanted {
            found.push(key.clone());
        }
        found.len() < count
    });
    reply.array(found.len());
    found.iter().for_each(|key| reply.bulk(key));
    Ok(())
}

/// Calls `each` with all keys of the client's database until it returns false, under many short
/// holds of the lock: there is no index of slots, which all other clients would have to pay for.
fn walk(shared: &Shared, context: &Context<'_>, mut each: impl FnMut(&Key) -> bool) {
    let (db, mut cursor, mut goes_on) = (context.session.db(), 0, true);
    loop {
        cursor = shared.with_keyspace(|hold| {
            let now_ms = hold.now_ms;
            hold.keys(db, now_ms, true).scan(cursor, limits::SLOT_WALK_KEYS, |key, _| {
                goes_on = goes_on && each(key);
            })
        });
        if cursor == 0 || !goes_on || shared.is_stopping() {
            return;
        }
        // Threads that wait for the lock go first.
        std::thread::yield_now();
    }
}

static HELP: Command = Command {
    handler: Handler::Plain(|context, args, reply| {
        admit(context)?;
        help::help(context, args, reply)
    }),
    example: "> CLUSTER HELP now
              -ERR wrong number of arguments for 'cluster|help' command",
    ..help::row("cluster", "5.0.0")
};

static READONLY: Command = Command {
    summary: "Would let a replica be read; there is none",
    example: "> READONLY
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(confirm),
    ..CONNECTION.row("readonly", 1, flag::LOADING | flag::STALE, "3.0.0")
};

static READWRITE: Command = Command {
    summary: "Undoes READONLY",
    example: "> READWRITE
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(confirm),
    ..CONNECTION.row("readwrite", 1, flag::LOADING | flag::STALE, "3.0.0")
};

static ASKING: Command = Command {
    summary: "Announces a request for a slot that is moving; none ever is",
    example: "> ASKING
              -ERR This instance has cluster support disabled",
    handler: Handler::Plain(confirm),
    ..CONNECTION.row("asking", 1, 0, "3.0.0")
};
