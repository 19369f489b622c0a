package io.llmd.simulator.config;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What answers say about where they come from, in the headers of llm-d-inference-sim.
 *
 * @param name of the endpoint in Kubernetes; absent for neither name nor port
 * @param namespace absent for none
 */
public record InferenceIdentity(
        @Nullable String name, @Nullable String namespace) {
    /** Answers say nothing. */
    public static final InferenceIdentity NONE = new InferenceIdentity(null, null);

    /** With another name. */
    public InferenceIdentity withName(String value) {
        return new InferenceIdentity(value, namespace);
    }

    /** With another namespace. */
    public InferenceIdentity withNamespace(String value) {
        return new InferenceIdentity(name, value);
    }

    /** Adds the headers of an answer. */
    public void addTo(Map<String, String> headers, int port) {
        if (name != null) {
            headers.put("x-inference-pod", name);
            headers.put("x-inference-port", Integer.toString(port));
        }
        if (namespace != null) {
            headers.put("x-inference-namespace", namespace);
        }
    }
}
