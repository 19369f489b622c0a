package io.llmd.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts spans that were made and did not arrive: those for which there was no room in the SDK's queue, which the SDK tells in
 * metrics of its own, and those that a collector did not take. Thread-safe.
 */
public final class LostSpans {

    /** By the SDK's present conventions, and by those to come. */
    private static final Set<String> PROCESSED = Set.of("processedSpans", "otel.sdk.processor.span.processed");

    private static final AttributeKey<Boolean> DROPPED = AttributeKey.booleanKey("dropped");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private final LongAdder refused = new LongAdder();
    private final Reader reader = new Reader();

    /** Spans lost so far. */
    public long count() {
        return refused.sum() + reader.dropped();
    }

    SpanExporter watching(SpanExporter exporter) {
        return new Watching(exporter, refused);
    }

    MetricReader reader() {
        return reader;
    }

    private static final class Watching implements SpanExporter {
        private final SpanExporter exporter;
        private final LongAdder refused;

        Watching(SpanExporter exporter, LongAdder refused) {
            this.exporter = exporter;
            this.refused = refused;
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            int count = spans.size();
            CompletableResultCode result = exporter.export(spans);
            return result.whenComplete(() -> {
                if (!result.isSuccess()) {
                    refused.add(count);
                }
            });
        }

        @Override
        public CompletableResultCode flush() {
            return exporter.flush();
        }

        @Override
        public CompletableResultCode shutdown() {
            return exporter.shutdown();
        }
    }

    /** Reads the SDK's metrics when it is asked, and sends them nowhere. */
    private static final class Reader implements MetricReader {
        private volatile @Nullable CollectionRegistration metrics;

        @Override
        public void register(CollectionRegistration registration) {
            metrics = registration;
        }

        long dropped() {
            CollectionRegistration registration = metrics;
            if (registration == null) {
                return 0;
            }
            long sum = 0;
            for (MetricData metric : registration.collectAllMetrics()) {
                if (PROCESSED.contains(metric.getName())) {
                    for (LongPointData point : metric.getLongSumData().getPoints()) {
                        sum += isLost(point.getAttributes()) ? point.getValue() : 0;
                    }
                }
            }
            return sum;
        }

        private static boolean isLost(Attributes attributes) {
            return Boolean.TRUE.equals(attributes.get(DROPPED)) || attributes.get(ERROR_TYPE) != null;
        }

        @Override
        public AggregationTemporality getAggregationTemporality(InstrumentType type) {
            return AggregationTemporality.CUMULATIVE;
        }

        @Override
        public CompletableResultCode forceFlush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
