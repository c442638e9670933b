//! Keys and values in a sentence.

use std::fmt::{self, Write};

/// A key or a value as a sentence shows it: in quotation marks, on one line.
///
/// Unlike `{:?}` it needs none of the library's tables of what can be printed, which would weigh 3 KB in the page.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(f, "\\{letter}")?,
                '\n' => f.write_str("\\n")?,
                _ if letter.is_control() => write!(f, "\\u{{{:x}}}", u32::from(letter))?,
                _ => f.write_char(letter)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_stays_on_one_line_and_ends_where_it_ends() {
        assert_eq!(Quoted("Zürich").to_string(), "\"Zürich\"");
        assert_eq!(Quoted("a\"b\\c\nd\u{7}").to_string(), r#""a\"b\\c\nd\u{7}""#);
        assert_eq!(Quoted("").to_string(), "\"\"");
    }
}
