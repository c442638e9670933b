//! What peers say to each other: frames under a message authentication code.
