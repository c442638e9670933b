//! One order of what happened on several nodes, in which no effect comes before its cause.
//!
//! What happened on one node keeps its order, and a message arrives after it was sent. Everything else goes by time:
//! a node's clock is put as late as it can be, so that nothing is told before it happened. On one machine that is
//! right to a fraction of a millisecond; between machines it is wrong by as much as a line takes on its way.

use std::collections::{BTreeMap, VecDeque};

use super::gather::{Brief, Gathering, Heard, NodeStory};

/// Something that happened, in its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// Microseconds after the recording began; never less than before.
    pub(super) t_us: u64,
    pub(super) node: String,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// A line of a node. A message has a number of its own here; whether its sending was heard.
    Line { brief: Brief, line: String, message: Option<(u64, bool)> },
    /// The process ended: another one came in its place, or nobody listens there any more.
    Crash { term: u64 },
}

#[derive(Clone, Debug)]
struct Waiting {
    at_us: u64,
    line: Option<(Brief, String)>,
    /// Of an end, what the node's term was.
    term: u64,
}

type MessageName = (String, String, String);

/// Puts them in order.
pub(super) fn merge(gathering: Gathering) -> Vec<Placed> {
    let mut sendings: BTreeMap<MessageName, u64> = BTreeMap::new();
    let mut queues: Vec<(String, VecDeque<Waiting>)> = Vec::new();
    for story in gathering.stories {
        for heard in story.heard.iter().filter(|heard| heard.brief.ev == "send") {
            if let Some(message) = heard.brief.message() {
                sendings.insert(message, 0);
            }
        }
        queues.push((story.node.id.clone(), in_time(story)));
    }
    let mut order = Order { sendings, last_number: 0, now_us: 0 };
    let mut placed = Vec::new();
    while let Some(next) = order.next_of(&queues) {
        let (node, queue) = &mut queues[next];
        if let Some(waiting) = queue.pop_front() {
            placed.push(order.place(node.clone(), waiting));
        }
    }
    placed
}

/// A node's lines with their times as this recorder sees them, and with the ends of its processes.
fn in_time(story: NodeStory) -> VecDeque<Waiting> {
    let mut runs: Vec<Vec<Heard>> = Vec::new();
    let mut boot: Option<String> = None;
    for heard in story.heard {
        let of_another = heard.brief.boot.is_some() && heard.brief.boot != boot;
        if of_another {
            boot = heard.brief.boot.clone();
        }
        match runs.last_mut() {
            Some(run) if !of_another => run.push(heard),
            _ => runs.push(vec![heard]),
        }
    }
    let (mut queue, mut now_us, mut term) = (VecDeque::new(), 0, 0);
    for (place, run) in runs.into_iter().enumerate() {
        // Whatever the clocks say, a line was heard after what it tells of.
        let clock = run.iter().map(|heard| i128::from(heard.at_us) - i128::from(heard.brief.t_us)).min();
        if place > 0 {
            queue.push_back(Waiting { at_us: now_us, line: None, term });
        }
        for heard in run {
            let at_us = i128::from(heard.brief.t_us) + clock.unwrap_or_default();
            now_us = now_us.max(u64::try_from(at_us).unwrap_or_default());
            term = heard.brief.term;
            queue.push_back(Waiting { at_us: now_us, line: Some((heard.brief, heard.line)), term });
        }
    }
    if story.is_gone && !queue.is_empty() {
        queue.push_back(Waiting { at_us: now_us, line: None, term });
    }
    queue
}

struct Order {
    /// The number of each message whose sending was heard; 0 before that has its place.
    sendings: BTreeMap<MessageName, u64>,
    last_number: u64,
    now_us: u64,
}

impl Order {
    /// The queue whose first is next: the earliest that waits for no sending.
    fn next_of(&self, queues: &[(String, VecDeque<Waiting>)]) -> Option<usize> {
        let heads = || {
            let heads = queues.iter().enumerate();
            heads.filter_map(|(place, (_, queue))| queue.front().map(|head| (place, head)))
        };
        let earliest = |(place, head): &(usize, &Waiting)| (head.at_us, *place);
        let ready = heads().filter(|(_, head)| !self.waits(head)).min_by_key(earliest);
        // All wait only if somebody told of a message that came before it was sent.
        ready.or_else(|| heads().min_by_key(earliest)).map(|(place, _)| place)
    }

    fn waits(&self, head: &Waiting) -> bool {
        let Some((brief, _)) = head.line.as_ref().filter(|(brief, _)| brief.ev == "deliver") else {
            return false;
        };
        brief.message().is_some_and(|message| self.sendings.get(&message) == Some(&0))
    }

    fn place(&mut self, node: String, waiting: Waiting) -> Placed {
        self.now_us = self.now_us.max(waiting.at_us);
        let what = match waiting.line {
            None => What::Crash { term: waiting.term },
            Some((brief, line)) => {
                let message = brief.message().filter(|_| ["send", "deliver"].contains(&brief.ev.as_str()));
                let message = message.map(|message| self.number(message, brief.ev == "send"));
                What::Line { brief, line, message }
            }
        };
        Placed { t_us: self.now_us, node, what }
    }

    /// The message's number, and whether its sending was heard.
    fn number(&mut self, message: MessageName, is_sending: bool) -> (u64, bool) {
        let known = self.sendings.get_mut(&message);
        if let Some(number) = known.as_deref().filter(|number| **number > 0 && !is_sending) {
            return (*number, true);
        }
        self.last_number += 1;
        if let Some(number) = known.filter(|_| is_sending) {
            *number = self.last_number;
        }
        (self.last_number, is_sending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{NodeUrl, PeerUrl};

    /// Lines as `(when heard, node's time, rest)`.
    fn story(id: &str, lines: &[(u64, u64, &str)]) -> NodeStory {
        let heard = lines.iter().zip(1..).map(|((at_us, t_us, rest), seq)| {
            let line = format!(r#"{{"t_us":{t_us},"seq":{seq},"term":1,{rest}}}"#);
            Heard { at_us: *at_us, brief: serde_json::from_str(&line).expect("a line"), line }
        });
        let node = PeerUrl { id: id.to_owned(), url: NodeUrl::local(1) };
        NodeStory { node, heard: heard.collect(), is_gone: false, trouble: None }
    }

    fn merged(stories: Vec<NodeStory>) -> Vec<(u64, String)> {
        let placed = merge(Gathering { stories, span_us: 0 });
        let name = |placed: Placed| {
            let what = match placed.what {
                What::Crash { .. } => "crash".to_owned(),
                What::Line { brief, message, .. } => match message {
                    Some((number, heard)) => format!("{} {number} {heard}", brief.ev),
                    None => brief.ev,
                },
            };
            (placed.t_us, format!("{} {what}", placed.node))
        };
        placed.into_iter().map(name).collect()
    }

    const SEND: &str = r#""ev":"send","id":"a:1","from":"node-0","to":"node-1""#;
    const DELIVER: &str = r#""ev":"deliver","id":"a:1","from":"node-0","to":"node-1""#;

    #[test]
    fn a_message_arrives_after_it_was_sent_whatever_the_clocks_say() {
        let sender = story("node-0", &[(900, 100, SEND)]);
        let receiver = story("node-1", &[(500, 7_000, DELIVER), (510, 7_010, r#""ev":"commit""#)]);
        let expected = ["node-0 send 1 true", "node-1 deliver 1 true", "node-1 commit"];
        let merged = merged(vec![receiver, sender]);
        assert_eq!(merged.iter().map(|(_, what)| what.as_str()).collect::<Vec<_>>(), expected);
        assert!(merged.iter().map(|(t_us, _)| *t_us).is_sorted());
    }

    #[test]
    fn a_message_that_was_sent_before_anybody_listened_is_told_as_such() {
        let receiver = story("node-1", &[(500, 400, DELIVER)]);
        assert_eq!(merged(vec![receiver]), [(500, "node-1 deliver 1 false".to_owned())]);
    }

    #[test]
    fn another_run_of_a_process_is_told_by_the_end_of_the_one_before() {
        let lines = [
            (500, 400, r#""ev":"view","boot":"a""#),
            (501, 401, r#""ev":"commit""#),
            (900, 5, r#""ev":"restart","boot":"b""#),
            (901, 6, r#""ev":"view","boot":"b""#),
        ];
        let expected = ["node-0 view", "node-0 commit", "node-0 crash", "node-0 restart", "node-0 view"];
        let mut twice = story("node-0", &lines);
        twice.is_gone = true;
        let merged = merged(vec![twice]);
        let merged: Vec<&str> = merged.iter().map(|(_, what)| what.as_str()).collect();
        assert_eq!(merged, [&expected[..], &["node-0 crash"]].concat());
    }
}
