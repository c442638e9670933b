//! A slider with its name and its value.

use leptos::prelude::*;

/// What a slider's places stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Milliseconds, 0 to 500, finer at the beginning.
    LatencyMs,
    /// A probability, 0 to 1, in hundredths.
    Share,
}

const PLACES: f64 = 100.0;
const LATENCY_MS_MAX: f64 = 500.0;

impl Scale {
    /// The value at a place of the slider.
    pub fn value_at(self, place: f64) -> f64 {
        let share = (place / PLACES).clamp(0.0, 1.0);
        match self {
            Scale::LatencyMs => {
                let value = LATENCY_MS_MAX * share * share;
                // To half a millisecond at the beginning, to whole ones further on.
                if value < 10.0 { (value * 2.0).round() / 2.0 } else { value.round() }
            }
            Scale::Share => share,
        }
    }

    /// The place of a value.
    pub fn place_of(self, value: f64) -> f64 {
        let share = match self {
            Scale::LatencyMs => (value / LATENCY_MS_MAX).max(0.0).sqrt(),
            Scale::Share => value,
        };
        (share * PLACES).clamp(0.0, PLACES).round()
    }

    /// The value for a reader.
    pub fn text(self, value: f64) -> String {
        match self {
            Scale::LatencyMs => format!("{value} ms"),
            Scale::Share => format!("{:.0} %", value * 100.0),
        }
    }
}

/// A slider that shows `value` and tells what it was moved to.
#[component]
pub fn Slider(
    /// Its name.
    name: &'static str,
    /// What its places stand for.
    scale: Scale,
    /// What it shows.
    value: Signal<f64>,
    /// Called when a person has moved it.
    on_change: impl Fn(f64) + 'static,
) -> impl IntoView {
    view! {
        <label class="slider">
            <span>{name}</span>
            <input
                type="range"
                min="0"
                max=PLACES
                step="1"
                prop:value=move || scale.place_of(value.get())
                aria-valuetext=move || scale.text(value.get())
                on:change:target=move |event| {
                    if let Ok(place) = event.target().value().parse() {
                        on_change(scale.value_at(place));
                    }
                }
            />
            <output>{move || scale.text(value.get())}</output>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again() {
        for scale in [Scale::LatencyMs, Scale::Share] {
            for place in [0.0, 1.0, 10.0, 17.0, 50.0, 99.0, 100.0] {
                let found = scale.place_of(scale.value_at(place));
                assert!((found - place).abs() <= 1.0, "{scale:?} {place} {found}");
            }
        }
    }

    #[test]
    fn values_are_whole_and_within_bounds() {
        assert_eq!(Scale::LatencyMs.value_at(10.0), 5.0);
        assert_eq!(Scale::LatencyMs.value_at(1_000.0), 500.0);
        assert_eq!(Scale::LatencyMs.text(7.5), "7.5 ms");
        assert_eq!(Scale::Share.value_at(7.0), 0.07);
        assert_eq!(Scale::Share.text(0.07), "7 %");
    }
}
