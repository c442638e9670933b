//! The check of linearizability before an outside judge: the crate `porcupine-rs`, a checker by others, searches the same
//! histories in another way and must say the same.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use mini_raft_core::kv::{Op, Outcome};
use mini_raft_core::rng::Rng;
use mini_raft_core::sim::event::ClientError;
use mini_raft_tests::client_history::{
    ClientHistory, Happening, Verdict, Whole, apply, made_up, operations, spoil, verdict,
};
use mini_raft_tests::files::root;
use porcupine_rs::{Model, Operation};

const HISTORIES: u64 = 3_000;

/// One key, as the judge wants it.
#[derive(Clone, Debug)]
struct OneKey;

impl Model for OneKey {
    type State = Option<Arc<str>>;
    type Op = (Op, Option<Outcome>);
    type Metadata = ();

    fn init() -> Self::State {
        None
    }

    fn step(state: &Self::State, (op, outcome): &Self::Op) -> (bool, Self::State) {
        let mut after = state.clone();
        let came_to = apply(&mut after, op);
        (outcome.as_ref().is_none_or(|outcome| *outcome == came_to), after)
    }
}

/// What the judge says.
fn judgement(history: &[Happening]) -> Verdict {
    let operation = |it: Whole| {
        let (return_time, outcome) = match it.ends {
            Some((place, Ok(outcome))) => (place as i64, Some(outcome)),
            Some((_, Err(ClientError::Rejected))) => return None,
            // It may take effect after all others, which is as good as never.
            Some((_, Err(ClientError::Unknown))) | None => (i64::MAX, None),
        };
        let call_time = it.begins as i64;
        Some(Operation::<OneKey> {
            client_id: Some(it.client),
            call_time,
            return_time,
            op: (it.op, outcome),
            metadata: None,
        })
    };
    let operations: Vec<_> = operations(history).into_iter().filter_map(operation).collect();
    match porcupine_rs::check_operations(&operations) {
        true => Verdict::Linearizable,
        false => Verdict::Broken,
    }
}

/// On histories at random, right ones and spoilt ones, both say the same.
#[test]
fn random_histories_are_judged_alike() {
    let (mut broken, mut undecided) = (0, 0);
    for seed in 0..HISTORIES {
        let mut rng = Rng::new(seed);
        let mut history = made_up(&mut rng);
        let is_spoilt = rng.chance(0.6);
        if is_spoilt {
            spoil(&mut history, &mut rng);
        }
        let ours = verdict(&history);
        if ours == Verdict::Undecided {
            undecided += 1;
            continue;
        }
        assert_eq!(ours, judgement(&history), "seed {seed}: {history:#?}");
        assert!(is_spoilt || ours == Verdict::Linearizable, "seed {seed}");
        broken += u64::from(ours == Verdict::Broken);
    }
    println!("{broken} of {HISTORIES} are broken, {undecided} undecided");
    assert!(broken > HISTORIES / 5 && broken < HISTORIES * 4 / 5, "{broken}");
    assert!(undecided < HISTORIES / 100, "{undecided}");
}

/// The judge's own examples, histories of etcd under Jepsen, are judged alike.
#[test]
fn the_judges_own_examples_are_judged_alike() {
    let mut verdicts = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(sources_of_the_judge().join("test_data/jepsen"))
        .expect("its examples")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    for file in &files {
        let history = of_jepsen(&std::fs::read_to_string(file).expect("a history"));
        let ours = verdict(&history);
        if ours != Verdict::Undecided {
            assert_eq!(ours, judgement(&history), "{}", file.display());
        }
        verdicts.push(ours);
    }
    let count = |wanted| verdicts.iter().filter(|it| **it == wanted).count();
    let (fine, broken) = (count(Verdict::Linearizable), count(Verdict::Broken));
    println!("{} histories: {fine} linearizable, {broken} broken", verdicts.len());
    assert!(fine > 10 && broken > 60 && fine + broken == verdicts.len(), "{verdicts:?}");
}

/// Where cargo keeps the judge's sources, with which its examples come.
fn sources_of_the_judge() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo can be asked");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&asked.stdout).expect("cargo answers in JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let judge = packages.iter().find(|package| package["name"] == "porcupine-rs").expect("the judge is used");
    let manifest = Path::new(judge["manifest_path"].as_str().expect("the place of its manifest"));
    manifest.parent().expect("a manifest lies in a folder").to_owned()
}

/// A history as Jepsen logs it: `INFO jepsen.util - 3 :invoke :cas [1 4]`.
fn of_jepsen(text: &str) -> ClientHistory {
    let value = |digits: &str| Arc::<str>::from(digits.trim_matches(['[', ']']));
    let mut history = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "jepsen.util", "-", process, how, what, rest @ ..] = &words[..] else { continue };
        let Ok(process) = process.parse() else { continue };
        let key = "k".into();
        history.push(match (*how, *what, rest) {
            (":invoke", ":read", _) => Happening::Begins(process, Op::Get { key }),
            (":invoke", ":write", [new]) => Happening::Begins(process, Op::Set { key, value: value(new) }),
            (":invoke", ":cas", [from, to]) => {
                let op = Op::Cas { key, expected: Some(value(from)), value: value(to) };
                Happening::Begins(process, op)
            }
            (":ok", ":read", [found]) => {
                let found = (*found != "nil").then(|| value(found));
                Happening::Ends(process, Ok(Outcome::Value(found)))
            }
            (":ok", ":write", _) => Happening::Ends(process, Ok(Outcome::Done)),
            (":ok", ":cas", _) => Happening::Ends(process, Ok(Outcome::Swapped(true))),
            (":fail", ":cas", _) => Happening::Ends(process, Ok(Outcome::Swapped(false))),
            (":fail" | ":info", _, [":timed-out"]) => Happening::Ends(process, Err(ClientError::Unknown)),
            _ => panic!("{line}"),
        });
    }
    history
}
