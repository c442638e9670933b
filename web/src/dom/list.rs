//! Elements that come and go.

use std::borrow::Cow;
use std::mem;

use leptos::prelude::*;
use web_sys::{Element, Node};

use super::{El, Show, append, effect};

/// The children that a parent has at one place, each under a key.
///
/// Whenever a signal changes that the list's function has read, the function runs again and says with
/// [`List::keep`] which children there are now, in order. A key that was there before keeps its element, with its
/// bindings and its state; a new one gets a new element; one that is not named any more goes. What a child shows of
/// its own accord must be bound to signals or be part of its key.
pub struct List {
    parent: Element,
    /// Marks the end of the list's place among the children of the parent.
    end: Node,
    owner: Owner,
    items: Vec<Item>,
    /// The items of the run before that were not named again yet.
    before: Vec<Option<Item>>,
    /// Where in `before` the next one is expected.
    expected: usize,
    /// Whether this run has a new item, or two that changed places.
    moved: bool,
    /// Owners of items that went. Leptos's owners remember each child for ever, so they are used again.
    free: Vec<Owner>,
}

struct Item {
    key: String,
    element: Element,
    owner: Owner,
}

impl List {
    pub(super) fn start(parent: &Element, mut fill: Box<dyn FnMut(&mut List)>) {
        let end = Node::from(document().create_comment(""));
        append(parent, &end);
        let mut list = List {
            parent: parent.clone(),
            end,
            owner: Owner::current().unwrap_or_default(),
            items: Vec::new(),
            before: Vec::new(),
            expected: 0,
            moved: false,
            free: Vec::new(),
        };
        effect(Box::new(move || {
            list.begin();
            fill(&mut list);
            list.finish();
        }));
    }

    /// Names the next child. Two of one key are a mistake: the second gets an element of its own, anew in each run.
    pub fn keep(&mut self, key: impl Show, build: impl FnOnce() -> El) {
        let mut build = Some(build);
        self.keep_item(key.show().unwrap_or_default(), &mut || build.take().map(|build| build()));
    }

    fn keep_item(&mut self, key: Cow<'static, str>, build: &mut dyn FnMut() -> Option<El>) {
        if self.keep_old(&key) {
            return;
        }
        let owner = self.free.pop().unwrap_or_else(|| self.owner.child());
        if let Some(el) = owner.with(|| untrack(build)) {
            self.moved = true;
            self.items.push(Item { key: key.into_owned(), element: el.0, owner });
        }
    }

    fn begin(&mut self) {
        self.before = mem::take(&mut self.items).into_iter().map(Some).collect();
        self.expected = 0;
        self.moved = false;
    }

    /// Keeps the item of this key, if there was one.
    fn keep_old(&mut self, key: &str) -> bool {
        let is_it = |item: &Option<Item>| item.as_ref().is_some_and(|item| item.key == key);
        let place = if self.before.get(self.expected).is_some_and(is_it) {
            self.expected
        } else {
            let Some(place) = self.before.iter().position(is_it) else { return false };
            self.moved |= place < self.expected;
            place
        };
        self.expected = place + 1;
        let item = self.before[place].take();
        self.items.extend(item);
        true
    }

    /// Takes away what was not named, and puts the rest in order.
    fn finish(&mut self) {
        for item in mem::take(&mut self.before).into_iter().flatten() {
            // First from the page, so that no listener hears of it afterwards.
            item.element.remove();
            item.owner.cleanup();
            self.free.push(item.owner);
        }
        if !self.moved {
            return;
        }
        let mut next = self.end.clone();
        for item in self.items.iter().rev() {
            let node: &Node = &item.element;
            if node.next_sibling().as_ref() != Some(&next) {
                // Both are children of the parent, or new.
                let _ = self.parent.insert_before(node, Some(&next));
            }
            next = node.clone();
        }
    }
}
