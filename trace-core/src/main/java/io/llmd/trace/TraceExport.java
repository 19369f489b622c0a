package io.llmd.trace;

import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Traces over OTLP, configured by the standard variables {@code OTEL_*} or properties {@code otel.*}. Without an exporter or
 * the address of one there are none.
 */
public final class TraceExport {

    /** Address of a collector. */
    public static final String ENDPOINT = "otel.exporter.otlp.endpoint";

    /** Name of the sampler. */
    public static final String SAMPLER = "otel.traces.sampler";

    private static final String EXPORTER = "otel.traces.exporter";
    private static final String TRACES_ENDPOINT = "otel.exporter.otlp.traces.endpoint";
    private static final Map<String, String> DEFAULTS = Map.of(
            EXPORTER,
            "otlp",
            "otel.metrics.exporter",
            "none",
            "otel.logs.exporter",
            "none",
            "otel.exporter.otlp.protocol",
            "http/protobuf",
            SAMPLER,
            "parentbased_traceidratio",
            "otel.traces.sampler.arg",
            "0.1");

    /** What may also be a property of the service; the variables of the environment are read in any case. */
    private static final List<String> PROPERTIES = List.of(
            EXPORTER,
            ENDPOINT,
            TRACES_ENDPOINT,
            "otel.exporter.otlp.protocol",
            "otel.exporter.otlp.traces.protocol",
            "otel.exporter.otlp.headers",
            "otel.exporter.otlp.timeout",
            "otel.bsp.schedule.delay",
            "otel.bsp.max.queue.size",
            "otel.bsp.max.export.batch.size",
            "otel.bsp.export.timeout",
            "otel.resource.attributes",
            "otel.service.name",
            SAMPLER,
            "otel.traces.sampler.arg");

    private TraceExport() {}

    /**
     * Whether traces have somewhere to go.
     *
     * @param setting value of a property, null or empty when it is not set
     */
    public static boolean isWanted(Function<String, @Nullable String> setting) {
        String exporter = setting.apply(EXPORTER);
        return exporter == null || exporter.isEmpty()
                ? isSet(setting.apply(ENDPOINT)) || isSet(setting.apply(TRACES_ENDPOINT))
                : !exporter.equals("none");
    }

    private static boolean isSet(@Nullable String value) {
        return value != null && !value.isEmpty();
    }

    /**
     * Opens the SDK, which the caller closes.
     *
     * @param serviceName name of the service unless a setting or variable says otherwise
     * @param setting value of a property, null or empty when it is not set
     * @param lost counts what does not arrive
     */
    public static OpenTelemetrySdk open(
            String serviceName, Function<String, @Nullable String> setting, LostSpans lost) {
        Map<String, String> defaults = new HashMap<>(DEFAULTS);
        defaults.put("otel.service.name", serviceName);
        Map<String, String> given = new HashMap<>();
        for (String name : PROPERTIES) {
            String value = setting.apply(name);
            if (value != null && !value.isEmpty()) {
                given.put(name, value);
            }
        }
        return AutoConfiguredOpenTelemetrySdk.builder()
                .addPropertiesSupplier(() -> defaults)
                .addPropertiesCustomizer(ignored -> given)
                .addSpanExporterCustomizer((exporter, config) -> lost.watching(exporter))
                .addMeterProviderCustomizer((meters, config) -> meters.registerMetricReader(lost.reader()))
                .disableShutdownHook()
                .build()
                .getOpenTelemetrySdk();
    }
}
