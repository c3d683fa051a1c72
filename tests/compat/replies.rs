//! Which replies are the same: byte for byte, but for what Redis leaves open (an order, a choice),
//! for time that passes between two servers, and for a short list of differences that are meant.

use crate::connection::{RawReply, Request};

/// Milliseconds by which two servers may differ in the time that is left: they get each request one
/// after the other.
const TTL_TOLERANCE_MS: i64 = 5_000;

/// Differences that are meant: the reason, and whether a request and the two replies are of that
/// kind.
type Deliberate = (&'static str, fn(&Request, &[u8], &[u8]) -> bool);

const DELIBERATE: &[Deliberate] = &[
    ("HELLO answers any word with the server's description", |request, _, _| {
        is(request, 0, "hello")
            && request.get(1).is_some_and(|w| w.iter().any(u8::is_ascii_alphabetic))
    }),
    (
        "errors repeat what they were given to its end; in Redis a NUL ends it, as in C",
        |request, redis, respool| {
            let has_nul = |word: &Vec<u8>| word.contains(&0);
            redis[0] == b'-' && respool[0] == b'-' && request.iter().any(has_nul)
        },
    ),
    ("COMMAND GETKEYS takes one word since 7.2", |request, _, _| {
        is(request, 0, "command") && is(request, 1, "getkeys") && request.len() == 3
    }),
    ("BITCOUNT and BITPOS look at their arguments before the key since 7.2", |request, _, ours| {
        (is(request, 0, "bitcount") || is(request, 0, "bitpos")) && ours[0] == b'-'
    }),
    ("small sets of words and small lists are listpacks since 7.2", |request, redis, ours| {
        is(request, 1, "encoding")
            && (redis.ends_with(b"hashtable\r\n") || redis.ends_with(b"quicklist\r\n"))
            && (ours.ends_with(b"listpack\r\n") || ours.ends_with(b"intset\r\n"))
    }),
    (
        "the smallest number has no absolute value, which is an error since 7.2",
        |request, _, ours| {
            (is(request, 0, "lrem") || is(request, 0, "lpos"))
                && ours.starts_with(b"-ERR value is out")
        },
    ),
    ("the line of a user says sanitize-payload since 7.2", |request, _, ours| {
        is(request, 0, "acl") && ours.windows(16).any(|words| words == b"sanitize-payload")
    }),
    ("ZRANK and ZREVRANK take one more word since 7.2", |request, _, _| {
        (is(request, 0, "zrank") || is(request, 0, "zrevrank")) && request.len() > 3
    }),
    ("a sum that is whole is as good an integer as one that was set", |request, redis, ours| {
        is(request, 1, "encoding") && redis.ends_with(b"embstr\r\n") && ours.ends_with(b"int\r\n")
    }),
    (
        "scores have their shortest text since 7.2: 1e+17 is written in full",
        |request, redis, ours| {
            let number = |text: &str| text.trim_start_matches(',').parse::<f64>().ok();
            let is_score = |a: &str, b: &str| number(a).is_some() && number(a) == number(b);
            // The lengths of the texts differ too.
            let lines = |reply: &[u8]| -> Vec<String> {
                let text = String::from_utf8_lossy(reply);
                text.split("\r\n").filter(|l| !l.starts_with('$')).map(str::to_owned).collect()
            };
            let (redis, ours) = (lines(redis), lines(ours));
            let is_sorted_set = request[0].to_ascii_lowercase();
            let is_sorted_set = is_sorted_set.starts_with(b"z") || is_sorted_set.starts_with(b"bz");
            is_sorted_set
                && redis.len() == ours.len()
                && redis.iter().zip(&ours).all(|(a, b)| a == b || is_score(a, b))
        },
    ),
    ("small integers are not shared, and so have an age of their own", |request, redis, ours| {
        let is_number = |reply: &[u8]| reply[0] == b':';
        (is(request, 1, "refcount") || is(request, 1, "idletime"))
            && is_number(redis)
            && is_number(ours)
    }),
];

fn is(request: &Request, at: usize, word: &str) -> bool {
    request.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

/// The state of a connection, as far as later replies depend on it.
#[derive(Default)]
pub struct Transcript {
    /// Requests that EXEC will answer.
    queued: Vec<Request>,
}

impl Transcript {
    /// Whether two replies to `request` mean the same.
    pub fn is_same(&mut self, request: &Request, redis: &RawReply, respool: &RawReply) -> bool {
        if redis == respool && redis == b"+QUEUED\r\n" {
            self.queued.push(request.clone());
            return true;
        }
        let is_exec = is(request, 0, "exec");
        let queued = match is_exec || is(request, 0, "discard") || is(request, 0, "reset") {
            true => std::mem::take(&mut self.queued),
            false => Vec::new(),
        };
        if redis == respool {
            return true;
        }
        match (elements(redis), elements(respool)) {
            (Some((head, ours)), Some((other_head, theirs))) if is_exec => {
                let mut pairs = queued.iter().zip(ours.iter().zip(&theirs));
                head == other_head
                    && ours.len() == queued.len()
                    && pairs.all(|(request, (redis, respool))| means_same(request, redis, respool))
            }
            _ => means_same(request, redis, respool),
        }
    }
}

/// Whether two replies to `request` mean the same, whatever was said before.
fn means_same(request: &Request, redis: &[u8], respool: &[u8]) -> bool {
    if redis == respool || DELIBERATE.iter().any(|(_, fits)| fits(request, redis, respool)) {
        return true;
    }
    if redis[0] == b'-' || respool[0] == b'-' {
        return false;
    }
    let name = request[0].to_ascii_lowercase();
    match name.as_slice() {
        b"ttl" | b"expiretime" => is_near(redis, respool, TTL_TOLERANCE_MS / 1_000),
        b"pttl" | b"pexpiretime" => is_near(redis, respool, TTL_TOLERANCE_MS),
        // Redis also measures what has expired and is still there.
        b"memory" => respool[0] == b':' || redis[0] == b':',
        b"hgetall" => sorted(redis, 2).is_some() && sorted(redis, 2) == sorted(respool, 2),
        b"hkeys" | b"hvals" | b"keys" | b"smembers" | b"sinter" | b"sunion" | b"sdiff" => {
            sorted(redis, 1) == sorted(respool, 1)
        }
        b"scan" => is_same_step(request.get(1), redis, respool, 1),
        b"sscan" => is_same_step(request.get(2), redis, respool, 1),
        b"hscan" | b"zscan" => is_same_step(request.get(2), redis, respool, 2),
        // It is drawn by lot.
        b"randomkey" => redis[0] == b'$' && respool[0] == b'$',
        b"hrandfield" | b"srandmember" | b"zrandmember" if request.len() == 2 => {
            redis[0] == b'$' && respool[0] == b'$'
        }
        b"hrandfield" | b"srandmember" | b"zrandmember" => first_line(redis) == first_line(respool),
        // Versions and ids differ; the shape must not.
        b"hello" => first_line(redis) == first_line(respool),
        _ => false,
    }
}

fn first_line(reply: &[u8]) -> &[u8] {
    reply.split(|byte| *byte == b'\n').next().unwrap_or(reply)
}

fn is_near(redis: &[u8], respool: &[u8], tolerance: i64) -> bool {
    let number = |reply: &[u8]| -> Option<i64> {
        let text = std::str::from_utf8(reply.strip_prefix(b":")?).ok()?;
        text.trim().parse().ok().filter(|number| *number >= 0)
    };
    number(redis).zip(number(respool)).is_some_and(|(a, b)| (a - b).abs() <= tolerance)
}

/// Whether two steps of a walk over everything saw the same. Where one of them was not the whole
/// walk, there is nothing to compare: see `walks`.
fn is_same_step(cursor: Option<&Vec<u8>>, redis: &[u8], respool: &[u8], each: usize) -> bool {
    let (Some((_, redis)), Some((_, respool))) = (elements(redis), elements(respool)) else {
        return false;
    };
    let is_whole = |step: &[&[u8]]| step.len() == 2 && step[0] == b"$1\r\n0\r\n";
    let begins = cursor.is_some_and(|cursor| cursor.iter().all(|sign| b"+-0".contains(sign)));
    match begins && is_whole(&redis) && is_whole(&respool) {
        true => sorted(redis[1], each) == sorted(respool[1], each),
        false => redis.len() == 2 && respool.len() == 2,
    }
}

/// Elements that belong together: a field and its value, or one key.
type Groups<'a> = Vec<Vec<&'a [u8]>>;

/// The head of an aggregate, and its elements in ascending order, `each` of them at a time.
fn sorted(reply: &[u8], each: usize) -> Option<(&[u8], Groups<'_>)> {
    let (head, elements) = elements(reply)?;
    let mut groups: Vec<Vec<&[u8]>> = elements.chunks(each).map(<[&[u8]]>::to_vec).collect();
    groups.sort_unstable();
    Some((head, groups))
}

/// The first line of an aggregate, and its elements, raw.
pub fn elements(reply: &[u8]) -> Option<(&[u8], Vec<&[u8]>)> {
    let head = first_line(reply);
    let mut rest = reply.get(head.len() + 1..)?;
    let count = match head.first()? {
        b'*' | b'~' => number(head)?,
        b'%' => 2 * number(head)?,
        _ => return None,
    };
    let mut found = Vec::new();
    for _ in 0..count {
        let (element, behind) = rest.split_at_checked(len_of_reply(rest)?)?;
        found.push(element);
        rest = behind;
    }
    Some((head, found))
}

/// The number after the first byte of a line; `None` if it is negative.
fn number(line: &[u8]) -> Option<usize> {
    std::str::from_utf8(line.get(1..)?).ok()?.trim().parse().ok()
}

/// Bytes of the first reply in `bytes`.
fn len_of_reply(bytes: &[u8]) -> Option<usize> {
    let line = first_line(bytes);
    let head = line.len() + 1;
    let count = match line.first()? {
        b'$' | b'=' => return Some(head + number(line).map_or(0, |len| len + 2)),
        b'*' | b'~' => number(line).unwrap_or(0),
        b'%' => 2 * number(line)?,
        _ => 0,
    };
    let mut len = head;
    for _ in 0..count {
        len += len_of_reply(bytes.get(len..)?)?;
    }
    Some(len)
}
