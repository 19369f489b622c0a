package io.llmd.launcher.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Something that goes wrong for a while, and is mended.
 *
 * @param name as progress lines say it
 * @param lasts until it is mended
 * @param begin does it
 * @param end mends it
 */
record SoakFault(String name, Duration lasts, Action begin, Action end) {

    /** Does something to the fleet. */
    @FunctionalInterface
    interface Action {

        /** @param endpoint index of the one it concerns, if any */
        void run(SoakFleet fleet, int endpoint) throws IOException, InterruptedException;
    }

    /** Name of the fault that makes endpoints send JSON that is none. */
    static final String BROKEN_JSON = "events are garbage";

    private static final Action NOTHING = (fleet, endpoint) -> {};

    private static SoakFault ofRequests(String name, int seconds, String field, String value) {
        return new SoakFault(
                name,
                Duration.ofSeconds(seconds),
                (fleet, endpoint) -> fleet.faultOf(endpoint, "{\"" + field + "\":" + value + "}"),
                (fleet, endpoint) -> fleet.faultOf(endpoint, "{\"" + field + "\":null}"));
    }

    /** All there are. */
    static List<SoakFault> all(SoakLeavers leavers) {
        return List.of(
                new SoakFault(
                        "an endpoint is killed and comes back",
                        Duration.ofSeconds(10),
                        (fleet, endpoint) -> fleet.endpoint(endpoint).kill(),
                        (fleet, endpoint) -> fleet.endpoint(endpoint).start()),
                new SoakFault(
                        "the scheduler is killed and comes back",
                        Duration.ofSeconds(3),
                        (fleet, endpoint) -> fleet.scheduler().kill(),
                        (fleet, endpoint) -> fleet.scheduler().start()),
                new SoakFault(
                        "the scheduler is restarted",
                        Duration.ofSeconds(1),
                        (fleet, endpoint) -> {
                            if (!fleet.scheduler().stop()) {
                                throw new BenchFailure("the scheduler did not stop when told to");
                            }
                        },
                        (fleet, endpoint) -> fleet.scheduler().start()),
                new SoakFault(
                        "an endpoint leaves the list and returns",
                        Duration.ofSeconds(15),
                        (fleet, endpoint) -> fleet.listEndpoints(endpoint),
                        (fleet, endpoint) -> fleet.listEndpoints(-1)),
                new SoakFault(
                        "the scheduling configuration changes",
                        Duration.ofSeconds(1),
                        (fleet, endpoint) -> fleet.changeScheduling(),
                        NOTHING),
                new SoakFault(
                        "the scheduling configuration is broken",
                        Duration.ofSeconds(10),
                        (fleet, endpoint) -> fleet.breakScheduling(),
                        (fleet, endpoint) -> fleet.writeScheduling()),
                new SoakFault(
                        "keys are added and taken away",
                        Duration.ofSeconds(10),
                        (fleet, endpoint) -> fleet.changeKeys(true),
                        (fleet, endpoint) -> fleet.changeKeys(false)),
                new SoakFault(
                        "clients leave in the middle of their streams",
                        Duration.ofSeconds(1),
                        (fleet, endpoint) -> leavers.leave(fleet),
                        NOTHING),
                ofRequests("an endpoint refuses connections", 15, "refuse", "true"),
                ofRequests("an endpoint answers 500 to half", 20, "status", "{\"code\":500,\"probability\":0.5}"),
                ofRequests("an endpoint answers 503 to all", 15, "status", "{\"code\":503}"),
                ofRequests("an endpoint never answers", 20, "stall_before_head", "{\"for\":\"60s\",\"count\":20}"),
                ofRequests("streams stall", 20, "stall_after_tokens", "{\"tokens\":2,\"for\":\"60s\",\"count\":20}"),
                ofRequests("streams stall for a while", 20, "stall_after_tokens", "{\"tokens\":2,\"for\":\"5s\"}"),
                ofRequests("connections are reset", 15, "reset_after_tokens", "{\"tokens\":3,\"probability\":0.5}"),
                ofRequests("streams break off", 15, "drop_after_tokens", "{\"tokens\":3,\"probability\":0.5}"),
                ofRequests("engines fail within streams", 15, "error_after_tokens", "{\"tokens\":3,\"count\":10}"),
                ofRequests(BROKEN_JSON, 15, "garbage", "{\"kind\":\"broken_json\",\"event\":2}"),
                ofRequests("events come cut in pieces", 20, "garbage", "{\"kind\":\"odd_split\"}"),
                ofRequests("an endpoint is five times slower", 20, "slow_factor", "5"),
                ofRequests("metrics stand still", 20, "metrics", "\"frozen\""),
                ofRequests("metrics are gone", 20, "metrics", "404"),
                ofRequests("an endpoint restarts its engine", 10, "die", "\"5s\""));
    }
}
