# A static binary and an empty folder in an otherwise empty image, for x86-64 and arm64 alike: every
# tool in the first stage is that of the platform it runs on.
#
# musl and not glibc: linked statically, glibc brings 0.8 MB of its own.
ARG RUST_IMAGE=rust:1.95-alpine
FROM ${RUST_IMAGE} AS build
WORKDIR /build

# musl targets link statically by default, but a default can change. The flag makes it certain,
# and the named target keeps the flag away from procedural macros, which must be shared objects.
# The other one has the linker write down in 1 KB instead of 60 what is moved at the start, because
# the binary is loaded at a random address; a linker that cannot do that says so and goes on.
ENV CARGO_BUILD_RUSTFLAGS="-C target-feature=+crt-static \
    -C link-arg=-Wl,-z,pack-relative-relocs"
ARG LIBC=musl
RUN echo "$(uname -m)-unknown-linux-${LIBC}" > /target-name

# The packages we depend on, built behind stubs of our own sources: this layer is rebuilt when
# Cargo.toml or Cargo.lock change, and not when a line of ours does.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --locked --profile image --bin respool --target "$(cat /target-name)" \
    && rm -r src

# Cargo goes by modification times, and COPY keeps those of the checkout, which may be older than
# the stubs' build: hence the touch. What asks for a loader would not start in an empty image, so
# the build fails rather than the first run. The folder for data is writable for everybody, like
# /tmp: the server may run under any number, and a new volume takes its mode from here.
COPY src src
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --profile image --bin respool --target "$(cat /target-name)" \
    && readelf --program-headers "target/$(cat /target-name)/image/respool" > /headers \
    && ! grep -q INTERP /headers \
    && mkdir -p /image/data \
    && chmod 1777 /image/data \
    && cp "target/$(cat /target-name)/image/respool" /image/respool

FROM scratch
COPY --from=build /image/ /
# By number, because there is no /etc/passwd to look a name up in. 65532 is what other minimal
# images call nonroot.
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 6379
# The start period covers the loading of a large append-only file.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["/respool", "ping"]
# In a container the loopback address reaches nobody, and every client is on another machine: who
# publishes the port decides who may come in. A server without a password says so in its log. What
# `docker run` adds counts more than what stands here.
#
# musl's allocator keeps up to 1.8 times the size of the data when values of one size make room for
# values of another; the kernel kills a container that grows beyond its limit.
ENTRYPOINT ["/respool", "--bind", "* -::*", "--protected-mode", "no", "--maxmemory", "40%"]
