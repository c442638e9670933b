//! Which counters of a session were seen.

const WORDS: usize = 16;

/// So many of the last counters are told apart; older ones are refused.
pub(super) const WINDOW: u64 = WORDS as u64 * 64;

/// The counters seen, as bits in a ring: several connections may bring frames out of order.
#[derive(Clone, Debug)]
pub(super) struct Window {
    highest: u64,
    seen: [u64; WORDS],
}

impl Window {
    /// Nothing seen yet. Counters begin at 1.
    pub(super) fn new() -> Window {
        Window { highest: 0, seen: [0; WORDS] }
    }

    /// Takes note of a counter; whether it is new.
    pub(super) fn admit(&mut self, counter: u64) -> bool {
        if counter == 0 || self.highest.saturating_sub(counter) >= WINDOW {
            return false;
        }
        if counter > self.highest {
            self.move_to(counter);
        }
        let (word, bit) = place(counter);
        let new = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        new
    }

    /// The counters that enter the window were not seen, and their bits still say what those say that leave it.
    fn move_to(&mut self, counter: u64) {
        if counter - self.highest >= WINDOW {
            self.seen = [0; WORDS];
        } else {
            for entering in self.highest + 1..=counter {
                let (word, bit) = place(entering);
                self.seen[word] &= !bit;
            }
        }
        self.highest = counter;
    }
}

fn place(counter: u64) -> (usize, u64) {
    let at = counter % WINDOW;
    (usize::try_from(at / 64).expect("there are few words"), 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A counter is admitted once, and only while it is among the last ones: as a set of all counters would say.
        #[test]
        fn a_window_is_a_set_of_the_last_counters(
            steps in proptest::collection::vec((0..3u8, 0..3000u64), 1..200)
        ) {
            let (mut window, mut all, mut at) = (Window::new(), BTreeSet::new(), 1u64);
            for (how, by) in steps {
                let counter = match how {
                    0 => at + by % 5,
                    1 => at.saturating_sub(by),
                    _ => at + by,
                };
                let highest = all.last().copied().unwrap_or(0);
                let expected = counter > 0 && counter + WINDOW > highest && all.insert(counter);
                prop_assert_eq!(window.admit(counter), expected, "{} after {}", counter, highest);
                at = at.max(counter);
            }
        }
    }

    #[test]
    fn the_greatest_counter_is_one_like_others() {
        let mut window = Window::new();
        assert!(window.admit(u64::MAX) && !window.admit(u64::MAX));
        assert!(window.admit(u64::MAX - 1) && !window.admit(1));
    }
}
