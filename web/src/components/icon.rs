//! The few icons of the page, drawn, so that they look the same on every system.

use crate::dom::{El, svg};

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Run.
    Play,
    /// Stand.
    Pause,
    /// One thing on.
    StepForward,
    /// One thing back.
    StepBack,
    /// Again from the start.
    Again,
    /// Light or dark as the system is.
    ThemeAuto,
    /// Light.
    ThemeLight,
    /// Dark.
    ThemeDark,
    /// The library of scenarios.
    Library,
    /// Hand something on.
    Share,
}

/// Draws it, in the colour of the text around it; its meaning must be in the name of its button.
pub fn icon(icon: Icon) -> El {
    let (fill, path) = match icon {
        Icon::Play => (true, "M5 3l9 5-9 5z"),
        Icon::Pause => (true, "M4 3h3v10H4zM9 3h3v10H9z"),
        Icon::StepForward => (true, "M3 3l7 5-7 5zM11 3h2v10h-2z"),
        Icon::StepBack => (true, "M13 3l-7 5 7 5zM3 3h2v10H3z"),
        Icon::Again => (false, "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3"),
        Icon::ThemeAuto => (true, "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 1.5v9a4.5 4.5 0 0 1 0-9z"),
        Icon::ThemeLight => (
            false,
            "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
        ),
        Icon::Library => (false, "M2.5 3h4v4h-4zM9.5 3h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z"),
        Icon::Share => (false, "M8 10V2M5 4.5L8 1.5l3 3M5 7H3v7h10V7h-2"),
        Icon::ThemeDark => (true, "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z"),
    };
    let size = [("viewBox", "0 0 16 16"), ("width", "16"), ("height", "16"), ("aria-hidden", "true")];
    svg(if fill { "svg.icon.icon-fill" } else { "svg.icon" })
        .attributes(&size)
        .child(svg("path").set("d", path).set("fill-rule", "evenodd"))
}
