package io.llmd.scheduler.api;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.explain.DecisionRandom;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.resource.Resources;
import io.llmd.scheduler.resource.RewriteRule;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.RequestBody;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/** Reads what headers say about a request and its candidates. */
final class Requests {

    static final String DEFAULT_FAIRNESS_ID = "default-flow";
    private static final String IF_AVAILABLE = "if-available";

    /** Another hash than that of the decision's random numbers, so that the two choices do not depend on each other. */
    private static final LongHashFunction REWRITE_HASH = LongHashFunction.xx(0x6d6f64656cL);

    private static final int MOST_TIMEOUT_DIGITS = 12;

    private Requests() {}

    static InferenceRequest of(ScheduleRequest request, RequestBody body, Resources resources, long receivedNanos) {
        Map<String, String> headers = request.headers();
        return new InferenceRequest(
                request.requestId(),
                targetModel(request, body.model(), resources),
                body,
                headers,
                priority(headers, resources.priorities()),
                fairnessId(headers),
                receivedNanos,
                DecisionRandom.of(request.requestId()));
    }

    /** The flow that the client names, else its tenant. */
    private static String fairnessId(Map<String, String> headers) {
        String named = header(headers, LlmdHeader.FAIRNESS_ID);
        if (named != null && !named.isEmpty()) {
            return named;
        }
        String tenant = headers.get(LlmdHeader.TENANT.wireName());
        return tenant == null || tenant.isEmpty() ? DEFAULT_FAIRNESS_ID : tenant;
    }

    /**
     * A rule that is about the body's model goes before the header. Its choice follows from the request's id, so that all
     * attempts of a request go to one model.
     */
    private static String targetModel(ScheduleRequest request, String model, Resources resources) {
        RewriteRule rule = resources.rewrites().rule(model);
        if (rule != null) {
            return rule.target(REWRITE_HASH.hashChars(request.requestId()));
        }
        String rewrite = header(request.headers(), LlmdHeader.MODEL_REWRITE);
        return rewrite == null || rewrite.isEmpty() ? model : rewrite;
    }

    /** Priority of the objective; without one that of the client's key, which the gateway says. */
    private static int priority(Map<String, String> headers, Map<String, Integer> priorities) {
        String objective = header(headers, LlmdHeader.OBJECTIVE);
        if (objective != null) {
            return priorities.getOrDefault(objective, 0);
        }
        String ofKey = headers.get(LlmdHeader.PRIORITY.wireName());
        if (ofKey == null) {
            return 0;
        }
        try {
            return Integer.parseInt(ofKey);
        } catch (NumberFormatException notOurGateway) {
            return 0;
        }
    }

    static @Nullable String header(Map<String, String> headers, LlmdHeader header) {
        String value = headers.get(header.wireName());
        List<String> aliases = header.aliases();
        for (int i = 0; value == null && i < aliases.size(); i++) {
            value = headers.get(aliases.get(i));
        }
        return value;
    }

    static boolean wantsCached(Map<String, String> headers) {
        String prefer = headers.get(LlmdHeader.PREFER.wireName());
        if (prefer == null) {
            return false;
        }
        for (String preference : prefer.split(",")) {
            int end = preference.indexOf(';');
            String token = (end < 0 ? preference : preference.substring(0, end)).strip();
            if (token.equalsIgnoreCase(IF_AVAILABLE)) {
                return true;
            }
        }
        return false;
    }

    /** The pool without the endpoints that the request must not use; must not be changed. */
    static Endpoint[] allowed(ScheduleRequest request, Endpoint[] pool) {
        String hint = header(request.headers(), LlmdHeader.DESTINATION_ENDPOINT_SUBSET);
        if (hint == null && request.excludedEndpoints().isEmpty()) {
            return pool;
        }
        EndpointSubset subset = hint == null ? null : EndpointSubset.of(hint);
        Set<String> excluded = Set.copyOf(request.excludedEndpoints());
        Endpoint[] kept = new Endpoint[pool.length];
        int count = 0;
        for (Endpoint endpoint : pool) {
            if (!excluded.contains(endpoint.id()) && (subset == null || subset.has(endpoint.metadata()))) {
                kept[count++] = endpoint;
            }
        }
        return Arrays.copyOf(kept, count);
    }

    /** What flow control knows of a request. */
    static FlowRequest flow(InferenceRequest request) {
        RequestBody body = request.body();
        return new FlowRequest(
                request.requestId(),
                request.fairnessId(),
                request.priority(),
                body.sizeBytes(),
                body.promptTokens(),
                request.receivedNanos(),
                header(request.headers(), LlmdHeader.SLO_TIME_TO_FIRST_TOKEN),
                queueTimeout(request.headers()),
                body.model(),
                request.targetModel());
    }

    /** The client's own limit; null without one, and for what is no whole number of milliseconds from 1 to some 30 years. */
    private static @Nullable Duration queueTimeout(Map<String, String> headers) {
        String text = headers.get(LlmdHeader.QUEUE_TIMEOUT.wireName());
        if (text == null || text.isEmpty() || text.length() > MOST_TIMEOUT_DIGITS) {
            return null;
        }
        long millis = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return null;
            }
            millis = 10 * millis + digit;
        }
        return millis == 0 ? null : Duration.ofMillis(millis);
    }
}
