//! Somebody who claims to be a peer.

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use hyper::Method;
use mini_raft_core::raft::message::{Body, Message, RequestVote};
use mini_raft_core::raft::{EntryId, Index, NodeId, Term};
use mini_raft_server::client::{NodeStatus, Reply, Request};
use mini_raft_server::cluster::manifest::Manifest;
use mini_raft_server::wire::{BootId, Hello, Identity, Nonce, Sealer, Secret};

use super::harness::TestCluster;

/// A term far beyond any that an election leads to.
const FAR: Term = Term(1_000_000);

/// A cluster of which node-2 is down, so that a test can speak in its place.
async fn cluster() -> (TestCluster, NodeStatus) {
    let mut test = TestCluster::start(3, &[]).await;
    test.cluster.kill("node-2").await.expect("it ends");
    let both = ["node-0".to_owned(), "node-1".to_owned()];
    let leader = test.leader_of(&both).await;
    (test, leader)
}

/// node-2 as it would be with this secret, in this cluster.
fn claimant(test: &TestCluster, cluster: Option<&str>, secret: Option<&str>) -> Sealer {
    let real = std::fs::read_to_string(test.cluster.dir().join("secret")).expect("the secret");
    let name = Manifest::load(test.cluster.dir()).expect("a manifest").cluster;
    let identity = Identity {
        cluster: cluster.unwrap_or(&name).parse().expect("a name"),
        id: NodeId(2),
        boot: BootId(7),
        secret: Secret::new(secret.unwrap_or(real.trim()).as_bytes()).expect("long enough"),
    };
    Sealer::new(identity, NodeId(0))
}

fn hello() -> Hello {
    Hello {
        nonce: Nonce([3; 16]),
        disk_id: 1,
        fresh: true,
        format: 1,
        term: Term(1),
        last_log: EntryId { term: Term(1), index: Index(1) },
    }
}

/// A request for a vote in a term far beyond: whoever believes it takes that term over.
fn campaign() -> Message {
    let last_log = EntryId { term: FAR, index: Index(1_000_000) };
    let vote = RequestVote { campaign_term: FAR, last_log, leadership_transfer: true };
    Message { from: NodeId(2), to: NodeId(0), term: FAR, body: Body::RequestVote(vote) }
}

async fn send(test: &TestCluster, endpoint: &str, frame: Bytes) -> Reply {
    let request = Request::write_once(Method::POST, format!("/raft/v1/{endpoint}"), frame);
    test.ask("node-0", &request).await.expect("an answer")
}

async fn term_is_still(test: &TestCluster, before: &NodeStatus) {
    let status = test.status("node-0").await.expect("a status");
    assert_eq!((status.term, status.leader), (before.term, before.leader.clone()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_frames_and_those_of_other_clusters_change_nothing() {
    let (test, leader) = cluster().await;
    let forger = claimant(&test, None, Some("a secret that somebody guessed"));
    let stranger = claimant(&test, Some("another-cluster"), None);
    for (sealer, status) in [(&forger, 401), (&stranger, 412)] {
        assert_eq!(send(&test, "hello", sealer.hello(&hello()).frame()).await.status, status);
        assert_eq!(send(&test, "request-vote", sealer.message(&campaign()).frame()).await.status, status);
        assert_eq!(send(&test, "stream", sealer.message(&campaign()).prefixed()).await.status, status);
        let json = sealer.message_json(&campaign());
        let request =
            Request::write_once(Method::POST, "/raft/v1/request-vote".to_owned(), Bytes::from(json.body))
                .with("content-type", "application/json")
                .with("raft-seal", json.seal);
        assert_eq!(test.ask("node-0", &request).await.expect("an answer").status, status);
    }
    // One bit of what a member really said, changed on the way.
    let mut bent = claimant(&test, None, None).hello(&hello()).frame().to_vec();
    for place in 0..bent.len() {
        bent[place] ^= 1;
        let status = send(&test, "hello", bent.clone().into()).await.status.as_u16();
        assert!([401, 412].contains(&status), "byte {place}: {status}");
        bent[place] ^= 1;
    }
    term_is_still(&test, &leader).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replayed_frames_are_refused_also_after_a_restart() {
    let (mut test, _) = cluster().await;
    let member = claimant(&test, None, None);
    let early = member.message(&campaign()).frame();
    assert_eq!(send(&test, "request-vote", early).await.status, 409, "no hello went before");
    let hello = hello();
    let reply = send(&test, "hello", member.hello(&hello).frame()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    member.accept(&hello, &reply.body).expect("the answer of a member");
    // A member may say this, and is believed, once.
    let pre_vote = Message { body: Body::PreVote(of_no_consequence()), term: Term(1), ..campaign() };
    let frame = member.message(&pre_vote).frame();
    assert_eq!(send(&test, "request-vote", frame.clone()).await.status, 202);
    for _ in 0..3 {
        assert_eq!(send(&test, "request-vote", frame.clone()).await.status, 409);
    }
    let json = member.message_json(&pre_vote);
    assert!(BASE64URL_NOPAD.decode(json.seal.as_bytes()).is_ok());
    let recorded = member.message(&campaign()).frame();
    test.cluster.kill("node-0").await.expect("it ends");
    test.cluster.spawn("node-0").expect("it starts");
    let both = ["node-0".to_owned(), "node-1".to_owned()];
    let leader = test.leader_of(&both).await;
    assert_eq!(send(&test, "request-vote", recorded).await.status, 409, "of an earlier run of its receiver");
    term_is_still(&test, &leader).await;
}

fn of_no_consequence() -> RequestVote {
    RequestVote {
        campaign_term: Term(2),
        last_log: EntryId { term: Term(1), index: Index(1) },
        leadership_transfer: false,
    }
}
