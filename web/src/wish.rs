//! Everything that the page can ask for, in plain words: components send wishes and know nothing of the core.

/// What a person wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Time runs.
    Play,
    /// Time stands.
    Pause,
    /// Whichever of the two it is not doing.
    TogglePlay,
    /// Go to the next thing that happens, and stand.
    StepForward,
    /// Undo the last thing that happened, and stand.
    StepBack,
    /// Simulated seconds in a second of the reader's.
    Speed(f64),
    /// Start this scenario again, with this seed.
    Restart {
        /// The new seed.
        seed: u64,
    },
    /// Load the scenario at this place in the library; 0 is free play.
    LoadScenario(usize),
    /// Look at something.
    Select(Selection),
    /// Go to the cause of what is selected, to what came of it, or back.
    Follow(Follow),
    /// Select the next message in flight, or the one before, round and round.
    SelectMessage(Turn),
    /// Do what this letter stands for in the menu of the node that has the focus, or else of the selected message or
    /// node.
    Letter {
        /// The letter, a capital.
        key: char,
        /// The node that has the focus.
        focused: Option<u32>,
    },
    /// Close the menu of the selected node.
    CloseMenu,
    /// Do something to the world.
    Act(Act),
    /// The stage has this size now, in CSS pixels.
    StageSize {
        /// Its width.
        width: f64,
        /// Its height.
        height: f64,
    },
    /// The log strip shows these columns.
    LogWindow {
        /// The first log index in view; `None` follows the end.
        first: Option<u64>,
        /// How many columns fit.
        columns: u64,
    },
    /// The diagram shows this span.
    DiagramWindow(DiagramWindow),
    /// Go to this moment, back or forth, stand there, and look at what happened.
    JumpTo {
        /// The moment, in microseconds of simulated time.
        at_us: u64,
        /// The number of what happened then.
        event: u64,
    },
    /// Go to this moment, back or forth, and stand there; at most to the end of what is known.
    Seek {
        /// The moment, in microseconds of simulated time.
        at_us: u64,
    },
    /// Go to the next event of those that are listed, or the one before, and look at it.
    StepEvent(Turn),
    /// Undo what was done last.
    Undo,
    /// Do again what was undone last.
    Redo,
    /// Go to the branch of this number.
    SwitchBranch(u32),
    /// Give a branch a name; an empty one takes it away.
    NameBranch {
        /// Which branch.
        branch: u32,
        /// Its name.
        name: String,
    },
    /// Delete the branch of this number.
    DeleteBranch(u32),
    /// The list of events shows these only.
    FilterEvents(EventFilter),
    /// Look what can be shared of the run as it is now.
    Share,
    /// Save the run as a file.
    Save(Form),
    /// Open the scenario in a file.
    OpenFile {
        /// The file's name.
        name: String,
        /// What is in it.
        text: String,
    },
    /// Run this scenario, which somebody edited.
    OpenScript(String),
    /// Open a link, of which this stands behind the `#`; one that leads to no run is left alone.
    OpenLink(String),
    /// Put the notice away.
    DismissNotice,
}

/// The forms in which a run is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A scenario, which the page and the command line open.
    Scenario,
    /// A test in Rust.
    RustTest,
    /// A log for ShiViz, up to the moment.
    ShiViz,
    /// A trace, up to the moment.
    Trace,
}

/// Which span of time the space-time diagram shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiagramWindow {
    /// The last moment in view, in microseconds of simulated time; `None` follows the present.
    pub end_us: Option<u64>,
    /// How long the span is, in microseconds.
    pub span_us: u64,
}

impl Default for DiagramWindow {
    /// A few heartbeats, up to the present.
    fn default() -> DiagramWindow {
        DiagramWindow { end_us: None, span_us: 250_000 }
    }
}

/// Which events are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those of this node; `None` for all.
    pub node: Option<u32>,
    /// Those about this.
    pub about: EventsAbout,
}

/// What events are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventsAbout {
    /// What a reader wants to know first: elections, commits, faults, answers, violations.
    #[default]
    Milestones,
    /// Votes and roles.
    Elections,
    /// Entries: how they are appended, replicated, committed and applied.
    Logs,
    /// Messages on their way.
    Messages,
    /// Everything.
    All,
}

/// From one event to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// To its cause.
    Cause,
    /// To the first event that it led to.
    Effect,
    /// Back to what was selected before.
    Back,
    /// To the event that last changed this field.
    Field(Asked),
}

/// A field of a node, of which a reader asks since when it is so, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The node.
    pub node: u32,
    /// Which of its fields.
    pub what: AskedField,
}

/// The fields that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedField {
    /// `current_term`.
    CurrentTerm,
    /// `voted_for`.
    VotedFor,
    /// The log.
    Log,
    /// How far the log is on disk.
    Synced,
    /// The role.
    State,
    /// `commit_index`.
    CommitIndex,
    /// `last_applied`.
    LastApplied,
    /// A leader's `next_index` of this node.
    NextIndex(u32),
    /// A leader's `match_index` of this node.
    MatchIndex(u32),
}

/// Which way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The next one.
    Next,
    /// The one before.
    Previous,
}

/// What the inspector shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Selection {
    /// Nothing.
    #[default]
    Nothing,
    /// A node, by its number.
    Node(u32),
    /// A message in flight, by its id.
    Message(u64),
    /// One direction of a link.
    Link {
        /// The sender.
        from: u32,
        /// The receiver.
        to: u32,
    },
    /// An event, by its number in the run.
    Event(u64),
    /// An entry of the log of a node.
    Entry {
        /// The node.
        node: u32,
        /// The entry's place in its log.
        index: u64,
    },
}

/// What a person does to the world. Nodes are named by their number, messages by their id.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The process of this node ends.
    Crash(u32),
    /// A crashed node starts again.
    Restart(u32),
    /// The process stops and loses nothing.
    Pause(u32),
    /// It goes on.
    Resume(u32),
    /// The election timer runs out now.
    TimeOut(u32),
    /// The leader hands leadership to this node.
    TransferTo(u32),
    /// The node takes a snapshot.
    TakeSnapshot(u32),
    /// A crashed node loses its disk.
    WipeDisk(u32),
    /// All links from and to this node are cut.
    Isolate(u32),
    /// All links from and to this node work again.
    Rejoin(u32),
    /// One direction of a link is cut.
    Cut {
        /// The sender.
        from: u32,
        /// The receiver.
        to: u32,
    },
    /// One direction of a link works again.
    Heal {
        /// The sender.
        from: u32,
        /// The receiver.
        to: u32,
    },
    /// All links work again.
    HealAll,
    /// Election timers move apart.
    SpreadTimers,
    /// Election timers run out together.
    AlignTimers,
    /// A message is lost.
    Drop(u64),
    /// A message is kept back.
    Hold(u64),
    /// A message that was kept back goes on.
    Release(u64),
    /// A message arrives twice.
    Duplicate(u64),
    /// A client sends a request.
    Request(RequestWish),
    /// The network changes from now on.
    Network(NetworkWish),
}

/// A request from the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestWish {
    /// What to do.
    pub operation: Operation,
    /// The key.
    pub key: String,
    /// The new value; for a set, an append and a compare-and-set.
    pub value: String,
    /// What must be there, for a compare-and-set; empty stands for "no such key".
    pub expected: String,
    /// The node that is asked first; `None` for the leader.
    pub to: Option<u32>,
}

/// The operations of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// Puts a value.
    #[default]
    Set,
    /// Reads a value.
    Get,
    /// Removes a key.
    Delete,
    /// Puts a value if the expected one is there.
    CompareAndSet,
    /// Adds to the end of a value.
    Append,
}

/// New settings of the network; `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NetworkWish {
    /// One direction of a link, from and to; `None` for the whole network.
    pub link: Option<(u32, u32)>,
    /// The range of the latency, in milliseconds.
    pub latency_ms: Option<(f64, f64)>,
    /// The probability that a message is lost, 0 to 1.
    pub loss: Option<f64>,
    /// The probability that a message arrives twice, 0 to 1.
    pub duplicate: Option<f64>,
}
