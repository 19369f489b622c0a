package io.llmd.scheduler.plugin.profile;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Runs the profile that a request header names, else the default one; with a single profile always that one. An unknown
 * name is the client's mistake.
 */
final class HeaderProfileHandler implements ProfileHandler {

    /**
     * @param headerName request header with the name of a profile
     * @param defaultProfile profile of requests without the header
     */
    record Params(
            @Default("EPP-Profile") String headerName,
            @Default("decode") String defaultProfile) {
        Params {
            if (headerName.isEmpty()) {
                throw new IllegalArgumentException("headerName: \"\" (expected: a header name)");
            }
            headerName = headerName.toLowerCase(Locale.ROOT);
        }
    }

    private final Params params;

    HeaderProfileHandler(Params params) {
        this.params = params;
    }

    @Override
    public List<String> nextProfiles(
            InferenceRequest request,
            Candidates candidates,
            List<String> profiles,
            Map<String, ProfileOutcome> results) {
        if (!results.isEmpty()) {
            return List.of();
        }
        if (profiles.size() == 1) {
            return profiles;
        }
        String named = named(request);
        String wanted = named == null ? params.defaultProfile() : named;
        return profiles.contains(wanted) ? List.of(wanted) : List.of();
    }

    private @Nullable String named(InferenceRequest request) {
        String name = request.header(params.headerName());
        return name == null || name.isEmpty() ? null : name;
    }

    @Override
    public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
        if (results.isEmpty()) {
            return named(request) == null
                    ? new SchedulingOutcome.Rejected(
                            Reason.FAILED, "defaultProfile: " + params.defaultProfile() + " (expected: a profile)")
                    : new SchedulingOutcome.Rejected(
                            Reason.BAD_REQUEST, params.headerName() + ": unknown profile (expected: a configured one)");
        }
        Map.Entry<String, ProfileOutcome> result = results.entrySet().iterator().next();
        return switch (result.getValue()) {
            case ProfileOutcome.Picked picked ->
                new SchedulingOutcome.Scheduled(result.getKey(), Map.of(result.getKey(), picked));
            case ProfileOutcome.Failed failed -> new SchedulingOutcome.Rejected(Reason.SATURATED, failed.message());
        };
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "header-profile-handler";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public ProfileHandler create(String name, Params params) {
            return new HeaderProfileHandler(params);
        }
    }
}
