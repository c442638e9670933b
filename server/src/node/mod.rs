//! The actor that owns the core, with its disk, its peers and its time.
