package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a target's pod template says of its hardware.
 *
 * @param accelerator type of accelerator, from the selector of nodes; empty where none is named
 * @param count accelerators of a pod, from limits or requests; 0 where none is asked for
 * @param role label {@code llm-d.ai/role}; empty where there is none
 */
record PodTemplate(String accelerator, int count, String role) {

    static final PodTemplate UNKNOWN = new PodTemplate("", 0, "");

    private static final List<String> PRODUCTS = List.of(
            "nvidia.com/gpu.product",
            "amd.com/gpu.product-name",
            "gpu.intel.com/product",
            "cloud.google.com/gke-accelerator",
            "node.kubernetes.io/instance-type");
    private static final List<String> DEVICES = List.of("nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915");

    static PodTemplate of(@Nullable GenericKubernetesResource target) {
        Object template = target == null ? null : target.get("spec", "template");
        return template instanceof Map<?, ?> map ? read(map) : UNKNOWN;
    }

    private static PodTemplate read(Map<?, ?> template) {
        Map<?, ?> spec = map(template.get("spec"));
        Map<?, ?> selector = map(spec.get("nodeSelector"));
        String accelerator = "";
        for (String each : PRODUCTS) {
            Object named = selector.get(each);
            if (named != null && accelerator.isEmpty()) {
                accelerator = String.valueOf(named);
            }
        }
        int count = 0;
        if (spec.get("containers") instanceof List<?> containers) {
            for (Object container : containers) {
                Map<?, ?> resources = map(map(container).get("resources"));
                count += Math.max(devices(map(resources.get("limits"))), devices(map(resources.get("requests"))));
            }
        }
        Object role = map(map(template.get("metadata")).get("labels")).get("llm-d.ai/role");
        return new PodTemplate(accelerator, count, role == null ? "" : String.valueOf(role));
    }

    private static int devices(Map<?, ?> resources) {
        int count = 0;
        for (String each : DEVICES) {
            String text = String.valueOf(resources.get(each));
            count += text.matches("\\d{1,4}") ? Integer.parseInt(text) : 0;
        }
        return count;
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }
}
