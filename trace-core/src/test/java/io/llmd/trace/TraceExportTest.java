package io.llmd.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TraceExportTest {

    @Test
    void nothingIsWantedUnlessSomebodySaysWhereTo() {
        assertThat(TraceExport.isWanted(Map.<String, String>of()::get)).isFalse();
        assertThat(TraceExport.isWanted(Map.of(TraceExport.ENDPOINT, "")::get)).isFalse();
        assertThat(TraceExport.isWanted(Map.of(TraceExport.ENDPOINT, "http://collector:4318")::get))
                .isTrue();
        assertThat(TraceExport.isWanted(Map.of("otel.exporter.otlp.traces.endpoint", "http://c:4318/v1/traces")::get))
                .isTrue();
        assertThat(TraceExport.isWanted(Map.of("otel.traces.exporter", "otlp")::get))
                .isTrue();
        assertThat(TraceExport.isWanted(
                        Map.of("otel.traces.exporter", "none", TraceExport.ENDPOINT, "http://collector:4318")::get))
                .isFalse();
    }

    @Test
    void theServicesOwnSettingsAreThoseOfTheSdk() {
        Map<String, String> settings = Map.of(
                TraceExport.ENDPOINT,
                "http://127.0.0.1:1",
                TraceExport.SAMPLER,
                "always_off",
                "otel.service.name",
                "mine");
        try (OpenTelemetrySdk sdk = TraceExport.open("other", settings::get, new LostSpans())) {
            Span span = sdk.getTracer("test").spanBuilder("one").startSpan();
            assertThat(span.isRecording()).isFalse();
            assertThat(span.getSpanContext().isValid()).isTrue();
            assertThat(sdk.toString()).contains("service.name=\"mine\"");
        }
    }

    @Test
    void spansThatNobodyTakesAreCounted() {
        LostSpans lost = new LostSpans();
        Map<String, String> settings = Map.of(
                TraceExport.ENDPOINT,
                "http://127.0.0.1:1",
                TraceExport.SAMPLER,
                "always_on",
                "otel.bsp.max.queue.size",
                "16",
                "otel.bsp.max.export.batch.size",
                "16",
                "otel.bsp.schedule.delay",
                "3600000",
                "otel.exporter.otlp.timeout",
                "1000");
        try (OpenTelemetrySdk sdk = TraceExport.open("test", settings::get, lost)) {
            assertThat(lost.count()).isZero();
            for (int i = 0; i < 1_000; i++) {
                sdk.getTracer("test").spanBuilder("one").startSpan().end();
            }
            sdk.getSdkTracerProvider().forceFlush().join(20, TimeUnit.SECONDS);
            assertThat(lost.count()).isEqualTo(1_000);
        }
    }
}
