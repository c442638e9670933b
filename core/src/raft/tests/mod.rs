//! The rules of the paper, one by one, on nodes that a test drives by hand.

mod bench;

mod commit;
mod durability;
mod election;
mod leases;
mod limits;
mod lost_disk;
mod membership;
mod read_here;
mod reads;
mod replication;
mod snapshots;
mod transfer;
