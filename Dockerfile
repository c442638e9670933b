# syntax=docker/dockerfile:1
# A node of a cluster: one static binary, the visualizer in it, nothing else.
#
#   docker build -t mini-raft .

FROM rust:1.95-bookworm AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Node.js is for the page's build tools; musl makes the binary independent of any system library.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends --yes musl-tools nodejs npm \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add x86_64-unknown-linux-musl wasm32-unknown-unknown
WORKDIR /src
COPY . .
# The page first: the binary carries it.
RUN make build \
    && cargo build --release --locked --package mini-raft-server --target x86_64-unknown-linux-musl \
    && install -D target/x86_64-unknown-linux-musl/release/mini-raft /out/mini-raft \
    && install --directory --owner=10001 --group=10001 /out/data

FROM scratch
COPY --from=build /out/mini-raft /mini-raft
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
ENV MINI_RAFT_DATA=/data MINI_RAFT_LISTEN=0.0.0.0:8000
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=2s --start-period=5s --retries=3 \
    CMD ["/mini-raft", "health", "--url", "http://127.0.0.1:8000"]
ENTRYPOINT ["/mini-raft"]
CMD ["node"]
