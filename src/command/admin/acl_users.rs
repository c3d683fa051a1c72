//! ACL: the subcommands that show users or change them.

use super::acl::{ADMIN, FAMILY};
use crate::acl::users::{Changed, DEFAULT, Loaded};
use crate::acl::{Selector, User, file};
use crate::clients::Client;
use crate::clients::channels::Kind;
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Outcome, Reply, flag,
};
use crate::log::Level;
use crate::shared::Shared;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// A subcommand of ACL.
pub static SETUSER: Command = Command {
    complexity: Complexity::Other("O(N) with N rules"),
    summary: "Creates a user, or changes what a user may do, by all of the rules or by none",
    syntax: "username [rule [rule ...]]",
    example: "> ACL SETUSER worker on nopass ~job:* %R~conf:* &news +@read -keys (~log +append)
              +OK
              > ACL SETUSER worker +nothing
              -ERR Error in ACL SETUSER modifier '+nothing': Unknown command or category name in ACL
              > ACL LIST
              *2
              $51
              user default on nopass sanitize-payload ~* &* +@all
              $129
              user worker on nopass sanitize-payload ~job:* %R~conf:* resetchannels &news -@all \
              +@read -keys (~log resetchannels -@all +append)",
    handler: Handler::Plain(setuser),
    ..FAMILY.row("setuser", -3, ADMIN | flag::SECRETS, "6.0.0")
};

fn setuser(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let rules: Vec<&[u8]> = args.from(3).iter().collect();
    let changed = context.shared.acl.set_user(args.at(2), &rules);
    let changed = changed.map_err(|text| CommandError::quoting("", &text, ""))?;
    disconnect_subscribers(context, &changed);
    reply.ok();
    Ok(())
}

/// Disconnects clients of a user who have subscribed to what the user may no longer hear.
fn disconnect_subscribers(context: &mut Context<'_>, changed: &Changed) {
    let (rules, name) = (changed.user.rules(), &changed.user.name);
    if changed.before.is_none() || rules.permits_all_channels() {
        return;
    }
    let is_forbidden =
        |kind, channel: &[u8]| !rules.permits_channel(channel, kind == Kind::Pattern);
    let subscribers = context.shared.channels.subscribers_of(is_forbidden);
    let of_user = |client: &&Arc<Client>| client.names.lock().user == *name;
    disconnect(context, subscribers.iter().filter(of_user).map(|client| client.id).collect());
}

/// Disconnects clients; the one that asked for it gets its reply first.
fn disconnect(context: &mut Context<'_>, ids: BTreeSet<u64>) {
    let own = context.session.client.id;
    context.session.is_closing |= ids.contains(&own);
    context.shared.clients.kill_where(|client| client.id != own && ids.contains(&client.id));
}

/// Disconnects all clients of some users.
fn disconnect_users(context: &mut Context<'_>, users: &[Arc<User>]) {
    let is_theirs = |client: &Arc<Client>| {
        let name = &client.names.lock().user;
        users.iter().any(|user| user.name == *name)
    };
    let clients = context.shared.clients.list().into_iter().filter(is_theirs);
    let ids = clients.map(|client| client.id).collect();
    disconnect(context, ids);
}

/// A subcommand of ACL.
pub static DELUSER: Command = Command {
    complexity: Complexity::Other("O(N) with N clients"),
    summary: "Deletes users, and disconnects their clients",
    syntax: "username [username ...]",
    example: "> ACL DELUSER nobody
              :0
              > ACL DELUSER default
              -ERR The 'default' user cannot be removed",
    handler: Handler::Plain(deluser),
    ..FAMILY.row("deluser", -3, ADMIN | flag::SECRETS, "6.0.0")
};

fn deluser(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let mut names = args.from(2).iter();
    if names.any(|name| name == DEFAULT) {
        return Err(CommandError::new("ERR The 'default' user cannot be removed"));
    }
    let deleted = args.from(2).iter().filter_map(|name| context.shared.acl.delete(name));
    let deleted: Vec<_> = deleted.collect();
    disconnect_users(context, &deleted);
    reply.count(deleted.len());
    Ok(())
}

/// A subcommand of ACL.
pub static GETUSER: Command = Command {
    complexity: Complexity::Other("O(N) with N rules"),
    summary: "Describes a user's rights; null for an unknown user",
    syntax: "username",
    example: "> ACL GETUSER nobody
              $-1",
    handler: Handler::Plain(getuser),
    ..FAMILY.row("getuser", 3, ADMIN | flag::SECRETS, "6.0.0")
};

fn getuser(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let Some(user) = context.shared.acl.find(args.at(2)) else {
        reply.null();
        return Ok(());
    };
    let rules = user.rules();
    let flags = rules.flags();
    reply.map(6);
    reply.bulk(b"flags");
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.bulk(flag.as_bytes()));
    reply.bulk(b"passwords");
    reply.array(rules.passwords().len());
    rules.passwords().iter().for_each(|digest| reply.bulk(digest.to_string().as_bytes()));
    let (root, others) = rules.selectors();
    describe(root, reply);
    reply.bulk(b"selectors");
    reply.array(others.len());
    for other in others {
        reply.map(3);
        describe(other, reply);
    }
    Ok(())
}

/// Three fields of a selector.
fn describe(selector: &Selector, reply: &mut Reply) {
    let fields = [
        ("commands", selector.command_rules()),
        ("keys", selector.key_rules()),
        ("channels", selector.channel_rules()),
    ];
    for (name, rules) in fields {
        reply.bulk(name.as_bytes());
        reply.bulk(&rules);
    }
}

/// A subcommand of ACL.
pub static LIST: Command = Command {
    complexity: Complexity::Other("O(N) with N users"),
    summary: "Describes all users, a line each, in the notation of a file with users",
    example: "> ACL LIST
              *1
              $51
              user default on nopass sanitize-payload ~* &* +@all",
    handler: Handler::Plain(list),
    ..FAMILY.row("list", 2, ADMIN, "6.0.0")
};

fn list(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let users = context.shared.acl.list();
    reply.array(users.len());
    users.iter().for_each(|user| reply.bulk(&user.line()));
    Ok(())
}

/// A subcommand of ACL.
pub static USERS: Command = Command {
    complexity: Complexity::Other("O(N) with N users"),
    summary: "Lists the names of all users",
    example: "> ACL USERS
              *1
              $7
              default",
    handler: Handler::Plain(users),
    ..FAMILY.row("users", 2, ADMIN, "6.0.0")
};

fn users(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let users = context.shared.acl.list();
    reply.array(users.len());
    users.iter().for_each(|user| reply.bulk(&user.name));
    Ok(())
}

/// Redis's text without a file.
const NO_FILE: &str = "ERR This Redis instance is not configured to use an ACL file. You may want \
    to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you \
    have a Redis configuration file set) in order to store users in the Redis configuration.";

/// The file with users.
fn users_file(shared: &Shared) -> Result<PathBuf, CommandError> {
    let config = shared.config();
    let path = config.aclfile.as_ref().map(|path| config.path(path));
    path.ok_or(CommandError::new(NO_FILE))
}

/// A subcommand of ACL. It reads a file, and a transaction holds the keyspace.
pub static LOAD: Command = Command {
    complexity: Complexity::Other("O(N) with N users"),
    summary: "Reads all users from the file with users, if it has no mistake",
    example: "> ACL LOAD
              -ERR This Redis instance is not configured to use an ACL file. You may want to \
              specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming \
              you have a Redis configuration file set) in order to store users in the Redis \
              configuration.",
    handler: Handler::Server(load),
    ..FAMILY.row("load", 2, ADMIN | flag::NO_MULTI, "6.0.0")
};

fn load(shared: &Shared, context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let loaded = shared.acl.load(&users_file(shared)?);
    let Loaded { changed, gone } =
        loaded.map_err(|errors| CommandError::quoting("ERR ", &errors, ""))?;
    changed.iter().for_each(|changed| disconnect_subscribers(context, changed));
    disconnect_users(context, &gone);
    reply.ok();
    Ok(())
}

/// A subcommand of ACL. It writes a file.
pub static SAVE: Command = Command {
    complexity: Complexity::Other("O(N) with N users"),
    summary: "Writes all users into the file with users",
    example: "> ACL SAVE
              -ERR This Redis instance is not configured to use an ACL file. You may want to \
              specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming \
              you have a Redis configuration file set) in order to store users in the Redis \
              configuration.",
    handler: Handler::Server(save),
    ..FAMILY.row("save", 2, ADMIN | flag::NO_MULTI, "6.0.0")
};

fn save(shared: &Shared, context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let path = users_file(shared)?;
    let lines: Vec<_> = shared.acl.list().iter().map(|user| user.line()).collect();
    // One writer of the file at a time.
    let written = shared.with_settled_config(|_| file::write(&path, &lines));
    if let Err(error) = written {
        let line = format!("Saving users to {}: {error}", path.display());
        context.session.aftermath.log_lines.push((Level::Warning, line));
        return Err(CommandError::new(
            "ERR There was an error trying to save the ACLs. Please check the server logs for more \
             information",
        ));
    }
    reply.ok();
    Ok(())
}
