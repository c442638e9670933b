//! What is to happen and when: ordered by time, and at one moment by who asked first.

use super::client::ClientPlace;
use crate::raft::NodeId;
use crate::sorted::LongMap;
use crate::time::Micros;

/// What a world does when the time of an item comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A node's deadline.
    Timer(NodeId),
    /// A disk has finished a sync.
    Sync(NodeId),
    /// A message arrives, or is lost on its way.
    Flight(u64),
    /// A client begins an operation of its own.
    NextOperation(ClientPlace),
    /// A client sends its request again, or gives up waiting for an answer.
    Retry(ClientPlace),
}

/// The name of an item on the agenda, to take it off again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    at: Micros,
    order: u64,
}

impl Slot {
    /// When the item is due.
    pub(super) fn at(self) -> Micros {
        self.at
    }
}

/// The agenda of a world. The order of items is total, so a run has one order only.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    items: LongMap<Slot, Item>,
    next_order: u64,
}

impl Agenda {
    /// Puts an item on the agenda, after all others of the same moment.
    pub(super) fn add(&mut self, at: Micros, item: Item) -> Slot {
        let slot = Slot { at, order: self.next_order };
        self.next_order += 1;
        self.items.insert(slot, item);
        slot
    }

    /// Takes an item off; nothing happens if it is done already.
    pub(super) fn remove(&mut self, slot: Slot) {
        self.items.remove(&slot);
    }

    /// When the next item is due.
    pub(super) fn next_at(&self) -> Option<Micros> {
        self.items.first().map(|(slot, _)| slot.at)
    }

    /// Takes the next item.
    pub(super) fn pop(&mut self) -> Option<(Micros, Item)> {
        self.items.pop_first().map(|(slot, item)| (slot.at, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_first_and_at_one_moment_in_the_order_of_asking() {
        let mut agenda = Agenda::default();
        agenda.add(Micros(5), Item::Flight(1));
        let removed = agenda.add(Micros(3), Item::Flight(2));
        agenda.add(Micros(5), Item::Flight(3));
        agenda.add(Micros(4), Item::Flight(4));
        agenda.remove(removed);
        assert_eq!(agenda.next_at(), Some(Micros(4)));
        let order: Vec<_> = std::iter::from_fn(|| agenda.pop()).collect();
        assert_eq!(
            order,
            [(Micros(4), Item::Flight(4)), (Micros(5), Item::Flight(1)), (Micros(5), Item::Flight(3))]
        );
        agenda.remove(removed);
    }
}
