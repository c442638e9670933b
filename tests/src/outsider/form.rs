//! Whether the lines have the form that is described: fields, their types, order of time, start and end.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{number, text};

/// The fields of each kind of line beside `t_us` and `ev`; `?` marks one that may be missing.
const LINES: &[(&str, &str)] = &[
    ("start", "version:number scenario:object"),
    ("role", "node:node term:number role:string why:string"),
    ("vote", "node:node term:number for:node"),
    ("append", "node:node term:number entries:list"),
    ("truncate", "node:node term:number from:number"),
    ("sync", "node:node term:number index:number"),
    ("commit", "node:node term:number index:number"),
    ("apply", "node:node term:number index:number entry_term:number command:any result:any"),
    ("snapshot", "node:node term:number index:number snapshot_term:number how:string"),
    ("config", "node:node term:number voters:list learners:list outgoing:list index:number"),
    ("send", "id:number from:string to:string kind:string msg_term:number"),
    ("deliver", "id:number from:string to:string kind:string msg_term:number"),
    ("drop", "id:number from:string to:string kind:string msg_term:number why:string"),
    ("crash", "node:node term:number lost:number?"),
    ("restart", "node:node term:number voted_for:any last_index:number snapshot_index:number"),
    ("wipe", "node:node"),
    ("pause", "node:node term:number"),
    ("resume", "node:node term:number"),
    ("fault", "do:string"),
    ("invoke", "client:string request:number op:string key:string"),
    ("return", "client:string request:number op:string key:string ok:bool"),
    ("skipped", "step:number why:string"),
    ("violation", "property:string detail:string indexes:list nodes:list"),
    ("end", "events:number hash:string"),
];

/// The lines that only a recording of a real cluster has, or has with other fields.
const RECORDED: &[(&str, &str)] = &[
    ("start", "version:number recorded:object"),
    (
        "view",
        "node:node term:number role:string durable_vote:any commit_index:number last_applied:number \
         durable_index:number last_index:number before_index:number before_term:number entries:list \
         voters:list keys:list keys_in_all:number digest:string",
    ),
    ("fact", "node:node term:number fact:string section:string rule:string"),
];

/// The own fields of each kind of message.
const MESSAGES: &[(&str, &str)] = &[
    ("request-vote", "campaign_term:number last_log_index:number last_log_term:number"),
    ("request-vote-reply", "campaign_term:number vote_granted:bool"),
    ("pre-vote", "campaign_term:number last_log_index:number last_log_term:number"),
    ("pre-vote-reply", "campaign_term:number vote_granted:bool"),
    ("append-entries", "prev_log_index:number prev_log_term:number entries:list leader_commit:number"),
    (
        "append-entries-reply",
        "success:bool match_index:number? conflict_index:number? prev_log_index:number?",
    ),
    ("install-snapshot", "last_included_index:number last_included_term:number offset:number done:bool"),
    ("install-snapshot-reply", "match_index:number next_offset:number"),
    ("timeout-now", ""),
    ("read-index", "read:number"),
    ("read-index-reply", "read:number"),
    ("client-request", "client:string request:number op:string key:string"),
    ("client-reply", "client:string request:number ok:bool"),
];

/// The lines so far.
#[derive(Debug, Default)]
pub(super) struct Form {
    lines: u64,
    hash: Hash,
    last_time: u64,
    has_ended: bool,
    is_recorded: bool,
    /// By node: the number of its last line in a recording.
    numbers: BTreeMap<String, u64>,
    /// Messages under way, by their id.
    sent: BTreeMap<u64, Value>,
}

impl Form {
    /// What is wrong with the form of this line, after those before.
    pub(super) fn observe(&mut self, line: &Value, text_of_line: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let ev = text(line, "ev");
        match line["t_us"].as_u64() {
            Some(time) if time >= self.last_time => self.last_time = time,
            _ => wrong.push(format!("time goes back, or there is none: {}", line["t_us"])),
        }
        if (ev == "start") != (self.lines == 0) || self.has_ended {
            wrong.push(format!("{ev:?} in a wrong place"));
        }
        self.is_recorded |= self.lines == 0 && line["recorded"].is_object();
        let of_recordings = if self.is_recorded { RECORDED } else { &[] };
        match of_recordings.iter().chain(LINES).find(|(name, _)| *name == ev) {
            Some((_, fields)) => wrong.extend(wrong_fields(line, fields)),
            None => wrong.push(format!("unknown ev {ev:?}")),
        }
        if self.is_recorded {
            wrong.extend(self.numbered(line));
        }
        if ["send", "deliver", "drop"].contains(&ev) {
            let kind = text(line, "kind");
            match MESSAGES.iter().find(|(name, _)| *name == kind) {
                Some((_, fields)) => wrong.extend(wrong_fields(line, fields)),
                None => wrong.push(format!("unknown kind {kind:?}")),
            }
            if self.is_recorded && ev == "deliver" && line["unseen"] == true {
                // It was sent before anybody listened to its sender, or just before that was killed.
                if self.sent.contains_key(&number(line, "id")) {
                    wrong.push("a message whose sending was seen is called unseen".to_owned());
                }
            } else {
                wrong.extend(travel(line, self.is_recorded, &mut self.sent));
            }
        }
        if ev == "end" {
            self.has_ended = true;
            let (hash, lines) = (self.hash.digits(), self.lines);
            if text(line, "hash") != hash {
                wrong.push(format!("the hash is {hash}"));
            }
            if number(line, "events") != lines {
                wrong.push(format!("{lines} lines come before the end"));
            }
        }
        self.lines += 1;
        self.hash.add(text_of_line);
        self.hash.add("\n");
        wrong
    }

    /// The lines of a node in a recording have numbers without gaps; it begins anew with a view, and a process with 1.
    fn numbered(&mut self, line: &Value) -> Option<String> {
        let (node, number) = (line["node"].as_str()?, line["seq"].as_u64()?);
        let before = self.numbers.insert(node.to_owned(), number);
        let follows = match text(line, "ev") {
            "view" => true,
            "restart" => number == 1,
            _ => before.is_some_and(|before| number == before + 1),
        };
        (!follows).then(|| format!("line {number} of {node} follows its line {before:?}"))
    }

    /// Whether the line `end` was there.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }
}

/// FNV-1a, 64 bits.
#[derive(Debug)]
pub(super) struct Hash(u64);

impl Default for Hash {
    fn default() -> Hash {
        Hash(14_695_981_039_346_656_037)
    }
}

impl Hash {
    pub(super) fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
        }
    }

    pub(super) fn digits(&self) -> String {
        format!("{:016x}", self.0)
    }
}

/// A message is sent once, then delivered or dropped at most once, with the words with which it was sent.
fn travel(line: &Value, is_recorded: bool, sent: &mut BTreeMap<u64, Value>) -> Option<String> {
    let id = number(line, "id");
    let mut words = line.clone();
    for field in ["t_us", "ev", "node", "term"] {
        words.as_object_mut()?.remove(field);
    }
    if is_recorded {
        for field in ["node_us", "seq"] {
            words.as_object_mut()?.remove(field);
        }
    }
    if text(line, "ev") == "drop" {
        words.as_object_mut()?.remove("why");
    }
    if text(line, "ev") == "send" {
        return sent.insert(id, words).map(|_| format!("message {id} is sent twice"));
    }
    match sent.remove(&id) {
        None => Some(format!("message {id} arrives, but is not under way")),
        Some(before) if before != words => Some(format!("message {id} was changed on its way")),
        Some(_) => None,
    }
}

fn wrong_fields(line: &Value, fields: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for field in fields.split_whitespace() {
        let (name, kind) = field.split_once(':').expect("a field has a type");
        let value = line.get(name);
        let is_right = match (value, kind.trim_end_matches('?')) {
            (None, _) => kind.ends_with('?'),
            (Some(value), "number") => value.is_u64(),
            (Some(value), "string") => value.is_string(),
            (Some(value), "node") => value.as_str().is_some_and(|name| name.starts_with("node-")),
            (Some(value), "bool") => value.is_boolean(),
            (Some(value), "list") => value.is_array(),
            (Some(value), "object") => value.is_object(),
            (Some(_), _) => true,
        };
        if !is_right {
            wrong.push(format!("{} has a wrong {name}: {value:?}", text(line, "ev")));
        }
    }
    wrong
}
