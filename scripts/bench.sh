#!/usr/bin/env bash
# Measures the core beside the crate `raft` 0.7 on the same work: entries a second, then instructions for each entry.
#
#   scripts/bench.sh      see tests/bench/src/main.rs
#
# The seconds are those of a machine that should have nothing else to do; only the ratios mean something elsewhere.
# Instructions are counted by valgrind, where there is one, and are the same each time.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../tests/bench"
target=${CARGO_TARGET_DIR:-../../target}/bench
CARGO_TARGET_DIR=$target cargo build --release --locked
bench=$target/release/mini-raft-bench

echo
"$bench"
echo
if ! command -v valgrind >/dev/null 2>&1; then
    echo "no valgrind here, so instructions are not counted"
    exit 0
fi

# The instructions of a whole run of so many entries.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" "$1" "$2" "$3" 2>&1 |
        sed -n 's/.*Collected : //p'
}

echo "instructions for each entry, by callgrind:"
for outstanding in 1 64 256; do
    line=$(printf '%11s' "$outstanding")
    for core in ours facts theirs; do
        # The difference of two runs: the start and the election are in both.
        few=$(instructions "$core" 2000 "$outstanding")
        many=$(instructions "$core" 12000 "$outstanding")
        line+=$(printf '  %14s' $(((many - few) / 10000)))
    done
    echo "$line"
done
