//! Writing JSON with the fields in the order in which they are given, reading it ([`value`]), and laying
//! it out for a person ([`layout`]).
//!
//! Traces are hashed and compared byte for byte, so their spelling is ours and not a crate's.

pub(crate) mod layout;
pub(crate) mod value;

use std::fmt::Write;

use crate::time::Micros;

/// Appends an object to `out`; `fill` gives it its fields.
pub(crate) fn object(out: &mut String, fill: impl FnOnce(&mut Fields<'_>)) {
    out.push('{');
    let mut fields = Fields { out, empty: true };
    fill(&mut fields);
    out.push('}');
}

/// Goes on with an object that has fields already, and is not at its end.
pub(crate) fn more(out: &mut String, fill: impl FnOnce(&mut Fields<'_>)) {
    fill(&mut Fields { out, empty: false });
}

/// Appends a list to `out`; `item` writes each of the items.
pub(crate) fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (place, value) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        item(out, value);
    }
    out.push(']');
}

/// Appends a string in quotes to `out`.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => push(out, format_args!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A text from outside in quotes, fit for a message: on one line, and with nothing that hides or turns other text.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\0'..' '
            | '\u{7f}'..'\u{a0}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => push(&mut out, format_args!("\\u{{{:x}}}", char as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Appends a span in milliseconds to `out`, exactly: `50`, `0.5`, `12.345`.
pub(crate) fn millis(out: &mut String, span: Micros) {
    fixed(out, span.0, 3);
}

/// Appends a number of which the last `places` digits stand behind the point, without zeros at its end.
pub(crate) fn fixed(out: &mut String, number: u64, places: u32) {
    let unit = 10_u64.pow(places);
    let (whole, rest) = (number / unit, number % unit);
    push(out, format_args!("{whole}"));
    if rest > 0 {
        push(out, format_args!(".{rest:0width$}", width = places as usize));
        out.truncate(out.trim_end_matches('0').len());
    }
}

/// An object that is being written.
pub(crate) struct Fields<'a> {
    out: &'a mut String,
    empty: bool,
}

impl Fields<'_> {
    /// Begins a field; what is appended to the string that this returns is its value.
    pub(crate) fn field(&mut self, name: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// A string.
    pub(crate) fn string(&mut self, name: &str, text: &str) {
        string(self.field(name), text);
    }

    /// What it is called.
    pub(crate) fn name(&mut self, name: &str, named: impl std::fmt::Display) {
        string(self.field(name), &named.to_string());
    }

    /// A whole number.
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        push(self.field(name), format_args!("{number}"));
    }

    /// A fraction that is not negative, to a millionth: `0.0`, `0.25`.
    pub(crate) fn fraction(&mut self, name: &str, number: f64) {
        let millionths = (number * 1e6).round() as u64;
        let out = self.field(name);
        fixed(out, millionths, 6);
        if millionths.is_multiple_of(1_000_000) {
            out.push_str(".0");
        }
    }

    /// A span in milliseconds.
    pub(crate) fn millis(&mut self, name: &str, span: Micros) {
        millis(self.field(name), span);
    }

    /// A range of spans in milliseconds.
    pub(crate) fn millis_range(&mut self, name: &str, (low, high): (Micros, Micros)) {
        list(self.field(name), [low, high], millis);
    }

    /// True or false.
    pub(crate) fn bool(&mut self, name: &str, value: bool) {
        self.field(name).push_str(if value { "true" } else { "false" });
    }

    /// Null.
    pub(crate) fn null(&mut self, name: &str) {
        self.field(name).push_str("null");
    }

    /// A string or null.
    pub(crate) fn string_or_null(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.string(name, text),
            None => self.null(name),
        }
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Fields<'_>)) {
        object(self.field(name), fill);
    }

    /// A list.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        item: impl FnMut(&mut String, T),
    ) {
        list(self.field(name), items, item);
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_read_back() {
        let text: String = (0..0x300).filter_map(char::from_u32).chain(['€', '🦀', '\u{2028}']).collect();
        let mut out = String::new();
        string(&mut out, &text);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }

    #[test]
    fn fields_keep_their_order() {
        let mut out = String::new();
        object(&mut out, |fields| {
            fields.number("z", 1);
            fields.millis_range("a", (Micros(500), Micros(12_340)));
            fields.object("empty", |_| {});
            fields.null("n");
            fields.bool("b", true);
            fields.fraction("f", 0.1);
            fields.fraction("whole", 20.0);
            fields.fraction("small", 0.000_001);
        });
        let end = r#""b":true,"f":0.1,"whole":20.0,"small":0.000001}"#;
        assert_eq!(out, format!(r#"{{"z":1,"a":[0.5,12.34],"empty":{{}},"n":null,{end}"#));
    }

    /// What is quoted stays on its line, and cannot look like something else.
    #[test]
    fn quoted_text_does_no_harm() {
        assert_eq!(quoted("a \"b\" \\ \n\r\u{202e}é\u{85}"), r#""a \"b\" \\ \n\u{d}\u{202e}é\u{85}""#);
    }
}
