package io.llmd.scheduler.plugin.profile;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Rejected;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HeaderProfileHandlerTest {

    private static final List<String> TWO = List.of("chat", "batch");

    @Test
    void theHeaderNamesTheProfile() {
        assertThat(next("", named("batch"), TWO)).containsExactly("batch");
        assertThat(next("headerName: X-Kind", request(Map.of("x-kind", "chat"), 0), TWO))
                .containsExactly("chat");
    }

    @Test
    void withoutTheHeaderTheDefaultRuns() {
        assertThat(next("", request(), List.of("prefill", "decode"))).containsExactly("decode");
        assertThat(next("defaultProfile: chat", named(""), TWO)).containsExactly("chat");
    }

    @Test
    void aSingleProfileAlwaysRuns() {
        assertThat(next("", named("ghost"), List.of("chat"))).containsExactly("chat");
    }

    @Test
    @Tag("scheduling-75")
    void anUnknownNameIsABadRequestAndRunsNothing() {
        assertThat(next("", named("ghost"), TWO)).isEmpty();
        assertThat(handler("").process(named("ghost"), Map.of()))
                .isEqualTo(
                        new Rejected(Reason.BAD_REQUEST, "epp-profile: unknown profile (expected: a configured one)"));
    }

    @Test
    void aDefaultThatDoesNotExistIsAFailureOfTheConfiguration() {
        assertThat(next("", request(), TWO)).isEmpty();
        assertThat(handler("").process(request(), Map.of()))
                .isEqualTo(new Rejected(Reason.FAILED, "defaultProfile: decode (expected: a profile)"));
    }

    @Test
    void whatTheProfileChoseIsTheOutcome() {
        ProfileOutcome.Picked picked =
                new ProfileOutcome.Picked(List.of(idle("a").get(0)), List.of(0));
        assertThat(handler("").process(named("chat"), Map.of("chat", picked)))
                .isEqualTo(new Scheduled("chat", Map.of("chat", picked)));
        assertThat(handler("").process(named("chat"), Map.of("chat", new ProfileOutcome.Failed("nobody"))))
                .isEqualTo(new Rejected(Reason.SATURATED, "nobody"));
    }

    @Test
    void theProfileRunsOnce() {
        assertThat(handler("")
                        .nextProfiles(
                                named("chat"), idle("a"), TWO, Map.of("chat", new ProfileOutcome.Failed("nobody"))))
                .isEmpty();
    }

    @Test
    void anEmptyHeaderNameIsRefused() {
        assertThatThrownBy(() -> handler("headerName: ''")).hasMessageContaining("\"\" (expected: a header name)");
    }

    private static InferenceRequest named(String profile) {
        return request(Map.of("epp-profile", profile), 0);
    }

    private static List<String> next(String parameters, InferenceRequest request, List<String> profiles) {
        return handler(parameters).nextProfiles(request, idle("a"), profiles, Map.of());
    }

    private static HeaderProfileHandler handler(String parameters) {
        return new HeaderProfileHandler(ParameterBinder.bind(HeaderProfileHandler.Params.class, parameters));
    }
}
