//! The state machine that the log of a server builds: keys, raw values, and the requests that must not be done twice.
