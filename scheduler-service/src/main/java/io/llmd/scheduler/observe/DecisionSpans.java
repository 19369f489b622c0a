package io.llmd.scheduler.observe;

import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.explain.Attempt;
import io.llmd.scheduler.explain.DecisionOutcome;
import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.ExplainedProfile;
import io.llmd.scheduler.explain.ExplainedProfile.Score;
import io.llmd.scheduler.explain.ExplainedProfile.ScorerStep;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.explain.PluginCall;
import io.llmd.scheduler.explain.PluginDescription;
import io.llmd.scheduler.scheduling.ExtensionPoint;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes the spans of a recorded decision and its attempt, after the fact. Used by one thread. */
final class DecisionSpans {

    private static final long NANOS_PER_MICRO = 1_000;
    private static final TextMapGetter<DecisionRecord> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(DecisionRecord record) {
            return W3CTraceContextPropagator.getInstance().fields();
        }

        @Override
        public @Nullable String get(@Nullable DecisionRecord record, String name) {
            return record == null ? null : record.header(name);
        }
    };

    private final Tracer tracer;

    DecisionSpans(Tracer tracer) {
        this.tracer = tracer;
    }

    void make(DecisionRecord record) {
        Context caller = W3CTraceContextPropagator.getInstance().extract(Context.root(), record, HEADERS);
        // From the monotonic clock to that of the wall.
        long shift = TimeUnit.SECONDS.toNanos(record.decidedAt().getEpochSecond())
                + record.decidedAt().getNano()
                - record.decidedNanos();
        Attempt attempt = record.attempt();
        long decided = record.decidedNanos() + shift;
        Span request = tracer.spanBuilder("gateway.request")
                .setParent(caller)
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(record.startNanos() + shift, TimeUnit.NANOSECONDS)
                .setAttribute("gen_ai.request.id", record.requestId())
                .setAttribute("gen_ai.request.model", record.model())
                .startSpan();
        if (request.isRecording()) {
            Context inRequest = Context.root().with(request);
            orchestration(record, inRequest, shift);
            if (attempt.outcome() != DecisionOutcome.REJECTED) {
                response(record, inRequest, decided);
            }
            fail(record, request);
        }
        request.end(decided + attempt.durationMicros() * NANOS_PER_MICRO, TimeUnit.NANOSECONDS);
    }

    private static void fail(DecisionRecord record, Span request) {
        if (record.verdict() instanceof Explanation.Verdict.Rejected rejected) {
            request.setStatus(StatusCode.ERROR, rejected.reason() + ": " + rejected.message());
        } else if (record.attempt().outcome() == DecisionOutcome.ERROR) {
            request.setStatus(StatusCode.ERROR, "status " + record.attempt().status());
        }
    }

    private void orchestration(DecisionRecord record, Context inRequest, long shift) {
        long start = record.startNanos() + shift;
        long queued = record.queueNanos();
        Span orchestration = span("gateway.request_orchestration", inRequest, start)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("target_model", record.model())
                .setAttribute("request_prio", record.priority())
                .startSpan();
        Context inside = inRequest.with(orchestration);
        if (queued > 0) {
            span("llm_d.epp.queue_wait", inside, start)
                    .setAttribute("llm_d.epp.queue.priority", record.priority())
                    .setAttribute("llm_d.epp.queue.fairness_id", record.fairnessId())
                    .setAttribute("llm_d.epp.queue.outcome", record.chosen().isEmpty() ? "rejected" : "dispatched")
                    .startSpan()
                    .end(start + queued, TimeUnit.NANOSECONDS);
        }
        for (PluginCall call : record.calls()) {
            if (call.profile() == null) {
                wholeDecision(record, call, inside, shift);
            }
        }
        for (ExplainedProfile profile : record.explanation().profiles()) {
            profile(record, profile, inside, shift);
        }
        orchestration.end(record.decidedNanos() + shift, TimeUnit.NANOSECONDS);
    }

    private SpanBuilder span(String name, Context parent, long startEpochNanos) {
        return tracer.spanBuilder(name).setParent(parent).setStartTimestamp(startEpochNanos, TimeUnit.NANOSECONDS);
    }

    /** Calls that serve no profile: parsing, screeners, producers, admitters, the profile handler, hooks. */
    private void wholeDecision(DecisionRecord record, PluginCall call, Context parent, long shift) {
        PluginDescription plugin = record.plugin(call.plugin());
        String type = plugin == null ? call.plugin() : plugin.type();
        String name = switch (call.point()) {
            case PROFILE_PICKER -> type.equals("disagg-profile-handler") ? "pick_disagg_profile" : "pick_profile";
            case DATA_PRODUCER -> "llm_d.epp.producer." + type;
            default -> "llm_d.epp." + call.point().wireName() + "." + type;
        };
        span(name, parent, call.startNanos() + shift)
                .setAttribute("llm_d.epp.plugin.name", call.plugin())
                .startSpan()
                .end(end(call) + shift, TimeUnit.NANOSECONDS);
    }

    private static long end(PluginCall call) {
        return call.startNanos() + call.nanos();
    }

    private void profile(DecisionRecord record, ExplainedProfile profile, Context parent, long shift) {
        List<PluginCall> calls = record.calls().stream()
                .filter(call -> profile.name().equals(call.profile()))
                .toList();
        if (calls.isEmpty()) {
            return;
        }
        Span run = span("run_scheduler_profile", parent, calls.getFirst().startNanos() + shift)
                .setAttribute("llm_d.epp.scheduling.profile.name", profile.name())
                .startSpan();
        Context inside = parent.with(run);
        filters(profile, of(calls, ExtensionPoint.FILTER), inside, shift);
        scoring(record, profile, of(calls, ExtensionPoint.SCORER), inside, shift);
        for (PluginCall call : of(calls, ExtensionPoint.PICKER)) {
            span("pick_endpoints", inside, call.startNanos() + shift)
                    .setAttribute(
                            "llm_d.epp.picker.candidate_endpoints",
                            profile.totals().size())
                    .setAttribute("llm_d.epp.picker.top_endpoints", String.join(",", profile.picked()))
                    .startSpan()
                    .end(end(call) + shift, TimeUnit.NANOSECONDS);
        }
        run.end(end(calls.getLast()) + shift, TimeUnit.NANOSECONDS);
    }

    private static List<PluginCall> of(List<PluginCall> calls, ExtensionPoint point) {
        return calls.stream().filter(call -> call.point() == point).toList();
    }

    private void filters(ExplainedProfile profile, List<PluginCall> calls, Context parent, long shift) {
        if (calls.isEmpty() || profile.filters().isEmpty()) {
            return;
        }
        long left = profile.filters().getLast().verdicts().stream()
                .filter(ExplainedProfile.FilterVerdict::kept)
                .count();
        span("filter_endpoints", parent, calls.getFirst().startNanos() + shift)
                .setAttribute(
                        "llm_d.epp.filter.candidate_endpoints",
                        profile.filters().getFirst().verdicts().size())
                .setAttribute("llm_d.epp.filter.filtered_endpoints", left)
                .startSpan()
                .end(end(calls.getLast()) + shift, TimeUnit.NANOSECONDS);
    }

    private void scoring(
            DecisionRecord record, ExplainedProfile profile, List<PluginCall> calls, Context parent, long shift) {
        if (calls.isEmpty()) {
            return;
        }
        Span scoring = span("llm_d.epp.scoring", parent, calls.getFirst().startNanos() + shift)
                .setAttribute("llm_d.epp.scorer.count", calls.size())
                .setAttribute(
                        "llm_d.epp.scoring.candidate_endpoints",
                        profile.totals().size())
                .startSpan();
        Context inside = parent.with(scoring);
        for (PluginCall call : calls) {
            profile.scorers().stream()
                    .filter(step -> step.plugin().equals(call.plugin()))
                    .findFirst()
                    .ifPresent(step -> scorer(record, step, call, inside, shift));
        }
        scoring.end(end(calls.getLast()) + shift, TimeUnit.NANOSECONDS);
    }

    private void scorer(DecisionRecord record, ScorerStep step, PluginCall call, Context parent, long shift) {
        PluginDescription plugin = record.plugin(step.plugin());
        String type = plugin == null ? step.plugin() : plugin.type();
        span("llm_d.epp.scorer." + type, parent, call.startNanos() + shift)
                .setAttribute("llm_d.epp.scorer.type", type)
                .setAttribute("llm_d.epp.scorer.name", step.plugin())
                .setAttribute("llm_d.epp.scorer.weight", step.weight())
                .setAttribute(
                        "llm_d.epp.scorer.candidate_endpoints", step.scores().size())
                .setAttribute("llm_d.epp.scorer.endpoints_scored", step.scores().size())
                .setAttribute(
                        "llm_d.epp.scorer.score.max",
                        step.scores().stream()
                                .mapToDouble(Score::raw)
                                .filter(Double::isFinite)
                                .max()
                                .orElse(0))
                .setAttribute(
                        "llm_d.epp.scorer.score.avg",
                        step.scores().stream()
                                .mapToDouble(Score::raw)
                                .filter(Double::isFinite)
                                .average()
                                .orElse(0))
                .startSpan()
                .end(end(call) + shift, TimeUnit.NANOSECONDS);
    }

    private void response(DecisionRecord record, Context parent, long decidedEpochNanos) {
        Attempt attempt = record.attempt();
        TokenUsage usage = attempt.usage();
        Span response = span("llm_d.epp.response", parent, decidedEpochNanos)
                .setAttribute("llm_d.epp.response.endpoint", record.chosen().getFirst())
                .setAttribute("llm_d.epp.response.outcome", attempt.outcome().wireName())
                .setAttribute("http.response.status_code", attempt.status())
                .setAttribute("gen_ai.usage.input_tokens", Math.max(0, usage.promptTokens()))
                .setAttribute("gen_ai.usage.output_tokens", Math.max(0, usage.completionTokens()))
                .setAttribute("llm_d.epp.response.cached_tokens", Math.max(0, usage.cachedTokens()))
                .startSpan();
        if (attempt.timeToFirstTokenMicros() > 0) {
            response.addEvent(
                    "first_token",
                    decidedEpochNanos + attempt.timeToFirstTokenMicros() * NANOS_PER_MICRO,
                    TimeUnit.NANOSECONDS);
        }
        response.end(decidedEpochNanos + attempt.durationMicros() * NANOS_PER_MICRO, TimeUnit.NANOSECONDS);
    }
}
