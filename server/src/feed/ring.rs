//! The last lines of the feed, and who reads them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::wire::BootId;

/// The most readers at once.
const READERS_MAX: usize = 16;
/// The most lines that are kept, and the most bytes; the newest line is kept, whatever its length.
const LINES_MAX: usize = 1 << 16;
const BYTES_MAX: usize = 32 << 20;

/// The feed of a node.
#[derive(Debug)]
pub struct Feed {
    boot: BootId,
    ring: Mutex<Ring>,
    last: watch::Sender<u64>,
    places: Arc<Semaphore>,
}

/// Some lines are not there any more, or never were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The first number from which on nothing is missing.
    pub first: u64,
}

/// Somebody who reads: as long as there is one, the recorder is on.
#[derive(Debug)]
pub struct Reader {
    feed: Arc<Feed>,
    last: watch::Receiver<u64>,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Ring {
    /// The number of the oldest line that is kept.
    first: u64,
    lines: VecDeque<Arc<str>>,
    bytes: usize,
    lines_max: usize,
}

impl Feed {
    /// Without a line yet.
    pub fn new(boot: BootId) -> Arc<Feed> {
        Feed::keeping(boot, LINES_MAX)
    }

    fn keeping(boot: BootId, lines_max: usize) -> Arc<Feed> {
        Arc::new(Feed {
            boot,
            ring: Mutex::new(Ring { first: 1, lines: VecDeque::new(), bytes: 0, lines_max }),
            last: watch::Sender::new(0),
            places: Arc::new(Semaphore::new(READERS_MAX)),
        })
    }

    /// The run of the process that the numbers belong to.
    pub fn boot(&self) -> BootId {
        self.boot
    }

    /// A place among the readers; none if as many are here as may be.
    pub fn reader(self: &Arc<Feed>) -> Option<Reader> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        Some(Reader { feed: self.clone(), last: self.last.subscribe(), _place: place })
    }

    /// Whether anybody reads.
    pub(super) fn is_read(&self) -> bool {
        self.places.available_permits() < READERS_MAX
    }

    /// Adds the lines that follow the last one.
    pub(super) fn push(&self, lines: impl Iterator<Item = String>) {
        let mut ring = self.ring();
        for line in lines {
            ring.push(line.into());
        }
        let last = ring.next() - 1;
        drop(ring);
        self.last.send_replace(last);
    }

    /// Nothing is recorded from now on, until the line of this number: whoever comes then has missed something.
    pub(super) fn fall_silent(&self, next: u64) {
        let mut ring = self.ring();
        ring.lines.clear();
        (ring.first, ring.bytes) = (next, 0);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// Up to `limit` lines from this number on, with their numbers; none if it is not there yet.
    ///
    /// # Errors
    /// If not all lines from there on are kept.
    pub fn lines(&self, from: u64, limit: usize) -> Result<Vec<(u64, Arc<str>)>, Missed> {
        let ring = self.feed.ring();
        // A number that is yet to be given can only come from somebody who means another run.
        if from < ring.first || from > ring.next() {
            return Err(Missed { first: ring.first });
        }
        let skipped = usize::try_from(from - ring.first).expect("not more than there are lines");
        Ok((from..).zip(ring.lines.iter().skip(skipped).take(limit).cloned()).collect())
    }

    /// Ready when there is a line of this number, or a later one.
    pub async fn wait_for(&mut self, seq: u64) {
        // The sender lives as long as `self.feed`.
        let _ = self.last.wait_for(|last| *last >= seq).await;
    }

    /// The feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}

impl Ring {
    fn next(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    fn push(&mut self, line: Arc<str>) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > self.lines_max || (self.bytes > BYTES_MAX && self.lines.len() > 1) {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes -= oldest.len();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed_of_three() -> (Arc<Feed>, Reader) {
        let feed = Feed::keeping(BootId(7), 3);
        let reader = feed.reader().expect("a place");
        feed.push((1..=5).map(|number| format!("line {number}")));
        (feed, reader)
    }

    fn numbers(reader: &Reader, from: u64, limit: usize) -> Result<Vec<u64>, Missed> {
        Ok(reader.lines(from, limit)?.into_iter().map(|(seq, _)| seq).collect())
    }

    #[test]
    fn a_reader_gets_all_lines_or_is_told_where_to_go_on() {
        let (_feed, reader) = feed_of_three();
        assert_eq!(numbers(&reader, 2, 9), Err(Missed { first: 3 }));
        assert_eq!(numbers(&reader, 3, 9), Ok(vec![3, 4, 5]));
        assert_eq!(numbers(&reader, 3, 2), Ok(vec![3, 4]));
        assert_eq!(numbers(&reader, 6, 9), Ok(vec![]), "it has them all");
        assert_eq!(numbers(&reader, 7, 9), Err(Missed { first: 3 }), "no line of this run");
        assert_eq!(&*reader.lines(5, 1).expect("it is there")[0].1, "line 5");
    }

    #[test]
    fn a_reader_knows_of_a_silence() {
        let (feed, reader) = feed_of_three();
        feed.fall_silent(7);
        assert_eq!(numbers(&reader, 6, 9), Err(Missed { first: 7 }), "6 was left out");
        feed.push(["line 7".to_owned()].into_iter());
        assert_eq!(numbers(&reader, 7, 9), Ok(vec![7]));
    }

    #[test]
    fn there_are_places_for_so_many_readers_and_a_reader_that_leaves_gives_its_own_back() {
        let feed = Feed::new(BootId(7));
        assert!(!feed.is_read());
        let mut readers: Vec<Reader> = std::iter::from_fn(|| feed.reader()).collect();
        assert_eq!(readers.len(), READERS_MAX);
        assert!(feed.is_read());
        readers.clear();
        assert!(!feed.is_read());
    }

    #[test]
    fn long_lines_push_out_others_and_the_newest_stays() {
        let feed = Feed::new(BootId(7));
        let reader = feed.reader().expect("a place");
        feed.push(["short".to_owned(), "x".repeat(BYTES_MAX + 1)].into_iter());
        assert_eq!(numbers(&reader, 2, 9), Ok(vec![2]));
        assert_eq!(numbers(&reader, 1, 9), Err(Missed { first: 2 }));
    }
}
