//! `mini-raft completions`: what a shell needs to complete this command line.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, pipe};

/// Print the completions of this command line for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mini-raft completions bash > ~/.local/share/bash-completion/completions/mini-raft
  mini-raft completions fish > ~/.config/fish/completions/mini-raft.fish")]
pub(super) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mini-raft", &mut script);
    pipe::bytes_to_stdout(&script)?;
    Ok(ExitCode::SUCCESS)
}
