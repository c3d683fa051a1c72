//! CLIENT TRACKING and its kin: invalidations for clients that cache what they have read.
//!
//! The settings are parsed and checked here; see [`crate::clients::tracking`] for what they do.

use crate::clients::tracking::{Choice, Prefix, Tracked, state};
use crate::command::connection::client_rows::{FAMILY, OPEN};
use crate::command::engine::arguments::{Cursor, integer};
use crate::command::engine::{
    Args, Command, CommandError, Complexity, Context, Handler, Keyspace, Outcome, Reply,
};
use crate::limits;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// A subcommand of CLIENT.
pub static CACHING: Command = Command {
    summary: "Says whether the keys of the next command are tracked, after OPTIN or OPTOUT",
    syntax: "<YES | NO>",
    example: "> CLIENT TRACKING on OPTIN
              +OK
              > CLIENT CACHING yes
              +OK
              > CLIENT CACHING no
              -ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
    handler: Handler::Plain(caching),
    ..FAMILY.row("caching", 3, OPEN, "6.0.0")
};

fn caching(context: &mut Context<'_>, args: Args<'_>, reply: &mut Reply) -> Outcome {
    let Some(tracked) = &mut context.session.tracking else {
        return Err(CommandError::new(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN \
             or OPTOUT mode enabled",
        ));
    };
    let (choice, error) = match args.at(2).to_ascii_lowercase().as_slice() {
        b"yes" => (
            Choice::OptIn,
            "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
        ),
        b"no" => (
            Choice::OptOut,
            "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
        ),
        _ => return Err(CommandError::SYNTAX),
    };
    if tracked.choice != choice {
        return Err(CommandError::new(error));
    }
    tracked.is_exception = true;
    reply.ok();
    Ok(())
}

/// A subcommand of CLIENT.
pub static GETREDIR: Command = Command {
    summary: "Returns the connection that gets the invalidations: 0 is this one, -1 is none",
    example: "> CLIENT GETREDIR
              :-1
              > CLIENT TRACKING on
              +OK
              > CLIENT GETREDIR
              :0",
    handler: Handler::Plain(getredir),
    ..FAMILY.row("getredir", 2, OPEN, "6.0.0")
};

fn getredir(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    reply.integer(context.session.client.redirect.load(Relaxed));
    Ok(())
}

/// A subcommand of CLIENT.
pub static TRACKING: Command = Command {
    complexity: Complexity::Other("O(N) with N prefixes"),
    summary: "Sends the connection the names of keys that have changed since it has read them",
    syntax: "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] \
             [OPTOUT] [NOLOOP]",
    example: "> CLIENT TRACKING on REDIRECT 0
              -ERR The client ID you want redirect to does not exist
              > CLIENT TRACKING on PREFIX user:
              -ERR PREFIX option requires BCAST mode to be enabled
              > CLIENT TRACKING on BCAST PREFIX user:
              +OK
              > CLIENT TRACKING off
              +OK",
    handler: Handler::Keyspace(tracking),
    ..FAMILY.row("tracking", -3, OPEN, "6.0.0")
};

fn tracking(
    context: &mut Context<'_>,
    keyspace: &mut Keyspace,
    args: Args<'_>,
    reply: &mut Reply,
) -> Outcome {
    let (mut wish, mut prefixes, is_opt) = parse(context, args)?;
    match args.at(2).to_ascii_lowercase().as_slice() {
        b"on" => {
            let old = context.session.tracking.as_deref();
            check_modes(old, &wish, !prefixes.is_empty(), is_opt)?;
            wish.is_exception = old.is_some_and(|old| old.is_exception) && !wish.is_bcast;
            wish.choice = if is_opt[0] { Choice::OptIn } else { wish.choice };
            wish.choice = if is_opt[1] { Choice::OptOut } else { wish.choice };
            wish.is_exception &= wish.choice != Choice::All;
            wish.prefixes = old.map(|old| old.prefixes.clone()).unwrap_or_default();
            if wish.is_bcast {
                check_prefixes(&wish, &prefixes)?;
                // Without a prefix all keys are meant: they begin with nothing.
                if prefixes.is_empty() {
                    prefixes.push(Prefix::default());
                }
                wish.prefixes.extend(prefixes);
            }
            context.session.track(context.shared, wish);
            keyspace.invalidations.want(true);
        }
        b"off" => context.session.stop_tracking(context.shared, reply),
        _ => return Err(CommandError::SYNTAX),
    }
    reply.ok();
    Ok(())
}

/// The options, in the order of the request: the settings, the prefixes, and whether OPTIN and
/// OPTOUT were given.
fn parse(
    context: &Context<'_>,
    args: Args<'_>,
) -> Result<(Tracked, Vec<Prefix>, [bool; 2]), CommandError> {
    let (mut wish, mut prefixes, mut is_opt) = (Tracked::default(), Vec::new(), [false; 2]);
    let mut words = Cursor::at(args, 3);
    while !words.is_done() {
        if let Some(id) = words.value_of("REDIRECT") {
            if wish.redirect.is_some() {
                return Err(CommandError::new(
                    "ERR A client can only redirect to a single other client",
                ));
            }
            let id = u64::try_from(integer(id)?).ok();
            let found = id.and_then(|id| context.shared.clients.find(id)).ok_or(
                CommandError::new("ERR The client ID you want redirect to does not exist"),
            )?;
            wish.redirect = Some((found.id, Arc::downgrade(&found)));
        } else if let Some(prefix) = words.value_of("PREFIX") {
            prefixes.push(Prefix::from(prefix));
        } else if words.take("BCAST") {
            wish.is_bcast = true;
        } else if words.take("OPTIN") {
            is_opt[0] = true;
        } else if words.take("OPTOUT") {
            is_opt[1] = true;
        } else if words.take("NOLOOP") {
            wish.is_noloop = true;
        } else {
            return Err(CommandError::SYNTAX);
        }
    }
    Ok((wish, prefixes, is_opt))
}

/// Checks that the modes go together, and with those in force.
fn check_modes(
    old: Option<&Tracked>,
    wish: &Tracked,
    has_prefixes: bool,
    [optin, optout]: [bool; 2],
) -> Outcome {
    let chose = |choice| old.is_some_and(|old| old.choice == choice);
    let error = if !wish.is_bcast && has_prefixes {
        "ERR PREFIX option requires BCAST mode to be enabled"
    } else if old.is_some_and(|old| old.is_bcast != wish.is_bcast) {
        "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and \
         then re-enabling it with a different mode."
    } else if wish.is_bcast && (optin || optout) {
        "ERR OPTIN and OPTOUT are not compatible with BCAST"
    } else if optin && optout {
        "ERR You can't specify both OPTIN mode and OPTOUT mode"
    } else if optin && chose(Choice::OptOut) || optout && chose(Choice::OptIn) {
        "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and \
         then re-enabling it with a different mode."
    } else {
        return Ok(());
    };
    Err(CommandError::new(error))
}

/// Checks that no new prefix is the beginning of another one, nor the other way round: a key would
/// be sent twice.
fn check_prefixes(wish: &Tracked, new: &[Prefix]) -> Outcome {
    let overlap = |one: &Prefix, other: &Prefix| one.starts_with(other) || other.starts_with(one);
    let error = |one: &Prefix, what: &str, other: &Prefix| {
        let what = format!("' overlaps with {what} prefix '");
        let quoted = [&one[..], what.as_bytes(), other].concat();
        let after = "'. Prefixes for a single client must not overlap.";
        Err(CommandError::quoting("ERR Prefix '", &quoted, after))
    };
    // Sorting beats comparing all pairs: a prefix stands directly before the first text that
    // begins with it.
    let mut sorted: Vec<&Prefix> = new.iter().chain(&wish.prefixes).collect();
    sorted.sort_unstable();
    let Some(found) = sorted.windows(2).find(|pair| overlap(pair[0], pair[1])) else {
        return Ok(());
    };
    // Redis names the first pair in the order of the request, which takes all pairs to find.
    if sorted.len() > limits::TRACKING_PREFIXES_COMPARED {
        return error(found[1], "another provided", found[0]);
    }
    for (at, one) in new.iter().enumerate() {
        if let Some(other) = wish.prefixes.iter().find(|other| overlap(one, other)) {
            return error(one, "an existing", other);
        }
        if let Some(other) = new[at + 1..].iter().find(|other| overlap(one, other)) {
            return error(one, "another provided", other);
        }
    }
    Ok(())
}

/// A subcommand of CLIENT.
pub static TRACKINGINFO: Command = Command {
    complexity: Complexity::Other("O(N) with N prefixes"),
    summary: "Returns how keys are tracked for the connection",
    example: "> CLIENT TRACKINGINFO
              *6
              $5
              flags
              *1
              $3
              off
              $8
              redirect
              :-1
              $8
              prefixes
              *0",
    handler: Handler::Plain(trackinginfo),
    ..FAMILY.row("trackinginfo", 2, OPEN, "6.2.0")
};

fn trackinginfo(context: &mut Context<'_>, _: Args<'_>, reply: &mut Reply) -> Outcome {
    let client = &context.session.client;
    let tracked = context.session.tracking.as_deref();
    let is = |test: fn(&Tracked) -> bool| tracked.is_some_and(test);
    let is_broken = client.tracking.load(Relaxed) & state::BROKEN != 0;
    let flags = [
        (tracked.is_none(), "off"),
        (tracked.is_some(), "on"),
        (is(|tracked| tracked.is_bcast), "bcast"),
        (is(|tracked| tracked.choice == Choice::OptIn), "optin"),
        (is(|tracked| tracked.choice == Choice::OptIn && tracked.is_exception), "caching-yes"),
        (is(|tracked| tracked.choice == Choice::OptOut), "optout"),
        (is(|tracked| tracked.choice == Choice::OptOut && tracked.is_exception), "caching-no"),
        (is(|tracked| tracked.is_noloop), "noloop"),
        (is_broken, "broken_redirect"),
    ];
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(flags.iter().filter(|(is, _)| *is).count());
    flags.iter().filter(|(is, _)| *is).for_each(|(_, flag)| reply.bulk(flag.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(client.redirect.load(Relaxed));
    reply.bulk(b"prefixes");
    reply.array(tracked.map_or(0, |tracked| tracked.prefixes.len()));
    tracked.into_iter().flat_map(|tracked| &tracked.prefixes).for_each(|one| reply.bulk(one));
    Ok(())
}
