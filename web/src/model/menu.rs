//! The menu of a node: what can be done to it, and what makes sense now.

use super::stage::{NodeView, RoleView, StageView};
use crate::wish::Act;

/// The menu of the selected node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MenuView {
    /// The node.
    pub node: u32,
    /// Its name, role and term.
    pub title: String,
    /// What can be done to it.
    pub items: Vec<MenuItem>,
}

/// An item of the menu.
#[derive(Clone, Debug, PartialEq)]
pub struct MenuItem {
    /// Its name.
    pub name: &'static str,
    /// The key that does the same while what the menu is of is selected, or has the focus.
    pub key: char,
    /// What it does.
    pub act: Act,
    /// Whether it makes sense now.
    pub enabled: bool,
}

/// Builds the menu of this node.
pub fn menu_view(stage: &StageView, node: u32) -> Option<MenuView> {
    let view = stage.nodes.iter().find(|view| view.node == node)?;
    Some(MenuView { node, title: view.label(), items: items(stage, view) })
}

/// The act that a key stands for, if it makes sense now.
pub fn act_of_key(items: &[MenuItem], key: char) -> Option<Act> {
    items.iter().find(|item| item.enabled && item.key == key).map(|item| item.act.clone())
}

fn items(stage: &StageView, view: &NodeView) -> Vec<MenuItem> {
    let node = view.node;
    let down = view.role == RoleView::Down;
    let paused = view.role == RoleView::Paused;
    let runs = !down && !paused;
    let leads = view.role == RoleView::Leader;
    let another_leads = stage.nodes.iter().any(|other| other.role == RoleView::Leader && other.node != node);
    let mut own = stage.lanes.iter().filter(|lane| lane.from == node || lane.to == node);
    let any_cut = own.clone().any(|lane| lane.cut);
    let any_whole = own.any(|lane| !lane.cut);
    let item = |name, key, act, enabled| MenuItem { name, key, act, enabled };
    vec![
        item("Crash", 'C', Act::Crash(node), !down),
        item("Restart", 'R', Act::Restart(node), down),
        item("Pause", 'P', Act::Pause(node), runs),
        item("Resume", 'U', Act::Resume(node), paused),
        item("Time out", 'T', Act::TimeOut(node), runs && !leads),
        item("Transfer leadership", 'L', Act::TransferTo(node), runs && another_leads),
        item("Take snapshot", 'S', Act::TakeSnapshot(node), runs && view.commit_index > 0),
        item("Wipe disk", 'W', Act::WipeDisk(node), down),
        item("Isolate", 'I', Act::Isolate(node), any_whole),
        item("Heal", 'H', Act::Rejoin(node), any_cut),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stage::LaneView;

    fn stage(roles: &[RoleView]) -> StageView {
        let lane = |from, to| LaneView { from, to, cut: false, selected: false };
        StageView {
            nodes: (0..)
                .zip(roles)
                .map(|(node, role)| NodeView { node, role: *role, commit_index: 1, ..NodeView::default() })
                .collect(),
            lanes: vec![lane(0, 1), lane(1, 0)],
            ..StageView::default()
        }
    }

    fn enabled(stage: &StageView, node: u32) -> Vec<&'static str> {
        let menu = menu_view(stage, node).expect("the node exists");
        menu.items.iter().filter(|item| item.enabled).map(|item| item.name).collect()
    }

    #[test]
    fn only_what_makes_sense_is_enabled() {
        let stage = stage(&[RoleView::Leader, RoleView::Follower, RoleView::Down, RoleView::Paused]);
        assert_eq!(enabled(&stage, 0), ["Crash", "Pause", "Take snapshot", "Isolate"]);
        assert_eq!(
            enabled(&stage, 1),
            ["Crash", "Pause", "Time out", "Transfer leadership", "Take snapshot", "Isolate"]
        );
        assert_eq!(enabled(&stage, 2), ["Restart", "Wipe disk"]);
        assert_eq!(enabled(&stage, 3), ["Crash", "Resume"]);
    }

    #[test]
    fn a_cut_node_can_be_healed() {
        let mut stage = stage(&[RoleView::Leader, RoleView::Follower]);
        stage.lanes.iter_mut().for_each(|lane| lane.cut = true);
        let enabled = enabled(&stage, 1);
        assert!(enabled.contains(&"Heal") && !enabled.contains(&"Isolate"));
    }

    #[test]
    fn keys_do_what_the_items_do_and_nothing_that_makes_no_sense() {
        let stage = stage(&[RoleView::Leader, RoleView::Down]);
        let leader = menu_view(&stage, 0).expect("node 0");
        assert_eq!(act_of_key(&leader.items, 'C'), Some(Act::Crash(0)));
        assert_eq!(act_of_key(&leader.items, 'R'), None);
        let down = menu_view(&stage, 1).expect("node 1");
        assert_eq!(act_of_key(&down.items, 'R'), Some(Act::Restart(1)));
    }

    #[test]
    fn no_two_items_share_a_key() {
        let menu = menu_view(&stage(&[RoleView::Leader]), 0).expect("node 0");
        let mut keys: Vec<char> = menu.items.iter().map(|item| item.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), menu.items.len());
    }
}
