#!/bin/sh
# Builds the probe and writes it where the recorder embeds it: recorder/src/probe/probe.bpf.o.
# With --check it builds and compares instead: the committed object must come from these sources, byte for byte.
#
# Needs the component rust-src, bpf-linker (`cargo install bpf-linker --version 0.10.4 --locked`) and llvm-strip.
set -eu

probe=$(cd "$(dirname "$0")" && pwd -P)
committed=$probe/../recorder/src/probe/probe.bpf.o
target=${CARGO_TARGET_DIR:-$probe/target}/bpf
built=$target/bpfel-unknown-none/release/falco-probe
linker_version=0.10.4

fail() {
    echo "build.sh: $1" >&2
    exit 2
}

cd "$probe"
case $(bpf-linker --version 2>/dev/null || true) in
*"$linker_version"*) ;;
*) fail "bpf-linker $linker_version is needed: cargo install bpf-linker --version $linker_version --locked" ;;
esac
command -v llvm-strip >/dev/null || fail "llvm-strip is needed (package llvm)"
sysroot=$(rustc --print sysroot)
sources=$sysroot/lib/rustlib/src/rust
[ -d "$sources/library/core" ] || fail "the sources of core are needed: rustup component add rust-src"

cargo fetch --quiet --locked

# No path of this machine may reach the object, or two checkouts would give two objects.
# Flags are separated by the unit separator, so that paths may hold spaces.
us=$(printf '\037')
flags="-Cdebuginfo=2${us}-Ctarget-cpu=v3${us}-Clinker=bpf-linker"
# Type information: by it the verifier knows which functions it may check alone.
flags="$flags${us}-Clink-arg=--btf"
# Values stand in a frame without padding.
flags="$flags${us}-Clink-arg=--cpu-features=+allows-misaligned-mem-access"
flags="$flags${us}--remap-path-prefix=$(readlink -f "$sources")=/rust"
flags="$flags${us}--remap-path-prefix=$sources=/rust"
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    flags="$flags${us}--remap-path-prefix=$registry=/registry"
done
flags="$flags${us}--remap-path-prefix=$target=/target"
flags="$flags${us}--remap-path-prefix=$probe=/probe"

# RUSTC_BOOTSTRAP unlocks what a target without a prebuilt core needs, here and nowhere else.
# An incremental build cuts the program up in another way, and gives another object.
env -u RUSTFLAGS RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$target" \
    cargo build --quiet --locked --release --target bpfel-unknown-none -Z build-std=core

object=$target/probe.bpf.o
cp "$built" "$object"
llvm-strip --strip-debug "$object"

if [ "${1:-}" = --check ]; then
    cmp "$object" "$committed" || fail "the committed object does not come from these sources: run probe/build.sh"
    echo "recorder/src/probe/probe.bpf.o comes from these sources"
else
    mkdir -p "$(dirname "$committed")"
    cp "$object" "$committed"
    echo "wrote recorder/src/probe/probe.bpf.o, $(wc -c <"$committed") bytes"
fi
