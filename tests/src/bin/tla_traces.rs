//! Writes the runs of the library as modules for a TLA+ model checker: `tla_traces FOLDER` makes a folder for each
//! scenario in there, with its `TraceData.tla`, and prints the scenario's name and how many steps its run has.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

use mini_raft_tests::tla::{Behaviour, judged};

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: tla_traces FOLDER");
        return ExitCode::from(2);
    };
    match write_all(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write_all(folder: &std::path::Path) -> io::Result<()> {
    for (stem, scenario) in judged() {
        let behaviour = Behaviour::of(&scenario);
        let place = folder.join(stem);
        fs::create_dir_all(&place)?;
        fs::write(place.join("TraceData.tla"), behaviour.module())?;
        println!("{stem} {}", behaviour.steps.len());
    }
    Ok(())
}
