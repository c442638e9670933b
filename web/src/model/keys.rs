//! What a key does, wherever the focus is, but for fields and controls with keys of their own.

use super::menu::{MenuView, act_of_key};
use crate::wish::{Selection, Turn, Wish};

/// By how much a key moves the slider of the speed.
const STEPS_OF_A_KEY: i32 = 5;

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyWish {
    /// A wish to the session.
    Send(Wish),
    /// Show or hide the help.
    ToggleHelp,
    /// Move the slider of the speed by so many steps.
    Faster(i32),
}

/// Translates a key. `menu` is the menu of the selected node, `nodes` how many there are.
pub fn wish_of_key(key: &str, nodes: u32, menu: Option<&MenuView>) -> Option<KeyWish> {
    let send = |wish| Some(KeyWish::Send(wish));
    match key {
        // A presenter's remote sends `.` (or b) to blank the screen, and Page Up and Down to go.
        " " | "." => send(Wish::TogglePlay),
        "ArrowRight" | "PageDown" => send(Wish::StepForward),
        "ArrowLeft" | "PageUp" => send(Wish::StepBack),
        "m" => send(Wish::SelectMessage(Turn::Next)),
        "M" => send(Wish::SelectMessage(Turn::Previous)),
        "Escape" => send(Wish::Select(Selection::Nothing)),
        "?" => Some(KeyWish::ToggleHelp),
        "+" | "=" => Some(KeyWish::Faster(STEPS_OF_A_KEY)),
        "-" => Some(KeyWish::Faster(-STEPS_OF_A_KEY)),
        _ => match key.parse::<u32>() {
            Ok(node) if node < nodes => send(Wish::Select(Selection::Node(node))),
            Ok(_) => None,
            Err(_) => Some(KeyWish::Send(Wish::Act(act_of_key(menu?, key)?))),
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
    fn letters_act_only_while_a_node_is_selected() {
        assert_eq!(wish_of_key("c", 5, None), None);
    }
}
