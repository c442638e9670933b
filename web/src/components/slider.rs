//! A slider with its name and its value.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::dom::{El, effect, h, input_of};
use crate::text::number::fill;

/// What a slider's places stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Milliseconds, 0 to 500, finer at the beginning.
    LatencyMs,
    /// A probability, 0 to 1, in hundredths.
    Share,
}

const PLACES: u32 = 100;
const LATENCY_MS_MAX: f64 = 500.0;

impl Scale {
    /// The value at a place of the slider.
    pub fn value_at(self, place: f64) -> f64 {
        let share = (place / f64::from(PLACES)).clamp(0.0, 1.0);
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
        (share.clamp(0.0, 1.0) * f64::from(PLACES)).round()
    }

    /// The value for a reader.
    pub fn text(self, value: f64) -> String {
        match self {
            Scale::LatencyMs => fill(if value.fract() == 0.0 { "%0 ms" } else { "%1 ms" }, &[value]),
            Scale::Share => fill("%0 %", &[value * 100.0]),
        }
    }
}

/// A slider that shows `value` and tells what it was moved to.
pub fn slider(
    name: &'static str,
    scale: Scale,
    value: impl Fn() -> f64 + 'static,
    on_change: impl Fn(f64) + 'static,
) -> El {
    build(name, scale, Rc::new(value), Box::new(on_change))
}

fn build(name: &'static str, scale: Scale, value: Rc<dyn Fn() -> f64>, on_change: Box<dyn Fn(f64)>) -> El {
    let words = {
        let value = value.clone();
        move || scale.text(value())
    };
    let input = h("input")
        .attributes(&[("type", "range"), ("min", "0"), ("step", "1")])
        .set("max", PLACES)
        .bind("aria-valuetext", words.clone())
        .on("change", move |event| {
            // A whole number: reading one with a fraction takes 13 KB of code and tables.
            if let Ok(place) = input_of(&event).parse::<u32>() {
                on_change(scale.value_at(f64::from(place)));
            }
        });
    let field = input.element().clone().unchecked_into::<HtmlInputElement>();
    let mut shown = None;
    effect(Box::new(move || {
        let place = scale.place_of(value());
        // A person may be moving it: it is put elsewhere only for another value.
        if shown != Some(place) {
            shown = Some(place);
            field.set_value_as_number(place);
        }
    }));
    h("label.slider").child(h("span").text(name)).child(input).child(h("output").live(words))
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
