//! How fast the log is on a disk, beside the least that a disk asks for: one write and one sync, over zeros.
//!
//! `cargo run --release -p mini-raft-server --example log_speed -- DIR`

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mini_raft_core::raft::{Entry, Index, NodeId, Payload, Term, Write, WriteId};
use mini_raft_server::storage::{Identity, Options, Storage};

/// How long each line is measured.
const SPAN: Duration = Duration::from_secs(4);
/// Entries in a group, and bytes of each.
const CASES: [(u64, usize); 5] = [(1, 128), (16, 128), (64, 128), (256, 128), (64, 4096)];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).ok_or("say a directory on the disk to be measured")?;
    println!("               |             storage                      |  write + sync alone");
    println!("entries  bytes | groups/s   entries/s    p50 ms    p99 ms | groups/s  p50 ms  p99 ms");
    for (count, bytes) in CASES {
        let dir = tempfile::tempdir_in(&dir)?;
        let storage = through_storage(&dir.path().join("data"), count, bytes)?;
        let alone = alone(&dir.path().join("zeros"), count as usize * (bytes + 21) + 33)?;
        let rate = |times: &[Duration]| times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
        let at =
            |times: &[Duration], share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{count:7} {bytes:6} | {:8.0} {:11.0} {:9.2} {:9.2} | {:8.0} {:7.2} {:7.2}",
            rate(&storage),
            rate(&storage) * count as f64,
            at(&storage, 0.5),
            at(&storage, 0.99),
            rate(&alone),
            at(&alone, 0.5),
            at(&alone, 0.99)
        );
    }
    Ok(())
}

/// How long each group took, tidying included, in order.
fn through_storage(
    dir: &Path,
    count: u64,
    bytes: usize,
) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let identity = Identity { cluster: "speed".to_owned(), node: NodeId(0) };
    let (mut storage, _) = Storage::open(dir, &identity, Options::default())?;
    let payload = Payload::Command(vec![7; bytes].into());
    let mut next = 1;
    let mut times = Vec::new();
    let end = Instant::now() + SPAN;
    while Instant::now() < end {
        let entries = next..next + count;
        next += count;
        let entries =
            entries.map(|index| Entry { term: Term(1), index: Index(index), payload: payload.clone() });
        let entries: Arc<[Entry]> = entries.collect();
        let write = Write { id: WriteId(1), hard_state: None, snapshot: None, truncate_from: None, entries };
        let begin = Instant::now();
        storage.write(&[write])?;
        storage.tidy()?;
        times.push(begin.elapsed());
    }
    times.sort();
    Ok(times)
}

fn alone(path: &Path, bytes: usize) -> io::Result<Vec<Duration>> {
    const ROOM: usize = 4 << 20;
    fs::write(path, vec![0; ROOM])?;
    let file = File::options().write(true).open(path)?;
    file.sync_all()?;
    let group = vec![7; bytes];
    let mut times = Vec::new();
    let mut offset = 0;
    let end = Instant::now() + SPAN;
    while Instant::now() < end {
        if offset + bytes > ROOM {
            offset = 0;
        }
        let begin = Instant::now();
        file.write_all_at(&group, offset as u64)?;
        file.sync_data()?;
        times.push(begin.elapsed());
        offset += bytes;
    }
    times.sort();
    Ok(times)
}
