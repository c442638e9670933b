//! What a text or an attribute can show.

use std::borrow::Cow;
use std::sync::Arc;

/// A value that is shown as text. `None` shows nothing: no attribute, an empty text.
pub trait Show {
    /// The text.
    fn show(self) -> Option<Cow<'static, str>>;
}

impl Show for &'static str {
    fn show(self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl Show for String {
    fn show(self) -> Option<Cow<'static, str>> {
        Some(Cow::Owned(self))
    }
}

impl Show for Arc<str> {
    fn show(self) -> Option<Cow<'static, str>> {
        Some(Cow::Owned(String::from(&*self)))
    }
}

/// As ARIA and our `data-` attributes write it.
impl Show for bool {
    fn show(self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(if self { "true" } else { "false" }))
    }
}

impl Show for u64 {
    fn show(self) -> Option<Cow<'static, str>> {
        Some(Cow::Owned(self.to_string()))
    }
}

impl Show for u32 {
    fn show(self) -> Option<Cow<'static, str>> {
        u64::from(self).show()
    }
}

impl Show for u8 {
    fn show(self) -> Option<Cow<'static, str>> {
        u64::from(self).show()
    }
}

impl Show for usize {
    fn show(self) -> Option<Cow<'static, str>> {
        (self as u64).show()
    }
}

impl<T: Show> Show for Option<T> {
    fn show(self) -> Option<Cow<'static, str>> {
        self.and_then(T::show)
    }
}
