//! A client of a cluster: finds the leader, retries only what is safe.
