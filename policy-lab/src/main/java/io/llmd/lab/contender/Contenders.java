package io.llmd.lab.contender;

import io.llmd.lab.scheduler.SchedulerRouter;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.simulator.routing.RoutingPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The policies that can be compared. Those in code exist here alone; the others are configurations of the real scheduler, in
 * which {@code ${blockTokens}} and {@code ${prefillTokensPerSecond}} stand for the fleet's values.
 */
public final class Contenders {

    /** Bounded load of smg and of most consistent-hash load balancers. */
    private static final double BOUND = 1.25;

    private static final int SMG_PREFIX_TOKENS = 256;

    private static final String PREDICTED = "predicted latency, learned from each answer; prefixes by events";

    private static final List<Contender> ALL = List.of(
            new Contender("random", "baseline", "any endpoint", LoadPolicies::random),
            new Contender("round-robin", "baseline", "one endpoint after the other", any -> LoadPolicies.roundRobin()),
            new Contender("least-request", "baseline", "fewest requests in flight", LoadPolicies::leastRequests),
            new Contender("power-of-two", "baseline", "the less loaded of two drawn", LoadPolicies::powerOfTwo),
            new Contender(
                    "consistent-hash",
                    "baseline",
                    "ring over sessions, at most 1.25 times the mean load",
                    setting -> new HashRing(setting.engines().size(), PromptKeys::ofSession, BOUND)),
            new Contender(
                    "prefix-hash",
                    "smg",
                    "ring over the first 256 tokens, at most 1.25 times the mean load",
                    setting -> new HashRing(
                            setting.engines().size(), any -> PromptKeys.ofPrefix(any, SMG_PREFIX_TOKENS), BOUND)),
            new Contender(
                    "session-affinity",
                    "baseline",
                    "sessions stay where their first request went",
                    setting -> new SessionBinding(setting.seed())),
            new Contender("sglang-cache-aware", "SGLang, smg", "longest match unless unbalanced", CacheAwareTree::new),
            new Contender("aibrix-prefix", "AIBrix", "longest match below mean plus deviation", OutlierGate::new),
            new Contender("mooncake-conductor", "Mooncake", "least time to wait and compute", ShortestPrefill::new),
            new Contender(
                    "preble", "Preble", "most cached, or least load with what is pushed out", ExploitExplore::new),
            new Contender("dynamo", "NVIDIA Dynamo", "least KV cost in blocks", setting -> new KvCost(setting, 0)),
            new Contender(
                    "dynamo-softmax",
                    "NVIDIA Dynamo",
                    "KV cost drawn by softmax, T 0.5",
                    setting -> new KvCost(setting, 0.5)),
            scheduled("llmd-load", "llm-d", "short queues and free memory 1:1"),
            scheduled("llmd-default", "llm-d", "default blend: queue, memory, estimated prefixes 2:2:3"),
            scheduled("llmd-blend-lru", "llm-d", "the blend with cold prompts spread, 2:2:3:2"),
            scheduled("llmd-precise", "llm-d", "precise blend: prefixes by events, memory, queue 3:2:2"),
            scheduled("llmd-sticky", "llm-d", "sticky until saturated, estimated prefixes"),
            scheduled("llmd-sticky-precise", "llm-d", "sticky until saturated, prefixes by events"),
            scheduled("predicted-latency", "llm-d", PREDICTED),
            scheduled("kv-block-cost", "ours", "cost in blocks, prefixes by events"),
            scheduled("cache-discounted-load", "ours", "tokens in flight discounted by what is held"),
            scheduled("time-cost-estimated", "ours", "one cost in milliseconds, estimated prefixes"),
            scheduled("time-cost", "ours", "one cost in milliseconds, prefixes by events"));

    private static final List<Contender> MEASURED = List.of(
            measured(RoutingPolicy.PRECISE, "prefixes by events, memory, queue 3:2:2, as the scorers were then"),
            measured(RoutingPolicy.ESTIMATED, "estimated prefixes, memory, queue 1:1:1, as the scorers were then"),
            measured(RoutingPolicy.RANDOM, "any endpoint"),
            measured(RoutingPolicy.LOAD, "memory and queue 1:1"));

    private static final String SPLIT = resource("split.yaml");

    private static final Contender NEVER =
            splitting("never", "prompts are computed where they are decoded", "type: prefix-based-pd-decider");

    private static final List<Contender> SPLITTING = List.of(
            NEVER,
            splitting("always", "all prompts are computed elsewhere", "type: always-disagg-pd-decider"),
            splitting(
                    "prefix-based",
                    "prompts of which 512 tokens are missing",
                    "type: prefix-based-pd-decider, parameters: {nonCachedTokens: 512, promptTokens: 1024,"
                            + " prefixMatchInfoProducerName: precise}"),
            splitting(
                    "handoff-cost",
                    "prompts that are sooner that way, or would hold others up",
                    "type: handoff-cost-pd-decider, parameters: {prefixMatchInfoProducerName: precise,"
                            + " inFlightLoadProducerName: load, prefillTokensPerSecond: ${prefillTokensPerSecond},"
                            + " chunkTokens: ${batchedTokens}, kvBytesPerToken: ${kvBytesPerToken},"
                            + " transferBytesPerSecond: ${transferBytesPerSecond}}"));

    private Contenders() {}

    /** The four policies of llm-d's "KV-cache wins" table, with the scores that the scheduler had in September 2025. */
    public static List<Contender> measured() {
        return MEASURED;
    }

    private static Contender measured(RoutingPolicy policy, String summary) {
        return new Contender(
                "measured-" + policy.name().toLowerCase(Locale.ROOT),
                "llm-d, 2025-09",
                summary,
                setting -> policy.router(
                        setting.engines().size(),
                        setting.engines().getFirst().hasher(),
                        setting.blockTokens(),
                        setting.seed()));
    }

    /** Whether prompts are computed where they are decoded, and who decides. */
    public static List<Contender> splitting() {
        return SPLITTING;
    }

    /** What {@link #splitting} ones do when endpoints do both. */
    public static Contender unified() {
        return new Contender("unified", NEVER.from(), NEVER.summary(), NEVER.routers());
    }

    private static Contender splitting(String name, String summary, String decider) {
        return configured(
                name, "disaggregation", summary, SPLIT.replace("${decider}", "{name: decider, " + decider + "}"));
    }

    /** The one that goes by predicted latency, for somebody who wants to hear of predicted and measured ones. */
    public static Contender predicting(LatencyEvents heard) {
        String name = "predicted-latency";
        String configuration = resource(name + ".yaml");
        return new Contender(
                name,
                "llm-d",
                PREDICTED,
                setting -> new SchedulerRouter(filled(configuration, setting), name, setting, heard));
    }

    /** All of them, baselines first. */
    public static List<Contender> all() {
        return ALL;
    }

    /**
     * The contender of a name, or of a configuration file.
     *
     * @param text a name, or {@code NAME=FILE} with an EndpointPickerConfig
     * @throws IllegalArgumentException when there is none; the message lists the names
     * @throws IOException when the file cannot be read
     */
    public static Contender find(String text) throws IOException {
        int equals = text.indexOf('=');
        if (equals > 0) {
            Path file = Path.of(text.substring(equals + 1));
            return configured(text.substring(0, equals), "own", file.toString(), Files.readString(file));
        }
        for (Contender contender : ALL) {
            if (contender.name().equals(text)) {
                return contender;
            }
        }
        for (Contender contender : SPLITTING) {
            if (contender.name().equals(text)) {
                return contender;
            }
        }
        throw new IllegalArgumentException("contender: " + text + " (expected: NAME=FILE or one of " + names() + ")");
    }

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        ALL.forEach(contender -> names.add(contender.name()));
        return names;
    }

    private static Contender scheduled(String name, String from, String summary) {
        return configured(name, from, summary, resource(name + ".yaml"));
    }

    private static Contender configured(String name, String from, String summary, String configuration) {
        return new Contender(
                name, from, summary, setting -> new SchedulerRouter(filled(configuration, setting), name, setting));
    }

    private static String filled(String configuration, Setting setting) {
        return configuration
                .replace("${blockTokens}", Integer.toString(setting.blockTokens()))
                .replace(
                        "${batchedTokens}",
                        Integer.toString(setting.engines().getFirst().maxNumBatchedTokens()))
                .replace("${prefillTokensPerSecond}", shown(setting.prefillTokensPerSecond()))
                .replace("${kvBytesPerToken}", shown(setting.kvBytesPerToken()))
                .replace("${transferBytesPerSecond}", shown(setting.transferBytesPerSecond()));
    }

    private static String shown(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private static String resource(String name) {
        try (InputStream in = Contenders.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
