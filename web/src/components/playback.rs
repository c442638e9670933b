//! Playback: step, play, speed, and the clock.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::model::{ClockView, SLIDER_STEPS, speed_at, speed_words, step_of};
use crate::state::{use_choices, use_wishes};
use crate::wish::Wish;

/// The playback controls.
#[component]
pub fn Playback(
    /// Where time stands.
    clock: Signal<ClockView>,
) -> impl IntoView {
    let wishes = use_wishes();
    let choices = use_choices();
    let playing = Memo::new(move |_| clock.with(|clock| clock.playing));
    let can_step_back = Memo::new(move |_| clock.with(|clock| clock.can_step_back));
    let toggle = move |_| wishes.send(if playing.get_untracked() { Wish::Pause } else { Wish::Play });
    let set_speed = move |event| {
        if let Ok(step) = event_target_value(&event).parse() {
            let speed = speed_at(step);
            choices.speed.set(speed);
            wishes.send(Wish::Speed(speed));
        }
    };
    view! {
        <div class="playback" role="group" aria-label="Playback">
            <div class="segments">
                <button
                    type="button"
                    aria-label="Step back"
                    title="Step back (left arrow)"
                    disabled=move || !can_step_back.get()
                    on:click=move |_| wishes.send(Wish::StepBack)
                >
                    {icon(Icon::StepBack)}
                </button>
                <button
                    type="button"
                    class="primary"
                    aria-label=move || if playing.get() { "Pause" } else { "Play" }
                    title="Play or pause (space)"
                    on:click=toggle
                >
                    {move || icon(if playing.get() { Icon::Pause } else { Icon::Play })}
                </button>
                <button
                    type="button"
                    aria-label="Step forward"
                    title="Step forward (right arrow)"
                    on:click=move |_| wishes.send(Wish::StepForward)
                >
                    {icon(Icon::StepForward)}
                </button>
            </div>
            <label class="speed">
                <span class="speed-words" aria-hidden="true">
                    {move || speed_words(choices.speed.get())}
                </span>
                <input
                    type="range"
                    aria-label="Speed"
                    aria-valuetext=move || speed_words(choices.speed.get())
                    title="Simulated time in real time"
                    min="0"
                    max=SLIDER_STEPS
                    prop:value=move || step_of(choices.speed.get()).to_string()
                    on:input=set_speed
                />
            </label>
            <Clock clock=clock />
        </div>
    }
}

/// The simulated time.
#[component]
pub fn Clock(
    /// Where time stands.
    clock: Signal<ClockView>,
) -> impl IntoView {
    let playing = Memo::new(move |_| clock.with(|clock| clock.playing));
    view! {
        <span
            class="clock"
            role="timer"
            aria-label="Simulated time"
            aria-live="off"
            data-clock=""
            data-time-us=move || clock.with(|clock| clock.time_us.to_string())
            data-playing=move || playing.get().to_string()
        >
            "t = "
            {move || clock.with(ClockView::seconds)}
        </span>
    }
}
