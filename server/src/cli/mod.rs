//! The command line: a file for each command.

mod bench;
mod chaos;
mod check;
mod complaint;
mod completions;
mod demo;
mod exit;
mod input;
mod inspect;
mod kv;
mod logging;
mod members;
mod mutants;
mod node;
mod pipe;
mod progress;
mod record;
mod rules;
mod runtime;
mod sim;
mod start;
mod status;
mod target;
mod text;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// The exit code of a run in which an expectation or a property failed.
const FAILED: u8 = 1;
/// The exit code when there was nothing right to run.
const BAD_INPUT: u8 = 2;

/// A laboratory for the Raft consensus algorithm: a cluster of real processes, and a simulator.
#[derive(Debug, Parser)]
#[command(name = "mini-raft", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Start(start::StartArgs),
    Stop(start::StopArgs),
    Node(Box<node::Args>),
    Status(status::Args),
    Watch(watch::Args),
    Demo(demo::Args),
    Set(kv::SetArgs),
    Get(kv::GetArgs),
    Delete(kv::DeleteArgs),
    Cas(kv::cas::Args),
    List(kv::list::Args),
    Members(members::Args),
    Transfer(members::TransferArgs),
    Snapshot(members::SnapshotArgs),
    Health(status::HealthArgs),
    Inspect(inspect::Args),
    Bench(bench::Args),
    Chaos(chaos::Args),
    Record(record::Args),
    Sim(sim::Args),
    Check(check::Args),
    Mutants(mutants::Args),
    Rules(rules::Args),
    Completions(completions::Args),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: one JSON value, in a form that stays.
    Json,
}

/// Does what the command line says. Errors are on standard error, with what to do about them; under `--format json` as
/// one object.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(complaint::tell_of_command_line(&error)),
    };
    let result = match cli.command {
        Command::Start(args) => start::start(&args),
        Command::Stop(args) => start::stop(&args),
        Command::Status(args) => status::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Set(args) => kv::set(&args),
        Command::Get(args) => kv::get(&args),
        Command::Delete(args) => kv::delete(&args),
        Command::Cas(args) => kv::cas::run(&args),
        Command::List(args) => kv::list::run(&args),
        Command::Members(args) => members::run(&args),
        Command::Transfer(args) => members::transfer(&args),
        Command::Snapshot(args) => members::snapshot(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Health(args) => status::health(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Chaos(args) => chaos::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Node(args) => node::run(&args),
    };
    result.unwrap_or_else(|error| {
        let code = exit::code_of(&error);
        complaint::tell(&format!("{error:#}"), code);
        ExitCode::from(code)
    })
}
