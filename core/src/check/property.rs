//! The laws by their names.

use std::fmt;

macro_rules! properties {
    ($($variant:ident, $name:literal, $section:literal, $about:literal;)*) => {
        /// A law that every run must keep.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Property {
            $(#[doc = concat!($about, " (", $section, ")")] $variant,)*
        }

        impl Property {
            /// Every property: those of Figure 3 first.
            pub const ALL: &'static [Property] = &[$(Property::$variant,)*];

            /// The name in traces and scenarios.
            pub fn name(self) -> &'static str {
                match self { $(Property::$variant => $name,)* }
            }

            /// Where it is stated.
            pub fn section(self) -> &'static str {
                match self { $(Property::$variant => $section,)* }
            }

            /// What it says, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Property::$variant => $about,)* }
            }
        }
    };
}

properties! {
    ElectionSafety, "election-safety", "§5.2, Figure 3", "At most one leader is elected in a term.";
    LeaderAppendOnly, "leader-append-only", "§5.3, Figure 3", "A leader never overwrites or deletes entries in its own log; it only appends.";
    LogMatching, "log-matching", "§5.3, Figure 3", "Two logs that hold an entry with the same index and term are the same up to there.";
    LeaderCompleteness, "leader-completeness", "§5.4, Figure 3", "An entry that was committed in a term is in the logs of the leaders of all later terms.";
    StateMachineSafety, "state-machine-safety", "§5.4.3, Figure 3", "No two servers apply different entries at the same index, or come to different states by them.";
    VoteOnce, "vote-once", "§5.2, Figure 2", "A server votes for at most one candidate in a term.";
    TermMonotonic, "term-monotonic", "§5.1, Figure 2", "The term of a server never goes back.";
    CommitMonotonic, "commit-monotonic", "Figure 2", "What a server has committed and applied never goes back, and entries are applied in order, none left out.";
    Durability, "durability", "§5.1, Figure 2", "A vote or an entry that was acknowledged is on disk, and a committed entry is on the disks of a majority.";
    Linearizability, "linearizability", "§8", "Clients see of each key what a single copy of it would show them: every operation takes effect at one moment between its beginning and its end.";
    ExactlyOnce, "exactly-once", "§8, thesis 6.3", "A client's request is applied at most once, and its client is told what came of it then.";
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figure 3 has five properties, which come first and in its order; each law has a name of its own.
    #[test]
    fn the_laws_begin_with_those_of_figure_3() {
        let of_figure_3 =
            Property::ALL.iter().take_while(|property| property.section().ends_with("Figure 3")).count();
        assert_eq!(of_figure_3, 5);
        let rest = &Property::ALL[of_figure_3..];
        assert!(rest.iter().all(|property| !property.section().contains("Figure 3")));
        for (place, property) in Property::ALL.iter().enumerate() {
            assert!(property.about().ends_with('.'), "{property}");
            let namesake = Property::ALL.iter().position(|other| other.to_string() == property.name());
            assert_eq!(namesake, Some(place));
        }
    }
}
