//! Maps and sets in the order of their keys, made to weigh little in the page.
//!
//! The standard library's `BTreeMap` brings some 5 KB of machine code for every pair of types. Nearly all maps of
//! the core are small, so a sorted list does: [`SortedMap`], [`SortedSet`]. The few that may be large are lists of
//! short lists: [`LongMap`].

mod long;
mod short;

pub(crate) use long::LongMap;
pub(crate) use short::{SortedMap, SortedSet};
