//! A node's life as its disk sees it: steps of every kind, and what must be there after each.

use std::collections::BTreeMap;
use std::sync::Arc;

use mini_raft_core::raft::{
    Configuration, Entry, EntryId, HardState, Incarnation, Index, NodeId, Payload, Persistent, Snapshot,
    Term, Write, WriteId,
};
use mini_raft_server::storage::{Identity, Options, Recovered, Refusal, Storage, WriteError};

use super::disk::Disk;
use super::rng::Rng;

pub(crate) fn identity() -> Identity {
    Identity { cluster: "test".to_owned(), node: NodeId(3) }
}

/// Small segments, so that a short life has many.
pub(crate) fn options() -> Options {
    Options { segment_bytes: 4096, ..Options::default() }
}

pub(crate) fn open(disk: &Disk) -> Result<(Storage, Recovered), Refusal> {
    Storage::open_in(disk.files(), &identity(), options())
}

/// One thing that is done to a storage.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Write(Vec<Write>),
    Tidy,
    Born,
    Peer(NodeId, u64),
}

/// What a disk must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Model {
    pub(crate) persistent: Persistent,
    pub(crate) born: bool,
    pub(crate) peers: BTreeMap<NodeId, u64>,
}

impl Model {
    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::Write(writes) => writes.iter().for_each(|write| self.persistent.take(write.clone())),
            Step::Tidy => {}
            Step::Born => self.born = true,
            Step::Peer(peer, disk_id) => {
                self.peers.insert(*peer, *disk_id);
            }
        }
    }

    /// What was read back.
    pub(crate) fn of(storage: &Storage, recovered: &Recovered) -> Model {
        Model { persistent: recovered.persistent.clone(), born: recovered.born, peers: storage.peer_disks() }
    }

    fn last(&self) -> EntryId {
        let covered =
            self.persistent.snapshot.as_ref().map_or(EntryId::ZERO, |snapshot| snapshot.last_included);
        self.persistent.entries.last().map_or(covered, Entry::id)
    }

    fn covered(&self) -> Index {
        self.persistent.snapshot.as_ref().map_or(Index::ZERO, |snapshot| snapshot.last_included.index)
    }
}

pub(crate) fn apply(storage: &mut Storage, step: &Step) -> Result<(), WriteError> {
    match step {
        Step::Write(writes) => storage.write(writes),
        Step::Tidy => storage.tidy(),
        Step::Born => storage.born(&[]),
        Step::Peer(peer, disk_id) => storage.remember_peer_disk(*peer, *disk_id),
    }
}

/// A life of this many steps. It is legal: cuts and installed snapshots stay above what was once in a snapshot.
pub(crate) fn life(seed: u64, steps: usize) -> Vec<Step> {
    let mut rng = Rng::new(seed);
    let mut model = Model::default();
    let mut life = Vec::new();
    for _ in 0..steps {
        let step = match rng.below(10) {
            0 => Step::Tidy,
            1 if rng.coin() => Step::Born,
            1 => Step::Peer(NodeId(rng.below(5) as u32), rng.next()),
            _ => {
                let count = 1 + rng.below(3);
                let mut after = model.clone();
                let writes = (0..count).map(|_| {
                    let write = any_write(&mut rng, &after);
                    after.persistent.take(write.clone());
                    write
                });
                Step::Write(writes.collect())
            }
        };
        model.take(&step);
        life.push(step);
    }
    life
}

/// A write with nothing in it.
pub(crate) fn no_write() -> Write {
    Write { id: WriteId(1), hard_state: None, snapshot: None, truncate_from: None, entries: [].into() }
}

/// A write of one command with these bytes.
pub(crate) fn command(term: u64, index: u64, bytes: &[u8]) -> Write {
    let payload = Payload::Command(bytes.into());
    Write { entries: [Entry { term: Term(term), index: Index(index), payload }].into(), ..no_write() }
}

fn any_write(rng: &mut Rng, model: &Model) -> Write {
    let mut write = no_write();
    let (last, covered) = (model.last(), model.covered());
    let mut term = model.persistent.hard_state.current_term.max(Term(1));
    if rng.below(4) == 0 {
        term = term.next();
        write.hard_state = Some(HardState {
            current_term: term,
            voted_for: rng.coin().then(|| NodeId(rng.below(5) as u32)),
            forgetful: (rng.below(4) == 0).then(|| Incarnation(rng.next())),
        });
    }
    let mut after = last;
    match rng.below(8) {
        // A follower's log is replaced from somewhere above what is committed.
        0 if last.index > covered => {
            let from = Index(covered.0 + 1 + rng.below(last.index.0 - covered.0));
            write.truncate_from = Some(from);
            let kept = model.persistent.entries.iter().take_while(|entry| entry.index < from).last();
            let base = model.persistent.snapshot.as_ref().map_or(EntryId::ZERO, |it| it.last_included);
            after = kept.map_or(base, Entry::id);
        }
        // The machine's own snapshot of a beginning of the log.
        1 | 2 if last.index > covered => {
            let entry = &model.persistent.entries[rng.below(last.index.0 - covered.0) as usize];
            write.snapshot = Some(snapshot(rng, entry.id()));
        }
        // A leader's snapshot, from beyond the end of the log or against it.
        3 => {
            let index = Index(covered.0 + 1 + rng.below(last.index.0 - covered.0 + 4));
            let included = EntryId { term, index };
            write.snapshot = Some(snapshot(rng, included));
            write.truncate_from = Some(index.next());
            after = included;
        }
        _ => {}
    }
    let count = rng.below(4);
    let entries = (1..=count).map(|place| Entry {
        term: term.max(after.term),
        index: after.index.plus(place),
        payload: any_payload(rng),
    });
    write.entries = entries.collect();
    write
}

fn any_payload(rng: &mut Rng) -> Payload {
    match rng.below(8) {
        0 => Payload::Noop,
        1 => Payload::Configuration(Arc::new(any_configuration(rng))),
        // Zeros look like what was never written.
        2 => Payload::Command(vec![0; rng.below(1500) as usize].into()),
        _ => {
            let byte = rng.next() as u8;
            Payload::Command(vec![byte; rng.below(700) as usize].into())
        }
    }
}

fn any_configuration(rng: &mut Rng) -> Configuration {
    let voters: Vec<NodeId> = (0..3 + rng.below(3) as u32).map(NodeId).collect();
    let learners = vec![NodeId(7)];
    let outgoing = if rng.coin() { vec![NodeId(0), NodeId(8)] } else { Vec::new() };
    let admitted = [(NodeId(7), Incarnation(rng.next()))];
    Configuration::from_parts(voters, outgoing, learners).with_admitted(admitted)
}

fn snapshot(rng: &mut Rng, last_included: EntryId) -> Arc<Snapshot> {
    let data: Vec<u8> = (0..rng.below(300)).map(|_| rng.next() as u8).collect();
    Arc::new(Snapshot { last_included, configuration: Arc::new(any_configuration(rng)), data: data.into() })
}
