//! A run in the forms of other tools: as a Rust test, and as a log for ShiViz.

use mini_raft_core::play::play;
use mini_raft_core::raft::Fact;
use mini_raft_core::scenario::Scenario;
use mini_raft_core::sim::{Endpoint, Event, EventKind};

use crate::text;

/// A name as part of a file's or a function's: letters and digits, with `gap` for all else.
pub fn slug(name: &str, gap: char) -> String {
    let mut slug = String::new();
    for char in name.chars() {
        if char.is_ascii_alphanumeric() {
            slug.push(char.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with(gap) {
            slug.push(gap);
        }
    }
    slug.truncate(60);
    slug.trim_end_matches(gap).to_owned()
}

/// A file for `tests/` of a crate that depends on `mini-raft-core`: it plays the scenario and holds it to what it
/// expects.
pub fn rust_test(scenario: &Scenario) -> String {
    let json = scenario.to_file();
    let mut fence = String::from("#");
    while json.contains(&format!("\"{fence}")) {
        fence.push('#');
    }
    let name = one_line(&scenario.name);
    let function = slug(&scenario.name, '_');
    format!(
        r###"//! A run saved from the Mini-Raft laboratory: {name}.

use mini_raft_core::play::play;
use mini_raft_core::scenario::Scenario;

/// What the scenario expects comes true, and no law of Raft is broken but as it says.
#[test]
fn saved_run_{function}() {{
    let scenario = Scenario::from_json(SCENARIO).expect("the page saved it");
    let report = play(&scenario, |_| {{}});
    assert!(report.ok(), "{{}}", report.failures().join("\n"));
}}

const SCENARIO: &str = r{fence}"{json}"{fence};
"###
    )
}

/// A log for [ShiViz](https://bestchai.bitbucket.io/shiviz/): what happened on each server and client, with vector
/// clocks. Its expression is the one that ShiViz offers first: `(?<host>\S*) (?<clock>{.*})\n(?<event>.*)`.
pub fn shiviz(scenario: &Scenario) -> String {
    let mut log = ShiViz::default();
    play(scenario, |event| log.add(event));
    log.out
}

#[derive(Default)]
struct ShiViz {
    out: String,
    hosts: Vec<Endpoint>,
    /// For each host how much it knows of each.
    clocks: Vec<Vec<u64>>,
    /// What the sender of each message knew, by the message's id, which grows.
    sent: Vec<(u64, Vec<u64>)>,
}

impl ShiViz {
    fn add(&mut self, event: &Event) {
        let host = match &event.kind {
            EventKind::Send { from, .. } => from.clone(),
            EventKind::Deliver { to, .. } => to.clone(),
            EventKind::Invoke { client, .. } | EventKind::Return { client, .. } => {
                Endpoint::Client(client.clone())
            }
            EventKind::Drop { .. } | EventKind::Violation(_) => return,
            EventKind::Fact(fact) if !matches!(fact, Fact::RoleChanged { .. }) => return,
            _ => match event.node {
                Some(node) => Endpoint::Node(node),
                None => return,
            },
        };
        let place = self.place_of(host);
        if let EventKind::Deliver { message, .. } = &event.kind
            && let Ok(found) = self.sent.binary_search_by_key(message, |(id, _)| *id)
        {
            let known = self.sent[found].1.clone();
            for (mine, theirs) in self.clocks[place].iter_mut().zip(known) {
                *mine = (*mine).max(theirs);
            }
        }
        self.clocks[place][place] += 1;
        if let EventKind::Send { message, .. } = &event.kind {
            self.sent.push((*message, self.clocks[place].clone()));
        }
        self.write(place, event);
    }

    fn place_of(&mut self, host: Endpoint) -> usize {
        if let Some(place) = self.hosts.iter().position(|other| *other == host) {
            return place;
        }
        self.hosts.push(host);
        let count = self.hosts.len();
        self.clocks.push(Vec::new());
        self.clocks.iter_mut().for_each(|clock| clock.resize(count, 0));
        count - 1
    }

    fn write(&mut self, place: usize, event: &Event) {
        let names: Vec<String> = self.hosts.iter().map(host_name).collect();
        let known = names.iter().zip(&self.clocks[place]).filter(|(_, count)| **count > 0);
        let clock: Vec<String> = known.map(|(name, count)| format!("\"{name}\":{count}")).collect();
        let told = one_line(&text::event(event));
        let at = text::moment(event.at);
        self.out.push_str(&format!("{} {{{}}}\n{at}: {told}\n", names[place], clock.join(",")));
    }
}

/// A host has no spaces in ShiViz, and no quotes here.
fn host_name(host: &Endpoint) -> String {
    let is_plain = |char: char| !char.is_whitespace() && !char.is_control() && !matches!(char, '"' | '\\');
    host.to_string().chars().map(|char| if is_plain(char) { char } else { '_' }).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn scenario(text: &str) -> Scenario {
        Scenario::from_json(text).expect("it is right")
    }

    /// The exported test is a test of this repository: it compiles, and passes.
    #[test]
    fn an_exported_test_is_the_one_in_tests() {
        let run = scenario(concat!(
            r###"{"version":1,"name":"A \"run\" with 2 crashes","about":"It holds \"# and \"## too.","nodes":3,"###,
            r#""seed":7,"steps":[{"at_ms":900,"do":"crash","node":"leader"},{"at_ms":1500,"do":"set","client":"you","#,
            r#""key":"x","value":"1","to":"leader"}],"until_ms":3000,"expect":[{"violations":[]},{"leader":true}]}"#,
        ));
        assert_eq!(rust_test(&run), include_str!("../../../tests/tests/exported_run.rs"));
    }

    #[test]
    fn names_become_names_of_files() {
        assert_eq!(slug("Five nodes, and a client!", '-'), "five-nodes-and-a-client");
        assert_eq!(slug("  ÄÖ ", '-'), "");
        assert_eq!(slug(&"ab ".repeat(40), '_').len(), 59);
    }

    /// Each host counts its own events without a gap, and knows at most what happened before.
    #[test]
    fn the_vector_clocks_are_vector_clocks() {
        let run = scenario(concat!(
            r#"{"version":1,"nodes":3,"network":{"duplicate":0.2,"loss":0.1},"clients":[{"id":"c \"1"}],"#,
            r#""steps":[{"at_ms":900,"do":"crash","node":"leader"}],"until_ms":2000}"#,
        ));
        let log = shiviz(&run);
        let lines: Vec<&str> = log.lines().collect();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut merged = 0;
        for pair in lines.chunks(2) {
            let (host, clock) = pair[0].split_once(' ').expect("host and clock");
            let clock: BTreeMap<String, u64> = clock[1..clock.len() - 1]
                .split(',')
                .map(|entry| {
                    let (name, count) = entry.rsplit_once(':').expect("name and count");
                    (name.trim_matches('"').to_owned(), count.parse().expect("a number"))
                })
                .collect();
            let own = counts.entry(host.to_owned()).or_default();
            *own += 1;
            assert_eq!(clock[host], *own, "{}", pair[0]);
            assert!(clock.iter().all(|(name, count)| counts.get(name).is_some_and(|seen| count <= seen)));
            merged += usize::from(clock.len() == 4);
            assert!(pair[1].contains(" s: "), "{}", pair[1]);
        }
        assert!(counts.keys().any(|host| host == "c__1") && merged > 100, "{counts:?}");
    }
}
