//! Reads on a follower (thesis 6.4): it asks its leader for an index, and answers when it has applied that far.

use super::ids::{Index, NodeId};
use super::io::{Answer, Output, ReadId, Refusal};
use super::message::{Body, ReadIndex, ReadIndexReply};
use super::node::Node;
use super::read::Reader;
use super::role::Role;
use super::rules::Rules;
use crate::time::Micros;

/// The reads of a follower's own clients, the oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadsHere(Vec<ReadHere>);

#[derive(Clone, Copy, Debug)]
struct ReadHere {
    read: ReadId,
    /// What the question to the leader calls it.
    asked: ReadId,
    /// Where to read, once the leader has told.
    read_index: Option<Index>,
    give_up_at: Micros,
}

impl ReadsHere {
    /// When the oldest read is given up.
    pub(super) fn give_up_at(&self) -> Option<Micros> {
        self.0.first().map(|read| read.give_up_at)
    }
}

impl<R: Rules> Node<R> {
    /// A client wants to read from this server.
    pub(super) fn read_here(&mut self, read: ReadId, out: &mut Output) {
        let give_up_at = self.now + self.config.election_timeout_max;
        match &mut self.role {
            Role::Follower(follower) if follower.leader.is_some() => {
                let asked = ReadId(self.last_asked.0.wrapping_add(1));
                self.last_asked = asked;
                follower.reads.0.push(ReadHere { read, asked, read_index: None, give_up_at });
                let question = Body::ReadIndex(ReadIndex { read: asked });
                follower.leader.into_iter().for_each(|leader| self.send(leader, question.clone(), out));
            }
            _ => self.read(Reader::Here(read), out),
        }
    }

    /// A follower asks for an index to read at.
    pub(super) fn read_index_requested(&mut self, from: NodeId, request: ReadIndex, out: &mut Output) {
        self.read(Reader::There(from, request.read), out);
    }

    /// The leader has told where to read, or that it does not lead.
    pub(super) fn read_index_replied(&mut self, reply: ReadIndexReply, out: &mut Output) {
        let Role::Follower(follower) = &mut self.role else { return };
        let Some(place) = follower.reads.0.iter().position(|it| it.asked == reply.read) else { return };
        match reply.read_index {
            Some(read_index) => follower.reads.0[place].read_index = Some(read_index),
            None => {
                let refused = follower.reads.0.remove(place);
                let refusal = Refusal::NotLeader { leader: None };
                out.answers.push(Answer::ReadRefused { read: refused.read, refusal });
            }
        }
    }

    /// The end of a step: answers what this server has applied far enough for.
    pub(super) fn serve_reads_here(&mut self, out: &mut Output) {
        let last_applied = self.last_applied;
        let Role::Follower(follower) = &mut self.role else { return };
        follower.reads.0.retain(|asked| match asked.read_index {
            Some(read_index) if read_index <= last_applied => {
                out.answers.push(Answer::ReadReady { read: asked.read, read_index });
                false
            }
            _ => true,
        });
    }

    /// The question or its answer may be lost: the client has to ask again.
    pub(super) fn give_up_reads_here(&mut self, out: &mut Output) {
        let now = self.now;
        let Role::Follower(follower) = &mut self.role else { return };
        let refusal = Refusal::NotLeader { leader: follower.leader };
        while follower.reads.give_up_at().is_some_and(|at| at <= now) {
            let given_up = follower.reads.0.remove(0);
            out.answers.push(Answer::ReadRefused { read: given_up.read, refusal });
        }
    }

    /// This server follows another leader, or none: what it asked the old one is not answered any more.
    pub(super) fn refuse_reads_here(&mut self, leader: Option<NodeId>, out: &mut Output) {
        let Role::Follower(follower) = &mut self.role else { return };
        let refused = follower.reads.0.drain(..);
        let refusal = Refusal::NotLeader { leader };
        out.answers.extend(refused.map(|asked| Answer::ReadRefused { read: asked.read, refusal }));
    }
}
