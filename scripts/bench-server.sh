#!/usr/bin/env bash
# Measures five real nodes, with sync on, under load over HTTP; beside five of etcd in the same run where it is installed.
#
#   scripts/bench-server.sh [SECONDS]     how long each measurement takes (default 6)
#
# Needs wrk; Debian has it, and etcd as `etcd-server`. Load goes to the leader. Only the ratios of one run mean anything
# elsewhere: nodes and load share the machine.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-6}
connections=(1 16 64 256)
base=${MINI_RAFT_BENCH_PORT:-18000}

if ! command -v wrk >/dev/null 2>&1; then
    echo "bench-server: wrk is not here (Debian: apt-get install wrk)" >&2
    exit 1
fi
cargo build --release --locked -p mini-raft-server
binary=$PWD/${CARGO_TARGET_DIR:-target}/release/mini-raft
[[ ${CARGO_TARGET_DIR:-} == /* ]] && binary=$CARGO_TARGET_DIR/release/mini-raft
# Not in a folder of temporary files, which may be memory: a sync must be one.
work=$(mktemp -d "$PWD/target/bench-server.XXXXXX")
pids=()

tidy_up() {
    "$binary" stop --dir "$work/ours" >/dev/null 2>&1 || true
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap tidy_up EXIT

# One measurement: script, work, connections, address. Prints "rate p50 p99 failures".
measure() {
    (cd scripts/load && WORK=$2 wrk -t1 -c"$3" -d"${seconds}s" --timeout 5s -s "$1" "$4") | sed -n 's/^RESULT //p'
}

start_ours() {
    "$binary" start --nodes 5 --base-port "$base" --dir "$work/ours" >&2
    leader=$("$binary" status --dir "$work/ours" --format json | sed -n 's/.*"leader": *"\(node-[0-9]*\)".*/\1/p' | head -1)
    echo "http://127.0.0.1:$((base + ${leader#node-}))"
}

start_etcd() {
    local peers=() id url status
    for id in 0 1 2 3 4; do peers+=("e$id=http://127.0.0.1:$((base + 120 + id))"); done
    for id in 0 1 2 3 4; do
        url=http://127.0.0.1:$((base + 100 + id))
        etcd --name "e$id" --data-dir "$work/etcd-$id" --log-level error --logger zap \
            --listen-client-urls "$url" --advertise-client-urls "$url" \
            --listen-peer-urls "http://127.0.0.1:$((base + 120 + id))" \
            --initial-advertise-peer-urls "http://127.0.0.1:$((base + 120 + id))" \
            --initial-cluster "$(IFS=,; echo "${peers[*]}")" --initial-cluster-state new \
            >"$work/etcd-$id.log" 2>&1 &
        pids+=($!)
    done
    for _ in $(seq 100); do
        for id in 0 1 2 3 4; do
            url=http://127.0.0.1:$((base + 100 + id))
            status=$(curl -fsS -X POST -d '{}' "$url/v3/maintenance/status" 2>/dev/null || true)
            member=$(sed -n 's/.*"member_id":"\([0-9]*\)".*/\1/p' <<<"$status")
            if [[ -n $member && $status == *"\"leader\":\"$member\""* ]]; then
                etcd_url=$url
                return
            fi
        done
        sleep 0.2
    done
    echo "bench-server: etcd has no leader" >&2
    exit 1
}

have_etcd=
if command -v etcd >/dev/null 2>&1; then
    have_etcd=1
else
    echo "bench-server: etcd is not here (Debian: apt-get install etcd-server), so there is nothing to compare with" >&2
fi

# Both run all the time and are measured by turns: whatever else the machine does then, it does to both.
our_url=$(start_ours)
[[ -z $have_etcd ]] || start_etcd
declare -A results
echo "measuring: requests a second, p50 ms, p99 ms, failures" >&2
for work_kind in write read; do
    for count in "${connections[@]}"; do
        results[ours-$work_kind-$count]=$(measure ours.lua "$work_kind" "$count" "$our_url")
        echo "  ours $work_kind $count: ${results[ours-$work_kind-$count]}" >&2
        [[ -n $have_etcd ]] || continue
        results[etcd-$work_kind-$count]=$(measure etcd.lua "$work_kind" "$count" "$etcd_url")
        echo "  etcd $work_kind $count: ${results[etcd-$work_kind-$count]}" >&2
    done
done

printf '\n%-6s %5s | %9s %8s %8s | %9s %8s %8s | %6s\n' work conns "ours/s" "p50 ms" "p99 ms" "etcd/s" "p50 ms" "p99 ms" ratio
for work_kind in write read; do
    for count in "${connections[@]}"; do
        read -r rate p50 p99 failures <<<"${results[ours-$work_kind-$count]}"
        read -r their_rate their_p50 their_p99 their_failures <<<"${results[etcd-$work_kind-$count]:-- - - 0}"
        ratio=-
        [[ $their_rate == - ]] || ratio=$(awk "BEGIN { printf \"%.1f\", $rate / $their_rate }")
        printf '%-6s %5s | %9s %8s %8s | %9s %8s %8s | %6s\n' "$work_kind" "$count" "$rate" "$p50" "$p99" \
            "$their_rate" "$their_p50" "$their_p99" "$ratio"
        [[ $failures == 0 && $their_failures == 0 ]] || echo "       failures: ours $failures, etcd $their_failures"
    done
done
