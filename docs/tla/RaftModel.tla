-------------------------------- MODULE RaftModel --------------------------------
(* A part of Raft small enough to try every behaviour of it: RaftModel.cfg sets   *)
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

\* Elections, replication, commitment, and crashes that lose writes. To keep it small, a leader sends all that it has
\* from some index on, and there are no snapshots and no changes of the configuration.
SmallNext ==
    \E i \in Server :
        \/ Timeout(i)
        \/ BecomeLeader(i)
        \/ ClientRequest(i, 1)
        \/ \E prev \in 0..Len(log[i]) : SendEntries(i, prev, Len(log[i]) - prev, commitIndex[i])
        \/ \E n \in (commitIndex[i] + 1)..Len(log[i]) : AdvanceCommit(i, n)
        \/ Sync(i, 1)
        \/ writes[i] # <<>> /\ Restart(i, 0)
        \/ \E m \in messages :
               \/ UpdateTerm(i, m)
               \/ GrantVote(i, m)
               \/ CountVote(i, m)
               \/ ReceiveAck(i, m)
               \/ AcceptEntries(i, m)

\* Servers differ by name only.
Renamed == Permutations(Server)

==================================================================================
