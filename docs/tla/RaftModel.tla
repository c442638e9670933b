-------------------------------- MODULE RaftModel --------------------------------
(* A model of Raft small enough to try every behaviour of it: RaftModel.cfg sets  *)
(* the bounds. A state beyond them is checked, and not gone on from.              *)

EXTENDS Raft, TLC

CONSTANTS
    MaxTerm,        \* The highest term.
    MaxIndex,       \* The longest log.
    MaxWaiting,     \* How many writes of one server wait for its disk.
    MaxMessages     \* How many messages there are.

WithinBounds ==
    /\ Cardinality(messages) <= MaxMessages
    /\ \A i \in Server :
        /\ currentTerm[i] <= MaxTerm
        /\ Len(log[i]) <= MaxIndex
        /\ Len(writes[i]) <= MaxWaiting

\* Servers differ by name only.
Renamed == Permutations(Server)

==================================================================================
