//! The Raft consensus algorithm.
