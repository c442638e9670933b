//! What a key does, wherever the focus is, but for fields and controls with keys of their own.

use super::whatif::Overlay;
use crate::wish::{Follow, Selection, Turn, Wish};

/// By how much a key moves the slider of the speed.
const STEPS_OF_A_KEY: i32 = 5;

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyWish {
    /// A wish to the session.
    Send(Wish),
    /// Show or hide the help.
    ToggleHelp,
    /// Show or hide an answer to "what if".
    Toggle(Overlay),
    /// Move the slider of the speed by so many steps.
    Faster(i32),
}

/// The letters of a node's menu and of a message's.
const LETTERS: &str = "CRPUTLSWIHD";

/// Translates a key. `nodes` is how many there are, `focused` the one that has the focus.
///
/// What a letter does depends on what is selected when its turn comes: a digit just before it may not have been
/// obeyed yet.
pub fn wish_of_key(key: &str, nodes: u32, focused: Option<u32>) -> Option<KeyWish> {
    let send = |wish| Some(KeyWish::Send(wish));
    match key {
        // A presenter's remote sends `.` (or b) to blank the screen, and Page Up and Down to go.
        " " | "." => send(Wish::TogglePlay),
        "ArrowRight" | "PageDown" => send(Wish::StepForward),
        "ArrowLeft" | "PageUp" => send(Wish::StepBack),
        "m" => send(Wish::SelectMessage(Turn::Next)),
        "M" => send(Wish::SelectMessage(Turn::Previous)),
        "q" | "Q" => send(Wish::Follow(Follow::Cause)),
        "e" | "E" => send(Wish::Follow(Follow::Effect)),
        "Backspace" => send(Wish::Follow(Follow::Back)),
        "Escape" => send(Wish::Select(Selection::Nothing)),
        "?" => Some(KeyWish::ToggleHelp),
        "+" | "=" => Some(KeyWish::Faster(STEPS_OF_A_KEY)),
        "-" => Some(KeyWish::Faster(-STEPS_OF_A_KEY)),
        _ => match key.parse::<u32>() {
            Ok(node) if node < nodes => send(Wish::Select(Selection::Node(node))),
            Ok(_) => None,
            Err(_) => {
                let mut letters = key.chars().map(|letter| letter.to_ascii_uppercase());
                let key = letters.next()?;
                if letters.next().is_some() {
                    return None;
                }
                let overlay = Overlay::ALL.into_iter().find(|overlay| overlay.letter() == key);
                match overlay {
                    Some(overlay) => Some(KeyWish::Toggle(overlay)),
                    None if LETTERS.contains(key) => send(Wish::Letter { key, focused }),
                    None => None,
                }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presenters_remote_plays_and_steps() {
        let wish = |key| wish_of_key(key, 5, None);
        assert_eq!(wish("."), Some(KeyWish::Send(Wish::TogglePlay)));
        assert_eq!(wish("PageDown"), Some(KeyWish::Send(Wish::StepForward)));
        assert_eq!(wish("PageUp"), Some(KeyWish::Send(Wish::StepBack)));
    }

    #[test]
    fn digits_select_the_nodes_there_are() {
        assert_eq!(wish_of_key("4", 5, None), Some(KeyWish::Send(Wish::Select(Selection::Node(4)))));
        assert_eq!(wish_of_key("5", 5, None), None);
    }

    #[test]
    fn letters_are_those_of_the_menus() {
        let letter = |key| Some(KeyWish::Send(Wish::Letter { key, focused: Some(2) }));
        assert_eq!(wish_of_key("c", 5, Some(2)), letter('C'));
        assert_eq!(wish_of_key("C", 5, Some(2)), letter('C'));
        for other in ["z", "Control", "é", "F5"] {
            assert_eq!(wish_of_key(other, 5, Some(2)), None, "{other}");
        }
    }

    /// No letter of an overlay is one of a menu.
    #[test]
    fn each_overlay_has_a_letter_of_its_own() {
        for overlay in Overlay::ALL {
            let letter = overlay.letter();
            assert!(!LETTERS.contains(letter), "{letter}");
            for key in [letter.to_string(), letter.to_ascii_lowercase().to_string()] {
                assert_eq!(wish_of_key(&key, 5, Some(2)), Some(KeyWish::Toggle(overlay)));
            }
        }
    }
}
