//! Going down into a JSON value without losing the way, so that a mistake can be told with its place.

use std::fmt;
use std::ops::RangeInclusive;

use super::limits;
use crate::json;
use crate::json::value::{Fault, Value};
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
    json::value::parse(text).map_err(|Fault { line, column, problem }| {
        mistakes.add(format!("line {line}, column {column}"), problem);
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
    fields: &'v [(String, Value)],
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
        match self.value {
            Value::Number(number) => number.whole().filter(|number| range.contains(number)),
            _ => None,
        }
        .or_else(|| self.wrong_type(&expected, mistakes))
    }

    /// A number in this range, to a millionth: with so few digits, every reader of JSON gets the same number.
    pub(super) fn fraction(&self, (low, high): (f64, f64), mistakes: &mut Mistakes) -> Option<f64> {
        const MILLION: f64 = 1e6;
        let millionths = |number: f64| (number * MILLION).round() as u64;
        let number = self.scaled((millionths(low), millionths(high)), 6, mistakes)?;
        Some(number as f64 / MILLION)
    }

    /// Milliseconds, rounded to a whole microsecond, in this range.
    pub(super) fn millis(&self, (low, high): (Micros, Micros), mistakes: &mut Mistakes) -> Option<Micros> {
        self.scaled((low.0, high.0), 3, mistakes).map(Micros)
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

    /// A number in this range, all with so many digits behind the point, as a whole one.
    fn scaled(&self, (low, high): (u64, u64), places: u32, mistakes: &mut Mistakes) -> Option<u64> {
        if let Value::Number(number) = self.value
            && let Ok(number) = u64::try_from(number.scaled(places.into()))
            && (low..=high).contains(&number)
        {
            return Some(number);
        }
        let mut expected = String::from("a number from ");
        json::fixed(&mut expected, low, places);
        expected.push_str(" to ");
        json::fixed(&mut expected, high, places);
        self.wrong_type(&expected, mistakes)
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
        let (_, value) = self.fields.iter().find(|(other, _)| other == name)?;
        Some(Found { place: self.place_of(name), value })
    }

    pub(super) fn required(&self, name: &str, mistakes: &mut Mistakes) -> Option<Found<'v>> {
        let found = self.optional(name);
        if found.is_none() {
            mistakes.add(self.place.clone(), format!("missing field \"{name}\""));
        }
        found
    }

    /// Adds a mistake for every field that is not among these.
    pub(super) fn refuse_others(&self, known: &[&str], mistakes: &mut Mistakes) {
        for (name, _) in self.fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let quoted = quote(name);
            let place = self.place_of(&quoted[1..quoted.len() - 1]);
            mistakes.add(place, format!("unknown field {quoted}, one of {}", known.join(", ")));
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
    json::quoted(&shorten(text))
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
        Value::Number(number) => format!("the number {}", shorten(number.as_written())),
        Value::String(text) => format!("the string {}", quote(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
