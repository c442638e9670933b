//! Reading JSON from a stranger: strictly, with the place of the first fault, and with numbers as they were written.
//!
//! It is ours because the page reads scenarios too: a general reader, and a reader of floating-point numbers, would
//! weigh more than all else that this needs.

/// Lists and objects may stand in one another this deep.
const DEPTH_MAX: u32 = 100;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object, in the order in which it was written; no name stands twice.
    Object(Vec<(String, Value)>),
}

/// A number, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number(String);

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The character of that line at which the reader gave up, from 1.
    pub(crate) column: usize,
    /// What is wrong there.
    pub(crate) problem: String,
}

impl Number {
    /// As it was written.
    pub(crate) fn as_written(&self) -> &str {
        &self.0
    }

    /// The number, if it was written as a whole one that is not negative and fits.
    pub(crate) fn whole(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The number times ten to the power of `places`, rounded to a whole one (halves away from 0); what does not fit is
    /// the largest or the smallest there is.
    pub(crate) fn scaled(&self, places: i64) -> i64 {
        let (negative, unsigned) = match self.0.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, self.0.as_str()),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // An exponent that does not fit is as good as any that large.
        let exponent =
            exponent.parse().unwrap_or(if exponent.starts_with('-') { -1e9 as i64 } else { 1e9 as i64 });
        let exponent = exponent.clamp(-1_000_000_000, 1_000_000_000);
        let digits = || whole.bytes().chain(fraction.bytes()).map(|digit| i64::from(digit - b'0'));
        // So many digits stand before the point of the scaled number.
        let before_point = whole.len() as i64 + exponent + places;
        let mut number: i64 = 0;
        let mut digits = digits();
        for _ in 0..before_point {
            let digit = digits.next();
            if number == i64::MAX || (digit.is_none() && number == 0) {
                break;
            }
            number = number.saturating_mul(10).saturating_add(digit.unwrap_or(0));
        }
        if before_point >= 0 && digits.next().is_some_and(|digit| digit >= 5) {
            number = number.saturating_add(1);
        }
        if negative { -number } else { number }
    }
}

/// Reads a text that is one JSON value and nothing else.
pub(crate) fn parse(text: &str) -> Result<Value, Fault> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0).and_then(|value| {
        reader.skip_space();
        match reader.peek() {
            None => Ok(value),
            Some(_) => Err("something stands after the end of the value".to_owned()),
        }
    });
    value.map_err(|problem| {
        let read = &text[..reader.at];
        let line_start = read.rfind('\n').map_or(0, |end| end + 1);
        Fault {
            line: read.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: read[line_start..].chars().count() + 1,
            problem,
        }
    })
}

struct Reader<'t> {
    text: &'t str,
    /// How many bytes are read; always the start of a character.
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn skip_digits(&mut self) -> Result<(), String> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err("expected a digit".to_owned());
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    /// Goes on if the next byte is this one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: u32) -> Result<Value, String> {
        if depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} lists and objects in one another"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, String> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a value"))
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.skip_digits()?;
        }
        if self.take(b'.') {
            self.skip_digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'-') || self.take(b'+');
            self.skip_digits()?;
        }
        Ok(Value::Number(Number(self.text[start..self.at].to_owned())))
    }

    fn array(&mut self, depth: u32) -> Result<Value, String> {
        self.at += 1;
        let mut items = Vec::new();
        if self.ends(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.ends(b']') {
                return Ok(Value::Array(items));
            }
            if !self.take(b',') {
                return Err(self.expected("a comma or ]"));
            }
        }
    }

    fn object(&mut self, depth: u32) -> Result<Value, String> {
        self.at += 1;
        let mut fields: Vec<(String, Value)> = Vec::new();
        if self.ends(b'}') {
            return Ok(Value::Object(fields));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.expected("the name of a field, in quotes"));
            }
            let name = self.string()?;
            if fields.iter().any(|(other, _)| *other == name) {
                // One of the two would be skipped.
                return Err(format!("the field {} stands twice", super::quoted(&name)));
            }
            self.skip_space();
            if !self.take(b':') {
                return Err(self.expected("a colon"));
            }
            let value = self.value(depth + 1)?;
            fields.push((name, value));
            if self.ends(b'}') {
                return Ok(Value::Object(fields));
            }
            if !self.take(b',') {
                return Err(self.expected("a comma or }"));
            }
        }
    }

    /// Whether this closes what is read here.
    fn ends(&mut self, close: u8) -> bool {
        self.skip_space();
        self.take(close)
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain =
                rest.find(|char: char| char == '"' || char == '\\' || char < ' ').unwrap_or(rest.len());
            string.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escaped()?),
                Some(_) => return Err("a line break or control character in a string".to_owned()),
                None => return Err("the text ends within a string".to_owned()),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, String> {
        let letter = self.text.as_bytes().get(self.at + 1).copied();
        let char = match letter {
            Some(char @ (b'"' | b'\\' | b'/')) => char::from(char),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err("unknown escape in a string".to_owned()),
        };
        self.at += 2;
        Ok(char)
    }

    /// `\u00e4`, or two of them that stand for one character.
    fn unicode(&mut self) -> Result<char, String> {
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            // A sign would be read as part of the number.
            let all_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            all_digits.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
        };
        let wrong = || "no character has this escape".to_owned();
        let first = unit(self.at).ok_or_else(wrong)?;
        let (code, bytes) = match first {
            0xd800..0xdc00 => {
                let second =
                    unit(self.at + 6).filter(|unit| (0xdc00..0xe000).contains(unit)).ok_or_else(wrong)?;
                (0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12)
            }
            _ => (first, 6),
        };
        let char = char::from_u32(code).ok_or_else(wrong)?;
        self.at += bytes;
        Ok(char)
    }

    fn expected(&self, what: &str) -> String {
        match self.peek() {
            Some(_) => format!("expected {what}"),
            None => format!("the text ends where {what} was expected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same value as the reader that everybody uses reads; its numbers are floating-point ones.
    fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(ours), serde_json::Value::Bool(theirs)) => ours == theirs,
            (Value::String(ours), serde_json::Value::String(theirs)) => ours == theirs,
            (Value::Number(ours), serde_json::Value::Number(theirs)) => {
                ours.whole() == theirs.as_u64() && ours.as_written().parse::<f64>().ok() == theirs.as_f64()
            }
            (Value::Array(ours), serde_json::Value::Array(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
            }
            (Value::Object(ours), serde_json::Value::Object(theirs)) => {
                let found =
                    |(name, value): &(String, Value)| theirs.get(name).is_some_and(|it| same(value, it));
                ours.len() == theirs.len() && ours.iter().all(found)
            }
            _ => false,
        }
    }

    fn scaled(number: &str, places: i64) -> i64 {
        Number(number.to_owned()).scaled(places)
    }

    #[test]
    fn numbers_are_scaled_exactly() {
        for (number, expected) in [
            ("0", 0),
            ("0.0005", 1),
            ("0.00049", 0),
            ("12.345", 12_345),
            ("-12.3455", -12_346),
            ("1e3", 1_000_000),
            ("1.5E-3", 2),
            ("1e-400", 0),
            ("0e999999999999", 0),
            ("1e400", i64::MAX),
            ("-1e99999999999999999999", i64::MIN + 1),
            ("99999999999999999999999999", i64::MAX),
            ("1e-99999999999999999999", 0),
        ] {
            assert_eq!(scaled(number, 3), expected, "{number}");
        }
        assert_eq!(scaled("0.1", 6), 100_000);
        assert_eq!(scaled("5", -1), 1);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let deep = "[".repeat(100_000);
        for (text, expected) in [
            ("", "1:1 the text ends where a value was expected"),
            ("nul", "1:1 expected a value"),
            ("[1,]", "1:4 expected a value"),
            ("{\n  \"a\": 1,\n}", "3:1 expected the name of a field, in quotes"),
            ("{\"ä\" 1}", "1:6 expected a colon"),
            ("{\"a\":1,\n \"a\":1}", "2:5 the field \"a\" stands twice"),
            ("[1 2]", "1:4 expected a comma or ]"),
            ("{\"a\":1", "1:7 the text ends where a comma or } was expected"),
            ("01", "1:2 something stands after the end of the value"),
            ("-", "1:2 expected a digit"),
            ("1.", "1:3 expected a digit"),
            ("1e+", "1:4 expected a digit"),
            ("\"a", "1:3 the text ends within a string"),
            ("\"a\n\"", "1:3 a line break or control character in a string"),
            ("\"\\x\"", "1:2 unknown escape in a string"),
            ("\"\\ud800\"", "1:2 no character has this escape"),
            ("\"\\u+123\"", "1:2 no character has this escape"),
            ("\"\\u12ä\"", "1:2 no character has this escape"),
            ("\u{feff}1", "1:1 expected a value"),
            (&deep, "1:102 more than 100 lists and objects in one another"),
        ] {
            let Fault { line, column, problem } = parse(text).expect_err("this is no JSON");
            assert_eq!(format!("{line}:{column} {problem}"), expected);
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err() || text.contains("\"a\":1,\n"));
        }
    }

    proptest! {
        /// Of any text, it says the same as the reader that everybody uses.
        #[test]
        fn it_reads_what_others_read(text in r#"([\[\]{},: ]|"[a\\u0e/"]{0,7}"|-?[0-9.e+-]{1,6}|null|true|\\ud83d\\ude00){0,12}"#) {
            let (ours, theirs) = (parse(&text), serde_json::from_str::<serde_json::Value>(&text));
            match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => prop_assert!(same(ours, theirs)),
                // A number beyond all range, which only they refuse; a name twice, which only we refuse.
                (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{text}"),
                (Err(fault), Ok(_)) => prop_assert!(fault.problem.contains("stands twice"), "{text}: {fault:?}"),
                (Err(_), Err(_)) => {}
            }
        }
    }
}
