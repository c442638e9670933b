-------------------------------- MODULE RaftTrace --------------------------------
(* A recorded run, held against Raft: TraceData, which is made of the run,  *)
(* tells which step each was; here each must be a step that Raft allows, and must *)
(* lead to the state that was seen. Where it is not, there is no next state: the  *)
(* checker reports a deadlock, and at tells which step of the run it was.         *)

EXTENDS TraceData

VARIABLE at     \* The step of the trace that comes next.

Trace == TraceSteps

\* What of a server can be seen: the ends of what it keeps, in memory and on the disk; its role; its commit index.
KeptOf(state) == Kept(state.term, state.vote, state.base, Len(state.log), LastTerm(state.log))

LooksLike(i, seen) ==
    /\ currentTerm'[i] = seen.memory.term
    /\ votedFor'[i] = seen.memory.vote
    /\ base'[i] = seen.memory.base
    /\ Len(log'[i]) = seen.memory.last
    /\ LastTerm(log'[i]) = seen.memory.lastTerm
    /\ KeptOf(disk'[i]) = seen.disk
    /\ role'[i] = seen.role
    /\ commitIndex'[i] = seen.commit

\* A snapshot of the trace is named by its term and the entry that it ends with.
NamedBy(m, snapshot) ==
    /\ m.type = "Snapshot"
    /\ m.term = snapshot.term
    /\ Len(m.entries) = snapshot.last
    /\ LastTerm(m.entries) = snapshot.lastTerm

\* What was seen between two steps, without a step.
Stay == UNCHANGED vars

Step(e) ==
    \/ e.action = "Observe" /\ Stay
    \/ e.action = "Compare" /\ SubSeq(log[e.node], e.base + 1, Len(log[e.node])) = e.entries /\ Stay
    \/ e.action = "Timeout" /\ Timeout(e.node)
    \/ e.action = "UpdateTerm" /\ \E m \in messages : m.term = e.term /\ UpdateTerm(e.node, m)
    \/ e.action = "StepDown" /\ StepDown(e.node)
    \/ e.action = "Mention" /\ Mention(e.node, e.term)
    \/ e.action = "GrantVote" /\ GrantVote(e.node, e.message)
    \/ e.action = "CountVote" /\ CountVote(e.node, e.message)
    \/ e.action = "BecomeLeader" /\ BecomeLeader(e.node)
    \/ e.action = "ClientRequest" /\ ClientRequest(e.node, e.command)
    \/ e.action = "ChangeConfig" /\ ChangeConfig(e.node, e.voters, e.outgoing)
    \/ e.action = "SendEntries" /\ SendEntries(e.node, e.prev, e.count, e.commit) /\ e.message \in messages'
    \/ e.action = "SendSnapshot" /\ SendSnapshot(e.node, e.last)
    \/ e.action = "ReceiveAck" /\ ReceiveAck(e.node, e.message)
    \/ e.action = "AdvanceCommit" /\ AdvanceCommit(e.node, e.index)
    \/ e.action = "AcceptEntries" /\ AcceptEntries(e.node, e.message)
    \/ e.action = "AcceptHeartbeat" /\ AcceptHeartbeat(e.node, e.message, e.match)
    \/ e.action = "Compact" /\ Compact(e.node, e.last)
    \/ e.action = "InstallSnapshot"
        /\ \E m \in messages : NamedBy(m, e.snapshot) /\ InstallSnapshot(e.node, m)
    \/ e.action = "AnswerOldSnapshot"
        /\ \E m \in messages : NamedBy(m, e.snapshot) /\ AnswerOldSnapshot(e.node, m, e.match)
    \/ e.action = "Sync" /\ Sync(e.node, e.count)
    \/ e.action = "Restart" /\ Restart(e.node, e.count)
    \/ e.action = "Lose"
        /\ Lose(e.messages \cup {m \in messages : \E snapshot \in e.snapshots : NamedBy(m, snapshot)})

\* What the server has promised by now is among the messages that Raft let it send.
AsSeen(e) ==
    /\ "seen" \in DOMAIN e => LooksLike(e.node, e.seen)
    /\ "promised" \in DOMAIN e => e.promised \subseteq messages'

TraceInit ==
    /\ Init
    /\ at = 1

\* After the last step nothing happens for ever, which is no deadlock.
TraceNext ==
    \/ /\ at <= Len(Trace)
       /\ Step(Trace[at])
       /\ AsSeen(Trace[at])
       /\ at' = at + 1
    \/ /\ at > Len(Trace)
       /\ UNCHANGED <<vars, at>>

==================================================================================
