#!/usr/bin/env bash
# Looks for inputs that break a parser, with Jazzer: each fuzz target for a while, one after the other.
# An input that breaks one is kept in src/test/resources beside the others of its target, which every build tries
# again; what covers new code is kept in .cifuzz-corpus, for the next search.
#
#   tools/fuzz/run.sh [--seconds N] [TARGET...]
#
# TARGET is module:class#method; all of them by default. Exit codes: 0 nothing was found, 1 something was, 2 usage.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=60
if [ "${1:-}" = --seconds ]; then
    seconds=${2:-}
    shift 2 || true
fi
case $seconds in
    '' | *[!0-9]*) echo "--seconds: $seconds (expected: a number)" >&2; exit 2 ;;
esac
if [ $# -eq 0 ]; then
    set -- openai-core:WireFuzzTest#bodyOfARequest openai-core:WireFuzzTest#streamOfAnEndpoint \
        metrics-core:MetricsPageFuzzTest#page kv-core:KvEventBatchFuzzTest#batch \
        scheduler-service:EndpointPickerConfigFuzzTest#file gateway-service:KeyFileFuzzTest#file \
        scheduler-service:ExtProcFuzzTest#conversation
fi

found=()
for target in "$@"; do
    module=${target%%:*}
    class=${target#*:}
    if ! grep -qr "void ${class#*#}(byte" --include="${class%%#*}.java" "$module/src/test/java"; then
        echo "$target: no such target (expected: module:class#method)" >&2
        exit 2
    fi
    echo "== $target"
    if ! mvn -q -B -Pfuzz -pl "$module" -am test -Dspotless.check.skip=true -Dfuzz.seconds="$seconds" \
            -Dtest="$class"; then
        found+=("$target")
    fi
done
if [ ${#found[@]} -gt 0 ]; then
    printf 'found something: %s\n' "${found[@]}" >&2
    exit 1
fi
echo "nothing was found"
