//! The top strip: name, scenario, seed, playback, checks, theme, help.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::{ChecksBadge, Playback};
use crate::model::ScenarioView;
use crate::state::{Theme, use_choices, use_wishes, use_world};
use crate::wish::Wish;

/// The top strip.
#[component]
pub fn TopStrip() -> impl IntoView {
    let world = use_world();
    let choices = use_choices();
    view! {
        <header class="top">
            <h1 class="brand">"Mini-Raft"</h1>
            <ScenarioMenu scenario=world.scenario.into() />
            <Seed scenario=world.scenario.into() />
            <Playback clock=world.clock.into() />
            <div class="top-end">
                <ChecksBadge view=world.checks.into() />
                <ThemeButton />
                <button
                    type="button"
                    class="square"
                    aria-label="Help"
                    title="Help (?)"
                    aria-haspopup="dialog"
                    on:click=move |_| choices.help_open.set(true)
                >
                    "?"
                </button>
            </div>
        </header>
    }
    .into_any()
}

#[component]
fn ScenarioMenu(scenario: Signal<ScenarioView>) -> impl IntoView {
    let wishes = use_wishes();
    let names = Memo::new(move |_| scenario.with(|scenario| scenario.names.clone()));
    let chosen = Memo::new(move |_| scenario.with(|scenario| scenario.chosen));
    let choose = move |event| {
        if let Ok(place) = event_target_value(&event).parse() {
            wishes.send(Wish::LoadScenario(place));
        }
    };
    let options = move || {
        let options = names.get().into_iter().enumerate().map(|(place, name)| {
            view! {
                <option value=place.to_string() selected=move || chosen.get() == place>
                    {name}
                </option>
            }
        });
        options.collect_view()
    };
    view! {
        <select
            class="scenario"
            aria-label="Scenario"
            title=move || scenario.with(|scenario| scenario.about.clone())
            on:change=choose
        >
            {options}
        </select>
    }
}

#[component]
fn Seed(scenario: Signal<ScenarioView>) -> impl IntoView {
    let wishes = use_wishes();
    let seed = Memo::new(move |_| scenario.with(|scenario| scenario.seed));
    let typed = RwSignal::new(String::new());
    Effect::new(move |_| typed.set(seed.get().to_string()));
    let restart = move || {
        let seed = typed.get_untracked().trim().parse().unwrap_or_else(|_| seed.get_untracked());
        typed.set(seed.to_string());
        wishes.send(Wish::Restart { seed });
    };
    view! {
        <form
            class="seed"
            aria-label="Seed"
            on:submit=move |event| {
                event.prevent_default();
                restart();
            }
        >
            <label>
                <span>"seed"</span>
                <input
                    type="text"
                    inputmode="numeric"
                    maxlength="20"
                    aria-label="Seed"
                    title="The same seed gives the same run"
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                />
            </label>
            <button type="submit" class="square" aria-label="Start again" title="Start again with this seed">
                {icon(Icon::Again)}
            </button>
        </form>
    }
}

#[component]
fn ThemeButton() -> impl IntoView {
    let theme = use_choices().theme;
    let turn = move |_| {
        theme.update(|theme| {
            let here = Theme::ALL.iter().position(|other| other == theme).unwrap_or(0);
            *theme = Theme::ALL[(here + 1) % Theme::ALL.len()];
        });
    };
    let shape = move || {
        icon(match theme.get() {
            Theme::Auto => Icon::ThemeAuto,
            Theme::Light => Icon::ThemeLight,
            Theme::Dark => Icon::ThemeDark,
        })
    };
    view! {
        <button
            type="button"
            class="square"
            aria-label=move || format!("Theme: {}", theme.get().name())
            title="Theme: as your system, light, dark"
            on:click=turn
        >
            {shape}
        </button>
    }
}
