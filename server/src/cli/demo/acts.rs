//! The three acts.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;

use super::super::text::{counted, pad};
use super::cast::{Cast, PATIENCE};
use super::teller::Teller;
use super::writer::{self, Ledger, Writer};
use crate::client::kv::{Condition, Consistency};
use crate::client::view::ClusterView;
use crate::client::{Client, Failure, NodeStatus};

/// Acknowledged writes before the leader is killed, and after another one has been elected.
const WRITES_BEFORE: u64 = 50;
/// How long a client tries where no majority is left.
const HOPELESS: Duration = Duration::from_secs(2);

/// Five processes start, and one of them is elected.
pub(super) async fn election(cast: &mut Cast<'_>, teller: &mut Teller) -> anyhow::Result<()> {
    teller.act("Leader election")?;
    teller.say(
        "Five processes of this machine are to keep one list of commands, the log, in the same order. One of them \
         has to lead. Nobody is told to: each waits for a random time, and who hears of no leader until then asks \
         the others for their votes. A majority, three of five, makes a leader, and each has one vote in a term.",
    )?;
    teller.pause().await?;
    teller.now("starting node-0 to node-4")?;
    let started = cast.cluster.start(PATIENCE, &mut |_| {}).await?.complete()?;
    let leader = started.view.leader().context("nobody leads")?.clone();
    let took = millis(started.took);
    teller.fact(
        true,
        &format!(
            "{} was elected in term {}, and all follow it {took} ms after the first process was started.",
            leader.id, leader.term
        ),
        json!({ "leader": leader.id, "term": leader.term, "ms": took }),
    )?;
    let leaders = started.view.answers().filter(|status| status.term == leader.term && status.is_leader());
    let count = leaders.count();
    teller.fact(
        count == 1,
        &format!(
            "Of the five nodes, {} in term {} (Election Safety: at most one a term).",
            counted(count as u64, "leads", "lead"),
            leader.term
        ),
        json!({ "leaders": count }),
    )?;
    teller.show(&table(&started.view))?;
    teller.pause().await
}

/// A client writes; all nodes get it.
pub(super) async fn replication(cast: &mut Cast<'_>, teller: &mut Teller) -> anyhow::Result<()> {
    teller.act("Log replication")?;
    teller.say(
        "A client writes name = Alice. The leader puts it at the end of its log and sends it to the others. When \
         three of five have it on disk it is committed: no crash of any two can undo it. Only then the client hears \
         that it is done.",
    )?;
    teller.pause().await?;
    let mut client = cast.client();
    let leader = cast.leader().await?;
    let began = Instant::now();
    let written = client.set("name", Bytes::from("Alice"), &Condition::Always).await?;
    let took = began.elapsed();
    let written = written.context("a write without a condition was refused")?;
    let index = written.mod_index.context("the cluster did not say which entry the write is")?;
    teller.fact(
        true,
        &format!(
            "The write is entry {index} of the log, in term {}, and was acknowledged after {} ms.",
            leader.term,
            fine_millis(took)
        ),
        json!({ "index": index, "term": leader.term, "ms": fine_millis(took) }),
    )?;
    let nodes = cast.cluster.nodes();
    cast.until_applied(&nodes, index).await?;
    teller.fact(
        true,
        &format!(
            "All five nodes have applied entry {index}, {} ms after the client began.",
            fine_millis(began.elapsed())
        ),
        json!({ "ms": fine_millis(began.elapsed()) }),
    )?;
    for node in &nodes {
        let held = cast.held_by(node, "name").await?;
        teller.fact(
            held.as_deref() == Some(b"Alice"),
            &format!("{}, asked for its own copy, has name = {}.", node.id, shown(held.as_deref())),
            json!({ "node": node.id, "value": shown(held.as_deref()) }),
        )?;
    }
    teller.pause().await?;
    many_writes(cast, teller).await
}

async fn many_writes(cast: &mut Cast<'_>, teller: &mut Teller) -> anyhow::Result<()> {
    const COUNT: u32 = 200;
    teller.say(
        "Once more, with many: one client, one write after the other, each on three disks before the next.",
    )?;
    let mut client = cast.client();
    let began = Instant::now();
    let mut last = 0;
    for number in 0..COUNT {
        let value = Bytes::from(number.to_string());
        let written = client.set("counter", value, &Condition::Always).await?;
        last = written.and_then(|written| written.mod_index).context("a write was not done")?;
    }
    let took = began.elapsed();
    let rate = (f64::from(COUNT) / took.as_secs_f64()).round();
    teller.fact(
        true,
        &format!(
            "{COUNT} writes in {} ms: {rate} a second, {} ms each.",
            millis(took),
            fine_millis(took / COUNT)
        ),
        json!({ "writes": COUNT, "ms": millis(took), "writes_a_second": rate }),
    )?;
    cast.until_applied(&cast.cluster.nodes(), last).await?;
    let expected = (COUNT - 1).to_string();
    let mut same = 0;
    for node in cast.cluster.nodes() {
        same += usize::from(cast.held_by(&node, "counter").await? == Some(expected.clone().into_bytes()));
    }
    teller.fact(
        same == 5,
        &format!("counter = {expected} on {same} of 5 nodes."),
        json!({ "same": same }),
    )?;
    teller.show(&table(&cast.look().await))?;
    teller.pause().await
}

/// The leader is killed under load, comes back; then a majority is killed.
pub(super) async fn faults(cast: &mut Cast<'_>, teller: &mut Teller) -> anyhow::Result<()> {
    teller.act("Fault tolerance")?;
    let (killed, ledger) = kill_the_leader(cast, teller).await?;
    no_promise_was_broken(cast, teller, &ledger).await?;
    teller.pause().await?;
    it_comes_back(cast, teller, &killed, &ledger).await?;
    teller.pause().await?;
    without_a_majority(cast, teller).await?;
    no_promise_was_broken(cast, teller, &ledger).await?;
    teller.say(
        "That is Raft: one leader a term, a log that a majority holds, and no promise that a crash can break. \
         `mini-raft start` starts such a cluster for you, `mini-raft watch` shows it.",
    )
}

async fn kill_the_leader(cast: &mut Cast<'_>, teller: &mut Teller) -> anyhow::Result<(String, Ledger)> {
    let old = cast.leader().await?;
    teller.say(&format!(
        "A client writes without a pause and notes each write that was acknowledged: a promise. In the middle of it \
         {}, the leader, is killed with SIGKILL: it cannot say goodbye.",
        old.id
    ))?;
    teller.pause().await?;
    let mut writer = Writer::start(cast.client());
    writer.until(WRITES_BEFORE).await?;
    teller.now(&format!("kill -9 {}, after {} acknowledged writes", old.id, writer.acknowledged()))?;
    let killed_at = Instant::now();
    cast.cluster.kill(&old.id).await?;
    let survivors = cast.others(&[&old.id]);
    let newer = |view: &ClusterView| view.leader().filter(|leader| leader.term > old.term).cloned();
    let (new, _) = cast.until(&survivors, "another node leads, in a later term", newer).await?;
    let leaderless = killed_at.elapsed();
    writer.until(writer.acknowledged() + WRITES_BEFORE).await?;
    let ledger = writer.stop().await?;
    let after = ledger.acknowledged.iter().find(|write| write.ended > killed_at && write.began > killed_at);
    let waited = ledger.acknowledged.iter().map(|write| write.took()).max().unwrap_or_default();
    teller.fact(
        new.id != old.id && new.term > old.term,
        &format!("{} was elected in term {}. The cluster was without a leader for {} ms.", new.id, new.term, millis(leaderless)),
        json!({ "killed": old.id, "leader": new.id, "term": new.term, "ms_without_leader": millis(leaderless) }),
    )?;
    teller.fact(
        after.is_some(),
        &format!("The client noticed one slow write, of {} ms, and went on.", millis(waited)),
        json!({ "slowest_write_ms": millis(waited) }),
    )?;
    teller.show(&table(&cast.look().await))?;
    Ok((old.id, ledger))
}

/// Every write that was acknowledged is there, with its value; of those without an answer, each may be.
async fn no_promise_was_broken(cast: &Cast<'_>, teller: &mut Teller, ledger: &Ledger) -> anyhow::Result<()> {
    let held = all_held(&mut cast.client()).await?;
    let is_kept = |number: u64| {
        let (key, value) = writer::entry(number);
        held.get(&key) == Some(&value.into_bytes())
    };
    let promised = ledger.acknowledged.len();
    let kept = ledger.acknowledged.iter().filter(|write| is_kept(write.number)).count();
    let unknown = match ledger.unknown.len() {
        0 => String::new(),
        count => {
            format!(" {} got no answer, and may be there or not.", counted(count as u64, "write", "writes"))
        }
    };
    teller.fact(
        kept == promised && promised > 0,
        &format!(
            "{promised} writes were acknowledged, {kept} of them are there, {} lost.{unknown}",
            promised - kept
        ),
        json!({ "acknowledged": promised, "kept": kept, "unknown": ledger.unknown.len() }),
    )
}

async fn all_held(client: &mut Client) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut held = BTreeMap::new();
    let mut cursor = None;
    loop {
        let page = client.list(writer::PREFIX, 1_000, cursor.as_deref()).await?;
        for item in page.items {
            let value = item.bytes().with_context(|| format!("no value came with {}", item.key))?;
            held.insert(item.key, value);
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(held);
        }
    }
}

async fn it_comes_back(
    cast: &mut Cast<'_>,
    teller: &mut Teller,
    killed: &str,
    ledger: &Ledger,
) -> anyhow::Result<()> {
    teller.say(&format!(
        "{killed} is started again. It finds on its disk what it had promised to keep, its term, its vote and its \
         log, follows the new leader, and is sent what it missed."
    ))?;
    let commit_index = cast.leader().await?.commit_index;
    teller.now(&format!("starting {killed} again"))?;
    cast.cluster.spawn(killed)?;
    let itself: Vec<_> = cast.cluster.nodes().into_iter().filter(|node| node.id == killed).collect();
    let took = cast.until_applied(&itself, commit_index).await?;
    let last = ledger.acknowledged.last().context("nothing was written")?.number;
    let (key, value) = writer::entry(last);
    let held = cast.held_by(&itself[0], &key).await?;
    teller.fact(
        held == Some(value.into_bytes()),
        &format!("{killed} has caught up with entry {commit_index}, {} ms after its start; it holds the last write.", millis(took)),
        json!({ "node": killed, "index": commit_index, "ms": millis(took) }),
    )
}

async fn without_a_majority(cast: &mut Cast<'_>, teller: &mut Teller) -> anyhow::Result<()> {
    let (leader, _) = cast.until_healthy().await?;
    let mut victims = vec![leader.id.clone()];
    victims.extend(cast.others(&[&leader.id]).into_iter().take(2).map(|node| node.id));
    let named: Vec<&str> = victims.iter().map(String::as_str).collect();
    let survivors = cast.others(&named);
    teller.say(
        "Two of five may fail. Now three are killed. The two that are left cannot know whether the others are dead or \
         only out of reach, and deciding alone they might contradict them. So they decide nothing.",
    )?;
    teller.pause().await?;
    for id in &victims {
        teller.now(&format!("kill -9 {id}"))?;
        cast.cluster.kill(id).await?;
    }
    let urls = survivors.iter().map(|node| node.url.clone()).collect();
    let refused = Client::new(urls, HOPELESS).set("name", Bytes::from("Bob"), &Condition::Always).await;
    let (is_refused, how) = match &refused {
        Ok(_) => (false, "was acknowledged"),
        Err(Failure::Refused(_) | Failure::Unavailable(_)) => (true, "was refused, and certainly not done"),
        Err(Failure::Unknown(_)) => (true, "got no promise: it may be done later, or never"),
    };
    teller.fact(
        is_refused,
        &format!("With 2 of 5 nodes, a write of name = Bob {how}."),
        json!({ "outcome": how }),
    )?;
    let held = cast.held_by(&survivors[0], "name").await?;
    teller.fact(
        held.is_some(),
        &format!(
            "A read that may be out of date is still answered: {} has name = {}.",
            survivors[0].id,
            shown(held.as_deref())
        ),
        json!({ "node": survivors[0].id }),
    )?;
    teller.now("starting the three again")?;
    for id in &victims {
        cast.cluster.spawn(id)?;
    }
    let (leader, took) = cast.until_healthy().await?;
    teller.fact(
        true,
        &format!(
            "{} was elected in term {}, and all five follow it, {} ms after the start.",
            leader.id,
            leader.term,
            millis(took)
        ),
        json!({ "leader": leader.id, "term": leader.term, "ms": millis(took) }),
    )?;
    name_is_what_it_may_be(cast, teller, &refused).await
}

/// A write that was refused must not be there; one without an outcome may be.
async fn name_is_what_it_may_be<T>(
    cast: &Cast<'_>,
    teller: &mut Teller,
    write: &Result<T, Failure>,
) -> anyhow::Result<()> {
    let found = cast.client().get("name", Consistency::Linearizable).await?;
    let value = found.map(|found| found.value.to_vec());
    let may_be_bob = matches!(write, Err(Failure::Unknown(_)));
    let is_right = match value.as_deref() {
        Some(b"Alice") => true,
        Some(b"Bob") => may_be_bob,
        _ => false,
    };
    teller.fact(
        is_right,
        &format!("name = {}, as a linearizable read says.", shown(value.as_deref())),
        json!({ "value": shown(value.as_deref()) }),
    )
}

fn table(view: &ClusterView) -> String {
    let mut text = format!("\n    {}  {}  term  commit  applied\n", pad("node", 6), pad("role", 11));
    for node in &view.nodes {
        let (role, numbers) = match &node.status {
            Ok(status) => (status.role.as_str(), numbers(status)),
            Err(_) => ("unreachable", String::new()),
        };
        text.push_str(format!("    {}  {}{numbers}", pad(&node.node.id, 6), pad(role, 11)).trim_end());
        text.push('\n');
    }
    text
}

fn numbers(status: &NodeStatus) -> String {
    format!("  {:>4}  {:>6}  {:>7}", status.term, status.commit_index, status.last_applied)
}

fn shown(value: Option<&[u8]>) -> String {
    value.map_or("nothing".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// With a tenth: what takes less than a millisecond does not take none.
fn fine_millis(span: Duration) -> f64 {
    (span.as_secs_f64() * 10_000.0).round() / 10.0
}
