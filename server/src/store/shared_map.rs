//! A sorted map whose clones share all that has not changed since.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::sync::Arc;

/// So many keys are shared, copied and moved together, at most.
const PART_MAX: usize = 64;

/// The beginning of a key as a number: of two keys, the lesser one's number is not the greater one.
///
/// Most comparisons end with it, and need not follow the pointers to the keys themselves.
pub trait Leading {
    /// That number.
    fn leading(&self) -> u128;
}

impl Leading for str {
    fn leading(&self) -> u128 {
        let mut bytes = [0; size_of::<u128>()];
        let count = self.len().min(bytes.len());
        bytes[..count].copy_from_slice(&self.as_bytes()[..count]);
        u128::from_be_bytes(bytes)
    }
}

impl Leading for Arc<str> {
    fn leading(&self) -> u128 {
        (**self).leading()
    }
}

impl Leading for u64 {
    fn leading(&self) -> u128 {
        u128::from(*self)
    }
}

/// A map in the order of its keys, as a list of short shared lists.
///
/// A clone takes a pointer for some fifty keys. The first change after it copies one list, of up to 64 keys.
#[derive(Clone, Debug)]
pub struct SharedMap<K, V> {
    /// None is empty.
    parts: Vec<Part<K, V>>,
    len: usize,
}

/// Some keys that follow each other.
#[derive(Clone, Debug)]
struct Part<K, V> {
    /// That of the first key.
    leading: u128,
    entries: Arc<Vec<Entry<K, V>>>,
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    leading: u128,
    key: K,
    value: V,
}

impl<K: Leading, V> Entry<K, V> {
    fn new(key: K, value: V) -> Entry<K, V> {
        Entry { leading: key.leading(), key, value }
    }
}

impl<K, V> Entry<K, V> {
    fn pair(&self) -> (&K, &V) {
        (&self.key, &self.value)
    }
}

impl<K, V> Part<K, V> {
    fn new(entries: Vec<Entry<K, V>>) -> Part<K, V> {
        Part { leading: entries[0].leading, entries: Arc::new(entries) }
    }

    /// Where the key is, or would be.
    fn search<Q: Ord + ?Sized>(&self, leading: u128, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.entries
            .binary_search_by(|entry| entry.leading.cmp(&leading).then_with(|| entry.key.borrow().cmp(key)))
    }
}

impl<K: Clone, V: Clone> Part<K, V> {
    /// Changes its entries, of which at least one stays.
    fn change<T>(&mut self, change: impl FnOnce(&mut Vec<Entry<K, V>>) -> T) -> T {
        let entries = Arc::make_mut(&mut self.entries);
        let changed = change(entries);
        self.leading = entries[0].leading;
        changed
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap { parts: Vec::new(), len: 0 }
    }
}

impl<K: Ord + Leading + Clone, V: Clone> SharedMap<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What belongs to the key.
    pub fn get<Q: Ord + Leading + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let leading = key.leading();
        let part = self.parts.get(self.part_of(leading, key))?;
        let at = part.search(leading, key).ok()?;
        Some(&part.entries[at].value)
    }

    /// Gives the key a value; what it had before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let leading = key.leading();
        let part_at = self.part_of(leading, &key);
        let is_last = part_at + 1 == self.parts.len();
        let Some(part) = self.parts.get_mut(part_at) else {
            self.parts.push(Part::new(vec![Entry::new(key, value)]));
            self.len = 1;
            return None;
        };
        match part.search(leading, &key) {
            Ok(at) => Some(part.change(|entries| std::mem::replace(&mut entries[at].value, value))),
            Err(at) if part.entries.len() < PART_MAX => {
                part.change(|entries| entries.insert(at, Entry::new(key, value)));
                self.len += 1;
                None
            }
            // Keys that come in order fill each part.
            Err(PART_MAX) if is_last => {
                self.parts.push(Part::new(vec![Entry::new(key, value)]));
                self.len += 1;
                None
            }
            Err(_) => {
                let upper = part.change(|entries| entries.split_off(PART_MAX / 2));
                self.parts.insert(part_at + 1, Part::new(upper));
                self.insert(key, value)
            }
        }
    }

    /// Removes the key; what it had.
    pub fn remove<Q: Ord + Leading + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let leading = key.leading();
        let part_at = self.part_of(leading, key);
        let part = self.parts.get_mut(part_at)?;
        let at = part.search(leading, key).ok()?;
        self.len -= 1;
        if part.entries.len() == 1 {
            let gone = self.parts.remove(part_at).entries;
            return Arc::unwrap_or_clone(gone).pop().map(|entry| entry.value);
        }
        let gone = part.change(|entries| entries.remove(at));
        self.join_with_next(part_at);
        Some(gone.value)
    }

    /// The first key with its value.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// All keys with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flat_map(|part| part.entries.iter()).map(Entry::pair)
    }

    /// The keys from this one on, with their values, in order.
    pub fn from<'a, Q: Ord + Leading + ?Sized>(
        &'a self,
        key: &Q,
    ) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V, Q>
    where
        K: Borrow<Q>,
    {
        let leading = key.leading();
        let part_at = self.part_of(leading, key);
        let skipped = match self.parts.get(part_at) {
            Some(part) => part.search(leading, key).unwrap_or_else(|at| at),
            None => 0,
        };
        let parts = self.parts.get(part_at..).unwrap_or_default();
        parts.iter().flat_map(|part| part.entries.iter()).skip(skipped).map(Entry::pair)
    }

    /// The part that has the key, or would get it.
    fn part_of<Q: Ord + ?Sized>(&self, leading: u128, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        let begins_before = |part: &Part<K, V>| match part.leading.cmp(&leading) {
            Ordering::Less => true,
            Ordering::Equal => part.entries[0].key.borrow() <= key,
            Ordering::Greater => false,
        };
        self.parts.partition_point(begins_before).saturating_sub(1)
    }

    /// Keeps parts from becoming many and small.
    fn join_with_next(&mut self, at: usize) {
        let joint = |next: &Part<K, V>| self.parts[at].entries.len() + next.entries.len();
        if self.parts.get(at + 1).is_some_and(|next| joint(next) <= PART_MAX / 2) {
            let next = self.parts.remove(at + 1);
            self.parts[at].change(|entries| entries.extend(Arc::unwrap_or_clone(next.entries)));
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
            steps in proptest::collection::vec((0..4u8, 0..400u64), 0..1500),
            from in 0..400u64,
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
                prop_assert!(map.parts.iter().all(|part| (1..=PART_MAX).contains(&part.entries.len())));
            }
        }

        /// Texts that begin alike are told apart, also where one ends within what is compared first.
        #[test]
        fn texts_are_in_their_order(
            steps in proptest::collection::vec(("[ab\0]{0,3}", "[é\0]{0,9}", any::<bool>()), 0..300),
        ) {
            let (mut map, mut model) = (SharedMap::<Arc<str>, usize>::default(), BTreeMap::new());
            for (at, (head, tail, removed)) in steps.into_iter().enumerate() {
                let key: Arc<str> = format!("{head}{tail}").into();
                if removed {
                    prop_assert_eq!(map.remove(&*key), model.remove(&key));
                } else {
                    prop_assert_eq!(map.insert(Arc::clone(&key), at), model.insert(Arc::clone(&key), at));
                }
                prop_assert!(map.from(&*key).eq(model.range(key..)));
            }
            prop_assert!(map.iter().eq(model.iter()));
        }
    }

    #[test]
    fn keys_in_order_fill_their_parts_and_an_emptied_map_has_none() {
        let mut map = SharedMap::default();
        for key in 0..1000u64 {
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
