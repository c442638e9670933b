//! What is called safe is never lost, and of what is not, it is shown how it can be.

use std::collections::BTreeMap;

use mini_raft_core::kv::{ClientId, Op};
use mini_raft_core::raft::Fact;
use mini_raft_core::rng::Rng;
use mini_raft_core::run::Run;
use mini_raft_core::sim::command::MessageFilter;
use mini_raft_core::sim::{Command, Event, EventKind, Setup, Target};
use mini_raft_core::swarm;
use mini_raft_core::time::Micros;

use super::*;

/// Entries that were called safe, by index: the term of each, and of its anchor. A leader of a term before that may be
/// elected without the entry, by votes that come late.
type Safe = BTreeMap<Index, (Term, Term)>;

/// How often something was looked at.
#[derive(Debug, Default)]
struct Counts {
    looks: u64,
    safe: u64,
    /// Safe before anybody knew that it is committed.
    before_commit: u64,
    /// Known to be committed, and not proven safe, though no snapshot hides anything and no disk was lost.
    unproven: u64,
    elections: u64,
}

/// Notes what is safe now, and that it agrees with what was called safe before.
fn note(world: &World, safe: &mut Safe, counts: &mut Counts, seed: u64) {
    let (all, proven) = (safe_up_to(world), proven_safe(world));
    // Of what is only known to be committed, somebody knows it in a term that is not over.
    let latest = running(world).map(Node::current_term).max().unwrap_or(Term::ZERO);
    let is_plain = |machine: &Machine| {
        machine.disk().log().snapshot_id() == EntryId::ZERO
            && machine.node().is_none_or(|node| node.forgets().is_none() && node.snapshot().is_none())
    };
    let is_plain = world.machines().iter().all(is_plain);
    for ((machine, up_to), proven) in world.machines().iter().zip(all).zip(proven) {
        let log = shown_log(machine);
        let committed = committed_up_to(world, log);
        counts.looks += 1;
        counts.before_commit += proven.index.0.saturating_sub(committed.0);
        counts.unproven += u64::from(is_plain && proven.index < committed);
        let first = log.first_index().max(Index(up_to.0.saturating_sub(20)));
        for entry in log.iter_from(first).take_while(|entry| entry.index <= up_to) {
            counts.safe += 1;
            let anchor = if entry.index <= proven.index { proven.term } else { latest };
            let known = safe.entry(entry.index).or_insert((entry.term, anchor));
            known.1 = known.1.min(anchor);
            assert_eq!(
                known.0,
                entry.term,
                "seed {seed}, {}: entry {} is safe twice",
                world.now(),
                entry.index
            );
        }
    }
}

/// A new leader has all that was called safe; and what is committed is that.
fn hold_against(world: &World, event: &Event, safe: &Safe, counts: &mut Counts, seed: u64) {
    let Some(node) = event.node.and_then(|id| world.machine(id)).and_then(Machine::node) else { return };
    let holds = |(index, (term, anchor)): (&Index, &(Term, Term))| {
        *index <= node.log().snapshot_id().index
            || node.log().term_at(*index) == Some(*term)
            || event.term < *anchor
    };
    match &event.kind {
        EventKind::Fact(Fact::RoleChanged { to: RoleName::Leader, .. }) => {
            counts.elections += 1;
            for entry in safe {
                assert!(holds(entry), "seed {seed}, {}: {} leads without {entry:?}", event.at, node.id());
            }
        }
        EventKind::Fact(Fact::Committed { from, to, .. }) => {
            for entry in safe.range(from.next()..=*to) {
                assert!(holds(entry), "seed {seed}, {}: {} commits another {entry:?}", event.at, node.id());
            }
        }
        _ => {}
    }
}

/// In random worlds with crashes, partitions, loss, pauses, slow and failing disks, changes of membership and snapshots:
/// what was called safe once is in the log of every leader that is elected later.
#[test]
fn what_is_called_safe_is_never_lost() {
    let mut counts = Counts::default();
    for seed in 0..100 {
        let scenario = swarm::draw(seed);
        let mut events = Vec::new();
        let mut run = Run::new(scenario.setup.clone(), scenario.moments(), &mut events);
        let mut safe = Safe::new();
        let mut place = 0;
        while run.next_at().is_some_and(|at| at <= scenario.until) && place < 6_000 {
            run.step(&mut events);
            for event in events.drain(..) {
                place += 1;
                if matches!(event.kind, EventKind::Wipe) {
                    // The promise is for as long as no disk is lost.
                    safe.clear();
                }
                hold_against(run.world(), &event, &safe, &mut counts, seed);
            }
            if place % 3 == 0 {
                note(run.world(), &mut safe, &mut counts, seed);
            }
        }
    }
    assert!(counts.elections > 500 && counts.safe > 100_000, "{counts:?}");
    assert!(counts.before_commit > 1_000, "it is known before any node knows of the commit: {counts:?}");
    assert!(counts.unproven * 100 < counts.looks, "what is committed is found to be safe: {counts:?}");
}

fn set(run: &mut Run, events: &mut Vec<Event>) {
    let op = Op::Set { key: "city".into(), value: "Oslo".into() };
    // There may be no leader.
    let _ = run.command(Command::Request { client: ClientId::new("c1"), op, to: Target::Leader }, events);
}

/// A world in which something is under way, and not everything works.
fn troubled(seed: u64) -> Run {
    let mut rng = Rng::new(seed);
    let mut events = Vec::new();
    let mut run = Run::new(Setup { seed, ..Setup::default() }, Vec::new(), &mut events);
    run.run_until(Micros::from_millis(600), &mut events);
    for _ in 0..1 + rng.below(5) {
        let node = Target::Node(NodeId(rng.below(5) as u32));
        let other = Target::Node(NodeId(rng.below(5) as u32));
        let command = match rng.below(5) {
            0 => Command::Crash { node },
            1 => Command::Restart { node },
            2 => Command::Heal { link: None },
            _ => Command::Cut { from: node, to: other, both: true },
        };
        // What cannot be done is left out.
        let _ = run.command(command, &mut events);
        set(&mut run, &mut events);
        let until = run.now() + Micros(rng.below(40_000) + if rng.chance(0.3) { 600_000 } else { 0 });
        run.run_until(until, &mut events);
    }
    run
}

/// Whether the entry is lost in a future in which what is under way is lost, and all crash and only these start again, or,
/// if `crashes` is false, only the others crash.
fn is_lost(run: &Run, entry: EntryId, left: &[NodeId], crashes: bool) -> bool {
    let mut run = run.clone();
    let mut events = Vec::new();
    let mut done = |run: &mut Run, command| {
        // A node may be in that state already.
        let _ = run.command(command, &mut events);
    };
    done(&mut run, Command::Heal { link: None });
    let under_way: Vec<u64> = run.world().flights().map(|flight| flight.id).collect();
    for id in under_way {
        let only = MessageFilter { kind: None, from: None, to: None, count: 1, id: Some(id) };
        done(&mut run, Command::Drop(only));
    }
    for id in (0..5).map(NodeId) {
        let node = Target::Node(id);
        if crashes || !left.contains(&id) {
            done(&mut run, Command::Crash { node });
        }
    }
    for id in left {
        done(&mut run, Command::Restart { node: Target::Node(*id) });
    }
    run.run_until(run.now() + Micros::from_millis(2_500), &mut events);
    let leader = run.world().leader().and_then(|id| run.world().machine(id)).and_then(Machine::node);
    leader.is_some_and(|leader| !leader.log().holds(entry))
}

/// The entries of all logs that are not called safe.
fn unsafe_entries(world: &World) -> Vec<EntryId> {
    let mut found: Vec<EntryId> = Vec::new();
    for (machine, safe) in world.machines().iter().zip(safe_up_to(world)) {
        let entries = shown_log(machine).iter_from(safe.next()).map(mini_raft_core::raft::Entry::id);
        for id in entries {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

fn majorities() -> impl Iterator<Item = Vec<NodeId>> {
    (0_u32..32)
        .filter(|set| set.count_ones() == 3)
        .map(|set| (0..5).filter(|node| set & (1 << node) != 0).map(NodeId).collect())
}

/// Of what is said to be in danger nearly all can really be lost: some crashes, and some majority that goes on, do it.
#[test]
fn what_could_be_lost_can_be_lost() {
    let (mut shown, mut all) = (0, 0);
    for seed in 0..160 {
        let run = troubled(seed);
        for entry in unsafe_entries(run.world()).into_iter().take(3) {
            all += 1;
            let mut futures = majorities().flat_map(|left| [(left.clone(), true), (left, false)]);
            shown += usize::from(futures.any(|(left, crashes)| is_lost(&run, entry, &left, crashes)));
        }
    }
    assert!(all > 20, "{all}");
    assert!(shown * 10 >= all * 9, "{shown} of {all}");
}

/// An entry in the memory of all five nodes and on no disk is gone when all crash; once three have it on disk it stays.
#[test]
fn an_entry_is_safe_when_a_majority_has_it_on_disk() {
    let mut events = Vec::new();
    let mut run = Run::new(Setup::default(), Vec::new(), &mut events);
    run.run_until(Micros::from_millis(800), &mut events);
    let leader = run.world().leader().expect("an election takes less");
    set(&mut run, &mut events);
    let entry = EntryId::new(1, 2);
    let disks =
        |world: &World| world.machines().iter().filter(|machine| machine.disk().log().holds(entry)).count();
    let known = |world: &World| running(world).any(|node| node.commit_index() >= entry.index);
    let mut safe_unknown = 0;
    for _ in 0..400 {
        run.step(&mut events);
        let world = run.world();
        let holds = world.machine(leader).and_then(Machine::node).is_some_and(|node| node.log().holds(entry));
        let is_safe = holds && safe_up_to(world)[leader.0 as usize] >= entry.index;
        assert_eq!(is_safe, disks(world) >= 3, "{} disks", disks(world));
        safe_unknown += usize::from(is_safe && !known(world));
        if holds && disks(world) == 2 {
            let others: Vec<NodeId> = world
                .machines()
                .iter()
                .filter(|machine| !machine.disk().log().holds(entry))
                .map(Machine::id)
                .collect();
            assert!(is_lost(&run, entry, &others, true));
        }
    }
    assert!(safe_unknown > 0, "it is safe before its leader knows it");
}

/// Figure 8: an entry of an earlier term that is on a majority of the disks may be lost, and is, when another one wins.
#[test]
fn figure_8_an_entry_of_an_old_term_on_a_majority_is_not_safe() {
    let mut session = crate::session::Session::new(1.0);
    let name = "Figure 8: a majority is not enough";
    let place =
        session.scenarios().0.iter().position(|other| other.name == name).expect("it is in the library");
    session.grant(crate::wish::Wish::LoadScenario(place));
    let mut on_majority: Vec<EntryId> = Vec::new();
    for _ in 0..4_000 {
        session.grant(crate::wish::Wish::StepForward);
        let world = session.world();
        for entry in unsafe_entries(world) {
            let holds = |machine: &&Machine| machine.disk().log().holds(entry);
            let is_old = running(world).any(|node| {
                node.role() == RoleName::Leader && node.log().holds(entry) && node.current_term() > entry.term
            });
            if is_old && world.machines().iter().filter(holds).count() >= 3 && !on_majority.contains(&entry) {
                on_majority.push(entry);
            }
        }
    }
    let gone = |entry: &&EntryId| running(session.world()).all(|node| !node.log().holds(**entry));
    assert!(on_majority.iter().any(|entry| gone(&entry)), "{on_majority:?}");
}
