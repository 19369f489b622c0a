package io.llmd.scheduler.observe;

import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.scheduler.api.AttemptListener;
import io.llmd.scheduler.api.DecisionListener;
import io.llmd.scheduler.datalayer.ScrapeListener;
import io.llmd.scheduler.discovery.DiscoveryListener;
import io.llmd.scheduler.plugin.Finding;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.resource.RewriteRule;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.ExtensionPoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Counts what happens, and logs what must not happen at most once a second. Safe from any thread. */
public final class SchedulerObserver implements DecisionListener, ScrapeListener, DiscoveryListener, PluginFaults {

    private static final Logger LOG = LoggerFactory.getLogger(SchedulerObserver.class);
    private static final int BYTES_PER_TOKEN = 4;
    private static final String DISAGG_HANDLER = "disagg-profile-handler";

    private static final String PREFILL = "prefill-decode";
    private static final String DECODE_ONLY = "decode-only";

    private record Placement(String model, String endpointId, int port) {}

    private final MeterRegistry registry;
    private final Timer decisions;
    private final DistributionSummary prefixRatio;
    private final DistributionSummary prefixBytes;
    private final Counter failures;
    private final Counter reaped;
    private final Map<Placement, Counter> placements = new ConcurrentHashMap<>();
    private final RequestMeters requests;
    private final PluginEventMeters pluginEvents;
    private final AtomicLong lastLogSecond = new AtomicLong();
    private volatile Map<String, String> pluginTypes = Map.of();

    /** Registers meters at {@code registry}. */
    public SchedulerObserver(MeterRegistry registry) {
        this.registry = registry;
        decisions = Timer.builder(SchedulerMeters.DECISION_DURATION.getName())
                .serviceLevelObjectives(Buckets.durations(Buckets.FAST))
                .register(registry);
        prefixRatio = DistributionSummary.builder(SchedulerMeters.PREFIX_HIT_RATIO.getName())
                .tag("plugin_name", DataKeys.APPROX_PREFIX_PRODUCER)
                .tag("plugin_type", DataKeys.APPROX_PREFIX_PRODUCER)
                .serviceLevelObjectives(Buckets.RATIO)
                .register(registry);
        prefixBytes = DistributionSummary.builder(SchedulerMeters.PREFIX_HIT_BYTES.getName())
                .tag("plugin_name", DataKeys.APPROX_PREFIX_PRODUCER)
                .tag("plugin_type", DataKeys.APPROX_PREFIX_PRODUCER)
                .serviceLevelObjectives(Buckets.HIT_BYTES)
                .register(registry);
        requests = new RequestMeters(registry, System::nanoTime);
        pluginEvents = new PluginEventMeters(registry);
        // There from the start, because a counter that appears with its first event shows no increase.
        failures = registry.counter(SchedulerMeters.FAILURES.getName());
        reaped = registry.counter(SchedulerMeters.LEASES_REAPED.getName());
        reloads(true);
        reloads(false);
    }

    @Override
    public void decided(ScheduleOutcome outcome, String model, long durationNanos) {
        decisions.record(durationNanos, TimeUnit.NANOSECONDS);
        switch (outcome) {
            case ScheduleDecision decision -> placed(decision);
            case ScheduleRejection rejection -> {
                attempt("failure", bounded(model), "", "", "").increment();
                counter(SchedulerMeters.REJECTIONS, "reason", rejection.reason().name())
                        .increment();
            }
        }
    }

    private void placed(ScheduleDecision decision) {
        TargetEndpoint endpoint = decision.primary();
        Placement placement = new Placement(bounded(decision.model()), endpoint.id(), endpoint.port());
        Counter counter = placements.get(placement);
        if (counter == null) {
            int slash = endpoint.id().indexOf('/');
            counter = attempt(
                    "success",
                    placement.model(),
                    endpoint.id().substring(slash + 1),
                    endpoint.id().substring(0, Math.max(0, slash)),
                    String.valueOf(endpoint.port()));
            placements.put(placement, counter);
        }
        counter.increment();
        int promptTokens = decision.prefix().promptTokens();
        if (promptTokens > 0) {
            prefixRatio.record((double) decision.prefix().matchedTokens() / promptTokens);
            prefixBytes.record((double) decision.prefix().matchedTokens() * BYTES_PER_TOKEN);
        }
    }

    private Counter attempt(String status, String model, String endpoint, String namespace, String port) {
        return Counter.builder(SchedulerMeters.ATTEMPTS.getName())
                .tag("status", status)
                .tag("target_model_name", model)
                .tag("endpoint_name", endpoint)
                .tag("namespace", namespace)
                .tag("port", port)
                .register(registry);
    }

    @Override
    public AttemptListener answered(
            ScheduleOutcome outcome, @Nullable InferenceRequest request, boolean isFirstAttempt) {
        return requests.answered(outcome, request, isFirstAttempt);
    }

    @Override
    public void disaggregated(String handler, String model, String decisionType) {
        legs(SchedulerMeters.DISAGG_DECISIONS, handler, model, decisionType).increment();
        legs(SchedulerMeters.PD_DECISIONS, handler, model, decisionType.contains(PREFILL) ? PREFILL : DECODE_ONLY)
                .increment();
    }

    private Counter legs(SchedulerMeters meter, String handler, String model, String decisionType) {
        return registry.counter(
                meter.getName(),
                "plugin_name",
                handler,
                "plugin_type",
                pluginTypes.getOrDefault(handler, DISAGG_HANDLER),
                "model_name",
                bounded(model),
                "decision_type",
                decisionType);
    }

    /** What single plugins are to tell. */
    public PluginEvents pluginEvents() {
        return pluginEvents;
    }

    @Override
    public void rewritten(RewriteRule rule, String model, String targetModel) {
        requests.models().keep(targetModel);
        if (rule.models().contains(model)) {
            requests.models().keep(model);
        }
        registry.counter(
                        SchedulerMeters.REWRITES.getName(),
                        "model_rewrite_name",
                        rule.rewrite(),
                        "model_name",
                        bounded(model),
                        "target_model",
                        bounded(targetModel))
                .increment();
    }

    /** A flow is gone; its series go too. */
    void forgetFlow(String fairnessId) {
        requests.forgetFlow(fairnessId);
    }

    private String bounded(String model) {
        return requests.models().bounded(model);
    }

    /** Forgets the counters of an endpoint that left the pool, so that their number stays bounded. */
    void forget(String endpointId) {
        pluginEvents.forget(endpointId);
        placements.entrySet().removeIf(entry -> {
            boolean isGone = entry.getKey().endpointId().equals(endpointId);
            if (isGone) {
                registry.remove(entry.getValue());
            }
            return isGone;
        });
    }

    @Override
    public void reported(boolean isNews) {
        counter(SchedulerMeters.REPORTS, "outcome", isNews ? "taken" : "ignored")
                .increment();
    }

    @Override
    public void failed(RuntimeException failure) {
        failures.increment();
        if (mayLog()) {
            LOG.atError().setCause(failure).log("a decision failed");
        }
    }

    @Override
    public void failed(String endpointId, String sourceType, Failure failure) {
        counter(SchedulerMeters.POLL_ERRORS, "source_type", sourceType).increment();
        counter(SchedulerMeters.SCRAPE_FAILURES, "reason", failure.name()).increment();
    }

    @Override
    public void incomplete(String endpointId, String sourceType, String extractorType) {
        registry.counter(
                        SchedulerMeters.EXTRACT_ERRORS.getName(),
                        "source_type",
                        sourceType,
                        "extractor_type",
                        extractorType)
                .increment();
    }

    @Override
    public void failed(String plugin, Throwable failure) {
        fault(plugin, "failed").increment();
        if (mayLog()) {
            LOG.atError()
                    .addKeyValue("plugin", plugin)
                    .addKeyValue("reason", failure.getClass().getName())
                    .log("a plugin failed and was left out");
            LOG.atDebug().setCause(failure).log("failure of the plugin");
        }
    }

    @Override
    public void outOfScope(String plugin, ExtensionPoint point, DataKey<?> key, Access access) {
        Counter.builder(SchedulerMeters.SCOPE_VIOLATIONS.getName())
                .tag("extension_point", point.wireName())
                .tag("plugin_type", pluginTypes.getOrDefault(plugin, ""))
                .tag("plugin_name", plugin)
                .tag("access", access.name().toLowerCase(Locale.ROOT))
                .register(registry)
                .increment();
        if (mayLog()) {
            LOG.atWarn()
                    .addKeyValue("plugin", plugin)
                    .addKeyValue("reason", access)
                    .log("a plugin used {}, which it does not declare", key);
        }
    }

    /** Types of the plugins in force, by name. */
    public void pluginsAre(Map<String, String> types) {
        pluginTypes = Map.copyOf(types);
    }

    @Override
    public void skipped(String plugin, DataKey<?> missing) {
        fault(plugin, "skipped").increment();
    }

    @Override
    public void overran(String plugin, long nanos) {
        fault(plugin, "overrun").increment();
        if (mayLog()) {
            LOG.atWarn()
                    .addKeyValue("plugin", plugin)
                    .addKeyValue("durationMs", TimeUnit.NANOSECONDS.toMillis(nanos))
                    .log("a plugin took too long");
        }
    }

    @Override
    public void hung(String plugin, long nanos, Thread thread) {
        fault(plugin, "hung").increment();
        Exception inside = new IllegalStateException("here is thread " + thread.getName());
        inside.setStackTrace(thread.getStackTrace());
        LOG.atError()
                .setCause(inside)
                .addKeyValue("plugin", plugin)
                .addKeyValue("durationMs", TimeUnit.NANOSECONDS.toMillis(nanos))
                .log("a plugin does not return; its thread is lost until it does");
    }

    @Override
    public void opened(String plugin, Cause cause) {
        breaker(plugin, "opened").increment();
        LOG.atError()
                .addKeyValue("plugin", plugin)
                .addKeyValue("reason", cause.name().toLowerCase(Locale.ROOT))
                .log("a plugin is not called for a while");
    }

    @Override
    public void closed(String plugin) {
        breaker(plugin, "closed").increment();
        LOG.atInfo().addKeyValue("plugin", plugin).log("a plugin works again and is called");
    }

    @Override
    public void passedOver(String plugin) {
        fault(plugin, "passed_over").increment();
    }

    private Counter breaker(String plugin, String state) {
        return registry.counter(SchedulerMeters.PLUGIN_BREAKERS.getName(), "plugin", plugin, "state", state);
    }

    private Counter fault(String plugin, String reason) {
        return registry.counter(SchedulerMeters.PLUGIN_FAULTS.getName(), "plugin", plugin, "reason", reason);
    }

    @Override
    public void invalidScores(String plugin, int count) {
        counter(SchedulerMeters.INVALID_SCORES, "plugin", plugin).increment(count);
    }

    /** A changed scheduling configuration was taken or refused. */
    public void configReloaded(boolean isAccepted) {
        reloads(isAccepted).increment();
    }

    private Counter reloads(boolean isAccepted) {
        return counter(SchedulerMeters.CONFIG_RELOADS, "outcome", isAccepted ? "accepted" : "refused");
    }

    /** Files of objectives and model rewrites were read; refused when a finding is an error. */
    public void resourcesRead(List<Finding> findings) {
        for (Finding finding : findings) {
            LOG.atLevel(finding.isError() ? Level.ERROR : Level.WARN).log("{}", finding);
        }
        boolean isRefused = findings.stream().anyMatch(Finding::isError);
        counter(SchedulerMeters.RESOURCE_RELOADS, "outcome", isRefused ? "refused" : "accepted")
                .increment();
        LOG.info(isRefused ? "changed resources refused, the previous ones stay" : "resources are in force");
    }

    /** Leases were ended because nobody reported their end. */
    public void leasesReaped(int count) {
        if (count > 0) {
            reaped.increment(count);
            LOG.atWarn().addKeyValue("count", count).log("attempts ended without a report");
        }
    }

    @Override
    public void sourceRefused(String reason) {
        counter(SchedulerMeters.DISCOVERY_PROBLEMS, "reason", "list").increment();
    }

    @Override
    public void entryRefused(String reason) {
        counter(SchedulerMeters.DISCOVERY_PROBLEMS, "reason", "entry").increment();
    }

    @Override
    public void loaded(int endpoints) {
        LOG.atDebug().addKeyValue("count", endpoints).log("endpoints loaded");
    }

    private Counter counter(SchedulerMeters meter, String key, String value) {
        return registry.counter(meter.getName(), key, value);
    }

    private boolean mayLog() {
        long second = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
        long last = lastLogSecond.get();
        return second != last && lastLogSecond.compareAndSet(last, second);
    }
}
