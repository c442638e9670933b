use super::bench::Bench;
use crate::raft::*;
use crate::time::Micros;

fn with_leases(config: &mut Config) {
    config.lease_reads = Some(ClockDrift { percent: 10 });
}

fn ready(bench: &Bench, id: u32) -> Vec<u64> {
    let ready = |answer: &Answer| match answer {
        Answer::ReadReady { read, .. } => Some(read.0),
        _ => None,
    };
    bench.answers[id as usize].iter().filter_map(ready).collect()
}

/// Thesis 6.4.1: while the lease lasts a read is answered at once; after it a majority is asked.
#[test]
fn read_lease_within_drift_bound() {
    let read_after = |millis: u64, rule: Option<Rule>| {
        let mut bench = Bench::with(3, with_leases, rule);
        bench.elect(0);
        bench.now += Micros::from_millis(millis);
        bench.step(0, Input::Read(ReadId(1)));
        ready(&bench, 0)
    };
    // 150 ms, shortened by 10 % at both ends: 150 × 90 / 110 = 122.7 ms.
    assert_eq!(read_after(120, None), [1]);
    assert!(read_after(130, None).is_empty());
    assert_eq!(
        read_after(130, Some(Rule::LeaseWithinDrift)),
        [1],
        "without the rule the drift is not allowed for"
    );
}

/// Thesis 6.4.1: who told another to take over has no lease any more.
#[test]
fn read_lease_voided_by_transfer_and_stepdown() {
    let read_in_transfer = |rule: Option<Rule>| {
        let mut bench = Bench::with(3, with_leases, rule);
        bench.elect(0);
        bench.step(0, Input::TransferLeadership(NodeId(1)));
        bench.step(0, Input::Read(ReadId(1)));
        ready(&bench, 0)
    };
    assert!(read_in_transfer(None).is_empty());
    assert_eq!(read_in_transfer(Some(Rule::LeaseEndsWithTransfer)), [1]);
}

/// Leases are off by default, and without CheckQuorum no voter keeps them.
#[test]
fn read_lease_is_off_by_default() {
    let read_with = |config: fn(&mut Config)| {
        let mut bench = Bench::with(3, config, []);
        bench.elect(0);
        bench.step(0, Input::Read(ReadId(1)));
        ready(&bench, 0)
    };
    assert!(read_with(|_| {}).is_empty());
    let unkept = read_with(|config| {
        with_leases(config);
        config.check_quorum = false;
    });
    assert!(unkept.is_empty());
    assert_eq!(read_with(with_leases), [1]);
}
