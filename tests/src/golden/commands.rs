//! The commands of golden scripts.

use std::error::Error;
use std::str::FromStr;
use std::sync::Arc;

use goldenscript::{ArgumentConsumer, Command};
use mini_raft_core::raft::{
    AppendEntries, Body, ClockDrift, Config, Configuration, Entry, EntryId, Index, Input, MembershipChange,
    Message, NodeId, Payload, ProposalId, ReadId, RequestVote, Rule, Term, VoteReply,
};
use mini_raft_core::time::Micros;

use super::bench::Bench;
use super::{Stage, notation};

type Complaint = Box<dyn Error>;

impl Stage {
    /// Does what `command` says. Returns what it shows, besides what the nodes did.
    pub(super) fn obey(&mut self, command: &Command) -> Result<String, Complaint> {
        let mut args = command.consume_args();
        if command.name == "cluster" {
            self.bench = Some(cluster(&mut args, self.without)?);
            args.reject_next()?;
            return Ok(String::new());
        }
        let bench = self.bench.as_mut().ok_or("a script begins with `cluster`")?;
        let mut shown = String::new();
        match command.name.as_str() {
            "newcomer" => newcomer(bench, &mut args)?,
            "log" => log(bench, &mut args)?,
            "timeout" | "tick" | "elect" | "heartbeat" => timer(bench, &command.name, &mut args)?,
            "pass" => bench.pass(millis(&mut args)?)?,
            "run" => bench.run(millis(&mut args)?)?,
            "skip" => bench.skip(millis(&mut args)?),
            "deliver" | "drop" | "double" | "hold" => messages(bench, &command.name, &mut args)?,
            "count" => count(bench, &mut args)?,
            "release" => bench.network.extend(std::mem::take(&mut bench.held)),
            "settle" => bench.settle()?,
            "cut" | "isolate" | "heal" => links(bench, &command.name, &mut args)?,
            "slow" | "fast" | "sync" | "fail" | "crash" => machine(bench, &command.name, &mut args)?,
            "restart" => restart(bench, &mut args)?,
            "propose" => propose(bench, &mut args)?,
            "read" | "readhere" | "transfer" | "members" => wish(bench, &command.name, &mut args)?,
            "snapshot" => bench.take_snapshot(id(&mut args)?, key(&mut args, "size")?.unwrap_or(0))?,
            "inject" => inject(bench, &mut args)?,
            "state" => {
                for id in positional(&mut args) {
                    shown += &bench.state(parse_id(id)?)?;
                }
            }
            "expect" => {
                let id = id(&mut args)?;
                let wanted: Vec<_> = std::iter::from_fn(|| args.next_key()).collect();
                bench.expect(id, &wanted)?;
            }
            "converged" => bench.converged()?,
            other => return Err(format!("there is no command `{other}`").into()),
        }
        args.reject_next()?;
        Ok(shown)
    }
}

fn cluster(args: &mut ArgumentConsumer, forced: Option<Rule>) -> Result<Bench, Complaint> {
    let count: u32 = next(args, "how many servers")?;
    let rules = args.take_key("without").unwrap_or_default();
    let mut without = rules.split_whitespace().map(str::parse).collect::<Result<Vec<Rule>, _>>()?;
    without.extend(forced);
    let rounds = key(args, "rounds")?.unwrap_or(false);
    let settings = Settings::take(args)?;
    let mut bench = Bench::new(count, &without, |config| settings.apply(config));
    bench.shows_rounds = rounds;
    Ok(bench)
}

fn newcomer(bench: &mut Bench, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let mut config = Config::new(id(args)?, Configuration::new([]));
    Settings::take(args)?.apply(&mut config);
    bench.add(config);
    Ok(())
}

fn restart(bench: &mut Bench, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let id = id(args)?;
    bench.crash(id)?;
    Settings::take(args)?.apply(&mut bench.server(id)?.config);
    bench.start(id);
    Ok(())
}

/// What may differ from the defaults of [`Config`].
#[derive(Default)]
struct Settings(Vec<Setting>);

type Setting = Box<dyn Fn(&mut Config)>;

impl Settings {
    fn take(args: &mut ArgumentConsumer) -> Result<Settings, Complaint> {
        let mut settings = Settings::default();
        settings.one(args, "pre_vote", |config, on| config.pre_vote = on)?;
        settings.one(args, "check_quorum", |config, on| config.check_quorum = on)?;
        settings.one(args, "max_entries", |config, max| config.max_entries_per_append = max)?;
        settings.one(args, "max_bytes", |config, max| config.max_bytes_per_append = max)?;
        settings.one(args, "max_inflight", |config, max| config.max_inflight = max)?;
        settings.one(args, "max_uncommitted", |config, max| config.max_uncommitted_bytes = max)?;
        settings.one(args, "chunk", |config, bytes| config.snapshot_chunk_bytes = bytes)?;
        settings
            .one(args, "lease_drift", |config, percent| config.lease_reads = Some(ClockDrift { percent }))?;
        Ok(settings)
    }

    fn one<T: FromStr<Err: std::fmt::Display> + Copy + 'static>(
        &mut self,
        args: &mut ArgumentConsumer,
        name: &str,
        set: fn(&mut Config, T),
    ) -> Result<(), Complaint> {
        if let Some(value) = key::<T>(args, name)? {
            self.0.push(Box::new(move |config| set(config, value)));
        }
        Ok(())
    }

    fn apply(&self, config: &mut Config) {
        self.0.iter().for_each(|set| set(config));
    }
}

fn log(bench: &mut Bench, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let id = id(args)?;
    let term = key(args, "term")?;
    let terms: Vec<u64> = positional(args).into_iter().map(str::parse).collect::<Result<_, _>>()?;
    let term = term.or(terms.last().copied()).unwrap_or(0);
    bench.start_with_log(id, Term(term), &terms)?;
    Ok(())
}

fn timer(bench: &mut Bench, name: &str, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let id = id(args)?;
    let interval = bench.node(id)?.config().heartbeat_interval;
    match name {
        "timeout" => time_out(bench, id),
        "tick" => bench.step(id, Input::TimerCheck),
        "heartbeat" => {
            bench.skip(interval);
            bench.step(id, Input::TimerCheck);
        }
        _ => {
            // Voters that hear from a leader refuse others: let that time pass.
            bench.skip(Micros::from_millis(1_000));
            time_out(bench, id);
            bench.settle()?;
            bench.skip(interval);
            bench.step(id, Input::TimerCheck);
            bench.settle()?;
        }
    }
    Ok(())
}

fn time_out(bench: &mut Bench, id: NodeId) {
    bench.step(id, Input::SetElectionDeadline(bench.now()));
    bench.step(id, Input::TimerCheck);
}

/// Which messages a command is about.
struct Filter {
    from: Option<NodeId>,
    to: Option<NodeId>,
    kind: Option<String>,
    with: Option<Index>,
    nth: Option<usize>,
}

impl Filter {
    fn take(args: &mut ArgumentConsumer) -> Result<Filter, Complaint> {
        Ok(Filter {
            from: args.take_key("from").map(parse_id).transpose()?,
            to: args.take_key("to").map(parse_id).transpose()?,
            kind: args.take_key("kind").map(str::to_owned),
            with: key(args, "with")?.map(Index),
            nth: key(args, "nth")?,
        })
    }

    fn fits(&self, message: &Message) -> bool {
        let holds = |index: Index| match &message.body {
            Body::AppendEntries(append) => append.entries.iter().any(|entry| entry.index == index),
            _ => false,
        };
        self.from.is_none_or(|from| message.from == from)
            && self.to.is_none_or(|to| message.to == to)
            && self.kind.as_deref().is_none_or(|kind| notation::kind(&message.body) == kind)
            && self.with.is_none_or(holds)
    }

    /// Takes the messages that fit out of `network`.
    fn pick(&self, bench: &mut Bench) -> Vec<Message> {
        let mut seen = 0;
        let (picked, left): (Vec<_>, Vec<_>) = bench.network.drain(..).partition(|message| {
            seen += usize::from(self.fits(message));
            self.fits(message) && self.nth.is_none_or(|nth| seen == nth)
        });
        bench.network = left.into();
        picked
    }
}

fn count(bench: &Bench, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let wanted: usize = next(args, "how many messages")?;
    let filter = Filter::take(args)?;
    let fitting = bench.network.iter().filter(|message| filter.fits(message));
    let found: Vec<String> = fitting.map(|message| bench.text(message)).collect();
    if found.len() == wanted {
        return Ok(());
    }
    let (count, list) = (found.len(), found.join("\n"));
    Err(format!("{count} such messages are under way, not {wanted}:\n{list}").into())
}

fn messages(bench: &mut Bench, name: &str, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let picked = Filter::take(args)?.pick(bench);
    if picked.is_empty() {
        return Err("no such message is under way".into());
    }
    match name {
        "deliver" => picked.into_iter().for_each(|message| bench.deliver(message)),
        "double" => picked.into_iter().for_each(|message| bench.network.extend([message.clone(), message])),
        "hold" => bench.held.extend(picked),
        _ => {}
    }
    Ok(())
}

fn links(bench: &mut Bench, name: &str, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    match name {
        "cut" => {
            let link = (id(args)?, id(args)?);
            bench.cut.insert(link);
        }
        "isolate" => {
            let inside: Vec<NodeId> = positional(args).into_iter().map(parse_id).collect::<Result<_, _>>()?;
            let ids = bench.ids();
            for outside in ids.into_iter().filter(|id| !inside.contains(id)) {
                let both = |inside: &NodeId| [(*inside, outside), (outside, *inside)];
                bench.cut.extend(inside.iter().flat_map(both));
            }
        }
        _ => bench.cut.clear(),
    }
    Ok(())
}

fn machine(bench: &mut Bench, name: &str, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let id = id(args)?;
    match name {
        "slow" => bench.server(id)?.slow = true,
        "fast" => {
            bench.server(id)?.slow = false;
            bench.sync(id, usize::MAX);
        }
        "sync" => bench.sync(id, key(args, "count")?.unwrap_or(usize::MAX)),
        "fail" => {
            bench.server(id)?.writes.clear();
            bench.step(id, Input::WriteFailed);
        }
        _ => bench.crash(id)?,
    }
    Ok(())
}

fn propose(bench: &mut Bench, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let (id, size) = (id(args)?, key(args, "size")?.unwrap_or(0));
    bench.propose(id, &positional(args), size);
    Ok(())
}

fn wish(bench: &mut Bench, name: &str, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let at = id(args)?;
    let input = match name {
        "read" | "readhere" => {
            let read = ReadId(bench.name(args.next_pos().ok_or("what is the read called?")?));
            if name == "read" { Input::Read(read) } else { Input::ReadHere(read) }
        }
        "transfer" => Input::TransferLeadership(id(args)?),
        _ => {
            let mut list = |name| ids(args.take_key(name).unwrap_or_default());
            let change =
                MembershipChange { add: list("add")?, remove: list("remove")?, learners: list("learners")? };
            Input::ChangeMembership { id: ProposalId(bench.name("the change")), change }
        }
    };
    bench.node(at)?;
    bench.step(at, input);
    Ok(())
}

fn inject(bench: &mut Bench, args: &mut ArgumentConsumer) -> Result<(), Complaint> {
    let (from, to) = (id(args)?, id(args)?);
    let kind = args.next_pos().ok_or("what kind of message?")?;
    let term = Term(key(args, "term")?.ok_or("of which term?")?);
    let mut entry_id = |name: &str| args.take_key(name).map(parse_entry).transpose();
    let (last, prev) = (entry_id("last")?.unwrap_or_default(), entry_id("prev")?.unwrap_or_default());
    let campaign_term = if kind.starts_with("PreVote") { term.next() } else { term };
    let request = RequestVote { campaign_term, last_log: last, leadership_transfer: false };
    let reply = VoteReply { campaign_term, vote_granted: key(args, "granted")?.unwrap_or(false) };
    let body = match kind {
        "RequestVote" => Body::RequestVote(request),
        "PreVote" => Body::PreVote(request),
        "RequestVoteReply" => Body::RequestVoteReply(reply),
        "PreVoteReply" => Body::PreVoteReply(reply),
        "TimeoutNow" => Body::TimeoutNow,
        "AppendEntries" => {
            let entries = args.take_key("entries").unwrap_or_default();
            let entries = entries.split_whitespace().map(|id| Ok(entry(parse_entry(id)?)));
            Body::AppendEntries(AppendEntries {
                prev_log: prev,
                entries: entries.collect::<Result<_, String>>()?,
                leader_commit: Index(key(args, "commit")?.unwrap_or(0)),
                round: 0,
            })
        }
        other => return Err(format!("no {other} can be injected").into()),
    };
    bench.deliver(Message { from, to, term, body });
    Ok(())
}

/// The entry of this name, as in a log that a script makes.
fn entry(id: EntryId) -> Entry {
    Entry { term: id.term, index: id.index, payload: Payload::Command(Arc::from(id.to_string().as_bytes())) }
}

/// All that is left without a key.
fn positional<'a>(args: &mut ArgumentConsumer<'a>) -> Vec<&'a str> {
    std::iter::from_fn(|| args.next_pos()).collect()
}

fn next<T: FromStr<Err: std::fmt::Display>>(args: &mut ArgumentConsumer, what: &str) -> Result<T, String> {
    let text = args.next_pos().ok_or_else(|| format!("{what}?"))?;
    text.parse().map_err(|error| format!("{what}? {error}"))
}

fn key<T: FromStr<Err: std::fmt::Display>>(
    args: &mut ArgumentConsumer,
    name: &str,
) -> Result<Option<T>, String> {
    let parse = |text: &str| text.parse().map_err(|error| format!("{name}: {error}"));
    args.take_key(name).map(parse).transpose()
}

fn millis(args: &mut ArgumentConsumer) -> Result<Micros, String> {
    next(args, "how many milliseconds").map(Micros::from_millis)
}

fn id(args: &mut ArgumentConsumer) -> Result<NodeId, String> {
    parse_id(args.next_pos().ok_or("which server?")?)
}

/// `n2`.
pub(super) fn parse_id(text: &str) -> Result<NodeId, String> {
    let number = text.strip_prefix('n').and_then(|digits| digits.parse().ok());
    number.map(NodeId).ok_or_else(|| format!("no server is called {text}"))
}

fn ids(text: &str) -> Result<Vec<NodeId>, String> {
    text.split_whitespace().map(parse_id).collect()
}

/// `3@1`.
fn parse_entry(text: &str) -> Result<EntryId, String> {
    let numbers =
        text.split_once('@').and_then(|(index, term)| Some((index.parse().ok()?, term.parse().ok()?)));
    numbers.map(|(index, term)| EntryId::new(term, index)).ok_or_else(|| format!("no entry is called {text}"))
}
