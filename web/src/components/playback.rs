//! Playback: step, play, speed, and the clock.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::dom::{El, h, input_of};
use crate::model::{ClockView, SLIDER_STEPS, speed_at, speed_words, step_of};
use crate::state::{use_choices, use_wishes};
use crate::wish::Wish;

/// The playback controls.
pub fn playback(clock: RwSignal<ClockView>) -> El {
    h("div.playback")
        .attributes(&[("role", "group"), ("aria-label", "Playback")])
        .child(h("div.segments").child(step_back(clock)).child(play(clock)).child(step_forward()))
        .child(speed())
        .child(time(clock))
}

fn step_back(clock: RwSignal<ClockView>) -> El {
    let wishes = use_wishes();
    h("button")
        .attributes(&[("type", "button"), ("aria-label", "Step back"), ("title", "Step back (left arrow)")])
        .flag("disabled", move || !clock.read().can_step_back)
        .on("click", move |_| wishes.send(Wish::StepBack))
        .child(icon(Icon::StepBack))
}

fn play(clock: RwSignal<ClockView>) -> El {
    let wishes = use_wishes();
    h("button.primary")
        .attributes(&[("type", "button"), ("title", "Play or pause (space)")])
        .bind("aria-label", move || if clock.read().playing { "Pause" } else { "Play" })
        .on("click", move |_| {
            wishes.send(if clock.read_untracked().playing { Wish::Pause } else { Wish::Play });
        })
        .each(move |list| {
            let playing = clock.read().playing;
            list.keep(playing, || icon(if playing { Icon::Pause } else { Icon::Play }));
        })
}

fn step_forward() -> El {
    let wishes = use_wishes();
    h("button")
        .attributes(&[
            ("type", "button"),
            ("aria-label", "Step forward"),
            ("title", "Step forward (right arrow)"),
        ])
        .on("click", move |_| wishes.send(Wish::StepForward))
        .child(icon(Icon::StepForward))
}

fn speed() -> El {
    let wishes = use_wishes();
    let choices = use_choices();
    let words = move || speed_words(choices.speed.get());
    let slider = h("input")
        .attributes(&[
            ("type", "range"),
            ("aria-label", "Speed"),
            ("title", "Simulated time in real time"),
            ("min", "0"),
        ])
        .set("max", SLIDER_STEPS)
        .bind("aria-valuetext", words)
        .value(move || step_of(choices.speed.get()))
        .on("input", move |event| {
            if let Ok(step) = input_of(&event).parse() {
                let speed = speed_at(step);
                choices.speed.set(speed);
                wishes.send(Wish::Speed(speed));
            }
        });
    h("label.speed").child(h("span.speed-words").set("aria-hidden", "true").live(words)).child(slider)
}

/// The simulated time.
pub fn time(clock: RwSignal<ClockView>) -> El {
    h("span.clock")
        .attributes(&[
            ("role", "timer"),
            ("aria-label", "Simulated time"),
            ("aria-live", "off"),
            ("data-clock", ""),
        ])
        .bind("data-time-us", move || clock.read().time_us)
        .bind("data-playing", move || clock.read().playing)
        .text("t = ")
        .live(move || clock.read().seconds())
}
