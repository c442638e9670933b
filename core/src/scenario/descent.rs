//! Going down into a JSON value without losing the way, so that a mistake can be told with its place.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::limits;
use crate::time::Micros;

/// Something wrong in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `steps[3].do`, `line 4, column 7`, or empty for the whole.
    pub place: String,
    /// What: `unknown action "explode", one of …`.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.problem),
            place => write!(f, "{place}: {}", self.problem),
        }
    }
}

/// All that is wrong in a scenario, in the order of the form; at least one. Displayed one a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mistake) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl Mistakes {
    pub(super) fn add(&mut self, place: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Mistake { place: place.into(), problem: problem.into() });
    }
}

/// Parses JSON; a name that stands twice in one object is an error, since one of the two would be skipped.
pub(super) fn parse(text: &str) -> Result<Value, Mistakes> {
    let mut mistakes = Mistakes::default();
    if text.len() > limits::TEXT_BYTES {
        let problem = format!("{} bytes long, at most {} are read", text.len(), limits::TEXT_BYTES);
        mistakes.add("", problem);
        return Err(mistakes);
    }
    serde_json::from_str(text).map(|Strict(value)| value).map_err(|error| {
        // serde_json ends its message with the place, which we put first.
        let message = error.to_string();
        let problem = message.split(" at line ").next().unwrap_or(&message);
        mistakes.add(format!("line {}, column {}", error.line(), error.column()), problem);
        mistakes
    })
}

/// A value that was found, and where.
pub(super) struct Found<'v> {
    pub(super) place: String,
    pub(super) value: &'v Value,
}

/// An object that was found, and where.
pub(super) struct Object<'v> {
    pub(super) place: String,
    fields: &'v Map<String, Value>,
}

impl<'v> Found<'v> {
    /// The whole file.
    pub(super) fn root(value: &'v Value) -> Found<'v> {
        Found { place: String::new(), value }
    }

    pub(super) fn object(&self, mistakes: &mut Mistakes) -> Option<Object<'v>> {
        match self.value {
            Value::Object(fields) => Some(Object { place: self.place.clone(), fields }),
            _ => self.wrong_type("an object", mistakes),
        }
    }

    /// A list of at most `max` items.
    pub(super) fn list(&self, max: usize, mistakes: &mut Mistakes) -> Option<Vec<Found<'v>>> {
        let Value::Array(items) = self.value else {
            return self.wrong_type("a list", mistakes);
        };
        if items.len() > max {
            let problem = format!("{} items, at most {max} are allowed", items.len());
            return self.wrong(problem, mistakes);
        }
        let found = |(number, value)| Found { place: format!("{}[{number}]", self.place), value };
        Some(items.iter().enumerate().map(found).collect())
    }

    /// A string of this many bytes.
    pub(super) fn text(&self, bytes: RangeInclusive<usize>, mistakes: &mut Mistakes) -> Option<&'v str> {
        let Value::String(text) = self.value else {
            return self.wrong_type("a string", mistakes);
        };
        if text.len() > *bytes.end() {
            let problem = format!("{} bytes long, at most {} are allowed", text.len(), bytes.end());
            return self.wrong(problem, mistakes);
        }
        if text.len() < *bytes.start() {
            return self.wrong("must not be empty", mistakes);
        }
        Some(text)
    }

    pub(super) fn bool(&self, mistakes: &mut Mistakes) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(*value),
            _ => self.wrong_type("true or false", mistakes),
        }
    }

    /// A whole number in this range.
    pub(super) fn whole(&self, range: RangeInclusive<u64>, mistakes: &mut Mistakes) -> Option<u64> {
        let (low, high) = (range.start(), range.end());
        let expected = if *high == u64::MAX {
            format!("a whole number from {low}")
        } else {
            format!("a whole number from {low} to {high}")
        };
        match self.value.as_u64() {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.wrong_type(&expected, mistakes),
        }
    }

    /// A number in this range, to a millionth: with so few digits, every reader of JSON gets the same number.
    pub(super) fn fraction(&self, range: (f64, f64), mistakes: &mut Mistakes) -> Option<f64> {
        let number = self.number(range, mistakes)?;
        Some((number * 1e6).round() / 1e6)
    }

    /// Milliseconds, rounded to a whole microsecond, in this range.
    pub(super) fn millis(&self, (low, high): (Micros, Micros), mistakes: &mut Mistakes) -> Option<Micros> {
        let span = self.number((low.as_millis_f64(), high.as_millis_f64()), mistakes)?;
        Some(Micros::from_millis_f64(span))
    }

    /// `[min, max]` in milliseconds, both in `limits`, `min` not above `max`.
    pub(super) fn millis_range(
        &self,
        limits: (Micros, Micros),
        mistakes: &mut Mistakes,
    ) -> Option<(Micros, Micros)> {
        let ends = self.list(2, mistakes)?;
        let [low, high] = ends.as_slice() else {
            return self.wrong("expected two numbers, [min, max]", mistakes);
        };
        let (low, high) = (low.millis(limits, mistakes), high.millis(limits, mistakes));
        let (low, high) = (low?, high?);
        if low > high {
            return self.wrong("the minimum is above the maximum", mistakes);
        }
        Some((low, high))
    }

    /// One of these words, each of which stands for a value; `what` says what they are.
    pub(super) fn choice<T: Copy>(
        &self,
        what: &str,
        options: impl IntoIterator<Item = (&'static str, T)>,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let Value::String(text) = self.value else {
            return self.wrong_type("a string", mistakes);
        };
        let mut names = Vec::new();
        for (name, value) in options {
            if name == text {
                return Some(value);
            }
            names.push(name);
        }
        let problem = format!("unknown {what} {}, one of {}", quote(text), names.join(", "));
        self.wrong(problem, mistakes)
    }

    fn number(&self, (low, high): (f64, f64), mistakes: &mut Mistakes) -> Option<f64> {
        match self.value.as_f64() {
            Some(number) if (low..=high).contains(&number) => Some(number),
            _ => self.wrong_type(&format!("a number from {low} to {high}"), mistakes),
        }
    }

    /// Adds a mistake about this value.
    pub(super) fn wrong<T>(&self, problem: impl Into<String>, mistakes: &mut Mistakes) -> Option<T> {
        mistakes.add(self.place.clone(), problem);
        None
    }

    /// Adds the mistake that something else was expected here.
    pub(super) fn wrong_type<T>(&self, expected: &str, mistakes: &mut Mistakes) -> Option<T> {
        self.wrong(format!("expected {expected}, found {}", describe(self.value)), mistakes)
    }
}

impl<'v> Object<'v> {
    pub(super) fn optional(&self, name: &str) -> Option<Found<'v>> {
        let value = self.fields.get(name)?;
        Some(Found { place: self.place_of(name), value })
    }

    pub(super) fn required(&self, name: &str, mistakes: &mut Mistakes) -> Option<Found<'v>> {
        let found = self.optional(name);
        if found.is_none() {
            mistakes.add(self.place.clone(), format!("missing field {name:?}"));
        }
        found
    }

    /// Adds a mistake for every field that is not among these.
    pub(super) fn refuse_others(&self, known: &[&str], mistakes: &mut Mistakes) {
        for name in self.fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let problem = format!("unknown field {}, one of {}", quote(name), known.join(", "));
            mistakes.add(self.place_of(&shorten(name).escape_debug().to_string()), problem);
        }
    }

    fn place_of(&self, name: &str) -> String {
        match self.place.as_str() {
            "" => name.to_owned(),
            place => format!("{place}.{name}"),
        }
    }
}

/// A text from outside, fit for a message.
pub(super) fn quote(text: &str) -> String {
    format!("{:?}", shorten(text))
}

fn shorten(text: &str) -> String {
    const MAX_CHARS: usize = 40;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string {}", quote(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// A JSON value in which no object has a name twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the field {} stands twice", quote(&name))));
            }
            let Strict(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
