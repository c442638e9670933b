//! What a run could have been: going back and acting there begins a branch, and the old future stays as another.
//!
//! A branch is a journal cut and continued. Two of them are the same run up to the first step in which their journals
//! differ, and share their checkpoints until there; so no tree needs to be kept, and any can be deleted.

#[cfg(test)]
mod tests;

use super::Timeline;
use crate::run::Deed;
use crate::sim::{Command, Event};
use crate::time::Micros;

/// So many branches are kept; when there are more, the oldest goes that has no name and is not the present one.
const BRANCHES_MAX: usize = 12;

/// A branch, for as long as the run is open; none gets the number of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchId(pub u32);

/// What is known of a branch.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its number.
    pub id: BranchId,
    /// The name that a person gave it.
    pub name: Option<String>,
    /// How it began.
    pub origin: Origin,
}

/// How a branch began.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// It is the run as it was opened.
    Opened,
    /// Something was done in the past of this other branch, which may be gone by now.
    Did {
        /// The other branch.
        from: BranchId,
        /// What was done.
        deed: Deed,
    },
    /// Something that had been done in this other branch was undone.
    Undid {
        /// The other branch.
        from: BranchId,
        /// What was undone.
        deed: Deed,
    },
}

/// A place in a branch to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The moment where one stands now, or its end if it is not that long.
    Now,
    /// Its end.
    End,
}

/// All branches of a run, one of which is the present one.
///
/// Events are handed out as by [`Timeline`], and are those of the present branch. When another becomes the present
/// one, which [`Branches::current`] tells, none of its past are: the caller keeps them, or asks with
/// [`Timeline::recall`].
#[derive(Clone, Debug)]
pub struct Branches {
    present: Timeline,
    current: Branch,
    /// The others, the oldest first.
    aside: Vec<(Branch, Timeline)>,
    /// What was undone last and can be done again, the latest at the end.
    undone: Vec<Deed>,
    /// Whether the present branch came of undoing or doing again.
    is_makeshift: bool,
    next_id: u32,
}

impl Branches {
    /// A run with no branch but itself.
    pub fn new(present: Timeline) -> Branches {
        let current = Branch { id: BranchId(0), name: None, origin: Origin::Opened };
        Branches { present, current, aside: Vec::new(), undone: Vec::new(), is_makeshift: false, next_id: 1 }
    }

    /// The present branch, to look at.
    pub fn timeline(&self) -> &Timeline {
        &self.present
    }

    /// The present branch, to go back and forth in. What a person does there goes through [`Branches::act`].
    pub fn timeline_mut(&mut self) -> &mut Timeline {
        &mut self.present
    }

    /// What is known of the present branch.
    pub fn current(&self) -> &Branch {
        &self.current
    }

    /// The other branches, the oldest first, each where it was left.
    pub fn others(&self) -> impl Iterator<Item = (&Branch, &Timeline)> {
        self.aside.iter().map(|(branch, timeline)| (branch, timeline))
    }

    /// The other branch of this number.
    pub fn other(&self, id: BranchId) -> Option<&Timeline> {
        self.others().find(|(branch, _)| branch.id == id).map(|(_, timeline)| timeline)
    }

    /// Does what a person wants, now and at one stroke: all of it or nothing. If something is known of the future, this
    /// is the beginning of a new branch, and the future stays as the old one.
    ///
    /// # Errors
    /// Says why it cannot be done; then nothing changes.
    pub fn act(&mut self, commands: &[Command], events: &mut Vec<Event>) -> Result<(), String> {
        if self.present.is_at_end() {
            self.present.act(commands, events)?;
        } else {
            let mut next = self.present.clone();
            next.act(commands, events)?;
            if let Some(deed) = next.present().last_deed() {
                self.begin(next, Origin::Did { from: self.current.id, deed });
            }
        }
        self.undone.clear();
        Ok(())
    }

    /// Whether something was done before the present moment, and can be undone.
    pub fn can_undo(&self) -> bool {
        self.present.present().last_deed().is_some()
    }

    /// Whether something was undone and nothing done since.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Undoes the last thing that a person did: goes back to just before it, in the run as it would be without it. The
    /// run as it was stays as another branch. Returns false if nothing was done so far.
    pub fn undo(&mut self, events: &mut Vec<Event>) -> bool {
        let Some(deed) = self.present.present().last_deed() else { return false };
        match self.ancestor_without(&deed) {
            Some(id) => {
                let is_left_over = self.is_left_over();
                self.exchange(id, is_left_over);
                self.present.seek_before(deed.place, deed.at, events);
            }
            None if self.is_left_over() => {
                self.present.seek_before(deed.place, deed.at, events);
                self.present.give_up_future();
            }
            None => {
                let mut next = self.present.clone();
                next.seek_before(deed.place, deed.at, events);
                next.give_up_future();
                self.begin(next, Origin::Undid { from: self.current.id, deed: deed.clone() });
                self.is_makeshift = true;
            }
        }
        self.undone.push(deed);
        true
    }

    /// Does again what was undone last, at the moment when it was done. Returns false if there is nothing.
    pub fn redo(&mut self, events: &mut Vec<Event>) -> bool {
        let is_left_over = self.is_left_over();
        let Some(deed) = self.undone.pop() else { return false };
        let mut again = self.present.clone();
        again.seek_before(deed.place, deed.at, events);
        // It could be done there before, and nothing before it has changed.
        if again.act(&deed.commands, events).is_err() {
            self.undone.clear();
            return false;
        }
        let known = self.others().find(|(_, other)| other.journal() == again.journal()).map(|(it, _)| it.id);
        match known {
            Some(id) => {
                self.exchange(id, is_left_over);
                self.present.seek_after(&deed, events);
            }
            None if is_left_over => self.present = again,
            None => {
                self.begin(again, Origin::Did { from: self.current.id, deed });
                self.is_makeshift = true;
            }
        }
        true
    }

    /// Goes to another branch. Returns false if there is none of this number.
    pub fn switch(&mut self, id: BranchId, place: Place, events: &mut Vec<Event>) -> bool {
        let now = self.present.present().now();
        if !self.exchange(id, false) {
            return false;
        }
        self.undone.clear();
        let end = self.present.end();
        self.present.seek(if place == Place::Now { now.min(end) } else { end }, events);
        true
    }

    /// Names a branch; with `None` it has no name any more. Returns false if there is none of this number.
    pub fn rename(&mut self, id: BranchId, name: Option<String>) -> bool {
        let mut all = self.aside.iter_mut().map(|(branch, _)| branch).chain([&mut self.current]);
        let Some(branch) = all.find(|branch| branch.id == id) else { return false };
        branch.name = name;
        true
    }

    /// Deletes a branch. Returns false if there is none of this number, and for the present one, which stays.
    pub fn delete(&mut self, id: BranchId) -> bool {
        let count = self.aside.len();
        self.aside.retain(|(branch, _)| branch.id != id);
        self.aside.len() < count
    }

    /// Whether the present branch is only a stage of undoing: nothing new was done in it, and it has no name.
    fn is_left_over(&self) -> bool {
        self.is_makeshift && !self.undone.is_empty() && self.current.name.is_none()
    }

    /// The branch that this one began in, or that one in turn, which is this one without the deed.
    fn ancestor_without(&self, deed: &Deed) -> Option<BranchId> {
        let mut origin = &self.current.origin;
        let before = &self.present.journal()[..deed.place];
        let with = &self.present.journal()[..deed.place + deed.commands.len()];
        // None began in itself or in a later one.
        while let Origin::Did { from, .. } | Origin::Undid { from, .. } = origin {
            let (branch, timeline) = self.others().find(|(branch, _)| branch.id == *from)?;
            let journal = timeline.journal();
            if journal.starts_with(before) && !journal.starts_with(with) && timeline.end() >= deed.at {
                return Some(*from);
            }
            origin = &branch.origin;
        }
        None
    }

    /// A new branch becomes the present one.
    fn begin(&mut self, next: Timeline, origin: Origin) {
        let branch = Branch { id: BranchId(self.next_id), name: None, origin };
        self.next_id += 1;
        self.put_aside(next, branch);
        if self.aside.len() >= BRANCHES_MAX {
            let unnamed = self.aside.iter().position(|(branch, _)| branch.name.is_none());
            self.aside.remove(unnamed.unwrap_or(0));
        }
    }

    /// Another branch becomes the present one; this one stays, or is dropped. Returns false if there is none of this
    /// number.
    fn exchange(&mut self, id: BranchId, drops: bool) -> bool {
        let Some(place) = self.aside.iter().position(|(branch, _)| branch.id == id) else { return false };
        let (branch, timeline) = self.aside.remove(place);
        self.put_aside(timeline, branch);
        if drops {
            self.aside.pop();
        }
        true
    }

    fn put_aside(&mut self, next: Timeline, branch: Branch) {
        self.is_makeshift = false;
        let mut left = std::mem::replace(&mut self.present, next);
        left.rest();
        self.aside.push((std::mem::replace(&mut self.current, branch), left));
    }
}

/// Where a branch leaves another.
#[derive(Clone, Debug, PartialEq)]
pub struct Parting<'a> {
    /// When: the two are the same run before this moment.
    pub at: Micros,
    /// What is done then in the other and not in the one; nothing if it is the other way round.
    pub did: Option<&'a Command>,
}

/// Where the run of `other` leaves that of `one`; `None` if they do the same.
pub fn parting<'a>(one: &Timeline, other: &'a Timeline) -> Option<Parting<'a>> {
    let (ours, theirs) = (one.journal(), other.journal());
    let place = ours.iter().zip(theirs).take_while(|(our, their)| our == their).count();
    let (ours, theirs) = (ours.get(place), theirs.get(place));
    let at = [ours, theirs].into_iter().flatten().map(|(at, _)| *at).min()?;
    Some(Parting { at, did: theirs.filter(|(their, _)| *their == at).map(|(_, command)| command) })
}
