package io.llmd.gateway.console;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says in one word whether users are served, and why not. For one thread. */
final class ServingJudge {

    private static final double HARMFUL_SHARE = 0.02;
    private static final double MOST = 0.5;
    private static final double FULL = 1;
    /** Of fewer requests within a window no share says what most of them meet. */
    private static final long FEWEST = 5;

    private static final long MANY = 10;

    private String state = "";
    private long since;

    /** @param window what ended lately at all gateways */
    Frame.Serving judge(
            long now,
            GatewayState gateway,
            List<Watched.Part> parts,
            Window window,
            @Nullable Double saturation,
            List<Frame.OfEndpoint> endpoints,
            boolean isPoolKnown) {
        String refusing = refusing(gateway, window, endpoints, isPoolKnown);
        String degraded = refusing.isEmpty() ? degraded(parts, window, saturation, endpoints) : "";
        String found = !refusing.isEmpty() ? "refusing" : !degraded.isEmpty() ? "degraded" : "serving";
        if (!found.equals(state)) {
            state = found;
            since = now;
        }
        return new Frame.Serving(found, refusing + degraded, since);
    }

    private static String refusing(
            GatewayState gateway, Window window, List<Frame.OfEndpoint> endpoints, boolean isPoolKnown) {
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
        if (window.ended() < FEWEST) {
            return "";
        }
        if (window.refused() > MOST * window.ended()) {
            return "most requests are refused";
        }
        return window.failed() > MOST * window.ended() ? "most requests fail" : "";
    }

    private static String degraded(
            List<Watched.Part> parts, Window window, @Nullable Double saturation, List<Frame.OfEndpoint> endpoints) {
        for (Watched.Part part : parts) {
            if (part.state().equals("gone")) {
                return "the " + part.name() + " is gone";
            }
        }
        if (window.failed() > HARMFUL_SHARE * window.ended()) {
            return share(window.failed(), window.ended(), "failed", "requests fail");
        }
        if (window.refused() > HARMFUL_SHARE * window.ended()) {
            return share(window.refused(), window.ended(), "were refused", "requests are refused");
        }
        for (Frame.OfEndpoint endpoint : endpoints) {
            if (endpoint.state().equals("ejected") || endpoint.state().equals("stale")) {
                return "endpoint " + endpoint.id() + " is " + endpoint.state();
            }
        }
        return saturation != null && saturation >= FULL ? "the pool is full" : "";
    }

    /** Such as {@code 1 of 3 requests failed}; of many no numbers, which change with each frame. */
    private static String share(long part, long whole, String what, String many) {
        return whole < MANY ? part + " of " + whole + " requests " + what : many;
    }
}
