package io.llmd.autoscaler.kube;

import java.util.Locale;

/** How the number of a variant is carried out. */
public enum Actuation {
    /** An HPA reads it, from Prometheus or from the external metrics API. */
    METRIC,
    /** KEDA is told it. */
    KEDA_PUSH,
    /** The scale subresource of its target is changed. */
    SCALE,
    /** Not at all. */
    ADVISORY;

    /** Name in resources, configuration and answers. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** By its name. @throws IllegalArgumentException for another name */
    public static Actuation of(String name) {
        for (Actuation each : values()) {
            if (each.wireName().equals(name)) {
                return each;
            }
        }
        throw new IllegalArgumentException("actuation: " + name + " (expected: metric, keda-push, scale or advisory)");
    }
}
