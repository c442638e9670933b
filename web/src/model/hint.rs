//! What to try first, step by step; gone once it is done.

use crate::wish::Act;

/// What to try next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HintView {
    /// Crash the leader.
    #[default]
    Crash,
    /// Watch the election, then restart the crashed node.
    Restart,
    /// Cut a line, or drop a message.
    Disturb,
    /// All was tried.
    Nothing,
}

impl HintView {
    /// What to try after this was done.
    pub fn after(self, act: &Act) -> HintView {
        match (self, act) {
            (HintView::Crash, Act::Crash(_)) => HintView::Restart,
            (HintView::Restart, Act::Restart(_)) => HintView::Disturb,
            (HintView::Disturb, Act::Cut { .. } | Act::Isolate(_) | Act::Drop(_)) => HintView::Nothing,
            (hint, _) => hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hint_goes_once_it_is_done() {
        let crashed = HintView::Crash.after(&Act::HealAll).after(&Act::Crash(2));
        assert_eq!(crashed, HintView::Restart);
        let restarted = crashed.after(&Act::Crash(1)).after(&Act::Restart(2));
        assert_eq!(restarted, HintView::Disturb);
        assert_eq!(restarted.after(&Act::Cut { from: 0, to: 1 }), HintView::Nothing);
    }
}
