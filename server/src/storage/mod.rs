//! A node's data directory: what it must not forget, and what it does about damage.
