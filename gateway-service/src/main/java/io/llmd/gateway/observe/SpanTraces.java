package io.llmd.gateway.observe;

import io.llmd.contracts.schedule.TokenUsage;
import io.netty.handler.codec.http.HttpHeaders;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans with OpenTelemetry: one of the request, below it one for each question to the scheduler and one for each attempt
 * at an endpoint. A request that is not sampled has none, and the services behind are told so. Safe from any thread; the
 * exporter has a thread and a bounded queue of its own.
 */
public final class SpanTraces implements RequestTraces {

    private static final W3CTraceContextPropagator W3C = W3CTraceContextPropagator.getInstance();
    private static final TextMapSetter<Map<String, String>> INTO_MAP = (headers, name, value) -> {
        if (headers != null) {
            headers.put(name, value);
        }
    };
    private static final TextMapSetter<HttpHeaders> INTO_HEADERS = (headers, name, value) -> {
        if (headers != null) {
            headers.set(name, value);
        }
    };
    private static final TextMapGetter<HttpHeaders> FROM_HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(HttpHeaders headers) {
            return headers.names();
        }

        @Override
        public @Nullable String get(@Nullable HttpHeaders headers, String name) {
            return headers == null ? null : headers.get(name);
        }
    };

    private final Tracer tracer;

    public SpanTraces(Tracer tracer) {
        this.tracer = tracer;
    }

    @Override
    public RequestTrace begin(String path, String requestId, HttpHeaders headers) {
        Context caller = W3C.extract(Context.root(), headers, FROM_HEADERS);
        Span request = tracer.spanBuilder("POST " + path)
                .setParent(caller)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("http.request.method", "POST")
                .setAttribute("http.route", path)
                .setAttribute("gen_ai.request.id", requestId)
                .startSpan();
        return new Spans(tracer, request);
    }

    private static final class Spans implements RequestTrace {

        private final Tracer tracer;
        private final Span request;
        private final Context inRequest;
        private @Nullable Span schedule;
        private @Nullable Span attempt;

        Spans(Tracer tracer, Span request) {
            this.tracer = tracer;
            this.request = request;
            inRequest = Context.root().with(request);
        }

        /** A span below that of the request, or that one where none is made. */
        private @Nullable Span child(String name) {
            return request.isRecording()
                    ? tracer.spanBuilder(name)
                            .setParent(inRequest)
                            .setSpanKind(SpanKind.CLIENT)
                            .startSpan()
                    : null;
        }

        private Context within(@Nullable Span child) {
            return child == null ? inRequest : inRequest.with(child);
        }

        @Override
        public void scheduling(Map<String, String> headers) {
            endSchedule();
            schedule = child("llm_d.gateway.schedule");
            W3C.inject(within(schedule), headers, INTO_MAP);
        }

        @Override
        public void scheduled(String outcome) {
            Span open = schedule;
            if (open != null) {
                open.setAttribute("llm_d.gateway.schedule.outcome", outcome);
            }
            endSchedule();
        }

        private void endSchedule() {
            Span open = schedule;
            schedule = null;
            if (open != null) {
                open.end();
            }
        }

        @Override
        public HttpHeaders attempt(HttpHeaders headers, String endpointId) {
            Span begun = child("llm_d.gateway.attempt");
            attempt = begun;
            if (begun != null) {
                begun.setAttribute("llm_d.gateway.endpoint", endpointId);
            }
            HttpHeaders traced = headers.copy();
            W3C.inject(within(begun), traced, INTO_HEADERS);
            return traced;
        }

        @Override
        public void answered() {
            Span open = attempt;
            if (open != null) {
                open.addEvent("first_byte");
            }
        }

        @Override
        public void attemptEnded(String result, int status) {
            Span open = attempt;
            attempt = null;
            if (open == null) {
                return;
            }
            open.setAttribute("llm_d.gateway.attempt.result", result);
            if (status > 0) {
                open.setAttribute("http.response.status_code", status);
            }
            if (!result.equals("ok")) {
                open.setStatus(StatusCode.ERROR, result);
            }
            open.end();
        }

        @Override
        public void ended(String model, RequestOutcome outcome, String code, TokenUsage usage) {
            endSchedule();
            if (request.isRecording()) {
                request.setAttribute("gen_ai.request.model", model);
                request.setAttribute("llm_d.gateway.outcome", outcome.tagValue());
                tokens("gen_ai.usage.input_tokens", usage.promptTokens());
                tokens("gen_ai.usage.output_tokens", usage.completionTokens());
                tokens("llm_d.usage.cached_tokens", usage.cachedTokens());
                if (outcome == RequestOutcome.ERROR) {
                    request.setStatus(StatusCode.ERROR, code);
                } else if (!code.equals("none")) {
                    request.setAttribute("error.type", code);
                }
            }
            request.end();
        }

        private void tokens(String name, int count) {
            if (count >= 0) {
                request.setAttribute(name, count);
            }
        }
    }
}
