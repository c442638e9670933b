//! A scenario: everything that a run depends on, in one JSON file.
//!
//! [`Scenario::from_json`] reads version 1 of the form and names every mistake with its place;
//! [`Scenario::to_json`] writes it back, [`link`] as a text that fits into a link; [`library`] holds those that come
//! with the program. The same scenario gives the same run, byte for byte, natively and in the browser.

mod descent;
pub mod expect;
mod library;
pub mod link;
mod read;
mod read_expect;
mod read_step;
mod write;

#[cfg(test)]
mod strategies;
#[cfg(test)]
mod tests;

pub use descent::{Mistake, Mistakes};
pub use expect::{Check, Expect, LeaderIs, Unmet};
pub use library::{Builtin, builtin, library};
pub(crate) use write::{
    action, check as write_check, command as write_command, command_on_node as write_command_on_node,
    op_name, operands as write_operands, scenario as write,
};

use crate::json;
use crate::sim::{Command, Setup};
use crate::time::Micros;

/// A run before it happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called, in a few words; may be empty.
    pub name: String,
    /// One paragraph for a reader; may be empty.
    pub about: String,
    /// The world it starts with.
    pub setup: Setup,
    /// What is done to that world. Steps of one moment are done in this order.
    pub steps: Vec<Step>,
    /// When the run ends.
    pub until: Micros,
    /// What must then be true.
    pub expect: Vec<Expect>,
}

/// Something that is done to a world at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: Micros,
    /// What.
    pub command: Command,
}

impl Scenario {
    /// The version of the form that this program reads and writes.
    pub const VERSION: u64 = 1;

    /// Reads a scenario; on failure every mistake that could be found, each with its place.
    ///
    /// Nothing is skipped: an unknown field is a mistake, and so is what lies beyond the [`limits`].
    pub fn from_json(text: &str) -> Result<Scenario, Mistakes> {
        read::scenario(text)
    }

    /// Writes the scenario in one line, with every field, also those that have their defaults.
    ///
    /// [`Scenario::from_json`] reads the same scenario from it.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write::scenario(&mut out, self);
        out
    }

    /// Writes the scenario as a file for people: a field on each line, and so are the steps.
    pub fn to_file(&self) -> String {
        json::layout::spread(&self.to_json())
    }

    /// Lets the run end at another moment. Steps and expectations after it are taken out and counted: how many of
    /// each. Expectations of the end move with it.
    pub fn end_at(&mut self, until: Micros) -> (usize, usize) {
        let (steps, expect) = (self.steps.len(), self.expect.len());
        self.until = until;
        self.steps.retain(|step| step.at <= until);
        self.expect.retain(|expect| expect.at.is_none_or(|at| at <= until));
        (steps - self.steps.len(), expect - self.expect.len())
    }

    /// The steps as a run takes them.
    pub fn moments(&self) -> Vec<(Micros, Command)> {
        self.steps.iter().map(|step| (step.at, step.command.clone())).collect()
    }
}

/// How large a scenario from outside may be.
///
/// They bound what a link or a file from a stranger can make this program do.
pub mod limits {
    use crate::time::Micros;

    /// The text of a scenario, in bytes.
    pub const TEXT_BYTES: usize = 4 << 20;
    /// `nodes`.
    pub const NODES: u32 = 9;
    /// `clients`.
    pub const CLIENTS: usize = 20;
    /// `keys` of a client.
    pub const CLIENT_KEYS: u64 = 1_000;
    /// Each weight of a client's `mix`.
    pub const WEIGHT: u64 = 1_000;
    /// `steps`.
    pub const STEPS: usize = 2_000;
    /// Steps that are a client's operation.
    pub const OPERATIONS: usize = 200;
    /// `expect`.
    pub const EXPECTATIONS: usize = 500;
    /// `until_ms`, and every other span.
    pub const SPAN: Micros = Micros::from_millis(3_600_000);
    /// A key, in bytes.
    pub const KEY_BYTES: usize = 64;
    /// A value, in bytes.
    pub const VALUE_BYTES: usize = 256;
    /// `name`, and the name of a client, in bytes.
    pub const LABEL_BYTES: usize = 80;
    /// `about`, in bytes.
    pub const ABOUT_BYTES: usize = 2_000;
    /// The slowest and the fastest `rate` of a clock.
    pub const CLOCK_RATE: (f64, f64) = (0.01, 100.0);
    /// `count` of `drop`, `hold`, `release` and `duplicate`.
    pub const COUNT: u64 = 10_000;
}
