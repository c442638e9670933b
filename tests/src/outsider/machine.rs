//! The key-value machine once more, from its description: what each committed command must have come to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{number, text};

/// The state after the commands so far, and every state before.
#[derive(Debug, Default)]
pub(super) struct Machine {
    state: BTreeMap<String, String>,
    /// By key: its value from which index on.
    history: BTreeMap<String, Vec<(u64, Option<String>)>>,
    /// By client: the number of its last request, and what came of it.
    results: BTreeMap<String, (u64, Value)>,
    /// By client that is not forgotten: the time of the log when that was applied.
    sessions: BTreeMap<String, u64>,
    /// The greatest time in the log.
    time: u64,
}

impl Machine {
    /// Applies a command at this index and returns what it comes to.
    pub(super) fn apply(&mut self, index: u64, command: &Value) -> Value {
        if command.is_null() {
            return Value::Null;
        }
        let (client, request) = (text(command, "client").to_owned(), number(command, "request"));
        if let Some(now) = command["at_us"].as_u64() {
            self.time = self.time.max(now);
            let (time, timeout) = (self.time, number(command, "timeout_us"));
            self.sessions.retain(|_, used_at| *used_at + timeout > time);
            let in_time = command["since_us"].as_u64().is_some_and(|since| since + timeout > time);
            if !self.sessions.contains_key(&client) && !in_time {
                return json!({ "expired_us": time });
            }
        }
        if self.sessions.contains_key(&client)
            && let Some((last, result)) = self.results.get(&client)
        {
            if request == *last {
                return result.clone();
            }
            if request < *last {
                return Value::Null;
            }
        }
        let result = self.change(index, command);
        self.sessions.insert(client.clone(), self.time);
        self.results.insert(client, (request, result.clone()));
        result
    }

    /// What a key held after the command at this index.
    pub(super) fn value_at(&self, index: u64, key: &str) -> Option<String> {
        let history = self.history.get(key)?;
        history.iter().rev().find(|(since, _)| *since <= index).and_then(|(_, value)| value.clone())
    }

    /// What came of a client's last request.
    pub(super) fn result_of(&self, client: &str, request: u64) -> Option<&Value> {
        self.results.get(client).filter(|(last, _)| *last == request).map(|(_, result)| result)
    }

    fn change(&mut self, index: u64, command: &Value) -> Value {
        let key = text(command, "key").to_owned();
        let value = text(command, "value").to_owned();
        let before = self.state.get(&key).cloned();
        let (after, result) = match text(command, "op") {
            "set" => (Some(value), Value::Null),
            "append" => (Some(before.unwrap_or_default() + &value), Value::Null),
            "delete" => (None, Value::Null),
            "cas" => {
                let fits = command["expected"].as_str().map(str::to_owned) == before;
                (if fits { Some(value) } else { before }, fits.into())
            }
            op => panic!("unknown operation {op:?} in the log"),
        };
        match &after {
            Some(value) => self.state.insert(key.clone(), value.clone()),
            None => self.state.remove(&key),
        };
        self.history.entry(key).or_default().push((index, after));
        result
    }
}
