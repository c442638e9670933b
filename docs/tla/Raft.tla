---------------------------------- MODULE Raft ----------------------------------
(* Raft as Mini-Raft's core runs it: elections, replication, commitment, joint   *)
(* consensus, snapshots, and crashes that lose what no disk holds yet.           *)
(*                                                                               *)
(* It says what a server may do, never when: timers, retries, leases, PreVote    *)
(* and the order of messages decide which of the steps below is taken.           *)
(* README.md beside this file tells what is left out and why.                    *)

EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
    Server,         \* All servers that ever take part.
    InitialVoters,  \* The voters while no log holds a configuration.
    Nil             \* No server: the vote of one that has not voted.

VARIABLES
    \* In memory, for each server.
    currentTerm,
    votedFor,
    role,           \* "Follower", "Candidate" or "Leader"; a pre-candidate is a follower.
    log,            \* All entries from index 1 on; those up to base stand for the snapshot.
    base,           \* Up to here the log is compacted: only the snapshot is left.
    commitIndex,
    votesGranted,   \* A candidate's votes.
    matchIndex,     \* A leader's knowledge of the others: matchIndex[i][j].
    \* On the disk, for each server.
    disk,           \* Term, vote, log and base that a crash does not touch.
    writes,         \* What waits for the disk, oldest first, each with what may be said once it is there.
    \* Between the servers.
    messages,       \* All messages that may still arrive, perhaps more than once.
    \* What an observer remembers.
    elected,        \* Every server that ever led, with its term.
    committed       \* Every entry that was ever committed, with the term in which it was.

memory == <<currentTerm, votedFor, role, log, base, commitIndex, votesGranted, matchIndex>>
history == <<elected, committed>>
vars == <<memory, disk, writes, messages, history>>

---------------------------------------------------------------------------------
\* Entries and logs.

Min(a, b) == IF a < b THEN a ELSE b

Max(a, b) == IF a > b THEN a ELSE b

\* A client's command; 0 is the empty entry with which a leader begins its term.
CommandEntry(term, command) == [term |-> term, command |-> command, voters |-> {}, outgoing |-> {}]

\* A configuration; it is joint while outgoing has anybody in it.
ConfigEntry(term, voters, outgoing) == [term |-> term, command |-> 0, voters |-> voters, outgoing |-> outgoing]

TermAt(entries, n) == IF n = 0 THEN 0 ELSE entries[n].term

LastTerm(entries) == TermAt(entries, Len(entries))

ConfigIndexes(entries) == {n \in 1..Len(entries) : entries[n].voters # {}}

\* Where the configuration in use stands: the last one in the log, committed or not; 0 for the initial one.
ConfigIndex(entries) ==
    LET at == ConfigIndexes(entries)
    IN IF at = {} THEN 0 ELSE CHOOSE n \in at : \A other \in at : other <= n

VotersOf(entries) == IF ConfigIndex(entries) = 0 THEN InitialVoters ELSE entries[ConfigIndex(entries)].voters

OutgoingOf(entries) == IF ConfigIndex(entries) = 0 THEN {} ELSE entries[ConfigIndex(entries)].outgoing

IsMajority(set, voters) == 2 * Cardinality(set \cap voters) > Cardinality(voters)

\* A decision needs a majority of the voters and, while the configuration is joint, one of the outgoing ones.
IsQuorum(set, entries) ==
    /\ IsMajority(set, VotersOf(entries))
    /\ OutgoingOf(entries) # {} => IsMajority(set, OutgoingOf(entries))

---------------------------------------------------------------------------------
\* Messages. Most name no receiver: what they say is true for whoever hears it.

VoteRequest(term, from, entries) ==
    [type |-> "RequestVote", term |-> term, from |-> from, lastIndex |-> Len(entries), lastTerm |-> LastTerm(entries)]

Vote(term, from, to) == [type |-> "Vote", term |-> term, from |-> from, to |-> to]

AppendEntries(term, prevIndex, prevTerm, entries, commit) ==
    [type |-> "Append", term |-> term, prevIndex |-> prevIndex, prevTerm |-> prevTerm, entries |-> entries,
     commit |-> commit]

Ack(term, from, match) == [type |-> "Ack", term |-> term, from |-> from, match |-> match]

\* A snapshot is what its entries come to; here it is those entries.
Snapshot(term, entries) == [type |-> "Snapshot", term |-> term, entries |-> entries]

\* Whatever else is said (refusals, PreVote, TimeoutNow, ReadIndex): of it, only the term matters here.
Notice(term) == [type |-> "Notice", term |-> term]

---------------------------------------------------------------------------------
\* The disk.

Persistent(i) == [term |-> currentTerm[i], vote |-> votedFor[i], log |-> log[i], base |-> base[i]]

\* The server's persistent state becomes new; the messages in says are sent once the disk holds it.
Save(i, new, says) ==
    IF new = Persistent(i) /\ writes[i] = <<>>
    THEN /\ messages' = messages \cup says
         /\ UNCHANGED writes
    ELSE /\ writes' = [writes EXCEPT ![i] = Append(@, [state |-> new, says |-> says])]
         /\ UNCHANGED messages

\* The log's entries up to n are on the disk. (One entry of a log tells all that come before it: LogMatching.)
IsDurable(i, n) ==
    n > 0 => n <= Len(log[i]) /\ n <= Len(disk[i].log) /\ disk[i].log[n] = log[i][n]

\* So are the term and the vote.
VoteIsDurable(i) == disk[i].term = currentTerm[i] /\ disk[i].vote = votedFor[i]

---------------------------------------------------------------------------------
Init ==
    /\ currentTerm = [i \in Server |-> 0]
    /\ votedFor = [i \in Server |-> Nil]
    /\ role = [i \in Server |-> "Follower"]
    /\ log = [i \in Server |-> <<>>]
    /\ base = [i \in Server |-> 0]
    /\ commitIndex = [i \in Server |-> 0]
    /\ votesGranted = [i \in Server |-> {}]
    /\ matchIndex = [i \in Server |-> [j \in Server |-> 0]]
    /\ disk = [i \in Server |-> [term |-> 0, vote |-> Nil, log |-> <<>>, base |-> 0]]
    /\ writes = [i \in Server |-> <<>>]
    /\ messages = {}
    /\ elected = {}
    /\ committed = <<>>

---------------------------------------------------------------------------------
\* Terms and roles.

\* A server that hears of a higher term follows it, with its vote free again.
UpdateTerm(i, m) ==
    /\ m \in messages
    /\ m.term > currentTerm[i]
    /\ Save(i, [Persistent(i) EXCEPT !.term = m.term, !.vote = Nil], {})
    /\ currentTerm' = [currentTerm EXCEPT ![i] = m.term]
    /\ votedFor' = [votedFor EXCEPT ![i] = Nil]
    /\ role' = [role EXCEPT ![i] = "Follower"]
    /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
    /\ UNCHANGED <<log, base, commitIndex, matchIndex, disk, history>>

\* A candidate that meets the leader, or asks again by PreVote; a leader that hears no majority, or has left.
StepDown(i) ==
    /\ role[i] # "Follower"
    /\ role' = [role EXCEPT ![i] = "Follower"]
    /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
    /\ UNCHANGED <<currentTerm, votedFor, log, base, commitIndex, matchIndex, disk, writes, messages, history>>

\* A server says something that is not modelled, and with it a term that it has reached.
Mention(i, term) ==
    /\ term <= currentTerm[i]
    /\ messages' = messages \cup {Notice(term)}
    /\ UNCHANGED <<memory, disk, writes, history>>

---------------------------------------------------------------------------------
\* Elections.

\* A server becomes a candidate. It asks for votes, and counts its own, when its disk holds the new term.
Timeout(i) ==
    /\ role[i] # "Leader"
    /\ LET term == currentTerm[i] + 1
       IN /\ Save(i, [Persistent(i) EXCEPT !.term = term, !.vote = i], {VoteRequest(term, i, log[i]), Vote(term, i, i)})
          /\ currentTerm' = [currentTerm EXCEPT ![i] = term]
    /\ votedFor' = [votedFor EXCEPT ![i] = i]
    /\ role' = [role EXCEPT ![i] = "Candidate"]
    /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
    /\ UNCHANGED <<log, base, commitIndex, matchIndex, disk, history>>

\* A vote is given once in a term, to a candidate whose log is at least as up-to-date.
GrantVote(i, m) ==
    /\ m \in messages
    /\ m.type = "RequestVote"
    /\ m.term = currentTerm[i]
    /\ votedFor[i] \in {Nil, m.from}
    /\ \/ m.lastTerm > LastTerm(log[i])
       \/ m.lastTerm = LastTerm(log[i]) /\ m.lastIndex >= Len(log[i])
    /\ Save(i, [Persistent(i) EXCEPT !.vote = m.from], {Vote(m.term, i, m.from)})
    /\ votedFor' = [votedFor EXCEPT ![i] = m.from]
    /\ UNCHANGED <<currentTerm, role, log, base, commitIndex, votesGranted, matchIndex, disk, history>>

CountVote(i, m) ==
    /\ m \in messages
    /\ m.type = "Vote"
    /\ m.to = i
    /\ m.term = currentTerm[i]
    /\ role[i] = "Candidate"
    /\ votesGranted' = [votesGranted EXCEPT ![i] = @ \cup {m.from}]
    /\ UNCHANGED <<currentTerm, votedFor, role, log, base, commitIndex, matchIndex, disk, writes, messages, history>>

\* A leader begins its term with an empty entry.
BecomeLeader(i) ==
    /\ role[i] = "Candidate"
    /\ IsQuorum(votesGranted[i], log[i])
    /\ LET entries == Append(log[i], CommandEntry(currentTerm[i], 0))
       IN /\ Save(i, [Persistent(i) EXCEPT !.log = entries], {})
          /\ log' = [log EXCEPT ![i] = entries]
    /\ role' = [role EXCEPT ![i] = "Leader"]
    /\ matchIndex' = [matchIndex EXCEPT ![i] = [j \in Server |-> 0]]
    /\ elected' = elected \cup {<<currentTerm[i], i>>}
    /\ UNCHANGED <<currentTerm, votedFor, base, commitIndex, votesGranted, disk, committed>>

---------------------------------------------------------------------------------
\* The leader's side of replication.

AppendOwn(i, entry) ==
    /\ role[i] = "Leader"
    /\ LET entries == Append(log[i], entry)
       IN /\ Save(i, [Persistent(i) EXCEPT !.log = entries], {})
          /\ log' = [log EXCEPT ![i] = entries]
    /\ UNCHANGED <<currentTerm, votedFor, role, base, commitIndex, votesGranted, matchIndex, disk, history>>

ClientRequest(i, command) == AppendOwn(i, CommandEntry(currentTerm[i], command))

\* From a simple configuration to a joint one, from a joint one to the new voters alone; or only learners change,
\* which are not modelled. One change at a time, and none before the leader has committed in its own term.
ChangeConfig(i, voters, outgoing) ==
    /\ voters # {}
    /\ ConfigIndex(log[i]) <= commitIndex[i]
    /\ TermAt(log[i], commitIndex[i]) = currentTerm[i]
    /\ IF OutgoingOf(log[i]) # {}
       THEN voters = VotersOf(log[i]) /\ outgoing = {}
       ELSE \/ outgoing = VotersOf(log[i])
            \/ outgoing = {} /\ voters = VotersOf(log[i])
    /\ AppendOwn(i, ConfigEntry(currentTerm[i], voters, outgoing))

\* The leader sends count entries of its log after prevIndex, and tells of a commit index that it has reached.
SendEntries(i, prevIndex, count, commit) ==
    /\ role[i] = "Leader"
    /\ prevIndex >= base[i]
    /\ prevIndex + count <= Len(log[i])
    /\ commit <= commitIndex[i]
    /\ messages' = messages \cup {AppendEntries(currentTerm[i], prevIndex, TermAt(log[i], prevIndex),
                                          SubSeq(log[i], prevIndex + 1, prevIndex + count), commit)}
    /\ UNCHANGED <<memory, disk, writes, history>>

\* It sends a snapshot that it has, perhaps not the newest.
SendSnapshot(i, last) ==
    /\ role[i] = "Leader"
    /\ last > 0
    /\ last <= base[i]
    /\ messages' = messages \cup {Snapshot(currentTerm[i], SubSeq(log[i], 1, last))}
    /\ UNCHANGED <<memory, disk, writes, history>>

ReceiveAck(i, m) ==
    /\ m \in messages
    /\ m.type = "Ack"
    /\ m.term = currentTerm[i]
    /\ role[i] = "Leader"
    /\ matchIndex' = [matchIndex EXCEPT ![i][m.from] = Max(@, m.match)]
    /\ UNCHANGED <<currentTerm, votedFor, role, log, base, commitIndex, votesGranted, disk, writes, messages, history>>

\* Whose disks are known to hold the leader's entry n: its own, and those that have acknowledged it.
Holders(i, n) == {j \in Server : IF j = i THEN IsDurable(i, n) ELSE matchIndex[i][j] >= n}

\* Only an entry of the leader's own term is committed by counting; with it, all that come before it.
AdvanceCommit(i, n) ==
    /\ role[i] = "Leader"
    /\ n > commitIndex[i]
    /\ n <= Len(log[i])
    /\ log[i][n].term = currentTerm[i]
    /\ IsQuorum(Holders(i, n), log[i])
    /\ commitIndex' = [commitIndex EXCEPT ![i] = n]
    /\ committed' = committed \o [k \in 1..Max(0, n - Len(committed)) |->
                                  [entry |-> log[i][Len(committed) + k], term |-> currentTerm[i]]]
    /\ UNCHANGED <<currentTerm, votedFor, role, log, base, votesGranted, matchIndex, disk, writes, messages, elected>>

---------------------------------------------------------------------------------
\* The follower's side of replication.

\* What the snapshot covers is committed, so it matches any leader's log.
Matches(i, index, term) ==
    index > base[i] => index <= Len(log[i]) /\ TermAt(log[i], index) = term

\* The log after a matching AppendEntries: what conflicts goes, with all after it; what is there already stays.
Merged(i, m) ==
    LET agrees == \A k \in 1..Len(m.entries) : Matches(i, m.prevIndex + k, m.entries[k].term)
    IN IF agrees
       THEN log[i]
       ELSE SubSeq(log[i], 1, m.prevIndex) \o m.entries

FromLeader(i, m, type) ==
    /\ m \in messages
    /\ m.type = type
    /\ m.term = currentTerm[i]
    /\ role[i] = "Follower"

\* It takes the entries, learns what is committed as far as the logs match, and says so once its disk holds them.
AcceptEntries(i, m) ==
    /\ FromLeader(i, m, "Append")
    /\ Matches(i, m.prevIndex, m.prevTerm)
    /\ LET entries == Merged(i, m)
           verified == Max(m.prevIndex + Len(m.entries), base[i])
       IN /\ Save(i, [Persistent(i) EXCEPT !.log = entries], {Ack(currentTerm[i], i, verified)})
          /\ log' = [log EXCEPT ![i] = entries]
          /\ commitIndex' = [commitIndex EXCEPT ![i] = Max(@, Min(m.commit, verified))]
    /\ UNCHANGED <<currentTerm, votedFor, role, base, votesGranted, matchIndex, disk, history>>

\* A slow disk need not silence it: to a heartbeat it may say at once how much of what matches is on its disk.
AcceptHeartbeat(i, m, match) ==
    /\ FromLeader(i, m, "Append")
    /\ m.entries = <<>>
    /\ Matches(i, m.prevIndex, m.prevTerm)
    /\ VoteIsDurable(i)
    /\ LET verified == Max(m.prevIndex, base[i])
       IN /\ match <= verified
          /\ IsDurable(i, match)
          /\ commitIndex' = [commitIndex EXCEPT ![i] = Max(@, Min(m.commit, verified))]
    /\ messages' = messages \cup {Ack(currentTerm[i], i, match)}
    /\ UNCHANGED <<currentTerm, votedFor, role, log, base, votesGranted, matchIndex, disk, writes, history>>

---------------------------------------------------------------------------------
\* Snapshots.

\* A snapshot takes the place of committed entries. It is on its way to the disk behind them.
Compact(i, last) ==
    /\ last > base[i]
    /\ last <= commitIndex[i]
    /\ Save(i, [Persistent(i) EXCEPT !.base = last], {})
    /\ base' = [base EXCEPT ![i] = last]
    /\ UNCHANGED <<currentTerm, votedFor, role, log, commitIndex, votesGranted, matchIndex, disk, history>>

\* What follows the snapshot is kept where the log matches its end; else the snapshot is all there is.
InstallSnapshot(i, m) ==
    /\ FromLeader(i, m, "Snapshot")
    /\ Len(m.entries) > commitIndex[i]
    /\ LET last == Len(m.entries)
           entries == IF Matches(i, last, LastTerm(m.entries)) THEN log[i] ELSE m.entries
       IN /\ Save(i, [Persistent(i) EXCEPT !.log = entries, !.base = last], {Ack(currentTerm[i], i, last)})
          /\ log' = [log EXCEPT ![i] = entries]
          /\ base' = [base EXCEPT ![i] = last]
          /\ commitIndex' = [commitIndex EXCEPT ![i] = last]
    /\ UNCHANGED <<currentTerm, votedFor, role, votesGranted, matchIndex, disk, history>>

\* A snapshot of what is committed here already: the leader has all of that, and is told how much is on the disk.
AnswerOldSnapshot(i, m, match) ==
    /\ FromLeader(i, m, "Snapshot")
    /\ Len(m.entries) <= commitIndex[i]
    /\ match <= commitIndex[i]
    /\ IsDurable(i, match)
    /\ IF VoteIsDurable(i)
       THEN messages' = messages \cup {Ack(currentTerm[i], i, match)} /\ UNCHANGED writes
       ELSE Save(i, Persistent(i), {Ack(currentTerm[i], i, match)})
    /\ UNCHANGED <<memory, disk, history>>

---------------------------------------------------------------------------------
\* The world around the servers.

\* The disk completes the oldest count writes: what waited for them is said.
Sync(i, count) ==
    /\ count > 0
    /\ count <= Len(writes[i])
    /\ disk' = [disk EXCEPT ![i] = writes[i][count].state]
    /\ messages' = messages \cup UNION {writes[i][k].says : k \in 1..count}
    /\ writes' = [writes EXCEPT ![i] = SubSeq(@, count + 1, Len(@))]
    /\ UNCHANGED <<memory, history>>

\* The process ends, and starts again with what the disk holds; the oldest count of its waiting writes got there.
Restart(i, count) ==
    /\ count <= Len(writes[i])
    /\ LET found == IF count = 0 THEN disk[i] ELSE writes[i][count].state
       IN /\ disk' = [disk EXCEPT ![i] = found]
          /\ currentTerm' = [currentTerm EXCEPT ![i] = found.term]
          /\ votedFor' = [votedFor EXCEPT ![i] = found.vote]
          /\ log' = [log EXCEPT ![i] = found.log]
          /\ base' = [base EXCEPT ![i] = found.base]
          /\ commitIndex' = [commitIndex EXCEPT ![i] = found.base]
    /\ writes' = [writes EXCEPT ![i] = <<>>]
    /\ role' = [role EXCEPT ![i] = "Follower"]
    /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
    /\ UNCHANGED <<matchIndex, messages, history>>

\* The network loses messages.
Lose(lost) ==
    /\ messages' = messages \ lost
    /\ UNCHANGED <<memory, disk, writes, history>>

---------------------------------------------------------------------------------
Next ==
    \E i \in Server :
        \/ Timeout(i)
        \/ BecomeLeader(i)
        \/ StepDown(i)
        \/ ClientRequest(i, 1)
        \/ \E voters \in SUBSET Server, outgoing \in {{}, VotersOf(log[i])} : ChangeConfig(i, voters, outgoing)
        \/ \E prev \in base[i]..Len(log[i]) : \E count \in 0..(Len(log[i]) - prev) :
               SendEntries(i, prev, count, commitIndex[i])
        \/ SendSnapshot(i, base[i])
        \/ \E n \in (commitIndex[i] + 1)..Len(log[i]) : AdvanceCommit(i, n)
        \/ \E n \in (base[i] + 1)..commitIndex[i] : Compact(i, n)
        \/ \E count \in 1..Len(writes[i]) : Sync(i, count)
        \/ \E count \in 0..Len(writes[i]) : Restart(i, count)
        \/ \E m \in messages :
               \/ UpdateTerm(i, m)
               \/ GrantVote(i, m)
               \/ CountVote(i, m)
               \/ ReceiveAck(i, m)
               \/ AcceptEntries(i, m)
               \/ \E match \in 0..Len(log[i]) : AcceptHeartbeat(i, m, match)
               \/ InstallSnapshot(i, m)
               \/ \E match \in 0..Len(log[i]) : AnswerOldSnapshot(i, m, match)

Spec == Init /\ [][Next]_vars

---------------------------------------------------------------------------------
\* What Raft promises (Figure 3 of the paper).

\* At most one server is ever elected in a term.
ElectionSafety == \A a, b \in elected : a[1] = b[1] => a = b

\* Two logs that have an entry of the same term at the same index are the same up to there.
LogMatching ==
    \A i, j \in Server : \A n \in 1..Min(Len(log[i]), Len(log[j])) :
        log[i][n].term = log[j][n].term => SubSeq(log[i], 1, n) = SubSeq(log[j], 1, n)

\* An entry that is committed in a term is in the log of every leader of a later one.
LeaderCompleteness ==
    \A i \in Server : role[i] = "Leader" =>
        \A n \in 1..Len(committed) : committed[n].term < currentTerm[i] =>
            n <= Len(log[i]) /\ log[i][n] = committed[n].entry

\* No two servers ever hold different entries at an index that both take for committed.
StateMachineSafety ==
    \A i \in Server :
        /\ commitIndex[i] <= Len(log[i])
        /\ commitIndex[i] <= Len(committed)
        /\ \A n \in 1..commitIndex[i] : log[i][n] = committed[n].entry

\* What a committed entry rests on is on disks: a quorum holds it there, whatever memory says.
CommittedIsDurable ==
    \A n \in 1..Len(committed) :
        IsQuorum({i \in Server : n <= Len(disk[i].log) /\ disk[i].log[n] = committed[n].entry},
                 [k \in 1..n |-> committed[k].entry])

=================================================================================
