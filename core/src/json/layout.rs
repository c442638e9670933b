//! JSON as a person reads and edits it.

/// Lays out a compact JSON object: a field of it on each line, and of a list of objects an object on each line.
pub(crate) fn spread(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    // Whether the list that is open at depth 2 has its objects on lines of their own.
    let mut has_lines = false;
    let mut chars = json.chars().peekable();
    while let Some(char) = chars.next() {
        let next = chars.peek().copied();
        if in_string {
            out.push(char);
            in_string = escaped || char != '"';
            escaped = char == '\\' && !escaped;
            continue;
        }
        match char {
            '"' => {
                in_string = true;
                out.push(char);
            }
            '{' | '[' => {
                depth += 1;
                out.push(char);
                if char == '[' && depth == 2 {
                    has_lines = next == Some('{');
                }
                match depth {
                    _ if matches!(next, Some('}' | ']')) => {}
                    1 => out.push_str("\n  "),
                    2 if has_lines && char == '[' => out.push_str("\n    "),
                    _ if char == '{' => out.push(' '),
                    _ => {}
                }
            }
            '}' | ']' => {
                match depth {
                    _ if out.ends_with(['{', '[']) => {}
                    1 => out.push('\n'),
                    2 if has_lines && char == ']' => out.push_str("\n  "),
                    _ if char == '}' => out.push(' '),
                    _ => {}
                }
                depth -= 1;
                out.push(char);
                if depth == 1 {
                    has_lines = false;
                }
            }
            ',' => out.push_str(match depth {
                1 => ",\n  ",
                2 if has_lines => ",\n    ",
                _ => ", ",
            }),
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_objects_have_lines_of_their_own() {
        let json = r#"{"a":"x,{\"\\","b":[1,[2,3]],"c":{"d":[],"e":{}},"steps":[{"at":1,"n":["p","q"]},{"at":2}],"f":[],"g":[{}]}"#;
        let expected = r#"{
  "a": "x,{\"\\",
  "b": [1, [2, 3]],
  "c": { "d": [], "e": {} },
  "steps": [
    { "at": 1, "n": ["p", "q"] },
    { "at": 2 }
  ],
  "f": [],
  "g": [
    {}
  ]
}
"#;
        assert_eq!(spread(json), expected);
        let same = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(same(&spread(json)), same(json));
    }
}
