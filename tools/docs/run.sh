#!/usr/bin/env bash
# Follows pages as a reader does: runs the commands of their ```sh blocks in order, at the root of the clone, and prints a table of
# pages with what came of their commands. Fails when a command failed.
#
#   tools/docs/run.sh                        every page with such a block, about 40 minutes
#   tools/docs/run.sh docs/runbooks/*.md     some of them
#
# Words behind ```sh say what a block needs that a laptop may lack, and that its commands are skipped without:
#   docker      a Docker daemon
#   kube        a Kubernetes API, which is changed: KUBE=1 allows that for the one of the current context. One without nodes will do, and
#               tools/kube/api.sh has one to throw away: tools/kube/api.sh tools/docs/run.sh docs/rbac.md
#   cluster     the same with nodes, and the release on them
#   network     registries of packages
#   gpu         an NVIDIA GPU
#   recording   a recording of traffic, named by LLMD_RECORDING, which FILE stands for
#   long        minutes or hours of nothing else: LONG=1
# Besides, `fails` is behind blocks that show how something goes wrong: their commands may have any exit code. An answer of 400 or above
# is a failure of curl.
#
# A program that is not on the path is a reason to skip, too. What serves until it is ended (up, serve, sim, port-forward) runs in the
# background, until another block has something that serves, or the page ends. A yaml block whose first line is `# NAME.yaml` is saved
# under that name. Pages that start no part themselves find the suite running, a new one after a page that failed. Files that a page
# leaves are removed; so that they are nobody else's, the clone must have no untracked files, and get none meanwhile.
# Ports are those of the pages; a network of its own has them all free:
#
#   unshare -rn sh -c 'ip link set lo up; tools/docs/run.sh'
set -uo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/../.."

COMMENT='^[[:space:]]*(#.*)?$'
FILE_NAME='^# ([a-z-]+\.yaml)'
FENCE='^( *)```([a-z]*) *(.*)$'
ASKS='\./llmd|\.llmd/|localhost'
SERVES='^(\./llmd (serve|sim|up)|kubectl .*port-forward)( |$)'
# Programs that a laptop may lack.
PROGRAMS='curl|docker|helm|jq|kubectl|openssl|promtool|python3|timeout'
# What .gitignore has of the pages' files.
KEYS=('*.key' key.txt keys.yaml keys-secret.yaml)

# A block without its word reaches no cluster either.
[[ ${KUBE:-} ]] || export KUBECONFIG=/dev/null

# Files that git does not know, but for what is built.
untracked() {
    { git ls-files --others --exclude-standard && git ls-files --others -- "${KEYS[@]/#/:(top,glob)}"; } | sort -u
}

# ---- One page -----------------------------------------------------------------------------------------------------------

# Who has just started a service asks again until it answers.
curl() {
    local again=()
    ((${#servers[@]} == 0)) || again=(--retry 45 --retry-delay 2 --retry-connrefused)
    command curl --fail-with-body "${again[@]}" "$@"
}

# What a block with these words lacks here; nothing when it lacks nothing.
lacks() {
    local word
    for word in $1; do
        case $word in
            docker) docker info >/dev/null 2>&1 || echo "no Docker daemon" ;;
            kube) lacks_cluster || kubectl get --raw /readyz >/dev/null 2>&1 || echo "no Kubernetes API" ;;
            cluster) lacks_cluster || [[ $(kubectl get nodes -o name 2>/dev/null) ]] || echo "no cluster with nodes" ;;
            network) [[ ${NETWORK:-} ]] || echo "asks registries; NETWORK=1 lets it" ;;
            recording) [[ -r ${LLMD_RECORDING:-} ]] || echo "no recording; LLMD_RECORDING names one" ;;
            long) [[ ${LONG:-} ]] || echo "takes long; LONG=1 runs it" ;;
            gpu) nvidia-smi >/dev/null 2>&1 || echo "no GPU" ;;
        esac
    done
}

# Says so when clusters are to be left alone.
lacks_cluster() { [[ ! ${KUBE:-} ]] && echo "changes a cluster; KUBE=1 lets it"; }

# Which programs of a block are not there.
lacks_programs() {
    local program
    for program in $(grep -oE "(^|[ (|'])($PROGRAMS) " <<<"$1" | grep -oE "$PROGRAMS"); do
        type -P "$program" >/dev/null || echo "$program is not on the path"
    done
}

# Whether the words are about something else than the suite of this machine.
elsewhere() { [[ " $1 " =~ \ (docker|kube|cluster|network)\  ]]; }

told() { echo "$1 $page: ${2//$'\n'/ }${3:+ ($3)}" | tee -a "$results"; }

# Waits until the newest output says nothing new for two seconds, at most a minute.
settle() {
    local size former=-1 i
    for i in $(seq 30); do
        size=$(stat -c %s "$1")
        ((size > 0 && size == former)) && return
        former=$size
        sleep 2
    done
}

end_servers() {
    local each
    for each in "${servers[@]}"; do
        kill -- "-$each" 2>/dev/null
        wait "$each" 2>/dev/null
    done
    servers=()
}

run_command() {
    local command=$1 words=$2 code tool
    tool=$(sed -E 's/^[A-Z_]+=[^ $"\x27]* +//; s/[ ;].*//' <<<"${command%%$'\n'*}")
    [[ $tool =~ ^[a-z] && $tool != *'()' ]] && ! type "$tool" >/dev/null 2>&1 && { told skip "$command" "$tool is not on the path"; return; }
    [[ $words == *recording* ]] && command=${command//FILE/$LLMD_RECORDING}
    if [[ $command =~ $SERVES && $command != *--detach* && $command != *--help* && $command != *'&' ]]; then
        if [[ $command == "./llmd up"* ]]; then
            command="${command%%[[:space:]]#*} --detach"
        else
            # A process group of its own, so that it ends with all that it has started.
            set -m
            eval "$command" >"$output" 2>&1 3<&- &
            set +m
            servers+=($!)
            settle "$output"
            kill -0 "${servers[-1]}" 2>/dev/null && told ok "$1" || { told FAIL "$1" "it ended"; tail -n 5 "$output"; }
            return
        fi
    fi
    eval "$command" >"$output" 2>&1 </dev/null 3<&-
    code=$?
    if ((code == 0)) || [[ $words == *fails* ]]; then
        told ok "$1"
    else
        told FAIL "$1" "exit code $code"
        tail -n 8 "$output" | cut -c1-300
    fi
    [[ ${VERBOSE:-} ]] && sed 's/^/      | /' "$output" | cut -c1-200 | head -n 30
}

# run_block TEXT WORDS
run_block() {
    local line command='' reason
    reason=$({ lacks "$2"; lacks_programs "$1"; } | head -n 1)
    grep -qE "$SERVES" <<<"$1" && ! grep -qE '^\./llmd up' <<<"$1" && end_servers
    while IFS= read -r line; do
        command+=${command:+$'\n'}$line
        [[ $command =~ $COMMENT ]] && { command=; continue; }
        # A command goes on over lines until the shell can read it as a whole.
        [[ $line == *\\ ]] && continue
        [[ $(bash -n <<<"$command" 2>&1) ]] && continue
        if [[ $reason ]]; then
            told skip "$command" "$reason"
        else
            [[ $command =~ $ASKS && ! $has_suite ]] && ! elsewhere "$2" && { ./llmd up --detach >/dev/null; has_suite=yes; }
            run_command "$command" "$2"
        fi
        command=
    done <<<"$1"
    [[ ! $command ]] || told FAIL "$command" "the shell cannot read it"
}

follow() {
    local line indent='' kind='' words='' text=''
    page=$1
    servers=()
    output=$work/output
    : >"$output"
    has_suite=
    if grep -qE '^ *([A-Z_]+=\S+ +)*\./llmd (up|serve|sim)( |$)' "$page"; then
        has_suite=own
        ./llmd down >/dev/null 2>&1
    elif ./llmd status >/dev/null 2>&1; then
        has_suite=yes
    fi
    while IFS= read -r line <&3 || [[ $line ]]; do
        if [[ ! $kind && $line =~ $FENCE ]]; then
            indent=${BASH_REMATCH[1]} kind=${BASH_REMATCH[2]:-text} words=${BASH_REMATCH[3]} text=
        elif [[ $line =~ $FENCE ]]; then
            [[ $kind == yaml && ${text%%$'\n'*} =~ $FILE_NAME ]] && printf '%s' "$text" >"${BASH_REMATCH[1]}"
            [[ $kind == sh ]] && run_block "$text" "$words"
            kind=
        elif [[ $kind ]]; then
            text+=${line#"$indent"}$'\n'
        fi
    done 3<"$page"
    end_servers
    [[ $has_suite == own ]] && ./llmd down >/dev/null 2>&1
    [[ $has_suite == yes ]] && ./llmd fault --clear >/dev/null 2>&1
}

if [[ ${1:-} == --page ]]; then
    work=$3 results=$3/results
    # A variable that a page does not set is not the end of the page.
    set +u
    trap end_servers EXIT
    trap 'exit 143' TERM
    follow "$2"
    exit 0
fi

# ---- All pages ----------------------------------------------------------------------------------------------------------

# In the order of the index, which is a reader's: the chart is installed before it is upgraded. The others follow.
in_order() {
    echo README.md
    grep -oE '\]\([a-z/-]+\.md' docs/README.md | sed 's|](|docs/|'
    git ls-files '*.md'
}

if [ $# = 0 ]; then
    mapfile -t found < <(in_order | awk '!seen[$0]++' | xargs grep -lE '^ *```sh')
    set -- "${found[@]}"
fi
if ./llmd status >/dev/null 2>&1; then
    echo "a suite is running; end it with './llmd down' first" >&2
    exit 1
fi
if [[ $(untracked) ]]; then
    echo "pages may overwrite untracked files, and what they leave is removed; move these away first:" >&2
    untracked >&2
    exit 1
fi
./llmd --version >/dev/null || exit

remove_left() { untracked | tr '\n' '\0' | xargs -0 -r rm -f --; }

finish() {
    [[ $running ]] && kill "$running" 2>/dev/null && wait "$running"
    ./llmd down >/dev/null 2>&1
    remove_left
    rm -rf "$work"
}

work=$(mktemp -d)
: >"$work/results"
running=
trap finish EXIT
trap 'exit 1' INT TERM
for page in "$@"; do
    # In the background, for a trap is run while bash waits, and not before a program in the foreground has ended.
    timeout --kill-after=30 "${PAGE_LIMIT:-15m}" "$self" --page "$page" "$work" &
    running=$!
    wait "$running" || echo "FAIL $page: (did not come to its end)" | tee -a "$work/results"
    running=
    grep -qF "FAIL $page: " "$work/results" && ./llmd down >/dev/null 2>&1
    remove_left
done
echo
awk '{ page = $2; sub(/:$/, "", page); if (!(page in seen)) { seen[page]; order[++n] = page } count[page, $1]++; all[$1]++
       if ($1 == "skip" && match($0, /\([^()]*\)$/)) why[page] = substr($0, RSTART + 1, RLENGTH - 2) }
     END { print "| page | ok | skipped | failed | skipped because |\n| --- | ---: | ---: | ---: | --- |"
           for (i = 1; i <= n; i++) { p = order[i]; printf "| `%s` | %d | %d | %d | %s |\n", p, count[p, "ok"], count[p, "skip"], count[p, "FAIL"], why[p] }
           printf "| all | %d | %d | %d | |\n", all["ok"], all["skip"], all["FAIL"] }' "$work/results"
! grep -q '^FAIL' "$work/results"
