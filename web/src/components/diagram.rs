//! The space-time diagram: a line for each node, time downwards, an arrow for each message.

use leptos::prelude::*;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

use super::resize::watch_size;
use crate::dom::{El, h, svg};
use crate::model::diagram::{
    Band, DiagramView, Hit, PathView, Sheet, hit, neighbour, paths, selected, symbols,
};
use crate::model::weave::{Line, Moment};
use crate::model::{Point, hue};
use crate::state::{Wishes, use_wishes};
use crate::text;
use crate::text::number::{fill, line};
use crate::wish::{DiagramWindow, Wish};

/// The shortest and the longest span in view, in microseconds.
const SPAN_US: (u64, u64) = (10_000, 120_000_000);
/// By how much a button or a key zooms.
const ZOOM: f64 = 1.5;
/// By which part of its height a key moves the diagram.
const PAN: f64 = 0.25;
/// A press that moves farther than this is a drag.
const DRAG_PX: f64 = 4.0;
/// Half the width of a band.
const BAND_PX: f64 = 6.0;
/// A band lower than this has no words beside it.
const WORDS_PX: f64 = 15.0;

/// The diagram.
pub fn diagram(view: RwSignal<DiagramView>) -> El {
    let place =
        Place { view, wishes: use_wishes(), size: RwSignal::new((360.0, 420.0)), hover: RwSignal::default() };
    let drawing = place.drawing();
    watch_size(drawing.element(), move |width, height| place.size.set((width, height)));
    h("div.diagram")
        .child(place.tools())
        .child(drawing)
        .child(h("p.diagram-told").set("role", "status").live(move || place.told()))
}

/// The diagram's signals.
#[derive(Clone, Copy)]
struct Place {
    view: RwSignal<DiagramView>,
    wishes: Wishes,
    size: RwSignal<(f64, f64)>,
    /// What is under the pointer.
    hover: RwSignal<Option<Hit>>,
}

impl Place {
    fn sheet(self) -> Sheet {
        let (width, height) = self.size.get();
        Sheet::new(&self.view.read(), width, height)
    }

    fn sheet_untracked(self) -> Sheet {
        untrack(move || self.sheet())
    }

    /// The sentence below the diagram.
    fn told(self) -> String {
        let view = self.view.read();
        let found = self.hover.read().as_ref().map(|hit| hit.text.clone());
        let found = found.or_else(|| selected(&view, &self.sheet()).map(|hit| hit.text));
        found.unwrap_or_else(|| text::diagram::how_to_read(view.left_out))
    }

    fn tools(self) -> El {
        let button = |name: &'static str, sign: &'static str| {
            h("button").attributes(&[("type", "button"), ("aria-label", name), ("title", name)]).text(sign)
        };
        h("div.diagram-tools")
            .child(button("Zoom in", "+").on("click", move |_| self.zoom(1.0 / ZOOM, 0.5)))
            .child(button("Zoom out", "−").on("click", move |_| self.zoom(ZOOM, 0.5)))
            .child(h("span.note").live(move || {
                let view = self.view.read();
                text::diagram::span_in_view(view.to_us - view.from_us)
            }))
            .child(
                h("button.link")
                    .set("type", "button")
                    .flag("hidden", move || self.view.read().follows)
                    .on("click", move |_| self.follow())
                    .text("Follow the present"),
            )
    }

    fn drawing(self) -> El {
        let drawing = svg("svg.diagram-sheet")
            .attributes(&[
                ("tabindex", "0"),
                ("role", "group"),
                ("data-scrolls", ""),
                ("data-diagram", ""),
                ("aria-label", text::diagram::NAME),
            ])
            .bind("data-from-us", move || self.view.read().from_us)
            .bind("data-to-us", move || self.view.read().to_us)
            .child(svg("g.diagram-times").each(move |list| {
                let sheet = self.sheet();
                for tick in sheet.ticks() {
                    list.keep(fill("%1 ", &[tick.y]) + &tick.at_us.to_string(), || time(&sheet, tick.at_us));
                }
            }))
            .child(svg("g.diagram-lines").each(move |list| {
                let sheet = self.sheet();
                for of in &self.view.read().lines {
                    let name = text::diagram::line(*of);
                    list.keep(fill("%1 %1 ", &[sheet.x(*of), sheet.height]) + &name, || {
                        self::of_line(&sheet, *of)
                    });
                }
            }))
            .child(svg("g.diagram-bands").each(move |list| {
                let sheet = self.sheet();
                for band in &self.view.read().bands {
                    list.keep(band_key(&sheet, band), || self::band(&sheet, band));
                }
            }))
            .child(self.path_group("g.diagram-arrows", paths))
            .child(svg("g.diagram-words").each(move |list| {
                let sheet = self.sheet();
                for band in &self.view.read().bands {
                    if sheet.y(band.to_us) - sheet.y(band.from_us).max(sheet.top()) >= WORDS_PX {
                        list.keep(format!("{} {}", band_key(&sheet, band), sheet.is_narrow()), || {
                            words(&sheet, band)
                        });
                    }
                }
            }))
            .child(self.path_group("g.diagram-marks", symbols))
            .child(svg("path.diagram-now").bind("d", move || {
                let (view, sheet) = (self.view.read(), self.sheet());
                let y = sheet.y(view.now_us);
                line(Point { x: 0.0, y }, Point { x: sheet.width, y })
            }))
            .child(
                svg("path.diagram-chosen")
                    .bind("d", move || selected(&self.view.read(), &self.sheet()).and_then(way)),
            )
            .child(svg("path.diagram-hover").bind("d", move || self.hover.get().and_then(way)));
        self.listen(drawing)
    }

    fn path_group(self, selector: &str, of: fn(&DiagramView, &Sheet) -> Vec<PathView>) -> El {
        let all = Memo::new(move |_| of(&self.view.read(), &self.sheet()));
        svg(selector).each(move |list| {
            for path in &*all.read() {
                let (look, hue) = (path.look, path.hue);
                list.keep(format!("{look} {hue:?}"), || {
                    let d = move || {
                        let all = all.read();
                        let own = all.iter().find(|path| (path.look, path.hue) == (look, hue));
                        own.map(|path| path.d.clone())
                    };
                    svg("path").set("data-look", look).set("data-hue", hue).bind("d", d)
                });
            }
        })
    }

    fn listen(self, drawing: El) -> El {
        let jump = move |moment: Moment| {
            self.wishes.send(Wish::JumpTo { at_us: moment.at_us, event: moment.event });
        };
        // Where the pointer went down, and the end of the span then.
        let drag: StoredValue<Option<(f64, f64, u64)>> = StoredValue::new(None);
        let dragged = StoredValue::new(false);
        let svg_of = drawing.element().clone();
        let (for_press, for_move, for_click) = (svg_of.clone(), svg_of.clone(), svg_of.clone());
        drawing
            .on_event("wheel", move |event: &WheelEvent| {
                event.prevent_default();
                if event.ctrl_key() || event.meta_key() {
                    let part = (place_of(&svg_of, event).y / self.size.get_untracked().1).clamp(0.0, 1.0);
                    self.zoom(if event.delta_y() > 0.0 { ZOOM } else { 1.0 / ZOOM }, part);
                } else {
                    self.pan(event.delta_y() * self.sheet_untracked().us_of_px());
                }
            })
            .on_event("pointerdown", move |event: &PointerEvent| {
                // Without it a drag ends at the edge of the diagram.
                let _ = for_press.set_pointer_capture(event.pointer_id());
                let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
                drag.set_value(Some((x, y, self.view.read_untracked().to_us)));
                dragged.set_value(false);
            })
            .on_event("pointermove", move |event: &PointerEvent| {
                let Some((x, y, end_us)) = drag.get_value() else {
                    let at = place_of(&for_move, event);
                    self.hover.set(hit(&self.view.read_untracked(), &self.sheet_untracked(), at));
                    return;
                };
                let (right, down) = (f64::from(event.client_x()) - x, f64::from(event.client_y()) - y);
                if dragged.get_value() || right.abs() + down.abs() > DRAG_PX {
                    dragged.set_value(true);
                    let moved = down * self.sheet_untracked().us_of_px();
                    self.show_until(end_us as f64 - moved);
                }
            })
            .on("pointerup", move |_| drag.set_value(None))
            .on("pointercancel", move |_| drag.set_value(None))
            .on("pointerleave", move |_| self.hover.set(None))
            .on_event("click", move |event: &MouseEvent| {
                if dragged.get_value() {
                    return;
                }
                let found =
                    hit(&self.view.read_untracked(), &self.sheet_untracked(), place_of(&for_click, event));
                if let Some(found) = found {
                    jump(found.moment);
                }
            })
            .on_event("keydown", move |event: &KeyboardEvent| {
                let view = self.view.read_untracked();
                let part = PAN * (view.to_us - view.from_us) as f64;
                match event.key().as_str() {
                    "ArrowUp" | "PageUp" => self.pan(-part),
                    "ArrowDown" | "PageDown" => self.pan(part),
                    "+" | "=" => self.zoom(1.0 / ZOOM, 0.5),
                    "-" => self.zoom(ZOOM, 0.5),
                    "Home" => self.show_until(0.0),
                    "End" => self.follow(),
                    "ArrowLeft" | "ArrowRight" => {
                        if let Some(moment) = neighbour(&view, event.key() == "ArrowRight") {
                            jump(moment);
                        }
                    }
                    _ => return,
                }
                event.prevent_default();
                event.stop_propagation();
            })
    }

    /// Shows more of the time, or less, around this part of the height.
    fn zoom(self, factor: f64, part: f64) {
        let view = self.view.read_untracked();
        let span = (view.to_us - view.from_us) as f64;
        let new = (span * factor).clamp(SPAN_US.0 as f64, SPAN_US.1 as f64);
        let end = view.from_us as f64 + span * part + new * (1.0 - part);
        let end_us = (!view.follows).then_some(end.max(0.0) as u64);
        self.window(DiagramWindow { end_us, span_us: new as u64 });
    }

    fn pan(self, us: f64) {
        self.show_until(self.view.read_untracked().to_us as f64 + us);
    }

    fn show_until(self, end_us: f64) {
        let view = self.view.read_untracked();
        let end_us = Some(end_us.max(0.0) as u64);
        self.window(DiagramWindow { end_us, span_us: view.to_us - view.from_us });
    }

    fn follow(self) {
        let view = self.view.read_untracked();
        self.window(DiagramWindow { end_us: None, span_us: view.to_us - view.from_us });
    }

    fn window(self, window: DiagramWindow) {
        self.wishes.send(Wish::DiagramWindow(window));
    }
}

fn place_of(drawing: &Element, event: &MouseEvent) -> Point {
    let edge = drawing.get_bounding_client_rect();
    Point { x: f64::from(event.client_x()) - edge.left(), y: f64::from(event.client_y()) - edge.top() }
}

fn way(hit: Hit) -> Option<String> {
    hit.line.map(|(from, to)| line(from, to))
}

fn time(sheet: &Sheet, at_us: u64) -> El {
    let y = sheet.y(at_us);
    let words = svg("text").attributes(&[("x", "4")]).set("y", fill("%1", &[y + 3.5]));
    svg("g")
        .child(svg("path").set("d", line(Point { x: 0.0, y }, Point { x: sheet.width, y })))
        .child(words.text(text::diagram::time(at_us)))
}

fn of_line(sheet: &Sheet, of: Line) -> El {
    let x = sheet.x(of);
    let (top, bottom) = (Point { x, y: sheet.top() }, Point { x, y: sheet.height });
    let name = svg("text").set("x", fill("%1", &[x])).attributes(&[("y", "16")]);
    let words = if sheet.is_narrow() { text::diagram::short_line(of) } else { text::diagram::line(of) };
    svg("g").child(svg("path").set("d", line(top, bottom))).child(name.text(words))
}

fn band(sheet: &Sheet, band: &Band) -> El {
    let x = sheet.x(Line::Node(band.node));
    let (top, bottom) = (sheet.y(band.from_us).max(sheet.top()), sheet.y(band.to_us));
    let bar = svg("rect")
        .set("x", fill("%1", &[x - BAND_PX]))
        .set("y", fill("%1", &[top]))
        .set("width", fill("%1", &[2.0 * BAND_PX]))
        .set("height", fill("%1", &[(bottom - top).max(0.0)]));
    svg("g").set("data-hue", hue(band.term)).set("data-state", band.state.name()).child(bar)
}

fn band_key(sheet: &Sheet, band: &Band) -> String {
    let place = [sheet.x(Line::Node(band.node)), sheet.y(band.from_us), sheet.y(band.to_us)];
    fill("%1 %1 %1 ", &place) + &text::diagram::band(band.state, band.term)
}

/// What a node is, beside the beginning of its band.
fn words(sheet: &Sheet, band: &Band) -> El {
    let x = sheet.x(Line::Node(band.node)) + BAND_PX + 3.0;
    let y = sheet.y(band.from_us).max(sheet.top()) + 11.0;
    let words = match sheet.is_narrow() {
        true => format!("T{}", band.term),
        false => text::diagram::band(band.state, band.term),
    };
    svg("text")
        .set("x", fill("%1", &[x]))
        .set("y", fill("%1", &[y]))
        .set("data-hue", hue(band.term))
        .text(words)
}
