//! The `mini-raft` command.

fn main() {}
