//! The top strip: name, scenario, seed, playback, checks, theme, help.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::icon::{Icon, icon};
use super::{checks_badge, playback};
use crate::dom::{El, effect, h, input_of};
use crate::model::ScenarioView;
use crate::state::{Theme, use_choices, use_wishes, use_world};
use crate::wish::Wish;

/// What a seed has to be.
const SEED_RULE: &str = "A seed is a whole number from 0 to 18446744073709551615.";

/// The top strip.
pub fn top_strip() -> El {
    let world = use_world();
    let choices = use_choices();
    let help = h("button.square")
        .attributes(&[
            ("type", "button"),
            ("aria-label", "Help"),
            ("title", "Help (?)"),
            ("aria-haspopup", "dialog"),
        ])
        .text("?")
        .on("click", move |_| choices.help_open.set(true));
    h("header.top")
        .child(h("h1.brand").text("Mini-Raft"))
        .child(scenario_menu(world.scenario))
        .child(opener("Library, script and files", Icon::Library, choices.scenarios_open))
        .child(seed_form(world.scenario))
        .child(playback(world.clock))
        .child(
            h("div.top-end")
                .children(checks_badge(world.checks))
                .child(opener("Share and save", Icon::Share, choices.share_open))
                .child(theme_button())
                .child(help),
        )
}

/// A button that opens a dialog.
fn opener(name: &'static str, shape: Icon, open: RwSignal<bool>) -> El {
    h("button.square.opener")
        .attributes(&[("type", "button"), ("aria-haspopup", "dialog")])
        .set("aria-label", name)
        .set("title", name)
        .child(icon(shape))
        .on("click", move |_| open.set(true))
}

fn scenario_menu(scenario: RwSignal<ScenarioView>) -> El {
    let wishes = use_wishes();
    h("select.scenario")
        .set("aria-label", "Scenario")
        .bind("title", move || scenario.read().about.clone())
        .each(move |list| {
            for (place, card) in scenario.read().cards.iter().enumerate() {
                list.keep(format!("{place} {}", card.name), || {
                    h("option").set("value", place).text(card.name.clone())
                });
            }
        })
        .value(move || scenario.read().chosen)
        .on("change", move |event| {
            if let Ok(place) = input_of(&event).parse() {
                wishes.send(Wish::LoadScenario(place));
            }
        })
}

/// The seed. A wrong one is refused, and the run goes on.
pub fn seed_form(scenario: RwSignal<ScenarioView>) -> El {
    let wishes = use_wishes();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    effect(Box::new(move || {
        typed.set(scenario.read().seed.to_string());
        wrong.set(false);
    }));
    let field = h("input")
        .attributes(&[
            ("type", "text"),
            ("inputmode", "numeric"),
            ("aria-label", "Seed"),
            ("title", "The same seed gives the same run"),
        ])
        .bind("aria-invalid", move || wrong.get().then_some("true"))
        .value(move || typed.get());
    let input: HtmlInputElement = field.element().clone().unchecked_into();
    // The browser shows the message at the field, and reads it aloud.
    effect(Box::new(move || {
        let now_wrong = wrong.get();
        input.set_custom_validity(if now_wrong { SEED_RULE } else { "" });
        if now_wrong {
            input.report_validity();
        }
    }));
    let again = h("button.square")
        .attributes(&[
            ("type", "submit"),
            ("aria-label", "Start again"),
            ("title", "Start again with this seed"),
        ])
        .child(icon(Icon::Again));
    let field = field.on("input", move |event| {
        typed.set(input_of(&event));
        wrong.set(false);
    });
    h("form.seed")
        .set("aria-label", "Seed")
        .on("submit", move |event| {
            event.prevent_default();
            let seed = typed.with_untracked(|typed| typed.trim().parse::<u64>());
            match seed {
                Ok(seed) => {
                    typed.set(seed.to_string());
                    wishes.send(Wish::Restart { seed });
                }
                Err(_) => wrong.set(true),
            }
        })
        .child(h("label").child(h("span").text("seed")).child(field))
        .child(again)
}

fn theme_button() -> El {
    let theme = use_choices().theme;
    h("button.square")
        .attributes(&[("type", "button"), ("title", "Theme: as your system, light, dark")])
        .bind("aria-label", move || format!("Theme: {}", theme.get().name()))
        .on("click", move |_| {
            let here = Theme::ALL.iter().position(|other| *other == theme.get_untracked()).unwrap_or(0);
            theme.set(Theme::ALL[(here + 1) % Theme::ALL.len()]);
        })
        .each(move |list| {
            let theme = theme.get();
            let shape = match theme {
                Theme::Auto => Icon::ThemeAuto,
                Theme::Light => Icon::ThemeLight,
                Theme::Dark => Icon::ThemeDark,
            };
            list.keep(theme.name(), || icon(shape));
        })
}
