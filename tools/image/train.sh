#!/bin/sh
# Starts all services once and leaves llmd.aot, from which the JVM takes loaded classes, beside llmd.jar.
#
#   train.sh FOLDER [PORT]     folder of llmd.jar and lib; port of the gateway, 8080 if none is named, from which others follow
set -eu

folder=$1
port=${2:-8080}
work=$(mktemp -d)
# The same options as in the image, or the cache cannot be used. The heap decides how references are stored: without a bound a
# build host with more than 128 GiB would make a cache for heaps from 32 GiB on, which no container of ours has.
options="-Xmx1g --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -XX:+UseCompactObjectHeaders"
# What else the image's command says.
others="-XX:+UseTransparentHugePages -XX:TrimNativeHeapInterval=10000 -XX:MetaspaceSize=96m -XX:+ExitOnOutOfMemoryError -XX:+DisableAttachMechanism -XX:-UsePerfData"

# Keys are looked for, though nobody asks for anything.
printf 'keys: []\n' > "$work/keys.yaml"
# shellcheck disable=SC2086
GATEWAY_ACCESS_KEYS_FILE=$work/keys.yaml java -XX:AOTCacheOutput="$folder/llmd.aot" $options -XX:-UsePerfData -jar "$folder/llmd.jar" \
    serve --port-base "$port" --roles config-server,kv-index,scheduler,autoscaler,gateway > "$work/log" 2>&1 &
pid=$!
tries=0
# The last one to start.
until java $options -XX:TieredStopAtLevel=1 -jar "$folder/llmd.jar" health "http://localhost:$((port + 1000))/actuator/health/liveness" > /dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 120 ] || ! kill -0 $pid 2> /dev/null; then
        cat "$work/log" >&2
        exit 1
    fi
    sleep 1
done
kill -TERM $pid
# 143: ended by the signal, as it should.
wait $pid || [ $? -eq 143 ]
[ -s "$folder/llmd.aot" ] || { cat "$work/log" >&2; echo "train.sh: no cache was written" >&2; exit 1; }
# A service would start without a cache that does not fit, and take twice as long.
# shellcheck disable=SC2086
java -XX:AOTCache="$folder/llmd.aot" -XX:AOTMode=on $options $others -jar "$folder/llmd.jar" --version > "$work/log" 2>&1 || {
    cat "$work/log" >&2
    echo "train.sh: the cache cannot be used with the options of the image" >&2
    exit 1
}
rm -rf "$work"
