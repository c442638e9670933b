//! Keys that are written once, and read back in the end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What the client of a key was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is written.
    Done,
    /// It is not, and will not be.
    Refused,
    /// Nothing that is certain.
    Unknown,
}

/// What each key was to be, and what its client was told.
#[derive(Debug, Default)]
pub struct Ledger {
    keys: Mutex<BTreeMap<String, (String, Told)>>,
}

/// What came of all keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// How many were acknowledged.
    pub acknowledged: u64,
    /// Acknowledged, and not there, or with another value.
    pub lost: Vec<String>,
    /// Refused for certain, or never written by anybody, and there.
    pub invented: Vec<String>,
}

impl Ledger {
    /// This key was to hold this value, and its client was told so.
    pub fn note(&self, key: String, value: String, told: Told) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (value, told));
    }

    /// Compares with all that is there in the end.
    pub fn compare(&self, found: &BTreeMap<String, Vec<u8>>) -> Account {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut account = Account::default();
        for (key, (value, told)) in keys.iter() {
            let is_there = found.get(key).is_some_and(|found| found == value.as_bytes());
            match told {
                Told::Done => {
                    account.acknowledged += 1;
                    if !is_there {
                        account.lost.push(key.clone());
                    }
                }
                Told::Refused if found.contains_key(key) => account.invented.push(key.clone()),
                Told::Refused | Told::Unknown => {}
            }
        }
        account.invented.extend(found.keys().filter(|key| !keys.contains_key(*key)).cloned());
        account
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_or_came_from_nowhere_is_named() {
        let ledger = Ledger::default();
        for (key, told) in [
            ("kept", Told::Done),
            ("gone", Told::Done),
            ("changed", Told::Done),
            ("refused", Told::Refused),
            ("maybe", Told::Unknown),
        ] {
            ledger.note(key.to_owned(), "v".to_owned(), told);
        }
        let found = [("kept", "v"), ("changed", "w"), ("refused", "v"), ("stranger", "v")];
        let found = found.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
        let account = ledger.compare(&BTreeMap::from(found));
        assert_eq!(account.acknowledged, 3);
        assert_eq!(account.lost, ["changed", "gone"]);
        assert_eq!(account.invented, ["refused", "stranger"]);
    }
}
