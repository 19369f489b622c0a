package io.llmd.scheduler.plugin.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.EndpointFixture;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentIdentityTest {

    @Test
    void theFirstSessionHeaderThatIsNotEmptyNamesTheFlow() {
        assertThat(flow("{}", Map.of("session_id", "s4", "session-id", "s3", "x-session-affinity", " ")))
                .isEqualTo("s3");
        assertThat(flow("{}", Map.of("x-claude-code-session-id", "s1", "x-session-affinity", "s2")))
                .isEqualTo("s1");
    }

    @Test
    void additionalHeadersAreTriedFirst() {
        assertThat(flow(
                        "{additionalSessionHeaders: [X-Team]}",
                        Map.of("x-claude-code-session-id", "s1", "x-team", "red")))
                .isEqualTo("red");
    }

    @Test
    void aRequestThatNamesItsFlowKeepsIt() {
        assertThat(flow("{}", Map.of("x-llm-d-inference-fairness-id", "t", "session-id", "s")))
                .isEqualTo("default-flow");
        assertThat(flow("{}", Map.of("x-gateway-inference-fairness-id", "t", "session-id", "s")))
                .isEqualTo("default-flow");
    }

    @Test
    void withoutASessionOrWithAnEndlessOneNothingChanges() {
        assertThat(flow("{}", Map.of())).isEqualTo("default-flow");
        assertThat(flow("{}", Map.of("session-id", "x".repeat(257)))).isEqualTo("default-flow");
    }

    @Test
    void headersHaveNames() {
        assertThatThrownBy(() -> flow("{additionalSessionHeaders: ['']}", Map.of()))
                .hasMessageContaining("expected: header names");
    }

    private static String flow(String params, Map<String, String> headers) {
        return new AgentIdentity(ParameterBinder.bind(AgentIdentity.Params.class, params))
                .process(EndpointFixture.request(headers, 0))
                .fairnessId();
    }
}
