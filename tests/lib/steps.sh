# shellcheck shell=bash
# The steps of tests/run, in their order. A step fails by any command that fails; it calls skip where this
# machine cannot run it. Sourced by tests/run.

# Tools that cargo installs, each in one exact version: what deny.toml means, and which word is a typo, changes
# between versions.
readonly CARGO_DENY_VERSION=0.20.2
readonly CARGO_MACHETE_VERSION=0.9.2
readonly TYPOS_VERSION=1.52.0
readonly WINDOWS_TARGET=x86_64-pc-windows-gnu

ORDER=(fmt typos unused circles clippy deny advisories docs test demo lab windows windows-clippy wine packages)
declare -A STEPS=(
  [fmt]="every file is formatted"
  [typos]="no misspelt word, in code, comments and documents"
  [unused]="no dependency that nothing uses"
  [circles]="no two files of a crate import each other, directly or over others"
  [clippy]="no warning of the compiler or of clippy, in any target"
  [deny]="cargo-deny: bans, licences and sources of the dependencies"
  [advisories]="cargo-deny: no known vulnerability (needs the RustSec database from the Internet)"
  [docs]="the documentation builds without a warning"
  [test]="unit, property and simulated end-to-end tests"
  [demo]="the portable demo: the article's fault is found, and healed"
  [lab]="end to end on a real Samba forest (root, Debian, network namespaces)"
  [windows]="the agent builds for Windows"
  [windows-clippy]="no warning in the Windows code (needs the target from rustup)"
  [wine]="the agent's own tests, and its MSI from installation to removal, under Wine (Debian)"
  [packages]="the .deb installs, upgrades and purges in a root of its own (root, Debian)"
)

step_fmt() {
  need_component rustfmt cargo fmt --version
  cargo fmt --all --check
}

step_clippy() {
  need_component clippy cargo clippy --version
  cargo clippy --locked --workspace --all-targets -- -D warnings
  # As it is installed: without the scenarios.
  cargo clippy --locked -p epmesh --no-default-features --lib --bins -- -D warnings
  # No target of a test run, and so none of the above.
  cargo clippy --locked -p epmesh-tests --test footprint -- -D warnings
}

# need_component NAME COMMAND...: rust-toolchain.toml names it, a toolchain from before may lack it.
need_component() {
  local name=$1
  shift
  "$@" || rustup component add "$name"
}

# What a manifest names and no code uses.
step_unused() {
  find_tool cargo-machete cargo-machete "$CARGO_MACHETE_VERSION"
  "$TOOL"
}

# Misspelt words in code, comments, names and documents; .typos.toml has what is no mistake.
step_typos() {
  find_tool typos typos-cli "$TYPOS_VERSION"
  "$TOOL"
}

# Files and folders within a folder take names from each other in one direction only.
step_circles() { cargo run --locked -p epmesh-circles; }

step_deny() {
  find_tool cargo-deny cargo-deny "$CARGO_DENY_VERSION"
  "$TOOL" --locked check bans licenses sources
}

# Three answers: clean, vulnerable, and "could not be checked". Only when the database cannot be fetched
# is it the third; any other failure is a failure.
step_advisories() {
  local output=$LOGS/advisories-fetch.log status=0
  find_tool cargo-deny cargo-deny "$CARGO_DENY_VERSION"
  if ! have git && is_root && is_debian; then apt_install git ca-certificates; fi
  have git || skip "could not be checked: fetching the advisory database needs git"
  limit 60 "$TOOL" --locked fetch db >"$output" 2>&1 || status=$?
  cat "$output"
  if ((status == 124)) || { ((status != 0)) && grep -q 'failed to fetch advisory database' "$output"; }; then
    skip "could not be checked: the advisory database cannot be fetched"
  fi
  ((status == 0))
  "$TOOL" --locked check --disable-fetch advisories
}

# find_tool PROGRAM PACKAGE VERSION: sets TOOL to the one in PATH, the one in the cache, or a new one there.
find_tool() {
  local program=$1 package=$2 version=$3
  for TOOL in "$(command -v "$program" || true)" "$CACHE/tools/bin/$program"; do
    if [[ -x $TOOL && " $("$TOOL" --version) " == *" $version "* ]]; then return; fi
  done
  # It runs for a second; building it optimised would take longer than it ever saves.
  env -u CARGO_TARGET_DIR \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --locked --root "$CACHE/tools" "$package" --version "$version"
  TOOL=$CACHE/tools/bin/$program
}

step_docs() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --workspace; }

# Everything that test, demo and lab run, in one go: the same selection of packages and targets each time,
# so that cargo resolves the same features and finds everything built.
build_all() { cargo build --locked --workspace --bins --tests; }

step_test() {
  local output=$LOGS/test-cases.log status=0
  # An independent witness of the wire; without it, its tests say that they were skipped.
  if ! have tshark && is_root && is_debian; then apt_install tshark; fi
  build_all
  # --show-output: a case that passes may say that it could not look at everything.
  limit 1800 cargo test --locked --workspace --no-fail-fast -- --show-output >"$output" 2>&1 || status=$?
  cat "$output"
  count_cases "$output"
  return "$status"
}

# count_cases FILE: adds up what the test binaries say. An ignored case counts as skipped, by name, and so
# does what a case says it had to leave out. Not so those that the lab runs, when the lab is among the steps
# of this run: there they are run, or skipped with the step.
count_cases() {
  local deferred="" passed failed
  if [[ " ${SELECTED[*]} " == *" lab "* && $1 != *lab-cases.log ]]; then deferred="lab sim_samba"; fi
  if [[ " ${SELECTED[*]} " == *" wine "* && $1 != *wine-cases.log ]]; then deferred+=" wine"; fi
  awk -v deferred="$deferred" '
    /^ +Running / { binary = $NF; sub(/.*\//, "", binary); sub(/-[0-9a-f]+\)$/, "", binary) }
    /^ +Doc-tests / { binary = $2 }
    /^test .* \.\.\. ignored/ { if (index(" " deferred " ", " " binary " ") == 0) {
        name = $0; sub(/^test /, "", name); sub(/ \.\.\. ignored/, "", name); print "ignored", binary "::" name } }
    /^(skipped: |SKIPPED )/ { sub(/^(skipped:|SKIPPED) /, ""); print "ignored", binary ": " $0 }
    /^test result: / { passed += $4; failed += $6 }
    END { print "passed", passed + 0; print "failed", failed + 0 }' "$1" >>"$NOTES"
  passed=$(awk '$1 == "passed" { print $2 }' "$NOTES")
  failed=$(awk '$1 == "failed" { print $2 }' "$NOTES")
  if ((passed + failed == 0)); then
    printf 'no test case ran\n'
    return 1
  fi
}

# The demo exits 0 only after it has seen the fault and the recovery; its verdicts are looked at all the same.
step_demo() {
  local output=$LOGS/demo.json
  build_all
  limit 120 "$TARGET_DIR/debug/epmesh-demo" --output json >"$output"
  cat "$output"
  grep -Eq '"cause": *"(dns-a-stale|hosts-file-override)"' "$output" || { echo "no verdict names the fault"; return 1; }
  grep -Eq '"side": *"name-resolution"' "$output" || { echo "no verdict names the side"; return 1; }
  grep -Eq '"state": *"healthy"' "$output" || { echo "no verdict is healthy"; return 1; }
}

step_lab() {
  local output=$LOGS/lab-cases.log status=0
  is_debian || skip "needs Debian's Samba packages"
  is_root || skip "needs root, for network namespaces"
  has_network_namespaces || skip "this machine gives no network namespaces"
  deploy/lab/lab packages
  build_all
  limit 1500 cargo test --locked --workspace --test lab -- --ignored --test-threads=1 >"$output" 2>&1 || status=$?
  cat "$output"
  count_cases "$output"
  return "$status"
}

step_windows() {
  local exe
  windows_toolchain
  exe=$(deploy/windows/build)
  printf 'built %s\n' "$exe"
  [[ $(head -c 2 "$exe") == MZ ]]
}

step_windows_clippy() {
  windows_toolchain
  # The fallback's compiler is not the one clippy belongs to.
  [[ $EPMESH_WINDOWS_ROUTE == rustup ]] || skip "the standard library is Debian's: clippy cannot read it"
  cargo clippy --locked -p epmesh-agent-host -p epmesh-agent --all-targets --target "$WINDOWS_TARGET" -- -D warnings
}

step_wine() {
  local output=$LOGS/wine-cases.log status=0 environment version
  windows_toolchain
  environment=$(deploy/windows/wine env) || status=$?
  if ((status == SKIPPED)); then skip "no Wine, and no Debian to get it from as root"; fi
  ((status == 0))
  eval "$environment"
  if ! have ip && is_root && is_debian; then apt_install iproute2; fi
  deploy/windows/wine alone true || status=$?
  if ((status == SKIPPED)); then skip "no network namespace, in which Wine sees no sockets but its own"; fi
  ((status == 0))
  : >"$output"
  # In a prefix that cargo's runner uses; a server of Wine's that is left ends here. What is to be fetched is
  # fetched before the network is cut off.
  cargo test --locked --target "$WINDOWS_TARGET" -p epmesh-agent-host -p epmesh-agent --lib --no-run
  limit 900 deploy/windows/wine alone \
    cargo test --locked --target "$WINDOWS_TARGET" -p epmesh-agent-host -p epmesh-agent --lib >>"$output" 2>&1 || status=$?
  "$EPMESH_WINESERVER" -k || true
  # Two versions, so that one can be upgraded to the other.
  version=$(deploy/package --print-version)
  export EPMESH_MSI_UPGRADE_VERSION=${version%.*}.$((${version##*.} + 1))
  deploy/package --profile dev --out "$CACHE/package" msi
  deploy/package --profile dev --out "$CACHE/package" --version "$EPMESH_MSI_UPGRADE_VERSION" msi
  export EPMESH_MSI=$CACHE/package/epmesh-agent-$version-x64.msi
  export EPMESH_MSI_UPGRADE=$CACHE/package/epmesh-agent-$EPMESH_MSI_UPGRADE_VERSION-x64.msi
  build_all
  limit 600 deploy/windows/wine alone env -u CARGO_BUILD_TARGET \
    cargo test --locked --workspace --test wine -- --ignored --show-output >>"$output" 2>&1 || status=$?
  cat "$output"
  count_cases "$output"
  return "$status"
}

step_packages() {
  local deb status=0
  is_debian || skip "needs Debian's dpkg"
  is_root || skip "needs root, to install into a root of its own"
  deploy/package --profile dev --out "$CACHE/package" deb
  deb=$CACHE/package/epmesh-agent_$(deploy/package --print-version)_$(dpkg --print-architecture).deb
  deploy/debian/try "$deb" || status=$?
  if ((status == SKIPPED)); then skip "this machine mounts no overlay"; fi
  return "$status"
}

# Takes over the environment of the Windows target; skips where this machine cannot have it.
windows_toolchain() {
  local environment status=0
  environment=$(deploy/windows/toolchain env) || status=$?
  if ((status == SKIPPED)); then skip "no mingw-w64 or no standard library for $WINDOWS_TARGET, and no Debian to get it from"; fi
  ((status == 0))
  eval "$environment"
}
