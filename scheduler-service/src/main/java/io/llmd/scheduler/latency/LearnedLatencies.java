package io.llmd.scheduler.latency;

import java.util.Map;

/** What an {@link OnlineLatencyPredictor} knows at one moment. Safe from any thread; does not change. */
public final class LearnedLatencies {

    static final LearnedLatencies NOTHING = new LearnedLatencies(Map.of());

    record OfRole(LearnedTime firstToken, LearnedTime outputToken) {}

    private final Map<String, OfRole> roles;

    LearnedLatencies(Map<String, OfRole> roles) {
        this.roles = roles;
    }

    /** Times to the first token of endpoints of a role that were learned from. */
    public long firstTokenSamples(String role) {
        OfRole known = roles.get(role);
        return known == null ? 0 : known.firstToken().samples();
    }

    /** Times per output token of endpoints of a role that were learned from. */
    public long outputTokenSamples(String role) {
        OfRole known = roles.get(role);
        return known == null ? 0 : known.outputToken().samples();
    }

    /**
     * Predicts. O(1), no allocation.
     *
     * @param role of the endpoint
     * @param withOutput whether output tokens are asked about
     * @param forecast takes the answer
     * @return whether anything is known of the role; {@code forecast} stays as it is otherwise
     */
    public boolean predict(
            String role, String endpointId, LatencyInputs inputs, boolean withOutput, Forecast forecast) {
        OfRole known = roles.get(role);
        if (known == null) {
            return false;
        }
        double first = known.firstToken().millis(endpointId, inputs);
        forecast.setFirstToken(first, known.firstToken().bound(inputs, first));
        if (withOutput) {
            double output = known.outputToken().millis(endpointId, inputs);
            forecast.setOutputToken(output, known.outputToken().bound(inputs, output));
        } else {
            forecast.setOutputToken(0, 0);
        }
        return true;
    }
}
