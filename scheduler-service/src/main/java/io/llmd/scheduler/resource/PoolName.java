package io.llmd.scheduler.resource;

import java.util.Objects;

/**
 * The pool that resources have to refer to.
 *
 * @param group API group
 * @param name name of the InferencePool
 */
public record PoolName(String group, String name) {

    /** Group of InferencePool version 1; a reference without a group means it. */
    public static final String GROUP = "inference.networking.k8s.io";

    public PoolName {
        Objects.requireNonNull(group, "group");
        Objects.requireNonNull(name, "name");
    }

    /** A pool of the usual group. */
    public static PoolName of(String name) {
        return new PoolName(GROUP, name);
    }

    @Override
    public String toString() {
        return group + "/" + name;
    }
}
