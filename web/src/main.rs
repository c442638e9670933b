//! The Mini-Raft visualizer.

fn main() {}
