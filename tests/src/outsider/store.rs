//! The store of a real server once more, from its description: what the result of each conditional command must be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{number, text};

/// The state after the last command that anybody applied.
#[derive(Debug, Default)]
pub(super) struct Store {
    at: u64,
    /// By key: the value as it is told, and the index that gave it.
    state: BTreeMap<String, (Value, u64)>,
    /// The idempotency keys of commands that were done.
    requests: BTreeSet<String>,
    /// It began in the middle: a request may be older than all that is known.
    began_late: bool,
    /// Not all keys are known.
    incomplete: bool,
}

impl Store {
    /// A node says what its store holds. Whoever is ahead of all others is believed; one that is level must agree.
    pub(super) fn view(&mut self, line: &Value) -> Option<String> {
        let (applied, all) = (number(line, "last_applied"), number(line, "keys_in_all"));
        let keys = line["keys"].as_array().into_iter().flatten();
        let told: BTreeMap<String, (Value, u64)> = keys
            .map(|key| (text(key, "key").to_owned(), (value_of(key), number(key, "mod_index"))))
            .collect();
        let is_whole = all == told.len() as u64;
        if applied > self.at {
            let (at, incomplete) = (applied, !is_whole);
            *self = Store { at, state: told, began_late: true, incomplete, ..std::mem::take(self) };
            return None;
        }
        let differs = applied == self.at && is_whole && !self.incomplete && told != self.state;
        differs.then(|| format!("{} holds other keys than were written up to {applied}", text(line, "node")))
    }

    /// Applies the command at this index; nothing if it was applied before. Says what is wrong with its result.
    pub(super) fn apply(&mut self, line: &Value) -> Option<String> {
        let (index, command) = (number(line, "index"), &line["command"]);
        if index <= self.at {
            return None;
        }
        if index != self.at + 1 {
            return Some(format!("nobody was seen to apply what is between {} and {index}", self.at));
        }
        self.at = index;
        let request = command["request"].as_str().map(str::to_owned);
        match line["left_out"].as_str() {
            Some("repeated" | "conflict") => {
                let known = request.is_some_and(|request| self.requests.contains(&request));
                let is_new = !known && !self.began_late;
                return is_new.then(|| format!("{index} is left out as repeated, but was never done"));
            }
            Some("malformed") => return None,
            Some(other) => return Some(format!("{index} is left out for no known reason: {other}")),
            None if command.is_null() => return None,
            None => {}
        }
        self.requests.extend(request);
        let expected = self.change(index, command)?;
        let matches = line["result"] == expected;
        (!matches).then(|| format!("the result of {index} is {}, not {expected}", line["result"]))
    }

    /// What the command comes to, if that can be known.
    fn change(&mut self, index: u64, command: &Value) -> Option<Value> {
        let (key, op) = (text(command, "key").to_owned(), text(command, "op"));
        let current = self.state.get(&key).map(|(_, since)| *since);
        let holds = match (op, &command["if"]) {
            ("set" | "delete", _) => true,
            _ if self.incomplete => return None,
            (_, condition) if condition["none_match"] == "*" => current.is_none(),
            (_, condition) if condition["match"] == "*" => current.is_some(),
            (_, condition) => {
                let tags = condition["match"].as_array().into_iter().flatten();
                tags.filter_map(Value::as_u64).any(|tag| Some(tag) == current)
            }
        };
        match op {
            "set" | "set-if" if holds => drop(self.state.insert(key, (value_of(command), index))),
            "delete" | "delete-if" if holds => drop(self.state.remove(&key)),
            "set-if" | "delete-if" => {}
            _ => return Some(format!("known, as {op:?} is not").into()),
        }
        Some(if op.ends_with("-if") { holds.into() } else { Value::Null })
    }
}

/// As text or as base64, whichever it is.
fn value_of(told: &Value) -> Value {
    serde_json::json!([told["value"], told["value_base64"]])
}
