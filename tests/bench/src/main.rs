//! Measures this project's core beside the crate `raft`, on the same work in the same run: five nodes in one thread,
//! in memory, until all five have applied all commands in order.
//!
//! ```text
//! mini-raft-bench                            a table: entries a second of both, and their ratio
//! mini-raft-bench CORE ENTRIES OUTSTANDING   one run of one core (ours, facts, theirs), for counting instructions
//! ```

mod load;
mod ours;
mod theirs;

use std::process::Command;
use std::time::Instant;

use load::Load;

/// How often each is measured; the median counts.
const ROUNDS: usize = 7;
const OUTSTANDING: [u64; 3] = [1, 64, 256];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => compare(),
        [core, entries, outstanding] => {
            let number = |text: &str| text.parse().unwrap_or_else(|_| usage());
            run(core, Load { entries: number(entries), outstanding: number(outstanding) });
        }
        _ => usage(),
    }
}

fn usage() -> ! {
    eprintln!("usage: mini-raft-bench [ours|facts|theirs ENTRIES OUTSTANDING]");
    std::process::exit(2);
}

fn run(core: &str, load: Load) {
    match core {
        "ours" => load::run(ours::Cluster::new(false), load),
        "facts" => load::run(ours::Cluster::new(true), load),
        "theirs" => load::run(theirs::Cluster::new(), load),
        _ => usage(),
    }
}

/// Measures all in turn, so that what disturbs the machine disturbs them alike, each in a process of its own: in one,
/// the first would ask the system for the memory that the others use again.
fn compare() {
    println!(
        "{:>11}  {:>14}  {:>14}  {:>14}  {:>14}",
        "outstanding", "this core", "with facts", "crate raft 0.7", "ratio"
    );
    for outstanding in OUTSTANDING {
        let entries = if outstanding == 1 { 50_000 } else { 400_000 };
        let load = Load { entries, outstanding };
        let mut rates = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            for (rates, core) in rates.iter_mut().zip(["ours", "facts", "theirs"]) {
                let start = Instant::now();
                run_apart(core, load);
                rates.push(entries as f64 / start.elapsed().as_secs_f64());
            }
        }
        let mut ratios: Vec<f64> =
            rates[0].iter().zip(&rates[2]).map(|(ours, theirs)| ours / theirs).collect();
        let [ours, facts, theirs] = rates.map(|mut rates| median(&mut rates));
        let ratio = median(&mut ratios);
        println!("{outstanding:>11}  {ours:>12.0}/s  {facts:>12.0}/s  {theirs:>12.0}/s  {ratio:>13.2}×");
    }
}

/// One run, in a process of its own.
fn run_apart(core: &str, Load { entries, outstanding }: Load) {
    let this = std::env::current_exe().expect("this program has a path");
    let arguments = [core.to_owned(), entries.to_string(), outstanding.to_string()];
    let status = Command::new(this).args(arguments).status().expect("it starts once more");
    assert!(status.success(), "the run of {core} failed");
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
