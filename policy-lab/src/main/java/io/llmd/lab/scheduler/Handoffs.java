package io.llmd.lab.scheduler;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.RequestResult;
import java.util.HashMap;
import java.util.Map;

/**
 * Which requests are split though a decision says so: what the gateway would not split, or what a prefill endpoint has too
 * many of, the decode endpoint serves alone. For the thread of the simulation.
 */
final class Handoffs {

    /** Default of the gateway's {@code max-handoffs}. */
    private static final int MOST = 64;

    private final int[] underWay;
    private final Map<Long, Integer> prefills = new HashMap<>();

    Handoffs(int endpoints) {
        underWay = new int[endpoints];
    }

    /**
     * Where the prompt of a request is computed, and counts it there.
     *
     * @param prefill that the decision names; {@link RequestResult#NONE} for nobody
     * @return {@code prefill}, or nobody
     */
    int prefill(ClientRequest request, int decode, int prefill) {
        boolean isSplit = prefill != RequestResult.NONE
                && prefill != decode
                && request.outputLength() > 1
                && underWay[prefill] < MOST;
        if (!isSplit) {
            return RequestResult.NONE;
        }
        underWay[prefill]++;
        prefills.put(request.id(), prefill);
        return prefill;
    }

    /** The answer has begun, so that the blocks were fetched, or the request has ended. */
    void over(long requestId) {
        Integer prefill = prefills.remove(requestId);
        if (prefill != null) {
            underWay[prefill]--;
        }
    }
}
