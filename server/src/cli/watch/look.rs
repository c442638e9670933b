//! How the picture looks: with or without colour, with or without signs beyond ASCII.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use super::super::text::terminal_likes_colour;

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    colour: bool,
    /// Whether there is more than ASCII.
    pub(super) unicode: bool,
}

/// A border that every terminal can show.
const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

impl Look {
    pub(super) fn of_terminal(ascii: bool) -> Look {
        Look { colour: terminal_likes_colour(), unicode: !ascii && locale_is_utf8() }
    }

    pub(super) fn without_colour(ascii: bool) -> Look {
        Look { colour: false, unicode: !ascii && locale_is_utf8() }
    }

    #[cfg(test)]
    pub(super) fn plain(unicode: bool) -> Look {
        Look { colour: false, unicode }
    }

    pub(super) fn border(self) -> border::Set<'static> {
        if self.unicode { border::ROUNDED } else { ASCII_BORDER }
    }

    pub(super) fn title(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// In the colour of all text: a grey that is quiet on black cannot be read on white.
    pub(super) fn label(self) -> Style {
        Style::new()
    }

    pub(super) fn frame(self) -> Style {
        self.colour(Color::DarkGray)
    }

    pub(super) fn leader(self) -> Style {
        self.colour(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn good(self) -> Style {
        self.colour(Color::Green).add_modifier(Modifier::BOLD)
    }

    pub(super) fn warning(self) -> Style {
        self.colour(Color::LightMagenta).add_modifier(Modifier::BOLD)
    }

    /// Without colour it must still catch the eye.
    pub(super) fn bad(self) -> Style {
        match self.colour {
            true => self.colour(Color::LightRed).add_modifier(Modifier::BOLD),
            false => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    pub(super) fn bar(self) -> Style {
        self.colour(Color::Cyan)
    }

    fn colour(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }
}

/// The first of these that is set decides (`man 7 locale`); without any, old terminals are as likely as new ones.
fn locale_is_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.ends_with("utf-8") || locale.ends_with("utf8")
    })
}
