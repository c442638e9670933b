//! The way up: components send wishes, the driver takes them once a frame.

use leptos::prelude::*;

use crate::wish::{Act, Selection, Wish};

/// Where wishes go. A copy is a handle to the same queue.
#[derive(Clone, Copy)]
pub struct Wishes {
    queue: StoredValue<Vec<Wish>, LocalStorage>,
    wake: StoredValue<Option<Box<dyn Fn()>>, LocalStorage>,
}

impl Wishes {
    /// An empty queue that wakes nobody.
    pub fn new() -> Wishes {
        Wishes { queue: StoredValue::new_local(Vec::new()), wake: StoredValue::new_local(None) }
    }

    /// Calls `wake` after each wish that is sent.
    pub fn on_wish(self, wake: impl Fn() + 'static) {
        self.wake.set_value(Some(Box::new(wake)));
    }

    /// Asks for something.
    pub fn send(self, wish: Wish) {
        self.queue.update_value(|queue| queue.push(wish));
        self.wake.with_value(|wake| {
            if let Some(wake) = wake {
                wake();
            }
        });
    }

    /// Asks for something to be done to the world.
    pub fn act(self, act: Act) {
        self.send(Wish::Act(act));
    }

    /// Asks to look at something.
    pub fn select(self, selection: Selection) {
        self.send(Wish::Select(selection));
    }

    /// Takes all that were sent since the last time, in their order.
    pub fn take(self) -> Vec<Wish> {
        self.queue.try_update_value(std::mem::take).unwrap_or_default()
    }
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes::new()
    }
}

/// The wishes of this page.
pub fn use_wishes() -> Wishes {
    expect_context::<Wishes>()
}
