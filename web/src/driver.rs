//! The one animation loop: wishes are granted, the world moves on, views that changed are shown, and what moves is
//! placed. While time stands and nothing is wished, no frame is asked for.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::components::Movers;
use crate::model::{
    CausesView, DashboardView, Download, Overlays, causes_view, checks_view, clock_view, dashboard_view,
    dashboard_view_of, diagram_view, events_view, hint_view, inspector_view, log_view, menu_view,
    message_view, network_view, scenario_view, stage_view, state_view, timers, what_if_view,
};
use crate::outside;
use crate::session::Session;
use crate::state::{Choices, Tab, Wishes, World, show};
use crate::wish::Selection;

/// The most of a frame that the simulation may take, in milliseconds.
const ADVANCE_MS_MAX: f64 = 8.0;
/// A longer pause between two frames than this is not made up for, in milliseconds.
const FRAME_MS_MAX: f64 = 100.0;
/// How often what is read, not watched, follows a running world, in milliseconds.
const PANELS_MS: f64 = 120.0;
/// How soon what waits is looked at again while nothing moves, in milliseconds.
const SOON_MS: u32 = 100;
/// How often a screen reader is given something new, in milliseconds.
const ANNOUNCEMENTS_MS: f64 = 1_500.0;
/// How many sentences it is given at once: the latest.
const ANNOUNCEMENTS_MAX: usize = 3;

/// Starts the loop.
pub fn start(session: Session, wishes: Wishes, world: World, choices: Choices) {
    let driver = Rc::new(RefCell::new(Driver {
        session,
        wishes,
        world,
        choices,
        movers: Movers::default(),
        last_frame_ms: None,
        shown_revision: None,
        shown_run: None,
        shown_what_if: None,
        shown_tab: choices.tab.get_untracked(),
        panels_revision: None,
        panels_ms: 0.0,
        announcements: Vec::new(),
        announced_ms: 0.0,
    }));
    let frames = Frames::new(driver);
    let wake = frames.clone();
    wishes.on_wish(move || wake.request());
    let wake = frames.clone();
    Effect::new(move |_| {
        choices.tab.track();
        choices.overlays.track();
        wake.request();
    });
    let wake = frames.clone();
    let hidden = window_event_listener(ev::visibilitychange, move |_| wake.request());
    // The loop lives as long as the page.
    std::mem::forget(hidden);
    frames.request();
}

/// When another frame is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// As soon as the browser gives one.
    Frame,
    /// Soon: nothing moves, but something is to be said, or taken away.
    Soon,
    /// When somebody wishes something.
    Rest,
}

/// Asks the browser for frames, one at a time.
#[derive(Clone)]
struct Frames {
    callback: Rc<Closure<dyn FnMut(f64)>>,
    requested: Rc<RefCell<bool>>,
    /// Asks for a frame when it runs out.
    timer: Rc<RefCell<Option<Timeout>>>,
}

impl Frames {
    fn new(driver: Rc<RefCell<Driver>>) -> Frames {
        let requested = Rc::new(RefCell::new(false));
        let timer = Rc::new(RefCell::new(None));
        let callback = Rc::new_cyclic(|own: &std::rc::Weak<Closure<dyn FnMut(f64)>>| {
            let own = own.clone();
            let (requested, timer) = (requested.clone(), timer.clone());
            Closure::new(move |now_ms| {
                requested.replace(false);
                let next = driver.borrow_mut().frame(now_ms);
                let Some(callback) = own.upgrade() else { return };
                Frames { callback, requested: requested.clone(), timer: timer.clone() }.go_on(next);
            })
        });
        Frames { callback, requested, timer }
    }

    fn go_on(self, next: Next) {
        let timer = self.timer.clone();
        // One that runs already is stopped: there is never more than one.
        *timer.borrow_mut() = match next {
            Next::Frame => {
                self.request();
                None
            }
            Next::Soon => Some(Timeout::new(SOON_MS, move || self.request())),
            Next::Rest => None,
        };
    }

    fn request(&self) {
        if !self.requested.replace(true) {
            // Only a window that is going away has no frames to give.
            let _ = window().request_animation_frame(self.callback.as_ref().as_ref().unchecked_ref());
        }
    }
}

struct Driver {
    session: Session,
    wishes: Wishes,
    world: World,
    choices: Choices,
    movers: Movers,
    last_frame_ms: Option<f64>,
    /// What of the session the signals show.
    shown_revision: Option<u64>,
    /// The run of which scenario and seed are shown: what is told of them changes with no event.
    shown_run: Option<u64>,
    /// The overlays that are shown, and of which state of the session.
    shown_what_if: Option<(Overlays, u64)>,
    shown_tab: Tab,
    panels_revision: Option<u64>,
    panels_ms: f64,
    announcements: Vec<String>,
    announced_ms: f64,
}

impl Driver {
    /// One frame. Returns when another one is needed.
    fn frame(&mut self, now_ms: f64) -> Next {
        for wish in self.wishes.take() {
            self.session.grant(wish);
        }
        if let Some(Download { name, kind, text }) = self.session.take_download() {
            outside::download(&name, kind, &text);
        }
        let span_ms = (now_ms - self.last_frame_ms.unwrap_or(now_ms)).clamp(0.0, FRAME_MS_MAX);
        let clock = window().performance();
        let started_ms = clock.as_ref().map_or(0.0, web_sys::Performance::now);
        self.session.advance(span_ms, || {
            clock.as_ref().is_some_and(|clock| clock.now() - started_ms > ADVANCE_MS_MAX)
        });
        self.session.forget_losses(now_ms);
        self.show();
        self.show_what_if();
        let panels_follow = self.show_panels(now_ms);
        let announcements_wait = self.announce(now_ms);
        self.place();

        let plays = self.session.playing();
        // The first frame after a rest has no span: the rest is not made up for.
        self.last_frame_ms = plays.then_some(now_ms);
        match plays {
            _ if document().hidden() => Next::Rest,
            true => Next::Frame,
            false if self.session.shows_losses() || panels_follow || announcements_wait => Next::Soon,
            false => Next::Rest,
        }
    }

    /// Writes the views that are watched.
    fn show(&mut self) {
        let (session, world) = (&self.session, &self.world);
        show(world.clock, clock_view(session));
        if self.shown_revision == Some(session.revision()) {
            return;
        }
        self.shown_revision = Some(session.revision());
        let stage = stage_view(session);
        let (menu, message) = match session.selection() {
            Selection::Node(node) if session.menu_open() => (menu_view(&stage, node), None),
            Selection::Message(id) => (None, message_view(session.world(), session.geometry(), id)),
            _ => (None, None),
        };
        show(world.menu, menu);
        show(world.message, message);
        show(world.stage, stage);
        let run = Some(session.run_number());
        if self.shown_run != run {
            self.shown_run = run;
            show(world.scenario, scenario_view(session));
        }
        show(world.run_number, session.run_number());
        show(world.share, session.share().clone());
        show(world.notice, session.notice().clone());
        show(world.hint, hint_view(session));
        show(world.refusal, session.refusal().unwrap_or_default().to_owned());
        show(world.log, log_view(session));
        show(world.network, network_view(session));
        // What led to an event does not change any more, but for what is forgotten of it.
        let causes = match session.selection() {
            Selection::Event(seq) => causes_view(session.past(), seq),
            _ => CausesView::default(),
        };
        show(world.causes, causes);
        show(world.checks, checks_view(session));
    }

    /// Writes what the overlays show.
    fn show_what_if(&mut self) {
        let overlays = self.choices.overlays.get_untracked();
        let now = Some((overlays, self.session.revision()));
        if self.shown_what_if != now {
            self.shown_what_if = now;
            show(self.world.what_if, what_if_view(self.session.world(), overlays));
        }
    }

    /// Writes the panels. What the stage shows too is the same in every frame; the rest, which is read and not watched,
    /// follows now and then. Returns whether it is behind.
    fn show_panels(&mut self, now_ms: f64) -> bool {
        let tab = self.choices.tab.get_untracked();
        let revision = Some(self.session.revision());
        if self.panels_revision == revision && self.shown_tab == tab {
            return false;
        }
        let (session, world) = (&self.session, &self.world);
        if tab == Tab::Inspector {
            show(world.inspector, inspector_view(session));
        }
        if tab == Tab::Diagram {
            show(world.diagram, diagram_view(session));
        }
        if self.shown_tab == tab && session.playing() && now_ms - self.panels_ms < PANELS_MS {
            if tab == Tab::Dashboard {
                let DashboardView { metrics, window, .. } = world.dashboard.get_untracked();
                let now = dashboard_view_of(session.world());
                show(world.dashboard, DashboardView { metrics, window, ..now });
            }
            return true;
        }
        show(world.state, state_view(session));
        if tab != Tab::Inspector {
            // Its tab bears the name of what it would show.
            show(world.inspector, inspector_view(session));
        }
        match tab {
            Tab::Dashboard => show(world.dashboard, dashboard_view(session)),
            Tab::Events => show(world.events, events_view(session)),
            Tab::Inspector | Tab::State | Tab::Logs | Tab::Network | Tab::Diagram => {}
        }
        (self.panels_revision, self.shown_tab, self.panels_ms) = (revision, tab, now_ms);
        false
    }

    /// Gives a screen reader the latest sentences. Returns whether some wait.
    fn announce(&mut self, now_ms: f64) -> bool {
        self.announcements.extend(self.session.take_announcements());
        if self.announcements.is_empty() {
            return false;
        }
        if now_ms - self.announced_ms < ANNOUNCEMENTS_MS {
            return true;
        }
        self.announced_ms = now_ms;
        let late = self.announcements.len().saturating_sub(ANNOUNCEMENTS_MAX);
        let sentences = self.announcements.split_off(late);
        self.announcements.clear();
        show(self.world.announcement, sentences.join(" "));
        false
    }

    /// Places what moves.
    fn place(&mut self) {
        let scale = self.session.geometry().scale.clamp(0.85, 1.6);
        for (node, left) in timers(self.session.world()) {
            self.movers.turn_timer(node, left);
        }
        self.session.place_flights();
        let session = &self.session;
        let selected = match session.selection() {
            Selection::Message(id) => Some(id),
            _ => None,
        };
        self.movers.place(session.placed(), scale, selected, |id| session.face(id));
    }
}
