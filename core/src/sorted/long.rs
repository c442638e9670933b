//! A sorted list of short sorted lists: for many keys that come and go anywhere.

use std::borrow::Borrow;
use std::sync::Arc;

/// A map in the order of its keys. A change costs a move of one part at most, and a clone shares all of them.
#[derive(Clone, Debug)]
pub(crate) struct LongMap<K, V> {
    /// None is empty.
    parts: Vec<Part<K, V>>,
}

type Part<K, V> = Arc<Vec<(K, V)>>;

/// So many keys are shared, copied and moved together, at most.
const PART_MAX: usize = 64;

impl<K, V> Default for LongMap<K, V> {
    fn default() -> LongMap<K, V> {
        LongMap { parts: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> LongMap<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (part, place) = self.place(key);
        let place = place.ok()?;
        Some(&self.parts[part][place].1)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (part, place) = self.place(key);
        let place = place.ok()?;
        Some(&mut Arc::make_mut(&mut self.parts[part])[place].1)
    }

    /// Puts a value in place of what is there.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let (number, place) = self.place(&key);
        let is_last = number + 1 >= self.parts.len();
        let Some(part) = self.parts.get_mut(number) else {
            return self.parts.push(Arc::new(vec![(key, value)]));
        };
        let part = Arc::make_mut(part);
        match place {
            Ok(place) => part[place].1 = value,
            Err(place) if part.len() < PART_MAX => part.insert(place, (key, value)),
            // Keys that come in order leave full parts behind.
            Err(PART_MAX) if is_last => self.parts.push(Arc::new(vec![(key, value)])),
            Err(_) => {
                let later = part.split_off(PART_MAX / 2);
                self.parts.insert(number + 1, Arc::new(later));
                self.insert(key, value);
            }
        }
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (part, place) = self.place(key);
        Some(self.remove_at(part, place.ok()?).1)
    }

    pub(crate) fn first(&self) -> Option<&(K, V)> {
        self.parts.first()?.first()
    }

    pub(crate) fn last(&self) -> Option<&(K, V)> {
        self.parts.last()?.last()
    }

    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.parts.is_empty()).then(|| self.remove_at(0, 0))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    fn remove_at(&mut self, part: usize, place: usize) -> (K, V) {
        let entries = Arc::make_mut(&mut self.parts[part]);
        let entry = entries.remove(place);
        if entries.is_empty() {
            self.parts.remove(part);
        }
        entry
    }

    /// The part that the key belongs to, and where in it the key is or would be.
    #[inline(never)]
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> (usize, Result<usize, usize>)
    where
        K: Borrow<Q>,
    {
        let begins_before = |part: &Part<K, V>| part[0].0.borrow() <= key;
        let part = self.parts.partition_point(begins_before).saturating_sub(1);
        let entries = self.parts.get(part).map_or(&[][..], |part| part);
        (part, entries.binary_search_by(|(other, _)| other.borrow().cmp(key)))
    }
}

// Two maps of the same keys may be cut into parts at different places.
impl<K: PartialEq, V: PartialEq> PartialEq for LongMap<K, V> {
    fn eq(&self, other: &LongMap<K, V>) -> bool {
        let entries = self.parts.iter().flat_map(|part| part.iter());
        entries.eq(other.parts.iter().flat_map(|part| part.iter()))
    }
}

impl<K: Eq, V: Eq> Eq for LongMap<K, V> {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rng::Rng;

    /// Whatever comes and goes, it holds what the standard library's map holds, and so do its clones.
    #[test]
    fn it_is_the_map_of_the_standard_library() {
        for seed in 0..8 {
            let mut rng = Rng::new(seed);
            let keys = [40, 300, 5_000, u64::MAX][seed as usize % 4];
            let (mut long, mut model) = (LongMap::default(), BTreeMap::new());
            let mut clones = Vec::new();
            for step in 0..4_000 {
                let key = if seed < 4 { rng.below(keys) } else { step / 2 };
                match rng.below(8) {
                    0..=3 => {
                        long.insert(key, step);
                        model.insert(key, step);
                    }
                    4 | 5 => assert_eq!(long.remove(&key), model.remove(&key)),
                    6 => assert_eq!(long.pop_first(), model.pop_first()),
                    _ => {
                        let (here, there) = (long.get_mut(&key), model.get_mut(&key));
                        assert_eq!(here, there);
                        here.into_iter().chain(there).for_each(|value| *value += 1);
                    }
                }
                assert_eq!(long.first().copied(), model.first_key_value().map(|(k, v)| (*k, *v)));
                assert_eq!(long.last().copied(), model.last_key_value().map(|(k, v)| (*k, *v)));
                assert_eq!((long.len(), long.get(&key)), (model.len(), model.get(&key)));
                if step % 500 == 0 {
                    clones.push((long.clone(), model.clone()));
                }
            }
            clones.push((long, model));
            for (long, model) in &clones {
                assert!(long.iter().map(|(key, value)| (key, value)).eq(model));
            }
        }
    }

    #[test]
    fn keys_in_order_fill_the_parts() {
        let mut long = LongMap::default();
        (0..1_000).for_each(|key| long.insert(key, ()));
        assert_eq!(long.parts.len(), 1_000_usize.div_ceil(PART_MAX));
    }

    #[test]
    fn where_it_is_cut_makes_no_difference() {
        let (mut up, mut down) = (LongMap::default(), LongMap::default());
        (0..200).for_each(|key| up.insert(key, key));
        (0..200).rev().for_each(|key| down.insert(key, key));
        assert!(up == down);
        down.insert(7, 0);
        assert!(up != down);
    }
}
