//! Key events: every command that changes something publishes the same events as Redis's, in the
//! same order.

use crate::commands::words;
use crate::connection::Connection;
use crate::raw::Raw;
use crate::servers::Server;

/// What is executed one after the other. Some keys are missing on purpose, for `keymiss`.
const SCRIPT: &str = "
    SET s 1 · SET s 2 EX 100 · SET s 3 KEEPTTL · SET none v XX · SET s v NX · SETNX s v
    SETNX s2 v · SETEX s3 100 v · PSETEX s3 100000 v · MSET a 1 b 2 · MSETNX a 1 c 2
    MSETNX d 1 e 2 · GETSET a 5 · SET a 6 GET · GETDEL b · GETDEL none · GETEX a EX 100
    GETEX a PERSIST · GETEX a PERSIST · GETEX a · GETEX a PXAT 1 · INCR n · DECR n · INCRBY n 5
    DECRBY n 2 · INCRBYFLOAT n 1.5 · APPEND n 1 · APPEND fresh x · APPEND fresh '' · SETRANGE n 0 9
    SETRANGE n 5 '' · SETRANGE none 0 '' · SETBIT n 3 1 · SETBIT bits 7 1 · BITOP NOT x bits
    BITOP AND x none none2 · BITFIELD bf SET u8 0 5 · BITFIELD bf GET u8 0 · STRLEN none
    BITFIELD bf INCRBY u8 0 1 INCRBY u8 8 1 · GET none · GETRANGE none 0 1 · LCS none none2
    TYPE none · EXISTS none · TTL none · TOUCH none · MGET none s none2 · OBJECT ENCODING none
    HSET h f v · HSET h f v · HSET h f w g x · HMSET h i 1 · HSETNX h f v · HSETNX h j v
    HINCRBY h i 1 · HINCRBYFLOAT h i 1.5 · HDEL h none · HDEL h f g · HDEL h i j · HGET none f
    HGETALL none · HLEN none · HSTRLEN none f · HRANDFIELD none · HSET h f v · HDEL h f
    EXPIRE s 100 · EXPIRE none 100 · EXPIRE s 200 NX · EXPIRE s 300 GT · PEXPIRE s 100000
    EXPIREAT s 9999999999 · PEXPIREAT s 9999999999000 · PERSIST s · PERSIST s · EXPIRE s -1
    SET s v · PEXPIREAT s 1 · SET s v · RENAME s t · RENAME t t · SET u v · RENAME t u
    RENAMENX u t · RENAMENX t fresh · COPY t copied · COPY t copied · COPY t copied REPLACE
    COPY t other DB 3 · MOVE t 4 · MOVE t 4 · SWAPDB 0 1 · SWAPDB 0 1 · DEL copied none · UNLINK a n
    SET v v EX 100 · SET v w · GETSET v x · MSET v y · DEL v · SELECT 2 · SET in2 v · DEL in2
    SELECT 0 · LPUSH l 1 2 3 · RPUSH l 4 5 · LPUSHX l 0 · RPUSHX none 1 · LINSERT l BEFORE 1 x
    LINSERT l BEFORE none x · LSET l 0 z · LREM l 1 z · LREM l 1 none · LTRIM l 0 3 · LPOP l
    RPOP l · LPOP none · LMPOP 1 l LEFT COUNT 1 · LMOVE l l2 LEFT RIGHT · RPOPLPUSH l2 l
    RPUSH l a b · LPOP l 2 · LPOP l 0 · LTRIM l 5 6 · LRANGE none 0 1 · LLEN none · LPOS none x
    RPUSH l a b · LMOVE l l LEFT RIGHT · LPOP l 10 · BLPOP none 0.01 · RPUSH l a · BLPOP l 1
    RPUSH l a · BLMOVE l l2 LEFT RIGHT 1 · BRPOP l2 1 · SADD set a b c · SADD set a · SREM set a
    SREM set none · SPOP set · SMOVE set none zz · SADD set d e · SMOVE set set2 d · SPOP set 10
    SADD set a b · SADD set2 b c · SINTERSTORE si set set2 · SUNIONSTORE su set set2
    SDIFFSTORE sd set set2 · SINTERSTORE si set none · SINTERSTORE si none none · SREM set a b
    SMEMBERS none · SISMEMBER none x · SCARD none · SRANDMEMBER none · SADD set x · SPOP set
    ZADD z 1 a 2 b 3 c · ZADD z 1 a · ZADD z XX CH 2 a · ZADD z INCR 5 a · ZINCRBY z 1 b
    ZREM z none · ZREM z a · ZPOPMIN z · ZPOPMAX z · ZADD z 1 a 2 b 3 c 4 d 5 e · ZMPOP 1 z MIN
    ZREMRANGEBYRANK z 0 0 · ZREMRANGEBYSCORE z 3 3 · ZREMRANGEBYLEX z - (a · ZADD y 1 a 2 q
    ZUNIONSTORE zu 2 z y · ZINTERSTORE zi 2 z y · ZDIFFSTORE zd 2 z y · ZRANGESTORE zr z 0 -1
    ZRANGESTORE zr none 0 -1 · ZUNIONSTORE zu 1 none · ZREMRANGEBYRANK z 0 -1 · ZRANGE none 0 1
    ZSCORE none x · ZCARD none · ZADD z 1 a · BZPOPMIN z 1 · ZADD z 1 a · BZMPOP 1 1 z MIN
    ZADD z 1 a · ZPOPMIN z 5 · ZRANK none a · ZCOUNT none 0 1 · ZRANDMEMBER none · SORT su
    SORT su ALPHA STORE sorted · SORT none STORE sorted · GEOADD g 1 1 x 2 2 y
    GEOSEARCHSTORE g2 g FROMLONLAT 1 1 BYRADIUS 500 km · GEOSEARCHSTORE g2 none FROMLONLAT 1 1 \
    BYRADIUS 5 km · PFADD p a b · PFADD p a · PFMERGE p2 p · PFCOUNT p · XADD x1 1-1 f v
    XADD x1 MAXLEN 1 2-1 f v · XADD none NOMKSTREAM * f v · XTRIM x1 MAXLEN 0 · XADD x1 3-1 f v
    XDEL x1 3-1 · XDEL x1 3-1 · XGROUP CREATE x1 gr 0 · XGROUP CREATECONSUMER x1 gr c
    XGROUP CREATECONSUMER x1 gr c · XGROUP SETID x1 gr 0 · XADD x1 4-1 f v · XSETID x1 9-9
    XREADGROUP GROUP gr c2 COUNT 1 STREAMS x1 > · XCLAIM x1 gr c3 0 4-1 · XACK x1 gr 4-1
    XAUTOCLAIM x1 gr c4 0 0 · XGROUP DELCONSUMER x1 gr c · XGROUP DESTROY x1 gr
    XGROUP CREATE made gr $ MKSTREAM · XLEN none · FLUSHDB · SET s v · FLUSHALL
";

/// A server, one who executes, and one who listens.
struct Watched {
    _server: Server,
    client: Connection,
    events: Raw,
    fences: usize,
}

impl Watched {
    fn new(server: Server) -> Watched {
        let mut client = Connection::open(server.address);
        let on = words("CONFIG SET notify-keyspace-events KEAmn");
        assert_eq!(client.run(&[on]), [b"+OK\r\n"]);
        let mut events = Raw::connect(server.address);
        events.say("PSUBSCRIBE *");
        assert_eq!(message(&mut events)[0], "psubscribe");
        Watched { _server: server, client, events, fences: 0 }
    }

    /// Executes a request. Returns the events; none at all if the command is not known.
    fn execute(&mut self, request: &str) -> Option<Vec<String>> {
        self.fences += 1;
        let fence = format!("PUBLISH fence {}", self.fences);
        let replies = self.client.run(&[words(request), words(&fence)]);
        let mut found = Vec::new();
        loop {
            let message = message(&mut self.events);
            if message[2] == "fence" {
                assert_eq!(message[3], self.fences.to_string(), "{request}");
                break;
            }
            found.push(message[2..].join(" "));
        }
        (!replies[0].starts_with(b"-ERR unknown command")).then_some(found)
    }
}

/// One array of a few words or numbers, without their lengths.
fn message(events: &mut Raw) -> Vec<String> {
    let reply = String::from_utf8_lossy(&events.reply()).into_owned();
    let lines = reply.lines().skip(1).filter(|line| !line.starts_with('$'));
    lines.map(str::to_owned).collect()
}

/// Ensures that every command publishes what Redis's publishes.
#[test]
fn every_command_publishes_the_same_events() {
    let (mut redis, mut respool) = (Watched::new(Server::redis()), Watched::new(Server::respool()));
    let requests = SCRIPT.split(['·', '\n']).map(str::trim).filter(|request| !request.is_empty());
    let (mut differences, mut unknown) = (Vec::new(), Vec::new());
    for request in requests {
        let expected = redis.execute(request);
        match respool.execute(request) {
            None => unknown.push(request),
            found if found == expected => {}
            found => differences.push(format!("{request}\n  {expected:?}\n  {found:?}\n")),
        }
    }
    println!("unknown: {unknown:?}");
    assert!(differences.is_empty(), "\n{}", differences.concat());
}
