//! Text for a terminal: colour where it is wanted, and words set in columns.

use std::io::{IsTerminal, stderr, stdout};

/// Whether there is colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    colour: bool,
}

impl Style {
    pub(super) fn of_stdout() -> Style {
        Style { colour: stdout().is_terminal() && terminal_likes_colour() }
    }

    pub(super) fn of_stderr() -> Style {
        Style { colour: stderr().is_terminal() && terminal_likes_colour() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// <https://no-color.org>, and terminals that know no colours.
pub(super) fn terminal_likes_colour() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !no_colour && !is_dumb
}

/// The text with spaces up to this many characters.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text:width$}")
}

/// The text in lines of at most `width` characters, broken between words, each after `indent`.
pub(super) fn wrap(text: &str, indent: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let too_long = indent.len() + line.chars().count() + 1 + word.chars().count() > width;
        if too_long && !line.is_empty() {
            lines.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push_str(&format!("{indent}{line}\n"));
    }
    lines
}

/// A text of somebody else's, fit for a terminal: control characters are shown and not obeyed.
pub(super) fn harmless(text: &str) -> String {
    let show = |char: char| match char.is_control() {
        true => char.escape_default().collect(),
        false => char.to_string(),
    };
    text.chars().map(show).collect()
}

/// 12345678 as `12,345,678`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 entry`, `2,000 entries`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "entry", "entries"), "1 entry");
        assert_eq!(counted(0, "entry", "entries"), "0 entries");
        assert_eq!(counted(2_000, "entry", "entries"), "2,000 entries");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three four", "  ", 11), "  one two\n  three\n  four\n");
        assert_eq!(wrap("a-word-that-is-too-long b", "", 5), "a-word-that-is-too-long\nb\n");
        assert_eq!(wrap(" \n ", "  ", 10), "");
    }

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_234), "1,234");
        assert_eq!(thousands(123_456_789), "123,456,789");
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(harmless("a\u{1b}[31mé"), "a\\u{1b}[31mé");
    }
}
