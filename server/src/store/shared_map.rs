//! A sorted map whose clones share all that has not changed since.

use std::borrow::Borrow;
use std::sync::Arc;

/// So many keys are shared, copied and moved together, at most.
const PART_MAX: usize = 64;

/// A map in the order of its keys, as a list of short shared lists.
///
/// A clone takes a pointer for some fifty keys. The first change after it copies one list, of up to 64 keys.
#[derive(Clone, Debug)]
pub struct SharedMap<K, V> {
    /// None is empty.
    parts: Vec<Arc<Vec<(K, V)>>>,
    len: usize,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap { parts: Vec::new(), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What belongs to the key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let part = self.parts.get(self.part_of(key))?;
        let at = part.binary_search_by(|(other, _)| other.borrow().cmp(key)).ok()?;
        Some(&part[at].1)
    }

    /// Gives the key a value; what it had before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let part_at = self.part_of(&key);
        let is_last = part_at + 1 == self.parts.len();
        let Some(part) = self.parts.get_mut(part_at) else {
            self.parts.push(Arc::new(vec![(key, value)]));
            self.len = 1;
            return None;
        };
        let place = part.binary_search_by(|(other, _)| other.cmp(&key));
        match place {
            Ok(at) => Some(std::mem::replace(&mut Arc::make_mut(part)[at].1, value)),
            Err(at) if part.len() < PART_MAX => {
                Arc::make_mut(part).insert(at, (key, value));
                self.len += 1;
                None
            }
            // Keys that come in order fill each part.
            Err(PART_MAX) if is_last => {
                self.parts.push(Arc::new(vec![(key, value)]));
                self.len += 1;
                None
            }
            Err(_) => {
                let upper = Arc::make_mut(part).split_off(PART_MAX / 2);
                self.parts.insert(part_at + 1, Arc::new(upper));
                self.insert(key, value)
            }
        }
    }

    /// Removes the key; what it had.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let part_at = self.part_of(key);
        let part = self.parts.get_mut(part_at)?;
        let at = part.binary_search_by(|(other, _)| other.borrow().cmp(key)).ok()?;
        let (_, value) = Arc::make_mut(part).remove(at);
        self.len -= 1;
        if part.is_empty() {
            self.parts.remove(part_at);
        } else {
            self.join_with_next(part_at);
        }
        Some(value)
    }

    /// The first key with its value.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// All keys with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flat_map(|part| part.iter()).map(|(key, value)| (key, value))
    }

    /// The keys from this one on, with their values, in order.
    pub fn from<'a, Q: Ord + ?Sized>(
        &'a self,
        key: &Q,
    ) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V, Q>
    where
        K: Borrow<Q>,
    {
        let part_at = self.part_of(key);
        let skipped = match self.parts.get(part_at) {
            Some(part) => part.partition_point(|(other, _)| other.borrow() < key),
            None => 0,
        };
        let parts = self.parts.get(part_at..).unwrap_or_default();
        parts.iter().flat_map(|part| part.iter()).skip(skipped).map(|(key, value)| (key, value))
    }

    /// The part that has the key, or would get it.
    fn part_of<Q: Ord + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        let after = self.parts.partition_point(|part| part[0].0.borrow() <= key);
        after.saturating_sub(1)
    }

    /// Keeps parts from becoming many and small.
    fn join_with_next(&mut self, at: usize) {
        let joint = |next: &Arc<Vec<(K, V)>>| self.parts[at].len() + next.len();
        if self.parts.get(at + 1).is_some_and(|next| joint(next) <= PART_MAX / 2) {
            let next = self.parts.remove(at + 1);
            Arc::make_mut(&mut self.parts[at]).extend(Arc::unwrap_or_clone(next));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is what the standard map is, and a clone stays what it was.
        #[test]
        fn it_is_a_map_and_clones_are_frozen(
            steps in proptest::collection::vec((0..4u8, 0..400u16), 0..1500),
            from in 0..400u16,
        ) {
            let (mut map, mut model) = (SharedMap::default(), BTreeMap::new());
            let mut frozen = Vec::new();
            for (at, (how, key)) in steps.into_iter().enumerate() {
                if how == 0 {
                    prop_assert_eq!(map.remove(&key), model.remove(&key));
                } else {
                    prop_assert_eq!(map.insert(key, at), model.insert(key, at));
                }
                if at % 300 == 7 {
                    frozen.push((map.clone(), model.clone()));
                }
            }
            frozen.push((map, model));
            for (map, model) in frozen {
                prop_assert_eq!(map.len(), model.len());
                prop_assert_eq!(map.first(), model.first_key_value());
                prop_assert!(map.iter().eq(model.iter()));
                prop_assert!(map.from(&from).eq(model.range(from..)));
                for key in 0..400 {
                    prop_assert_eq!(map.get(&key), model.get(&key));
                }
                prop_assert!(map.parts.iter().all(|part| !part.is_empty() && part.len() <= PART_MAX));
            }
        }
    }

    #[test]
    fn keys_in_order_fill_their_parts_and_an_emptied_map_has_none() {
        let mut map = SharedMap::default();
        for key in 0..1000 {
            map.insert(key, ());
        }
        assert_eq!(map.parts.len(), 1000usize.div_ceil(PART_MAX));
        for key in 0..1000 {
            assert_eq!(map.first().map(|(first, ())| *first), Some(key));
            map.remove(&key);
        }
        assert!(map.is_empty() && map.parts.is_empty());
    }
}
