//! A node's data directory under crashes, damage and failing disks.

mod crash;
mod damage;
mod disk;
mod failing;
mod injected;
mod inspect;
mod named;
mod refusal;
mod rng;
mod work;
