//! A cluster of processes on this machine: starting, stopping, finding it again.
