//! What was given, and where it stands: flags before variables before the file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::args::{HIDDEN, NodeArgs};
use super::mistakes::{Mistake, Place, Wrong, variable};

/// A value as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) place: Place,
}

/// The environment: what a variable holds.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What was given, by key; what is wrong before any value is looked at goes to `mistakes`.
pub(super) fn gather(
    args: &NodeArgs,
    environment: Environment<'_>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, Given> {
    let keys = args.flags().map(|(key, _)| key);
    let file = match (&args.config, environment(&variable("config"))) {
        (Some(path), _) => Some((path.clone(), Place::Flag("config"))),
        (None, Some(path)) => Some((PathBuf::from(path), Place::Variable("config"))),
        (None, None) => None,
    };
    let mut given = match file {
        Some((path, place)) => from_file(&path, place, &keys, mistakes),
        None => BTreeMap::new(),
    };
    for (key, flag) in args.flags() {
        let variable = environment(&variable(key)).map(OsString::into_string);
        if let Some(text) = flag {
            given.insert(key, Given { text: text.to_owned(), place: Place::Flag(key) });
        } else if let Some(Ok(text)) = variable {
            given.insert(key, Given { text, place: Place::Variable(key) });
        } else if let Some(Err(_)) = variable {
            mistakes.push(Wrong::new("it is not UTF-8", "write it in UTF-8").at(Place::Variable(key)));
        }
    }
    given
}

fn from_file(
    path: &Path,
    named_at: Place,
    keys: &[&'static str],
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, Given> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let what = format!("{} cannot be read: {error}", path.display());
            mistakes.push(Wrong::new(what, "name a TOML file that this user may read").at(named_at));
            return BTreeMap::new();
        }
    };
    from_toml(&text, path, keys, mistakes)
}

/// The values of a TOML text. Numbers, lists and tables become texts as a flag would have them.
fn from_toml(
    text: &str,
    path: &Path,
    keys: &[&'static str],
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, Given> {
    let place = |at: Option<usize>, key: &str| Place::File {
        path: path.to_owned(),
        line: at.map(|at| line_of(text, at)),
        key: key.to_owned(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        mistakes.extend(errors.iter().map(|error| {
            let what = format!("not TOML: {}", error.message());
            Wrong::new(what, "see toml.io for the form").at(place(error.span().map(|span| span.start), ""))
        }));
        return BTreeMap::new();
    }
    let mut given = BTreeMap::new();
    let mut lines: Vec<_> = table.get_ref().iter().collect();
    lines.sort_by_key(|(name, _)| name.span().start);
    for (name, value) in lines {
        let (name, at) = (name.get_ref().as_ref(), Some(name.span().start));
        let place = place(at, name);
        match (keys.iter().find(|key| **key == name), as_text(value.get_ref())) {
            (None, _) => {
                let told: Vec<&str> = keys.iter().copied().filter(|key| !HIDDEN.contains(key)).collect();
                let mend = format!("remove it, or use one of {}", told.join(", "));
                mistakes.push(Wrong::new("there is no such setting", mend).at(place));
            }
            (Some(_), None) => {
                let what = format!("a {} is no value of a setting", value.get_ref().type_str());
                mistakes.push(Wrong::new(what, "give a text, a number, or a list of them").at(place));
            }
            (Some(key), Some(text)) => {
                given.insert(*key, Given { text, place });
            }
        }
    }
    given
}

fn as_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Array(list) => joined(list.iter().map(|item| as_text(item.get_ref()))),
        DeValue::Table(table) => joined(table.iter().map(|(name, value)| {
            as_text(value.get_ref()).map(|value| format!("{}={value}", name.get_ref()))
        })),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => None,
    }
}

fn joined(texts: impl Iterator<Item = Option<String>>) -> Option<String> {
    texts.collect::<Option<Vec<String>>>().map(|texts| texts.join(","))
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
