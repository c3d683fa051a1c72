# A static binary in an otherwise empty image, for x86-64 and arm64 alike: every tool in the
# first stage is that of the platform it runs on.
FROM rust:1.95-alpine AS build
WORKDIR /build

# musl targets link statically by default, but a default can change. The flag makes it certain,
# and the named target keeps the flag away from procedural macros, which must be shared objects.
ENV CARGO_BUILD_RUSTFLAGS="-C target-feature=+crt-static"
RUN rustc -vV | sed -n 's/^host: //p' > /target-name

# The packages we depend on, built behind stubs of our own sources: this layer is rebuilt when
# Cargo.toml or Cargo.lock change, and not when a line of ours does.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --locked --release --bin respool --target "$(cat /target-name)" \
    && rm -r src

# Cargo goes by modification times, and COPY keeps those of the checkout, which may be older than
# the stubs' build: hence the touch. What asks for a loader would not start in an empty image, so
# the last line fails the build rather than the first run.
COPY src src
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --release --bin respool --target "$(cat /target-name)" \
    && cp "target/$(cat /target-name)/release/respool" /respool \
    && readelf --program-headers /respool > /headers \
    && ! grep -q INTERP /headers

FROM scratch
COPY --from=build /respool /respool
# By number, because there is no /etc/passwd to look a name up in. 65532 is what other minimal
# images call nonroot.
USER 65532:65532
EXPOSE 6379
ENTRYPOINT ["/respool"]
# In a container the loopback address reaches nobody. Arguments of `docker run` replace this
# line, so they have to repeat it: docker run respool --bind 0.0.0.0 --maxclients 500
CMD ["--bind", "0.0.0.0"]
