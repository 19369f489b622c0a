package io.llmd.scheduler.plugin.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.plugin.ParameterBinder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestAttributeReporterTest {

    private static final TokenUsage USAGE = new TokenUsage(100, 20, 64);

    private final List<String> reported = new ArrayList<>();

    @Test
    void theNumberIsReportedUnderItsKey() {
        end(params("{name: cost}", "usage.prompt_tokens + 4.0 * usage.completion_tokens", ""), USAGE);
        end(params("{namespace: billing, name: all}", "usage.total_tokens", ""), USAGE);
        end(params("{name: paid}", "usage.prompt_tokens - usage.prompt_tokens_details.cached_tokens", ""), USAGE);
        assertThat(reported).containsExactly("r envoy.lb cost 180.0", "r billing all 120.0", "r envoy.lb paid 36.0");
    }

    @Test
    void aConditionDecidesWhetherItIs() {
        end(params("{name: cost}", "usage.total_tokens", "usage.completion_tokens > 10.0"), USAGE);
        end(params("{name: cost}", "usage.total_tokens", "usage.completion_tokens > 50.0"), USAGE);
        end(params("{name: cost}", "usage.total_tokens", "has(usage.audio_tokens)"), USAGE);
        assertThat(reported).containsExactly("r envoy.lb cost 120.0");
    }

    @Test
    void whatIsZeroOrCannotBeWorkedOutIsNotReported() {
        end(params("{name: cost}", "usage.prompt_tokens - 100.0", ""), USAGE);
        end(params("{name: cost}", "usage.prompt_tokens / 0.0", ""), USAGE);
        end(params("{name: cost}", "usage.total_tokens", ""), TokenUsage.UNKNOWN);
        end(params("{name: cost}", "usage.total_tokens", "usage.total_tokens"), USAGE);
        assertThat(reported).isEmpty();
    }

    @Test
    void whatIsNoNumberOrNoConditionIsRefused() {
        assertThatThrownBy(() -> params("{name: cost}", "'text'", ""))
                .hasMessageContaining("attributes[0].expression: 'text' (expected: a number)");
        assertThatThrownBy(() -> params("{name: cost}", "1.0", "2.0"))
                .hasMessageContaining("attributes[0].condition: 2.0 (expected: true or false)");
        assertThatThrownBy(() -> params("{name: cost}", "usage.", ""))
                .hasMessageContaining("attributes[0].expression: usage. (expected: an expression over usage");
        assertThatThrownBy(() -> params("{name: cost}", "prompt + 1.0", ""))
                .hasMessageContaining("attributes[0].expression");
        assertThatThrownBy(() -> params("{name: ''}", "1.0", "")).hasMessageContaining("expected: text");
        assertThatThrownBy(() -> ParameterBinder.bind(RequestAttributeReporter.Params.class, "attributes: []"))
                .hasMessageContaining("expected: exactly one");
    }

    private void end(RequestAttributeReporter.Params params, TokenUsage usage) {
        RequestAttributeReporter reporter = new RequestAttributeReporter(
                params,
                (request, namespace, name, value) ->
                        reported.add(request + " " + namespace + " " + name + " " + value));
        reporter.ended(1, new OutcomeReport("r", 1, "ns/a", Phase.ENDED, Cause.NATURAL, 200, usage, 1, 2));
    }

    private static RequestAttributeReporter.Params params(String key, String expression, String condition) {
        return ParameterBinder.bind(
                RequestAttributeReporter.Params.class,
                "attributes:\n  - key: " + key + "\n    expression: \"" + expression + "\"\n    condition: \""
                        + condition + "\"\n");
    }
}
