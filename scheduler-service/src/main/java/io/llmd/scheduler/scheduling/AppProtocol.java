package io.llmd.scheduler.scheduling;

import java.util.Arrays;

/** What endpoints of a pool speak, as its {@code appProtocol} says. */
public enum AppProtocol {
    /** HTTP/1.1. */
    HTTP("http"),
    /** HTTP/2 without TLS, as gRPC needs it. */
    H2C("kubernetes.io/h2c");

    private final String wireName;

    AppProtocol(String wireName) {
        this.wireName = wireName;
    }

    /** The name in an InferencePool. */
    public String wireName() {
        return wireName;
    }

    /**
     * The protocol of that name.
     *
     * @throws IllegalArgumentException with name and expectation
     */
    public static AppProtocol of(String name) {
        return Arrays.stream(values())
                .filter(protocol -> protocol.wireName.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "appProtocol: " + name + " (expected: " + HTTP.wireName + " or " + H2C.wireName + ")"));
    }
}
