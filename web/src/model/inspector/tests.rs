//! The inspector of a real run.

use mini_raft_core::raft::RoleName;
use mini_raft_core::sim::{Command, EventKind, Target};
use mini_raft_core::time::Micros;

use super::*;
use crate::model::election::candidates;
use crate::model::sample::Sample;
use crate::text;
use crate::wish::{Asked, AskedField, Wish};

fn inspect(sample: &Sample, selection: Selection) -> InspectorView {
    inspector_view_of(sample.world(), sample.past(), selection)
}

fn value(view: &InspectorView, section: &str, name: &str) -> Option<String> {
    let section = view.sections.iter().find(|candidate| candidate.title == section)?;
    section.fields.iter().find(|field| field.name == name).map(|field| field.value.clone())
}

fn answer(view: &InspectorView) -> &str {
    &view.why.as_ref().expect("a question and its answer").answer
}

fn other_than(leader: NodeId, step: u32) -> NodeId {
    NodeId((leader.0 + step) % 5)
}

#[test]
fn a_leader_is_shown_as_the_guide_draws_it() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(300);
    let view = inspect(&sample, Selection::Node(leader.0));
    assert_eq!(view.title, leader.to_string());
    assert_eq!(view.heading, "Leader of term 1");
    let titles: Vec<&str> = view.sections.iter().map(|section| section.title).collect();
    assert_eq!(titles, ["Persistent state", "Volatile state", LEADER_STATE, "State machine", "Storage"]);
    assert_eq!(value(&view, "Persistent state", "current_term").as_deref(), Some("1"));
    assert_eq!(value(&view, "Persistent state", "voted_for"), Some(leader.to_string()));
    assert_eq!(value(&view, "Persistent state", "log").as_deref(), Some("1 … 2"));
    assert_eq!(value(&view, "Volatile state", "commit_index").as_deref(), Some("2"));
    assert_eq!(value(&view, "State machine", "city").as_deref(), Some("“Oslo”"));
    assert_eq!(view.peers.len(), 4);
    assert!(view.peers.iter().all(|peer| (peer.next_index, peer.match_index) == (3, 2)));
    assert!(answer(&view).contains("becomes the leader of term 1: it has 3 votes, and 3 are a majority."));
}

#[test]
fn where_nothing_is_selected_the_leader_is_shown() {
    let (sample, leader) = Sample::with_leader();
    let view = inspect(&sample, Selection::Nothing);
    assert_eq!(view.subject, Subject::Leader(leader.0));
    assert_eq!(view.title, leader.to_string());
    let start = Sample::new(mini_raft_core::sim::Setup::default());
    assert_eq!(inspect(&start, Selection::Nothing).title, "No leader");
}

/// Who holds the entry by the leader's count, and what keeps each of the others.
#[test]
fn an_entry_says_why_it_is_not_committed_yet() {
    let (mut sample, leader) = Sample::with_leader();
    let (down, cut, paused) = (other_than(leader, 1), other_than(leader, 2), other_than(leader, 3));
    sample.command(Command::Crash { node: Target::Node(down) });
    sample.command(Command::Cut { from: Target::Node(leader), to: Target::Node(cut), both: false });
    sample.command(Command::Pause { node: Target::Node(paused) });
    sample.set("city", "Oslo");
    sample.run_for(60);
    let view = inspect(&sample, Selection::Entry { node: leader.0, index: 2 });
    let why = view.why.expect("it is not committed");
    assert_eq!(why.question, "Why is entry 2 not committed yet?");
    let holders = text::names(&{
        let mut holders = vec![leader, other_than(leader, 4)];
        holders.sort_unstable();
        holders
    });
    assert!(
        why.answer
            .starts_with(&format!("Its leader counts it on 2 of 5 nodes ({holders}); a majority is 3.")),
        "{}",
        why.answer
    );
    for told in
        [format!("{down} is down."), format!("The link to {cut} is cut."), format!("{paused} stands still.")]
    {
        assert!(why.answer.contains(&told), "{told}: {}", why.answer);
    }
    assert_eq!(why.rule.expect("a rule").section, "§5.3, §5.4.2");
}

#[test]
fn a_committed_entry_says_who_knows_it_and_where_it_is() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(300);
    let view = inspect(&sample, Selection::Entry { node: leader.0, index: 2 });
    assert!(answer(&view).starts_with("It is committed: node-0, node-1, node-2, node-3 and node-4 know it"));
    assert_eq!(value(&view, "Entry", "command").as_deref(), Some("set city to “Oslo”"));
    for node in 0..5 {
        assert_eq!(value(&view, "Where it is", &format!("node-{node}")).as_deref(), Some("applied"));
    }
    let nothing = inspect(&sample, Selection::Entry { node: leader.0, index: 9 });
    assert!(matches!(nothing.subject, Subject::Gone(_)));
}

#[test]
fn an_entry_that_is_compacted_away_says_so() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(300);
    sample.command(Command::Snapshot { node: Target::Node(leader) });
    sample.run_for(20);
    let view = inspect(&sample, Selection::Entry { node: leader.0, index: 1 });
    assert_eq!(view.heading, format!("In the snapshot of {leader}"));
    assert_eq!(value(&view, "Where it is", &leader.to_string()).as_deref(), Some("in its snapshot"));
}

#[test]
fn a_crashed_node_says_what_it_lost_and_what_it_keeps() {
    let (mut sample, leader) = Sample::with_leader();
    sample.command(Command::Crash { node: Target::Node(leader) });
    sample.run_for(2_000);
    let view = inspect(&sample, Selection::Node(leader.0));
    assert_eq!(view.heading, "Crashed: only its disk is left");
    assert_eq!(view.why.as_ref().map(|why| why.question.clone()), Some(format!("Why is {leader} down?")));
    assert!(
        answer(&view).starts_with(&format!("{leader} crashes; all of its log was on disk. That was at "))
    );
    assert_eq!(value(&view, "Persistent state", "log").as_deref(), Some("1 … 1"));
}

#[test]
fn a_candidate_says_whose_votes_it_has() {
    let mut sample = Sample::new(mini_raft_core::sim::Setup::default());
    let stands = |world: &World| {
        let mut nodes = world.machines().iter().filter_map(|machine| machine.node());
        nodes.find(|node| node.votes_granted().count() > 0 && node.leader().is_none()).map(|node| node.id())
    };
    sample.run_until(|world| stands(world).is_some());
    let node = stands(sample.world()).expect("it has just been found");
    let view = inspect(&sample, Selection::Node(node.0));
    assert_eq!(view.heading, "Pre-candidate in term 0");
    assert!(
        answer(&view)
            .starts_with(&format!("It has 1 pre-vote ({node}), and 3 are a majority. No answer yet from")),
        "{}",
        answer(&view)
    );
    assert_eq!(view.why.and_then(|why| why.rule).map(|rule| rule.section), Some("thesis 9.6"));
}

/// A message is told while it is under way and, with the same fields, after it has arrived.
#[test]
fn a_message_is_told_on_its_way_and_after_it() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    let is_append = |flight: &&mini_raft_core::sim::Flight| {
        text::message_name(&flight.payload) == "AppendEntries with 1 entry"
    };
    sample.run_until(|world| world.flights().any(|flight| is_append(&flight)));
    let id = sample.world().flights().find(is_append).expect("it has just been found").id;
    let under_way = inspect(&sample, Selection::Message(id));
    assert_eq!(under_way.heading, "AppendEntries with 1 entry");
    assert_eq!(value(&under_way, "Fields", "leader_id"), Some(leader.to_string()));
    assert_eq!(value(&under_way, "Fields", "prev_log_index").as_deref(), Some("1"));
    assert_eq!(value(&under_way, "Fields", "entries[]").as_deref(), Some("2 · term 1 · city=Oslo"));
    assert!(value(&under_way, "On its way", "now").is_some_and(|now| now.starts_with("arrives at")));
    assert!(answer(&under_way).contains("It was sent because of this"), "{}", answer(&under_way));
    sample.run_for(60);
    let arrived = inspect(&sample, Selection::Message(id));
    assert_eq!(arrived.sections[0], under_way.sections[0]);
    assert!(value(&arrived, "On its way", "now").is_some_and(|now| now.starts_with("arrived at")));
}

#[test]
fn a_link_shows_its_settings() {
    let (mut sample, _) = Sample::with_leader();
    sample.command(Command::Cut { from: Target::Node(NodeId(1)), to: Target::Node(NodeId(3)), both: false });
    let cut = inspect(&sample, Selection::Link { from: 1, to: 3 });
    assert_eq!(cut.heading, "Cut: it drops everything");
    let link = cut.link.expect("settings");
    assert!(link.cut);
    assert_eq!((link.latency_ms, link.loss), ((5.0, 15.0), 0.0));
    assert!(!inspect(&sample, Selection::Link { from: 3, to: 1 }).link.expect("settings").cut);
    assert!(matches!(inspect(&sample, Selection::Link { from: 1, to: 1 }).subject, Subject::Gone(_)));
}

#[test]
fn an_event_says_its_rule_its_cause_and_what_it_led_to() {
    let (sample, leader) = Sample::with_leader();
    let elected = sample
        .events
        .iter()
        .find(|event| {
            matches!(&event.kind, EventKind::Fact(mini_raft_core::raft::Fact::RoleChanged { to, .. })
                if *to == mini_raft_core::raft::RoleName::Leader)
        })
        .expect("a leader was elected");
    let view = inspect(&sample, Selection::Event(elected.seq));
    let why = view.why.as_ref().expect("what happened");
    assert!(why.question.starts_with(&format!("{leader} becomes the leader of term 1")));
    assert_eq!(why.rule.map(|rule| rule.section), Some("§5.2"));
    let cause = &view.related[0];
    assert_eq!((cause.how, view.cause()), (BECAUSE, Some(cause.event)));
    assert!(cause.text.ends_with("it has 3, and 3 are a majority."), "{}", cause.text);
    assert_eq!(view.related.iter().filter(|related| related.how == BECAUSE).count(), 3, "each vote");
    let back = inspect(&sample, Selection::Event(cause.event));
    assert!(back.related.iter().any(|related| related.how == LED_TO && related.event == elected.seq));
    assert!(back.related[0].text.ends_with(": vote granted."), "{}", back.related[0].text);
    assert!(view.effect().is_some_and(|effect| effect > elected.seq));
    let chain = view.chain.expect("it did not come of itself");
    assert!(chain.steps[0].text.contains(" counts the vote of "), "{chain:?}");
    assert_eq!(chain.root, "It began with time alone: a timer ran out.");
}

/// Each field of a node leads to the event that made it so.
#[test]
fn a_field_names_the_event_that_last_changed_it() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(300);
    let follower = other_than(leader, 1);
    let answer = |node: NodeId, what| {
        let event = answer_of(sample.world(), sample.past(), Asked { node: node.0, what });
        let event = event.and_then(|seq| sample.past().event(seq)).expect("it is remembered");
        assert_eq!(event.node, Some(node));
        text::event(event)
    };
    let asked = [
        (leader, AskedField::CurrentTerm, "becomes a candidate in term 1"),
        (leader, AskedField::VotedFor, "becomes a candidate in term 1"),
        (leader, AskedField::State, "becomes the leader of term 1"),
        (leader, AskedField::CommitIndex, "commits entry 2"),
        (leader, AskedField::LastApplied, "applies entry 2"),
        (leader, AskedField::Synced, "has its log on disk up to 2"),
        (leader, AskedField::MatchIndex(follower.0), "holds its log up to 2"),
        (leader, AskedField::NextIndex(follower.0), "holds its log up to 2"),
        (follower, AskedField::CurrentTerm, "term 1"),
        (follower, AskedField::VotedFor, &format!("votes for {leader} in term 1")),
        (follower, AskedField::Log, "puts entry 2 (city=Oslo) into its log"),
        (follower, AskedField::CommitIndex, "learns that entry 2 is committed"),
    ];
    for (node, what, part) in asked {
        assert!(answer(node, what).contains(part), "{what:?} of {node}: {}", answer(node, what));
    }
    let fields = inspect(&sample, Selection::Node(follower.0)).sections;
    let asking = fields.iter().flat_map(|section| &section.fields).filter(|field| field.asks.is_some());
    assert_eq!(asking.count(), 7);
}

/// A vote is remembered however many heartbeats and writes come after it.
#[test]
fn a_vote_is_remembered_when_the_latest_events_are_others() {
    let (mut sample, leader) = Sample::with_leader();
    sample.run_for(10_000);
    let follower = other_than(leader, 1);
    sample.events.drain(..sample.events.len() - 100);
    let asked = Asked { node: follower.0, what: AskedField::VotedFor };
    let event = answer_of(sample.world(), sample.past(), asked).expect("it is in the chronicle");
    assert!(!sample.events.iter().any(|other| other.seq == event));
    assert!(inspect(&sample, Selection::Event(event)).why.is_some());
}

/// A node that is cut off asks, and its request reaches nobody.
#[test]
fn a_lost_election_says_who_was_not_reached() {
    let (mut sample, leader) = Sample::with_leader();
    let cut = other_than(leader, 1);
    for other in (0..5).map(NodeId).filter(|other| *other != cut) {
        sample.command(Command::Cut { from: Target::Node(cut), to: Target::Node(other), both: true });
    }
    sample.run_for(2_000);
    let told = |sample: &Sample, node: NodeId| {
        let view = inspect(sample, Selection::Node(node.0));
        let why = view.more.into_iter().find(|why| why.question.contains("term 2"));
        why.unwrap_or_else(|| panic!("{node} stood"))
    };
    let why = told(&sample, cut);
    assert_eq!(why.question, format!("Why does {cut} not stand in term 2 yet?"));
    assert!(why.answer.contains("and got 1 pre-vote"), "{}", why.answer);
    assert!(why.answer.contains("The request did not reach"), "{}", why.answer);
    assert!(why.event.is_some());
}

/// A candidate whose log is behind: each voter that refuses says how much more it has.
#[test]
fn a_candidate_that_is_behind_is_told_so_by_each_voter() {
    let mut setup = mini_raft_core::sim::Setup::default();
    setup.config.pre_vote = false;
    setup.config.check_quorum = false;
    let mut sample = Sample::new(setup);
    sample.run_until(|world| world.leader().is_some());
    sample.run_for(60);
    let leader = sample.world().leader().expect("one leads");
    let behind = other_than(leader, 2);
    for other in (0..5).map(NodeId).filter(|other| *other != behind) {
        sample.command(Command::Cut { from: Target::Node(other), to: Target::Node(behind), both: true });
    }
    sample.set("city", "Oslo");
    sample.run_for(80);
    sample.command(Command::Heal { link: None });
    sample.command(Command::Crash { node: Target::Node(leader) });
    sample.command(Command::Timeout { node: Target::Node(behind) });
    sample.run_for(1_500);
    let view = inspect(&sample, Selection::Node(behind.0));
    let why = view.more.iter().find(|why| why.question.contains("not win"));
    let why = why.unwrap_or_else(|| panic!("it stood: {:?}", view.more));
    assert!(why.question.starts_with(&format!("Why did {behind} not win the election of term 2")), "{why:?}");
    assert_eq!(why.answer.matches("which is less up-to-date").count(), 3, "{}", why.answer);
    assert!(why.answer.contains(&format!("{leader}, which is down")), "{}", why.answer);
    assert!(why.answer.contains(" Then node-"), "{}", why.answer);
    assert_eq!(why.rule.map(|rule| rule.section), Some("§5.2"));
}

/// The winner is not asked why it did not win; a follower says whom it follows.
#[test]
fn a_follower_says_why_it_does_not_lead() {
    let (sample, leader) = Sample::with_leader();
    let view = inspect(&sample, Selection::Node(leader.0));
    assert!(view.more.iter().all(|why| !why.question.contains("not win")), "{:?}", view.more);
    let follower = other_than(leader, 1);
    let view = inspect(&sample, Selection::Node(follower.0));
    let why = view.more.iter().find(|why| why.question == format!("Why does {follower} not lead?"));
    let why = why.expect("it is asked");
    assert!(why.answer.starts_with(&format!("{leader} leads term 1")), "{}", why.answer);
}

/// A node and an entry answer what would be if: elections, crashes, losses.
#[test]
fn what_if_is_asked_of_nodes_and_entries() {
    let (mut sample, leader) = Sample::with_leader();
    let answer_to = |sample: &Sample, selection, question: &str| {
        let more = inspect(sample, selection).more;
        let why = more.into_iter().find(|why| why.question == question);
        why.unwrap_or_else(|| panic!("nobody asks: {question}")).answer
    };
    let follower = Selection::Node(other_than(leader, 1).0);
    let could =
        answer_to(&sample, follower, &format!("Could {} win an election now?", other_than(leader, 1)));
    assert!(could.starts_with("Yes, if it asked now"), "{could}");
    sample.set("city", "Oslo");
    sample.run_until(|world| {
        world.machine(leader).and_then(|machine| machine.node()).is_some_and(|node| node.waits_for_disk())
    });
    let entry = Selection::Entry { node: leader.0, index: 2 };
    assert!(answer_to(&sample, entry, "Could entry 2 still be lost?").starts_with("Yes: "));
    let question = format!("What would {leader} lose if it crashed now?");
    assert!(answer_to(&sample, Selection::Node(leader.0), &question).starts_with("Of its log entry 2"));
    sample.run_for(300);
    assert!(answer_to(&sample, entry, "Could entry 2 still be lost?").starts_with("No, "));
    assert!(answer_to(&sample, Selection::Node(leader.0), &question).starts_with("Nothing that it must"));
}

/// An entry leads to its proposal and its commitment, a cut link to what cut it, a lost message to both.
#[test]
fn what_is_selected_leads_to_the_events_that_made_it_so() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    sample.run_for(300);
    let entry = inspect(&sample, Selection::Entry { node: leader.0, index: 2 });
    let hows: Vec<&str> = entry.related.iter().map(|related| related.how).collect();
    assert_eq!(hows[0], "Proposed");
    assert_eq!(hows.iter().filter(|how| **how == "Put into a log").count(), 5);
    assert_eq!(hows.iter().filter(|how| **how == "Committed").count(), 1);

    let other = other_than(leader, 1);
    sample.command(Command::Cut { from: Target::Node(leader), to: Target::Node(other), both: false });
    sample.run_for(200);
    let link = inspect(&sample, Selection::Link { from: leader.0, to: other.0 });
    assert_eq!(link.related.len(), 1);
    assert_eq!(link.related[0].how, "Cut by");
    let lost = sample.events.iter().rev().find(|event| matches!(event.kind, EventKind::Drop { .. }));
    let lost = inspect(&sample, Selection::Event(lost.expect("it is cut").seq));
    assert_eq!(lost.why.and_then(|why| why.rule).map(|rule| rule.section), Some("§2"));
    let texts: Vec<&str> = lost.related.iter().map(|related| related.text.as_str()).collect();
    assert!(texts[0].starts_with(&format!("{leader} sends {other} a message")), "{texts:?}");
    assert!(texts[1].ends_with("is cut."), "{texts:?}");
    assert!(lost.sections.iter().any(|section| section.title == "Message"));
}

/// The moment of a scenario, with nothing selected.
fn scenario_at(name: &str, millis: u64) -> InspectorView {
    let mut session = Session::new(1.0);
    let place =
        session.scenarios().0.iter().position(|other| other.name == name).expect("it is in the library");
    session.grant(Wish::LoadScenario(place));
    let moment = Micros::from_millis(millis);
    session.advance((moment - session.world().now()).as_millis_f64(), || false);
    assert_eq!(session.world().now(), moment);
    inspector_view(&session)
}

/// A leader that has only just begun has been answered by nobody, though others hold what it holds; and what is of an
/// earlier term is not committed by counting, so that is said first.
#[test]
fn a_new_leader_with_older_entries_says_what_it_waits_for() {
    for moment in [42, 128] {
        let view = scenario_at("Figure 8: a majority is not enough", moment);
        assert!(matches!(view.subject, Subject::Leader(_)), "{moment}: {view:?}");
        let why = view.why.expect("its entries are not committed");
        assert!(why.question.ends_with("not committed yet?"), "{moment}: {}", why.question);
        assert!(why.answer.starts_with("It is of term "), "{moment}: {}", why.answer);
        assert!(!why.answer.contains("on its way"), "{moment}: {}", why.answer);
        assert_eq!(why.rule.expect("a rule").section, "§5.4.2, Figure 8");
    }
    let view = scenario_at("Figure 8: a majority is not enough", 42);
    assert!(answer(&view).contains("which the leader learns once"), "{}", answer(&view));
}

#[test]
fn an_answer_is_on_its_way_only_while_one_is() {
    let (mut sample, leader) = Sample::with_leader();
    sample.set("city", "Oslo");
    let told = |sample: &Sample| {
        let why = inspect(sample, Selection::Entry { node: leader.0, index: 2 }).why;
        why.map(|why| why.answer).unwrap_or_default()
    };
    let mut seen = false;
    for _ in 0..2_000 {
        let committed = sample.world().machine(leader).and_then(|machine| machine.node());
        if committed.is_some_and(|node| node.commit_index() == Index(2)) {
            break;
        }
        let replies = |flight: &mini_raft_core::sim::Flight| {
            flight.to == mini_raft_core::sim::Endpoint::Node(leader)
                && text::message_name(&flight.payload).contains("accepted")
        };
        if told(&sample).contains("the answer is on its way") {
            seen = true;
            assert!(sample.world().flights().any(replies), "{}", told(&sample));
        }
        sample.step();
    }
    assert!(seen);
}

#[test]
fn without_a_leader_the_real_situation_is_told() {
    let mut sample = Sample::new(mini_raft_core::sim::Setup::default());
    let start = inspect(&sample, Selection::Nothing);
    assert_eq!(start.heading, "Nobody leads at the moment");
    assert!(answer(&start).starts_with("No node asks for votes yet."), "{}", answer(&start));
    let first = answer(&start).split("as it looks, that is ").nth(1).expect("it names one").to_owned();

    sample.run_until(|world| candidates(world).any(|node| node.role() == RoleName::PreCandidate));
    let asking = inspect(&sample, Selection::Nothing);
    assert_eq!(asking.heading, "An election is under way");
    let first = first.trim_end_matches('.');
    assert!(answer(&asking).starts_with(&format!("{first} has ")), "{}", answer(&asking));
    assert!(
        answer(&asking).contains("of the 3 pre-votes that it needs to stand in term 1"),
        "{}",
        answer(&asking)
    );

    sample.run_until(|world| candidates(world).any(|node| node.role() == RoleName::Candidate));
    assert!(answer(&inspect(&sample, Selection::Nothing)).contains("of the 3 votes that it needs in term 1"));
}

/// Three of five are down: it says that nobody can be elected, and whose return would end that.
#[test]
fn without_a_majority_it_says_who_could_restore_it() {
    let (mut sample, leader) = Sample::with_leader();
    let down = [leader, other_than(leader, 1), other_than(leader, 2)];
    for node in down {
        sample.command(Command::Crash { node: Target::Node(node) });
    }
    let told = |sample: &Sample| inspect(sample, Selection::Nothing);
    let view = told(&sample);
    assert_eq!(view.heading, "Nobody can be elected");
    assert!(answer(&view).starts_with("A candidate needs 3 of 5 votes, and no node reaches more than 2"));
    assert!(answer(&view).contains("At least 1 more must come back"), "{}", answer(&view));
    for node in down {
        assert!(answer(&view).contains(&node.to_string()), "{}", answer(&view));
    }
    sample.command(Command::Restart { node: Target::Node(leader) });
    assert_ne!(told(&sample).heading, "Nobody can be elected");
    for other in 0..5 {
        if other != leader.0 {
            let link = (Target::Node(NodeId(other)), Target::Node(leader));
            sample.command(Command::Cut { from: link.0, to: link.1, both: false });
        }
    }
    assert!(answer(&told(&sample)).contains("links are cut (heal)"), "one direction is not enough");
}
