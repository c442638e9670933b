//! HTTP: what clients, operators and peers ask of a node.
