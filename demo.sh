#!/usr/bin/env bash
# Builds the recorder and the analyzer, records a scripted intrusion on this machine, and replays it with the default rules.
# Where this machine cannot record (not root, an old kernel), it says why and replays the capture kept in corpus/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cargo build --locked --bins -p falco-record -p falco-analyze -p falco-tests
target=$(cargo metadata --locked --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
programs=$target/debug
capture=$target/demo/capture
rm -rf "$target/demo"
mkdir -p "$target/demo"

echo
if ! "$programs/falco-record" doctor >"$target/demo/doctor" 2>&1; then
  cat "$target/demo/doctor"
  echo "This host cannot record; taking the capture in corpus/first-light instead."
  capture=corpus/first-light/capture
elif ! "$programs/falco-record" run -o "$capture" -- "$programs/intrusion"; then
  echo "The recording failed; taking the capture in corpus/first-light instead."
  capture=corpus/first-light/capture
fi

echo
status=0
"$programs/falco-analyze" replay "$capture" -r rules/default || status=$?
# 3: replayed, but events were lost; the summary above says how many.
((status == 0 || status == 3)) || exit "$status"

cat <<END

The capture is $capture. To look further:
  $programs/falco-analyze info $capture
  $programs/falco-analyze events $capture 'evt.type = execve and proc.pname = intrusion'
END
