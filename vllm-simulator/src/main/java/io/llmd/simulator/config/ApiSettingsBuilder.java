package io.llmd.simulator.config;

import java.util.List;
import java.util.function.UnaryOperator;

/** Builds {@link ApiSettings}; what is not set keeps its default. Not thread-safe. */
public final class ApiSettingsBuilder {
    private List<String> keys = List.of();
    private boolean requestIdHeaders;
    private boolean loadTracking;
    private boolean documentation = true;
    private boolean tokenizerInfo;
    private boolean trustRequestTemplates;
    private String tracesEndpoint = "";
    private InferenceIdentity identity = InferenceIdentity.NONE;

    ApiSettingsBuilder() {}

    /** Sets {@link ApiSettings#keys()}. */
    public ApiSettingsBuilder keys(List<String> value) {
        keys = value;
        return this;
    }

    /** Sets {@link ApiSettings#requestIdHeaders()}. */
    public ApiSettingsBuilder requestIdHeaders(boolean value) {
        requestIdHeaders = value;
        return this;
    }

    /** Sets {@link ApiSettings#loadTracking()}. */
    public ApiSettingsBuilder loadTracking(boolean value) {
        loadTracking = value;
        return this;
    }

    /** Sets {@link ApiSettings#documentation()}. */
    public ApiSettingsBuilder documentation(boolean value) {
        documentation = value;
        return this;
    }

    /** Sets {@link ApiSettings#tokenizerInfo()}. */
    public ApiSettingsBuilder tokenizerInfo(boolean value) {
        tokenizerInfo = value;
        return this;
    }

    /** Sets {@link ApiSettings#trustRequestTemplates()}. */
    public ApiSettingsBuilder trustRequestTemplates(boolean value) {
        trustRequestTemplates = value;
        return this;
    }

    /** Sets {@link ApiSettings#tracesEndpoint()}. */
    public ApiSettingsBuilder tracesEndpoint(String value) {
        tracesEndpoint = value;
        return this;
    }

    /** Changes {@link ApiSettings#identity()}. */
    public ApiSettingsBuilder identity(UnaryOperator<InferenceIdentity> change) {
        identity = change.apply(identity);
        return this;
    }

    ApiSettings build() {
        return new ApiSettings(
                keys,
                requestIdHeaders,
                loadTracking,
                documentation,
                tokenizerInfo,
                trustRequestTemplates,
                tracesEndpoint,
                identity);
    }
}
