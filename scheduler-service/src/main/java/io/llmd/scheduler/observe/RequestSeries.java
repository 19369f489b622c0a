package io.llmd.scheduler.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The meters of one combination of labels. Safe from any thread. */
final class RequestSeries {

    private final MeterRegistry registry;
    private final Tags tags;
    private final AtomicLong running = new AtomicLong();
    private final List<Meter> meters = new CopyOnWriteArrayList<>();
    private final Map<String, Counter> errors = new ConcurrentHashMap<>();
    private final Counter requests;
    private final Timer duration;
    private final DistributionSummary requestBytes;
    private final DistributionSummary inputTokens;
    private final DistributionSummary outputTokens;
    private final DistributionSummary cachedTokens;
    private final Timer perToken;
    private final Timer streamedFirstToken;
    private final Timer otherFirstToken;
    private final Timer perOutputToken;

    RequestSeries(MeterRegistry registry, RequestLabels labels) {
        this.registry = registry;
        tags = labels.tags();
        requests = kept(registry.counter(SchedulerMeters.REQUESTS.getName(), tags));
        kept(Gauge.builder(SchedulerMeters.REQUESTS_RUNNING.getName(), running, AtomicLong::get)
                .tags(tags)
                .register(registry));
        duration = timer(SchedulerMeters.REQUEST_DURATION, tags, Buckets.LATENCY);
        requestBytes = summary(SchedulerMeters.REQUEST_BYTES, "bytes", Buckets.REQUEST_BYTES);
        inputTokens = summary(SchedulerMeters.INPUT_TOKENS, null, Buckets.TOKENS);
        outputTokens = summary(SchedulerMeters.OUTPUT_TOKENS, null, Buckets.OUTPUT_TOKENS);
        cachedTokens = summary(SchedulerMeters.CACHED_TOKENS, null, Buckets.TOKENS);
        perToken = timer(SchedulerMeters.NORMALISED_TIME, tags, Buckets.NORMALISED);
        streamedFirstToken =
                timer(SchedulerMeters.TIME_TO_FIRST_TOKEN, tags.and("streaming", "true"), Buckets.TIME_TO_FIRST_TOKEN);
        otherFirstToken =
                timer(SchedulerMeters.TIME_TO_FIRST_TOKEN, tags.and("streaming", "false"), Buckets.TIME_TO_FIRST_TOKEN);
        perOutputToken = timer(SchedulerMeters.TIME_PER_OUTPUT_TOKEN, tags, Buckets.PER_TOKEN);
    }

    private Timer timer(SchedulerMeters meter, Tags labels, double[] seconds) {
        return kept(Timer.builder(meter.getName())
                .tags(labels)
                .serviceLevelObjectives(Buckets.durations(seconds))
                .register(registry));
    }

    private DistributionSummary summary(SchedulerMeters meter, @Nullable String unit, double[] bounds) {
        return kept(DistributionSummary.builder(meter.getName())
                .baseUnit(unit)
                .tags(tags)
                .serviceLevelObjectives(bounds)
                .register(registry));
    }

    private <M extends Meter> M kept(M meter) {
        meters.add(meter);
        return meter;
    }

    void remove(MeterRegistry from) {
        meters.forEach(from::remove);
    }

    Counter error(String code) {
        return errors.computeIfAbsent(
                code,
                wanted -> kept(
                        registry.counter(SchedulerMeters.REQUEST_ERRORS.getName(), tags.and("error_code", wanted))));
    }

    Counter requests() {
        return requests;
    }

    AtomicLong running() {
        return running;
    }

    Timer duration() {
        return duration;
    }

    DistributionSummary requestBytes() {
        return requestBytes;
    }

    DistributionSummary inputTokens() {
        return inputTokens;
    }

    DistributionSummary outputTokens() {
        return outputTokens;
    }

    DistributionSummary cachedTokens() {
        return cachedTokens;
    }

    Timer perToken() {
        return perToken;
    }

    Timer timeToFirstToken(boolean isStreamed) {
        return isStreamed ? streamedFirstToken : otherFirstToken;
    }

    Timer perOutputToken() {
        return perOutputToken;
    }
}
