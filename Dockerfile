# A static binary and an empty folder in an otherwise empty image, for x86-64 and arm64 alike: every
# tool in the first stage is that of the platform it runs on.
#
# musl and not glibc: linked statically, glibc brings 0.8 MB of its own.
ARG RUST_IMAGE=rust:1.95-alpine
FROM ${RUST_IMAGE} AS build
WORKDIR /build

# musl targets link statically by default, but a default can change. The flag makes it certain,
# and the named target keeps the flag away from procedural macros, which must be shared objects.
# The other flag makes the linker store the relocations for a random load address in 1 KB instead
# of 60; a linker without that option warns and continues.
ENV CARGO_BUILD_RUSTFLAGS="-C target-feature=+crt-static \
    -C link-arg=-Wl,-z,pack-relative-relocs"
ARG LIBC=musl
RUN echo "$(uname -m)-unknown-linux-${LIBC}" > /target-name

# The dependencies, built with stubs of respool's own sources: this layer is rebuilt when
# Cargo.toml or Cargo.lock change, and not when the sources do.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --locked --profile image --bin respool --target "$(cat /target-name)" \
    && rm -r src

# What --version names; `make image` passes it on.
ARG RESPOOL_COMMIT=

# Cargo goes by modification times, and COPY keeps those of the checkout, which may be older than
# the stubs' build: hence the touch. A binary that needs a loader would not start in an empty
# image, so the build fails instead of the first run. The folder for data is writable for all
# users, like /tmp: the server may run under any user id, and a new volume gets this mode.
COPY src src
RUN touch src/main.rs src/lib.rs \
    && export RESPOOL_COMMIT \
    && cargo build --locked --profile image --bin respool --target "$(cat /target-name)" \
    && readelf --program-headers "target/$(cat /target-name)/image/respool" > /headers \
    && ! grep -q INTERP /headers \
    && mkdir -p /image/data /image/usr/local/bin \
    && chmod 1777 /image/data \
    && cp "target/$(cat /target-name)/image/respool" /image/respool \
    && for name in respool redis-server redis-cli redis-check-aof redis-check-rdb; do \
        ln -s ../../../respool "/image/usr/local/bin/$name" || exit 1; \
    done

FROM scratch
COPY --from=build /image/ /
# The links above bear Redis's names, so that a health check like `redis-cli ping` works without a
# shell; it needs a search path.
ENV PATH=/usr/local/bin
# By number, because there is no /etc/passwd with names. 65532 is the user nonroot of other minimal
# images.
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 6379
# The start period covers the loading of a large append-only file.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["/respool", "ping"]
# Inside a container the loopback address is of no use, and every client is on another machine: the
# published port decides about access. A server without a password warns in its log.
#
# Arguments of `docker run` follow the `--` and override the flags here: they are flags, or
# `redis-server` and flags, or another program of this binary, such as `redis-cli`.
#
# musl's allocator keeps up to 1.8 times the size of the data when values of one size make room for
# values of another; the kernel kills a container that grows beyond its limit.
ENTRYPOINT ["/respool", "--bind", "* -::*", "--protected-mode", "no", "--maxmemory", "40%", "--"]
