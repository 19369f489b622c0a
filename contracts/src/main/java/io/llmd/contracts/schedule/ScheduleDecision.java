package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Where a request goes. The scheduler has counted it as in flight under {@code leaseId}; whoever received the decision
 * ends the lease with an {@link OutcomeReport} in phase {@link OutcomeReport.Phase#ENDED}, exactly once.
 *
 * @param requestId id of the client request
 * @param leaseId identifies this attempt, among those of all schedulers that run; below 2^53
 * @param model model name to send to the endpoint, after rewriting
 * @param profile name of the primary scheduling profile
 * @param endpoints chosen endpoint first, then those to fall back on; never empty
 * @param prefix what of the prompt the chosen endpoint is expected to hold
 * @param requestHeaders headers to set on the way to the endpoint, lower-case names; an empty value removes the header
 * @param responseHeaders headers to add to the client's answer, lower-case names
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ScheduleDecision(
        String requestId,
        long leaseId,
        String model,
        String profile,
        List<TargetEndpoint> endpoints,
        PrefixMatch prefix,
        Map<String, String> requestHeaders,
        Map<String, String> responseHeaders)
        implements ScheduleOutcome {
    public ScheduleDecision {
        Objects.requireNonNull(requestId, "requestId");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(profile, "profile");
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("endpoints: empty (expected: at least one)");
        }
        Objects.requireNonNull(prefix, "prefix");
        requestHeaders = Map.copyOf(requestHeaders);
        responseHeaders = Map.copyOf(responseHeaders);
    }

    /** The endpoint to send to first. */
    public TargetEndpoint primary() {
        return endpoints.getFirst();
    }
}
