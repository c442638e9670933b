//! The command line: a file for each command.

mod check;
mod input;
mod mutants;
mod pipe;
mod progress;
mod rules;
mod sim;
mod text;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// The exit code of a run in which an expectation or a property failed.
const FAILED: u8 = 1;
/// The exit code when there was nothing right to run.
const BAD_INPUT: u8 = 2;

/// A laboratory for the Raft consensus algorithm.
#[derive(Debug, Parser)]
#[command(name = "mini-raft", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Sim(sim::Args),
    Check(check::Args),
    Mutants(mutants::Args),
    Rules(rules::Args),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: one JSON value, in a form that stays.
    Json,
}

/// Does what the command line says. Errors are on standard error, with what to do about them.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Sim(args) => sim::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Rules(args) => rules::run(&args),
    };
    result.unwrap_or_else(|error| {
        // What cannot be told because nobody listens is not told.
        let _ = pipe::to_stderr(&format!("error: {error:#}\n"));
        ExitCode::from(BAD_INPUT)
    })
}
