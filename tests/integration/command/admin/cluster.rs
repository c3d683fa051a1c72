//! A cluster of one server, which is emulated for clients that know only clusters.

use crate::raw::lines_of;
use crate::support::{TestServer, check};

fn emulating() -> TestServer {
    TestServer::with(|config| config.cluster_emulation = true)
}

/// Ensures that this server has all slots, under the address that the client has used.
#[test]
fn this_server_has_all_slots() {
    let server = emulating();
    let mut client = server.client();
    let port = server.address.port();
    let id = client.ask("CLUSTER MYID");
    let id = id.trim_start_matches("$40 ").to_owned();
    assert_eq!(id.len(), 40);
    assert_eq!(client.ask("CLUSTER MYSHARDID"), format!("$40 {id}"));
    let slots = client.ask("CLUSTER SLOTS");
    assert_eq!(slots, format!("*1 *3 :0 :16383 *4 $9 127.0.0.1 :{port} $40 {id} *0"));
    client.say("CLUSTER NODES");
    let nodes = lines_of(&client.reply());
    let bus = u32::from(port) + 10_000;
    let expected = format!("{id} 127.0.0.1:{port}@{bus} myself,master - 0 0 0 connected 0-16383");
    assert!(nodes.contains(&expected), "{nodes:?}");
    let shards = client.ask("CLUSTER SHARDS");
    let expected = format!(
        "*1 *4 $5 slots *2 :0 :16383 $5 nodes *1 *14 $2 id $40 {id} $4 port :{port} \
         $2 ip $9 127.0.0.1 $8 endpoint $9 127.0.0.1 $4 role $6 master \
         $18 replication-offset :0 $6 health $6 online"
    );
    assert_eq!(shards, expected);
    let info = client.ask("CLUSTER INFO");
    for line in ["cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:1"] {
        assert!(info.contains(line), "{line}: {info}");
    }
    assert_eq!(client.ask(&format!("CLUSTER REPLICAS {id}")), "*0");
    assert_eq!(client.ask("CLUSTER SLAVES nobody"), "-ERR Unknown node nobody");
    assert!(client.ask("INFO cluster").contains("cluster_enabled:1"));
    assert!(client.ask("INFO server").contains("redis_mode:cluster"));
    assert!(client.ask("HELLO 3").contains("$4 mode $7 cluster"));
    assert!(client.ask("CLUSTER SLOTS").ends_with("%0"), "the facts are a map in RESP3");
    client.ask("CONFIG SET cluster-announce-ip 10.0.0.1 cluster-announce-port 7000");
    assert!(client.ask("CLUSTER SLOTS").contains("$8 10.0.0.1 :7000"));
}

/// Ensures that slots are computed and looked up, and that nothing depends on them.
#[test]
fn slots_are_for_looking_only() {
    let server = emulating();
    server.check(
        "
        > CLUSTER KEYSLOT foo
        :12182
        > CLUSTER KEYSLOT {foo}bar
        :12182
        > MSET foo 1 {foo}bar 2 other 3
        +OK
        > CLUSTER COUNTKEYSINSLOT 12182
        :2
        > CLUSTER COUNTKEYSINSLOT 1
        :0
        > CLUSTER GETKEYSINSLOT 12182 0
        *0
        > CLUSTER COUNTKEYSINSLOT 16384
        -ERR Invalid slot
        > CLUSTER COUNTKEYSINSLOT x
        -ERR value is not an integer or out of range
        > CLUSTER GETKEYSINSLOT 16384 1
        -ERR Invalid slot or number of keys
        > CLUSTER GETKEYSINSLOT 1 -1
        -ERR Invalid slot or number of keys
        > CLUSTER LINKS
        *0
        > CLUSTER RESET
        -ERR the cluster is emulated: it has this server and all slots
        > CLUSTER MEET 127.0.0.1 7000
        -ERR unknown subcommand 'MEET'. Try CLUSTER HELP.
        > READONLY
        +OK
        > READWRITE
        +OK
        > ASKING
        +OK
        > SELECT 1
        +OK
        > CLUSTER COUNTKEYSINSLOT 12182
        :0
        ",
    );
    let mut client = server.client();
    assert_eq!(client.ask("CLUSTER GETKEYSINSLOT 12182 1").split(' ').next(), Some("*1"));
    let mut all: Vec<String> =
        client.ask("CLUSTER GETKEYSINSLOT 12182 9").split(' ').map(str::to_owned).collect();
    all.sort_unstable();
    assert_eq!(all, ["$3", "$8", "*2", "foo", "{foo}bar"]);
    assert!(client.ask("CLUSTER HELP").starts_with("*"));
}

/// Ensures that without the directive all commands say that there is no cluster, and that the
/// directive cannot be set later.
#[test]
fn without_the_directive_there_is_no_cluster() {
    let server = TestServer::start();
    let mut client = server.client();
    for request in [
        "CLUSTER INFO",
        "CLUSTER KEYSLOT a",
        "CLUSTER COUNTKEYSINSLOT 1",
        "CLUSTER GETKEYSINSLOT 1 1",
        "CLUSTER HELP",
        "CLUSTER RESET",
        "CLUSTER LINKS",
        "CLUSTER REPLICAS x",
        "ASKING",
    ] {
        let expected = "-ERR This instance has cluster support disabled";
        assert_eq!(client.ask(request), expected, "{request}");
    }
    assert!(client.ask("INFO cluster").contains("cluster_enabled:0"));
    assert!(client.ask("CONFIG SET cluster-emulation yes").starts_with("-ERR"));
    check(
        "
        > CONFIG GET cluster-emulation
        *2
        $17 cluster-emulation
        $2 no
        ",
    );
}
