package io.llmd.scheduler.discovery.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.llmd.scheduler.scheduling.AppProtocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads InferencePool resources, of version 1 and of the group that they had before. */
public final class InferencePools {

    /** Group of version 1. */
    static final String GROUP = "inference.networking.k8s.io";

    /** Group of version 1alpha2. */
    static final String FORMER_GROUP = "inference.networking.x-k8s.io";

    private static final int MAX_LABELS = 64;

    private InferencePools() {}

    /**
     * How to ask for pools.
     *
     * @throws IllegalArgumentException for an unknown group
     */
    public static ResourceDefinitionContext context(String group) {
        String version = switch (group) {
            case GROUP -> "v1";
            case FORMER_GROUP -> "v1alpha2";
            default ->
                throw new IllegalArgumentException(
                        "pool group: " + group + " (expected: " + GROUP + " or " + FORMER_GROUP + ")");
        };
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(version)
                .withKind("InferencePool")
                .withPlural("inferencepools")
                .withNamespaced(true)
                .build();
    }

    /**
     * What a pool says.
     *
     * @throws IllegalArgumentException with field, value and expectation
     */
    static ServingPool read(GenericKubernetesResource resource) {
        boolean isFormer = resource.getApiVersion().startsWith(FORMER_GROUP + "/");
        Object selector = resource.get("spec", "selector");
        Object labels = isFormer || !(selector instanceof Map<?, ?> fields) ? selector : fields.get("matchLabels");
        return new ServingPool(selector(labels), isFormer ? formerPort(resource) : ports(resource), protocol(resource));
    }

    /** Pools of before say nothing of it. */
    private static @Nullable AppProtocol protocol(GenericKubernetesResource resource) {
        Object name = resource.get("spec", "appProtocol");
        return name == null ? null : AppProtocol.of(String.valueOf(name));
    }

    private static String selector(@Nullable Object labels) {
        if (!(labels instanceof Map<?, ?> map) || map.isEmpty() || map.size() > MAX_LABELS) {
            throw new IllegalArgumentException("spec.selector: " + labels + " (expected: 1 to 64 labels)");
        }
        Map<String, String> sorted = new TreeMap<>();
        map.forEach((key, value) -> sorted.put(String.valueOf(key), String.valueOf(value)));
        StringBuilder text = new StringBuilder();
        sorted.forEach((key, value) ->
                text.append(text.isEmpty() ? "" : ",").append(key).append('=').append(value));
        return text.toString();
    }

    private static List<Integer> ports(GenericKubernetesResource resource) {
        List<Integer> ports = new ArrayList<>();
        if (resource.get("spec", "targetPorts") instanceof List<?> entries) {
            for (Object entry : entries) {
                ports.add(port(entry instanceof Map<?, ?> fields ? fields.get("number") : entry));
            }
        }
        return ports;
    }

    private static List<Integer> formerPort(GenericKubernetesResource resource) {
        return List.of(port(resource.get("spec", "targetPortNumber")));
    }

    private static int port(@Nullable Object value) {
        if (value instanceof Number number) {
            return number.intValue();
        }
        throw new IllegalArgumentException("target port: " + value + " (expected: a number)");
    }
}
