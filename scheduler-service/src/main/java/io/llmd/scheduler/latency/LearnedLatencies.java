package io.llmd.scheduler.latency;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an {@link OnlineLatencyPredictor} knows at one moment. Safe from any thread; does not change. */
public final class LearnedLatencies {

    static final LearnedLatencies NOTHING = new LearnedLatencies(Map.of(), null);

    record OfRole(LearnedTime firstToken, LearnedTime outputToken) {}

    private final Map<String, OfRole> roles;
    private final @Nullable OfRole all;

    /** Of each role, and of all together; {@code all} is null when nothing was learned. */
    LearnedLatencies(Map<String, OfRole> roles, @Nullable OfRole all) {
        this.roles = roles;
        this.all = all;
    }

    /** Times to the first token that were learned from. */
    public long firstTokenSamples() {
        return all == null ? 0 : all.firstToken().samples();
    }

    /** Times per output token that were learned from. */
    public long outputTokenSamples() {
        return all == null ? 0 : all.outputToken().samples();
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
     * Predicts, by what was learned of the role where that is enough, else of all: where prompts are computed elsewhere nothing
     * is ever measured of some roles. O(1), no allocation.
     *
     * @param role of the endpoint
     * @param withOutput whether output tokens are asked about; 0 is the answer when too few were measured
     * @param enough measured times of a kind that a prediction needs
     * @param forecast takes the answer
     * @return whether enough is known of the time to the first token; {@code forecast} stays as it is otherwise
     */
    public boolean predict(
            String role, String endpointId, LatencyInputs inputs, boolean withOutput, long enough, Forecast forecast) {
        if (all == null || all.firstToken().samples() < enough) {
            return false;
        }
        OfRole known = roles.getOrDefault(role, all);
        LearnedTime firstToken = known.firstToken().samples() < enough ? all.firstToken() : known.firstToken();
        double first = firstToken.millis(endpointId, inputs);
        forecast.setFirstToken(first, firstToken.bound(inputs, first));
        if (withOutput && all.outputToken().samples() >= enough) {
            LearnedTime outputToken = known.outputToken().samples() < enough ? all.outputToken() : known.outputToken();
            double output = outputToken.millis(endpointId, inputs);
            forecast.setOutputToken(output, outputToken.bound(inputs, output));
        } else {
            forecast.setOutputToken(0, 0);
        }
        return true;
    }
}
