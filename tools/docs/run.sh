#!/bin/sh
# Runs the commands of ```sh blocks of pages, one page after the other, as somebody who follows them would.
# Usage: tools/docs/run.sh [PAGE...]; without pages, those that can be followed on a laptop. PORT_BASE moves all ports.
set -u
cd "$(dirname "$0")/../.."
base=${PORT_BASE:-28000}
[ $# -gt 0 ] || set -- docs/quickstart.md docs/read-an-explanation.md docs/tune-routing.md docs/replay-traffic.md \
    docs/migrate-from-llm-d.md docs/migrate-from-litellm.md docs/troubleshooting.md docs/incident.md docs/backup.md \
    docs/upgrade.md docs/sizing.md
if ./llmd status >/dev/null 2>&1; then
    echo "a suite is running; end it with './llmd down' first" >&2
    exit 1
fi
commands=$(mktemp)
output=$(mktemp)
end() { ./llmd down >/dev/null 2>&1; rm -f "$commands" "$output"; }
trap end EXIT
trap 'exit 1' INT TERM
failed=0
for page in "$@"; do
    awk '/^ *```sh$/ {inside = 1; next} /^ *```/ {inside = 0} inside' "$page" | sed 's/^ *//; s/ *#.*//' | grep '^\./llmd ' >"$commands"
    # Pages that do not start the suite themselves expect it to run.
    grep -q '^\./llmd up' "$commands" || ./llmd up --detach --port-base "$base" >/dev/null
    while read -r line <&3; do
        case $line in "./llmd up"*) line="$line --port-base $base" ;; esac
        if sh -c "$line" >"$output" 2>&1; then
            echo "ok    $page: $line"
        else
            echo "FAIL  $page: $line ($?)"
            tail -5 "$output"
            failed=1
        fi
    done 3<"$commands"
    ./llmd down >/dev/null 2>&1
done
exit $failed
