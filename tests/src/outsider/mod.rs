//! Somebody else's program: reads a trace with nothing but the description of its form, and checks the whole run.
//!
//! It uses none of the project's code, only a JSON reader, and so proves that the trace alone is enough.

mod form;
mod laws;
mod machine;
mod store;

use serde_json::Value;

/// All that is wrong with a trace: nothing, if it follows the form and the run that it tells of keeps the laws.
pub fn complaints(trace: &str) -> Vec<String> {
    let mut form = form::Form::default();
    let mut run = laws::Run::default();
    let mut complaints = Vec::new();
    for (place, text_of_line) in trace.lines().enumerate() {
        let mut found = Vec::new();
        match serde_json::from_str::<Value>(text_of_line) {
            Ok(line) => {
                found.extend(form.observe(&line, text_of_line));
                found.extend(run.observe(&line));
            }
            Err(error) => found.push(format!("not JSON: {error}")),
        }
        complaints.extend(found.into_iter().map(|complaint| format!("line {}: {complaint}", place + 1)));
    }
    if !form.has_ended() || !trace.ends_with('\n') {
        complaints.push("the trace ends too early".to_owned());
    }
    complaints
}

/// The trace with its last line made right again, after somebody changed another.
pub fn with_right_end(lines: &[String]) -> String {
    let body: String = lines[..lines.len() - 1].iter().map(|line| format!("{line}\n")).collect();
    let mut end: Value = serde_json::from_str(&lines[lines.len() - 1]).expect("the last line is JSON");
    end["events"] = (lines.len() - 1).into();
    let mut hash = form::Hash::default();
    hash.add(&body);
    end["hash"] = hash.digits().into();
    format!("{body}{end}\n")
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or_default()
}

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap_or_default()
}
