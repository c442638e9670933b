//! The `mini-raft` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    mini_raft_server::cli::run()
}
