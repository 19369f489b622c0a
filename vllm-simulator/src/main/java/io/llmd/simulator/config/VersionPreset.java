package io.llmd.simulator.config;

import io.llmd.kv.event.KvEventSchema;
import io.llmd.kv.hash.ExtraKeyForm;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What depends on the version of vLLM, read in its releases. Versions are compared by their first three numbers;
 * {@code main} is newer than all.
 *
 * @param version as it is reported
 * @param number comparable: major, minor and patch with three digits each
 */
public record VersionPreset(String version, long number) {
    private static final Pattern VERSION =
            Pattern.compile("v?(\\d{1,3})\\.(\\d{1,3})(?:\\.(\\d{1,3}))?(?:[.+\\-a-z][0-9A-Za-z.+\\-]*)?");
    private static final long NEVER = Long.MAX_VALUE;
    private static final long ALWAYS = 0;

    /** First release with a meter, and the first one that hides it. Meters that are not here are in all of them. */
    private static final Map<String, Shown> METERS = Map.ofEntries(
            Map.entry("vllm:gpu_cache_usage_perc", Shown.until(11)),
            Map.entry("vllm:gpu_prefix_cache_queries", Shown.until(11)),
            Map.entry("vllm:gpu_prefix_cache_hits", Shown.until(11)),
            Map.entry("vllm:time_per_output_token_seconds", Shown.until(12)),
            Map.entry("vllm:inter_token_latency_seconds", new Shown(release(0, 10, 2), NEVER)),
            Map.entry("vllm:request_time_per_output_token_seconds", Shown.from(11)),
            Map.entry("vllm:engine_sleep_state", Shown.from(12)),
            Map.entry("vllm:external_prefix_cache_queries", Shown.from(12)),
            Map.entry("vllm:external_prefix_cache_hits", Shown.from(12)),
            Map.entry("vllm:mm_cache_queries", Shown.from(12)),
            Map.entry("vllm:mm_cache_hits", Shown.from(12)),
            Map.entry("vllm:kv_block_lifetime_seconds", Shown.from(12)),
            Map.entry("vllm:kv_block_idle_before_evict_seconds", Shown.from(12)),
            Map.entry("vllm:kv_block_reuse_gap_seconds", Shown.from(12)),
            Map.entry("vllm:request_prefill_kv_computed_tokens", Shown.from(13)),
            Map.entry("vllm:prompt_tokens_by_source", Shown.from(16)),
            Map.entry("vllm:prompt_tokens_cached", Shown.from(16)),
            Map.entry("vllm:prompt_tokens_recomputed", new Shown(release(0, 16, 0), release(0, 20, 0))),
            Map.entry("vllm:estimated_flops_per_gpu", Shown.from(17)),
            Map.entry("vllm:estimated_read_bytes_per_gpu", Shown.from(17)),
            Map.entry("vllm:estimated_write_bytes_per_gpu", Shown.from(17)),
            Map.entry("vllm:num_requests_waiting_by_reason", Shown.from(20)),
            Map.entry("vllm:request_num_preemptions", Shown.from(30)),
            Map.entry("vllm:num_requests_kv_fetch_by_stage", Shown.from(32)),
            Map.entry("vllm:prompt_tokens_cached_by_source", Shown.from(32)),
            Map.entry("vllm:sleep_mode_operation_duration_seconds", Shown.from(32)),
            Map.entry("vllm:sleep_mode_operations_in_flight", Shown.from(32)),
            Map.entry("vllm:nixl_num_notifications_after_expiry", Shown.from(24)),
            Map.entry("vllm:admission_rejections", Shown.from(32)));

    /** First release with a route. Routes that are not here are in all releases. */
    private static final Map<String, Long> ROUTES = Map.ofEntries(
            Map.entry("/reset_mm_cache", release(0, 12, 0)),
            Map.entry("/pause", release(0, 12, 0)),
            Map.entry("/resume", release(0, 12, 0)),
            Map.entry("/is_paused", release(0, 12, 0)),
            Map.entry("/reset_encoder_cache", release(0, 16, 0)),
            Map.entry("/get_world_size", release(0, 16, 0)),
            Map.entry("/abort_requests", release(0, 27, 0)),
            Map.entry("/weight_info", release(0, 27, 0)),
            Map.entry("/kv_event_sources", release(0, 31, 0)),
            Map.entry("/release_kv_cache_memory", release(0, 31, 0)),
            Map.entry("/inference/v1/abort_requests", release(0, 32, 0)));

    /** First release with a layout of KV events. */
    private static final NavigableMap<Long, KvEventSchema> EVENT_SCHEMAS = new TreeMap<>(Map.of(
            ALWAYS,
            KvEventSchema.ORIGINAL,
            release(0, 10, 2),
            KvEventSchema.MEDIUM,
            release(0, 14, 0),
            KvEventSchema.ADAPTER_NAME,
            release(0, 17, 0),
            KvEventSchema.EXTRA_KEYS,
            release(0, 20, 0),
            KvEventSchema.GROUP,
            release(0, 22, 0),
            KvEventSchema.SPEC_KIND,
            release(0, 24, 0),
            KvEventSchema.MAP));

    private static final long OLDEST_STEP_NANOS = 5_400_000;
    private static final int LAST_OLD_STEP = 10;
    private static final int FIRST_NEW_STEP = 15;

    /**
     * The preset of a version.
     *
     * @throws IllegalArgumentException if it is neither a version nor {@code main}
     */
    public static VersionPreset of(String version) {
        if (version.toLowerCase(Locale.ROOT).equals("main")) {
            return new VersionPreset(version, release(999, 999, 999));
        }
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("version: " + version + " (expected: one like 0.32.0, or main)");
        }
        String patch = matcher.group(3);
        return new VersionPreset(
                version,
                release(
                        Integer.parseInt(matcher.group(1)),
                        Integer.parseInt(matcher.group(2)),
                        patch == null ? 0 : Integer.parseInt(patch)));
    }

    /** Whether it is that release of the zeroth major version, or a newer one. */
    public boolean isAtLeast(int minor) {
        return number >= release(0, minor, 0);
    }

    /** Shape of error bodies: nested from 0.10.2 on. */
    public ErrorFormat errorFormat() {
        return number >= release(0, 10, 2) ? ErrorFormat.NESTED : ErrorFormat.FLAT;
    }

    /** How long blocks wait for another engine: a lease of 30 s with heartbeats from 0.22 on, else one fixed time. */
    public Duration lease() {
        if (isAtLeast(22)) {
            return Duration.ofSeconds(30);
        }
        return Duration.ofSeconds(isAtLeast(12) ? 480 : 120);
    }

    /** Whether the engine that reads blocks extends their lease while it waits. */
    public boolean hasLeaseHeartbeats() {
        return isAtLeast(22);
    }

    /** Layout of KV events: arrays that grew longer, and maps from 0.24 on. */
    public KvEventSchema kvEventSchema() {
        return EVENT_SCHEMAS.floorEntry(number).getValue();
    }

    /** Whether replayed KV events carry their topic. */
    public boolean replaysTopic() {
        return isAtLeast(26);
    }

    /** How adapter, media and salt enter the hash of a block. */
    public ExtraKeyForm extraKeyForm() {
        return isAtLeast(31) ? ExtraKeyForm.TAGGED : ExtraKeyForm.BARE;
    }

    /**
     * What the engine needs for each step beyond vLLM 0.15: 5.4 ms up to 0.10, nothing from 0.15 on. Both ends are
     * fitted on measurements; what lies between is taken from the line between them.
     */
    public Duration extraStepOverhead() {
        long minor = Math.clamp(number / 1000, LAST_OLD_STEP, FIRST_NEW_STEP);
        return Duration.ofNanos(OLDEST_STEP_NANOS * (FIRST_NEW_STEP - minor) / (FIRST_NEW_STEP - LAST_OLD_STEP));
    }

    /** The reasons that requests are counted by when they end. */
    public List<String> finishedReasons() {
        if (isAtLeast(17)) {
            return List.of("stop", "length", "abort", "error", "repetition");
        }
        return isAtLeast(13) ? List.of("stop", "length", "abort", "error") : List.of("stop", "length", "abort");
    }

    /** Whether the tokens of a step leave those out that were cached. */
    public boolean countsComputedTokens() {
        return isAtLeast(16);
    }

    /** Whether a route is there. */
    public boolean hasRoute(String path) {
        return number >= ROUTES.getOrDefault(path, ALWAYS);
    }

    /** Whether the decode leg of a chat takes the prompt's tokens from its {@code kv_transfer_params}. */
    public boolean takesPromptOfPrefill() {
        return isAtLeast(27);
    }

    /** Whether answers to sleep and wake-up calls say what was done, and meters count these calls. */
    public boolean tellsOfSleep() {
        return isAtLeast(32);
    }

    /** Whether the answer to a reset of the prefix cache says if it was done. */
    public boolean tellsOfResets() {
        return isAtLeast(27);
    }

    /** Whether an adapter may have the name of the model. */
    public boolean allowsAdapterNamedAsModel() {
        return !isAtLeast(31);
    }

    /** Whether a meter is on the page; its name without {@code _total}. */
    public boolean shows(String meter) {
        Shown shown = METERS.get(meter);
        return shown == null || number >= shown.from() && number < shown.until();
    }

    /** The releases that added meters, oldest first. */
    static List<String> releasesWithMeters() {
        return names(METERS.values().stream().map(Shown::from).toList());
    }

    /** The releases that added routes, oldest first. */
    static List<String> releasesWithRoutes() {
        return names(List.copyOf(ROUTES.values()));
    }

    private static List<String> names(List<Long> releases) {
        return releases.stream()
                .filter(release -> release != ALWAYS)
                .sorted()
                .distinct()
                .map(release -> "0." + release / 1000 + (release % 1000 == 0 ? "" : "." + release % 1000))
                .toList();
    }

    private static long release(int major, int minor, int patch) {
        return (major * 1000L + minor) * 1000 + patch;
    }

    private record Shown(long from, long until) {
        static Shown from(int minor) {
            return new Shown(release(0, minor, 0), NEVER);
        }

        static Shown until(int minor) {
            return new Shown(ALWAYS, release(0, minor, 0));
        }
    }
}
