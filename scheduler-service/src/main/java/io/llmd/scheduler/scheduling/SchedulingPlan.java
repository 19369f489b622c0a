package io.llmd.scheduler.scheduling;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Everything that configuration says about a decision. Immutable; each decision runs under one plan from start to end.
 *
 * @param requestProcessors look at requests before anything else, in configuration order
 * @param tokenizer makes exact tokens of requests; null when estimates do
 * @param screeners narrow the pool first
 * @param producers in an order in which data is written before it is read
 * @param admitters may deny, in configuration order
 * @param profiles by name, in configuration order; at least one
 * @param handler decides which profiles run
 * @param preRequests hear of decisions, in configuration order
 * @param responseHooks hear of attempts, in configuration order
 * @param featureGates gates and whether they are on
 */
public record SchedulingPlan(
        List<NamedPlugin<RequestProcessor>> requestProcessors,
        @Nullable NamedPlugin<PromptTokenizer> tokenizer,
        List<NamedPlugin<Screener>> screeners,
        List<NamedPlugin<DataProducer>> producers,
        List<NamedPlugin<Admitter>> admitters,
        Map<String, SchedulingProfile> profiles,
        NamedPlugin<ProfileHandler> handler,
        List<NamedPlugin<PreRequest>> preRequests,
        List<NamedPlugin<ResponseHook>> responseHooks,
        Map<String, Boolean> featureGates) {
    public SchedulingPlan {
        requestProcessors = List.copyOf(requestProcessors);
        screeners = List.copyOf(screeners);
        producers = List.copyOf(producers);
        admitters = List.copyOf(admitters);
        profiles = Collections.unmodifiableMap(new LinkedHashMap<>(profiles));
        Objects.requireNonNull(handler, "handler");
        preRequests = List.copyOf(preRequests);
        responseHooks = List.copyOf(responseHooks);
        featureGates = Map.copyOf(featureGates);
        if (profiles.isEmpty()) {
            throw new IllegalArgumentException("profiles: 0 (expected: >= 1)");
        }
    }

    /** A plan without request processors and tokenizer. */
    public SchedulingPlan(
            List<NamedPlugin<Screener>> screeners,
            List<NamedPlugin<DataProducer>> producers,
            List<NamedPlugin<Admitter>> admitters,
            Map<String, SchedulingProfile> profiles,
            NamedPlugin<ProfileHandler> handler,
            List<NamedPlugin<PreRequest>> preRequests,
            List<NamedPlugin<ResponseHook>> responseHooks,
            Map<String, Boolean> featureGates) {
        this(
                List.of(),
                null,
                screeners,
                producers,
                admitters,
                profiles,
                handler,
                preRequests,
                responseHooks,
                featureGates);
    }

    /** Whether a decision may have to wait for data. */
    public boolean waits() {
        for (int i = 0; i < producers.size(); i++) {
            if (producers.get(i).plugin() instanceof AwaitingProducer) {
                return true;
            }
        }
        return false;
    }

    /** What a decision does, one line per plugin, for people. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        requestProcessors.forEach(plugin -> lines.add("request processor " + plugin.name()));
        if (tokenizer != null) {
            lines.add("tokenizer " + tokenizer.name());
        }
        screeners.forEach(plugin -> lines.add("screener " + plugin.name()));
        producers.forEach(plugin -> lines.add("producer " + plugin.name() + " of "
                + plugin.plugin().produces().stream().map(DataKey::type).toList()));
        admitters.forEach(plugin -> lines.add("admitter " + plugin.name()));
        lines.add("profile handler " + handler.name());
        profiles.values().forEach(profile -> lines.addAll(profile.describe()));
        preRequests.forEach(plugin -> lines.add("pre-request " + plugin.name()));
        responseHooks.forEach(plugin -> lines.add("response hook " + plugin.name()));
        return lines;
    }
}
