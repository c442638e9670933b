//! Without a rule the laws break, and a search at random finds it: this is what proves the checks, and the faults.
//!
//! `docs/mutants.md` says which seed shows each rule, as `make mutants` has found it, with no hint of where to look.
//! Here each of these seeds is run again: with all rules nothing goes wrong in it.

use std::fs;

use mini_raft_core::raft::Rule;
use mini_raft_core::swarm::{Exercise, draw, examine, unmask};
use mini_raft_tests::files::root;
use mini_raft_tests::search::for_each_seed;

/// What the search may need at most.
const SEEDS_MAX: u64 = 3_000;

/// A row of the table.
struct Row {
    rule: String,
    section: String,
    seed: Option<u64>,
    wrong: String,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/mutants.md")).expect("docs/mutants.md can be read");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", rule, section, seed, wrong, _servers, _steps, ""] = cells[..] else { return None };
        let rule = rule.strip_prefix('`')?.strip_suffix('`')?.to_owned();
        Some(Row { rule, section: section.to_owned(), seed: seed.parse().ok(), wrong: wrong.to_owned() })
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn the_table_has_every_rule() {
    let rows: Vec<_> = rows().into_iter().map(|row| (row.rule, row.section)).collect();
    let rules: Vec<_> =
        Rule::ALL.iter().map(|rule| (rule.name().to_owned(), rule.section().to_owned())).collect();
    assert_eq!(rows, rules, "run `make mutants`");
}

#[test]
fn every_rule_left_out_is_found_where_the_table_says() {
    let rows = rows();
    let wrong = for_each_seed(0..rows.len() as u64, |place| {
        let Row { rule, seed, wrong, .. } = &rows[place as usize];
        let seed = seed.filter(|seed| *seed < SEEDS_MAX);
        let Some(seed) = seed else { return Some(format!("{rule} is not found in {SEEDS_MAX} runs")) };
        let finding = unmask(rule.parse().expect("a rule"), seed);
        let found = finding.map_or("nothing", |finding| finding.wrong.name());
        (found != wrong).then(|| format!("without {rule}, seed {seed} shows {found}, not {wrong}"))
    });
    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "run `make mutants`:\n{}", wrong.join("\n"));
}

#[test]
fn with_all_rules_the_same_seeds_show_nothing() {
    let rows = rows();
    for_each_seed(0..rows.len() as u64, |place| {
        if let Some(seed) = rows[place as usize].seed {
            assert_eq!(examine(&draw(seed), &mut Exercise::default()), None, "seed {seed}");
        }
    });
}
