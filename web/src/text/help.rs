//! What the help says.

/// Things to try, in their order.
pub const TRY: &[&str] = &[
    "Click the leader (the node with the crown) and crash it. The others notice when it falls silent, and elect another.",
    "Send a request with the form “State machines”, and watch the entry travel: into the leader's log, into the others', committed once a majority has it on disk, applied everywhere.",
    "Restart the crashed node: it keeps what was on its disk, and catches up.",
    "Isolate the leader with its menu: it goes on as leader of an old term, and can commit nothing. The majority elects another. Heal all, and see whose entries stay.",
    "Force a split vote below the ring: several nodes stand at once, and nobody gets a majority.",
    "Click a message and drop it, or a line and cut it. Click an entry of a log to see who holds it, and why it is not committed yet.",
    "Ask why: click a field of a node, or press Q, for the event that made it so, and press Q again for the cause of that, back to what began it.",
];

/// How things are drawn, and what that means.
pub const LEGEND: &[(&str, &str)] = &[
    ("Colour", "the term: what is of one colour is of one reign; the number is always there too"),
    ("Crown and double ring", "the leader"),
    ("Ring that runs down", "the election timer: when it is empty, the node asks for votes"),
    ("Dashed circle and dots", "a candidate, and the votes that it has"),
    ("Hollow and crossed; hatched", "crashed; paused"),
    ("Two numbers in a node", "commit index, of last index"),
    ("Small boxes", "AppendEntries, a box for each entry"),
    ("Small ring", "a heartbeat: AppendEntries without entries"),
    ("Diamond", "RequestVote; hollow: a pre-vote, which changes nothing"),
    ("Tick, cross", "granted or accepted; refused"),
    (
        "Entry of a log",
        "pale: in memory only; dashed: on disk; solid: committed, but not applied on this node, which has not heard of the commit yet or is down; filled: applied on this node",
    ),
    (
        "What if",
        "who could win: a node that would get a majority if it asked now; a bar under an entry: whoever leads next has it, whatever crashes; hatched: it could still be lost",
    ),
    (
        "] and [ in a log",
        "what the leader knows the node to hold (match_index), and what it sends next (next_index)",
    ),
];

/// The keys, and what they do.
pub const KEYS: &[(&[&str], &str)] = &[
    (&["Space", "."], "play or pause"),
    (&["→", "Page Down"], "step forward: to the next thing that happens"),
    (&["←", "Page Up"], "step back"),
    (&["+", "-"], "faster; slower"),
    (&["0", "…", "8"], "select this node, and open its menu"),
    (&["C", "R"], "crash or restart the selected node, or the one that has the focus"),
    (&["P", "U"], "pause or resume it"),
    (&["T"], "let its election timer run out"),
    (&["L"], "transfer leadership to it"),
    (&["S"], "let it take a snapshot"),
    (&["W"], "wipe its disk, while it is down"),
    (&["I", "H"], "isolate it; heal its links"),
    (&["M", "Shift M"], "select the next message in flight, the one before"),
    (&["D"], "drop the selected message, and go on to the next"),
    (&["H", "U"], "hold it or let it go on; duplicate it"),
    (&["Q"], "why? go to the cause of what is selected, and on to the cause of that"),
    (&["E"], "go to the first event that came of it"),
    (&["Backspace"], "go back to what was selected before"),
    (&["V"], "what if: show who could win an election now, and who could not"),
    (&["F"], "what if: show which entries are safe, and which could still be lost"),
    (&["X"], "what if: show what each node would lose if it crashed now"),
    (&["Esc"], "select nothing; close what is open"),
    (&["Tab"], "go on to the next control; arrow keys move within tabs and logs"),
    (
        &["↑", "↓", "+", "-"],
        "in the diagram: move through time, zoom; ← and → go from message to message, Home and End to the start and the present",
    ),
    (&["?"], "this help"),
];
