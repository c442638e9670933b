//! A sorted list of keys with their values: for few of them, or such as come in order.

use std::borrow::Borrow;

/// A map in the order of its keys. A key that is not the last costs a move of those behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SortedMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> SortedMap<K, V> {
        SortedMap { entries: Vec::new() }
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// No keys.
    pub(crate) fn new() -> SortedMap<K, V> {
        SortedMap::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        Some(&self.entries[place].1)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        Some(&mut self.entries[place].1)
    }

    /// The value of the key, which is put there if it is new.
    pub(crate) fn get_or_insert_with(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        let place = match self.place(&key) {
            Ok(place) => place,
            Err(place) => {
                self.entries.insert(place, (key, value()));
                place
            }
        };
        &mut self.entries[place].1
    }

    /// Puts a value in place of what is there.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => self.entries[place].1 = value,
            Err(place) => self.entries.insert(place, (key, value)),
        }
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        Some(self.entries.remove(place).1)
    }

    pub(crate) fn first(&self) -> Option<&(K, V)> {
        self.entries.first()
    }

    pub(crate) fn last(&self) -> Option<&(K, V)> {
        self.entries.last()
    }

    /// The last one of those before this key.
    pub(crate) fn last_before(&self, key: &K) -> Option<&(K, V)> {
        let (Ok(place) | Err(place)) = self.place(key);
        self.entries[..place].last()
    }

    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.entries.is_empty()).then(|| self.entries.remove(0))
    }

    /// Takes out every key before this one.
    pub(crate) fn remove_before(&mut self, key: &K) {
        let (Ok(place) | Err(place)) = self.place(key);
        self.entries.drain(..place);
    }

    /// Keeps only those of which this is true.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&K, &V) -> bool) {
        self.entries.retain(|(key, value)| is_kept(key, value));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> + Clone {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.entries.into_iter()
    }

    /// Where the key is, or where it would be. Kept out of line: so it is there once for each type of key.
    #[inline(never)]
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.entries.binary_search_by(|(other, _)| other.borrow().cmp(key))
    }
}

/// A set in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SortedSet<T> {
    members: Vec<T>,
}

impl<T> Default for SortedSet<T> {
    fn default() -> SortedSet<T> {
        SortedSet { members: Vec::new() }
    }
}

impl<T: Ord> SortedSet<T> {
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn contains(&self, member: &T) -> bool {
        self.members.binary_search(member).is_ok()
    }

    /// Returns whether it is new.
    pub(crate) fn insert(&mut self, member: T) -> bool {
        let place = self.members.binary_search(&member);
        if let Err(place) = place {
            self.members.insert(place, member);
        }
        place.is_err()
    }

    /// Returns whether it was there.
    pub(crate) fn remove(&mut self, member: &T) -> bool {
        let place = self.members.binary_search(member);
        if let Ok(place) = place {
            self.members.remove(place);
        }
        place.is_ok()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.members.iter()
    }

    /// The members, in order.
    pub(crate) fn into_vec(self) -> Vec<T> {
        self.members
    }
}

impl<T: Ord> FromIterator<T> for SortedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> SortedSet<T> {
        let mut set = SortedSet::default();
        members.into_iter().for_each(|member| {
            set.insert(member);
        });
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::rng::Rng;

    /// Whatever comes and goes, they hold what the standard library's map and set hold.
    #[test]
    fn they_are_those_of_the_standard_library() {
        let mut rng = Rng::new(1);
        let (mut map, mut map_model) = (SortedMap::new(), BTreeMap::new());
        let (mut set, mut set_model) = (SortedSet::default(), BTreeSet::new());
        for step in 0..4_000 {
            let key = rng.below(50);
            match rng.below(8) {
                0..=2 => {
                    map.insert(key, step);
                    map_model.insert(key, step);
                    assert_eq!(set.insert(key), set_model.insert(key));
                }
                3 => {
                    *map.get_or_insert_with(key, || 7) += 1;
                    *map_model.entry(key).or_insert(7) += 1;
                }
                4 | 5 => {
                    assert_eq!(map.remove(&key), map_model.remove(&key));
                    assert_eq!(set.remove(&key), set_model.remove(&key));
                }
                6 => assert_eq!(map.pop_first(), map_model.pop_first()),
                _ if step % 40 == 0 => {
                    map.remove_before(&key);
                    map_model = map_model.split_off(&key);
                }
                _ => {
                    map.retain(|other, _| other % 9 != key % 9);
                    map_model.retain(|other, _| other % 9 != key % 9);
                }
            }
            assert!(map.iter().eq(&map_model) && map.len() == map_model.len());
            assert!(set.iter().eq(&set_model) && set.len() == set_model.len());
            assert_eq!((map.get(&key), set.contains(&key)), (map_model.get(&key), set_model.contains(&key)));
            let pair = |(key, value): (&u64, &u64)| (*key, *value);
            assert_eq!(map.first().copied(), map_model.first_key_value().map(pair));
            assert_eq!(map.last().copied(), map_model.last_key_value().map(pair));
            assert_eq!(map.last_before(&key).copied(), map_model.range(..key).next_back().map(pair));
        }
    }

    #[test]
    fn a_set_of_what_comes_in_any_order() {
        assert_eq!(SortedSet::from_iter([3, 1, 2, 3, 1]).into_vec(), [1, 2, 3]);
    }
}
