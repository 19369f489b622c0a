package io.llmd.gateway.console;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says in one word whether users are served, and why not. For one thread. */
final class ServingJudge {

    private static final double HARMFUL_SHARE = 0.02;
    private static final double MOST = 0.5;
    private static final double FULL = 1;

    private String state = "";
    private long since;

    Frame.Serving judge(
            long now,
            GatewayState gateway,
            List<Watched.Part> parts,
            Frame.Now work,
            List<Frame.OfEndpoint> endpoints,
            boolean isPoolKnown) {
        String refusing = refusing(gateway, work, endpoints, isPoolKnown);
        String degraded = refusing.isEmpty() ? degraded(parts, work, endpoints) : "";
        String found = !refusing.isEmpty() ? "refusing" : !degraded.isEmpty() ? "degraded" : "serving";
        if (!found.equals(state)) {
            state = found;
            since = now;
        }
        return new Frame.Serving(found, refusing + degraded, since);
    }

    private static String refusing(
            GatewayState gateway, Frame.Now work, List<Frame.OfEndpoint> endpoints, boolean isPoolKnown) {
        if (gateway.draining()) {
            return "this gateway stops";
        }
        if (!isPoolKnown) {
            return "the scheduler has not named any endpoints yet";
        }
        if (endpoints.isEmpty()) {
            return "the pool has no endpoints";
        }
        if (endpoints.stream().allMatch(endpoint -> endpoint.state().equals("ejected"))) {
            return "all endpoints are ejected";
        }
        if (isAbove(work.refusedShare(), MOST)) {
            return "most requests are refused";
        }
        return isAbove(work.failedShare(), MOST) ? "most requests fail" : "";
    }

    private static String degraded(List<Watched.Part> parts, Frame.Now work, List<Frame.OfEndpoint> endpoints) {
        for (Watched.Part part : parts) {
            if (part.state().equals("gone")) {
                return "the " + part.name() + " is gone";
            }
        }
        if (isAbove(work.failedShare(), HARMFUL_SHARE)) {
            return "requests fail";
        }
        if (isAbove(work.refusedShare(), HARMFUL_SHARE)) {
            return "requests are refused";
        }
        for (Frame.OfEndpoint endpoint : endpoints) {
            if (endpoint.state().equals("ejected") || endpoint.state().equals("stale")) {
                return "endpoint " + endpoint.id() + " is " + endpoint.state();
            }
        }
        Double saturation = work.saturation();
        return saturation != null && saturation >= FULL ? "the pool is full" : "";
    }

    private static boolean isAbove(@Nullable Double share, double bound) {
        return share != null && share > bound;
    }
}
