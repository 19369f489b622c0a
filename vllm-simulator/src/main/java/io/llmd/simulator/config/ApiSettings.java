package io.llmd.simulator.config;

import java.util.List;

/**
 * Settings of the HTTP API.
 *
 * @param keys API keys, one of which a request must bring; none are asked for if empty
 * @param requestIdHeaders whether answers carry {@code X-Request-Id}
 * @param loadTracking whether {@code /load} counts
 * @param documentation whether {@code /docs} and {@code /openapi.json} are served
 * @param tokenizerInfo whether {@code /tokenizer_info} is served
 * @param trustRequestTemplates whether a request may bring a chat template
 * @param tracesEndpoint address of a collector of traces, empty for what the environment says
 * @param identity what answers say about where they come from
 */
public record ApiSettings(
        List<String> keys,
        boolean requestIdHeaders,
        boolean loadTracking,
        boolean documentation,
        boolean tokenizerInfo,
        boolean trustRequestTemplates,
        String tracesEndpoint,
        InferenceIdentity identity) {
    public ApiSettings {
        keys = List.copyOf(keys);
        if (keys.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("apiKey: blank (expected: a key)");
        }
    }

    /** Keys print as {@code ***}. */
    @Override
    public String toString() {
        return "ApiSettings[keys=" + (keys.isEmpty() ? "none" : "***") + ", requestIdHeaders=" + requestIdHeaders
                + ", loadTracking=" + loadTracking + ", documentation=" + documentation
                + ", tokenizerInfo=" + tokenizerInfo + ", trustRequestTemplates=" + trustRequestTemplates
                + ", tracesEndpoint=" + tracesEndpoint
                + ", identity=" + identity + "]";
    }
}
