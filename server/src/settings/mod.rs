//! How a node is told what to be: flags, environment variables, a TOML file, all mistakes named at once.
