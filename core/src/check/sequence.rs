//! A list that grows at its end and is forgotten at its beginning, and whose clones share what they have in common.

use std::sync::Arc;

/// Values at consecutive places. A clone copies one pointer for each [`CHUNK`] values.
#[derive(Clone, Debug)]
pub(super) struct Sequence<T> {
    /// The place of the first value that is still there.
    first: u64,
    /// All are full but the last.
    chunks: Vec<Arc<Vec<T>>>,
}

/// So many values are shared, copied and forgotten together.
const CHUNK: usize = 256;

impl<T: Clone> Sequence<T> {
    /// No values; the first one will have this place.
    pub(super) fn starting_at(first: u64) -> Sequence<T> {
        Sequence { first, chunks: Vec::new() }
    }

    /// The place of the next value.
    pub(super) fn end(&self) -> u64 {
        let last_len = self.chunks.last().map_or(0, |chunk| chunk.len());
        self.first + (self.chunks.len().saturating_sub(1) * CHUNK + last_len) as u64
    }

    pub(super) fn get(&self, place: u64) -> Option<&T> {
        let offset = usize::try_from(place.checked_sub(self.first)?).ok()?;
        self.chunks.get(offset / CHUNK)?.get(offset % CHUNK)
    }

    pub(super) fn push(&mut self, value: T) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => Arc::make_mut(chunk).push(value),
            _ => self.chunks.push(Arc::new(vec![value])),
        }
    }

    /// Forgets values before this place; a few of them may stay.
    pub(super) fn forget_before(&mut self, place: u64) {
        let chunks = place.saturating_sub(self.first) / CHUNK as u64;
        let forgotten = chunks.min(self.chunks.len().saturating_sub(1) as u64);
        self.chunks.drain(..forgotten as usize);
        self.first += forgotten * CHUNK as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_at_their_places() {
        let mut sequence = Sequence::starting_at(7);
        assert_eq!((sequence.end(), sequence.get(7)), (7, None));
        for value in 7..2_000u64 {
            assert_eq!(sequence.end(), value);
            sequence.push(value);
        }
        let whole = sequence.clone();
        sequence.forget_before(1_000);
        sequence.push(2_000);
        assert_eq!(sequence.end(), 2_001);
        assert!((1_000..=2_000).all(|place| sequence.get(place) == Some(&place)));
        assert_eq!(sequence.get(7), None);
        assert_eq!(sequence.get(2_001), None);
        assert!((7..2_000).all(|place| whole.get(place) == Some(&place)));
        assert_eq!(whole.get(2_000), None);
    }

    #[test]
    fn the_end_stays_when_all_may_be_forgotten() {
        let mut sequence = Sequence::starting_at(1);
        (0..300).for_each(|value| sequence.push(value));
        sequence.forget_before(u64::MAX);
        assert_eq!(sequence.end(), 301);
        assert_eq!(sequence.get(300), Some(&299));
    }
}
