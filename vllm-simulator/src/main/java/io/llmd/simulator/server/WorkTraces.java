package io.llmd.simulator.server;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.SequenceEnd;
import io.llmd.trace.LostSpans;
import io.llmd.trace.TraceExport;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Spans named {@code llm_request} with the attributes of vLLM's, below the span that {@code traceparent} names. Without a
 * collector there are none. Thread-safe.
 */
final class WorkTraces implements AutoCloseable {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final TextMapGetter<Call.Headers> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Call.Headers headers) {
            return W3CTraceContextPropagator.getInstance().fields();
        }

        @Override
        public @Nullable String get(Call.@Nullable Headers headers, String name) {
            return headers == null ? null : headers.get(name);
        }
    };

    private final @Nullable OpenTelemetrySdk sdk;
    private final @Nullable Tracer tracer;

    private WorkTraces(@Nullable OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        tracer = sdk == null ? null : sdk.getTracer("vllm.llm_engine");
    }

    /**
     * As the environment says, or to a collector.
     *
     * @param collector address of a collector that takes OTLP over HTTP; empty for what the variables {@code OTEL_*} say
     */
    static WorkTraces to(String collector) {
        if (collector.isEmpty() && !TraceExport.isWanted(WorkTraces::variable)) {
            return new WorkTraces(null);
        }
        return new WorkTraces(TraceExport.open("vllm", name -> setting(name, collector), new LostSpans()));
    }

    private static @Nullable String variable(String property) {
        return System.getenv(property.replace('.', '_').toUpperCase(Locale.ROOT));
    }

    private static @Nullable String setting(String property, String collector) {
        if (property.equals(TraceExport.ENDPOINT) && !collector.isEmpty()) {
            return collector;
        }
        String given = variable(property);
        // Whether a request is traced is decided before it comes here, as in vLLM.
        return given == null && property.equals(TraceExport.SAMPLER) ? "parentbased_always_on" : given;
    }

    /** A request begins that came with these headers. */
    WorkTrace begin(Reply.Generate generate, Call.Headers headers) {
        Tracer with = tracer;
        if (with == null) {
            return WorkTrace.NONE;
        }
        Span span = with.spanBuilder("llm_request")
                .setParent(W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, HEADERS))
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        return span.isRecording() ? new Traced(span, generate) : WorkTrace.NONE;
    }

    @Override
    public void close() {
        if (sdk != null) {
            sdk.close();
        }
    }

    private static final class Traced implements WorkTrace {

        private final Span span;
        private final Reply.Generate generate;
        private final long startNanos = System.nanoTime();
        private volatile long firstTokenNanos;

        Traced(Span span, Reply.Generate generate) {
            this.span = span;
            this.generate = generate;
        }

        @Override
        public void progressed(List<Choice> choices) {
            if (firstTokenNanos == 0 && choices.stream().anyMatch(choice -> choice.produced() > 0)) {
                firstTokenNanos = System.nanoTime();
                span.addEvent("first_token");
            }
        }

        @Override
        public void ended(List<Choice> choices) {
            span.setAttribute("gen_ai.request.id", generate.id());
            span.setAttribute("gen_ai.response.model", generate.model());
            span.setAttribute(
                    "gen_ai.usage.prompt_tokens",
                    generate.prompts().stream()
                            .mapToInt(prompt -> prompt.tokens().length)
                            .sum());
            span.setAttribute(
                    "gen_ai.usage.completion_tokens",
                    choices.stream().mapToInt(Choice::produced).sum());
            span.setAttribute(
                    "llm_d.usage.cached_tokens",
                    choices.stream().mapToInt(Traced::cached).sum());
            if (firstTokenNanos != 0) {
                span.setAttribute("gen_ai.latency.time_to_first_token", seconds(firstTokenNanos - startNanos));
            }
            span.setAttribute("gen_ai.latency.e2e", seconds(System.nanoTime() - startNanos));
            span.end();
        }

        private static int cached(Choice choice) {
            SequenceEnd end = choice.end();
            return end == null ? 0 : end.cachedTokens();
        }

        private static double seconds(long nanos) {
            return nanos / NANOS_PER_SECOND;
        }
    }
}
