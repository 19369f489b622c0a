package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.SimulatorSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that no client sends by accident: each is answered, and none as a mistake of the server. */
@Timeout(60)
class HostileRequestTest {
    private final AnsweredCall call =
            new AnsweredCall(SimulatorSettings.builder().build(), 0);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"allowed_token_ids\":[3000000000]",
                "\"allowed_token_ids\":[1,99999999999999999999999]",
                "\"structured_outputs\":{\"choice\":[{}]}",
                "\"structured_outputs\":{\"json\":{\"type\":{}}}",
                "\"structured_outputs\":{\"json\":{\"type\":\"number\",\"minimum\":1e400}}",
                "\"structured_outputs\":{\"regex\":\"((a{9999}){9999}){9999}\"}",
                "\"structured_outputs\":{\"regex\":\"([a-z] ){9000}\"},\"n\":500"
            })
    void fieldThatCannotBeObeyedIsRefused(String field) {
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> complete(field))
                .satisfies(e -> assertThat(e.status()).isEqualTo(400));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "temperature",
                "top_p",
                "min_p",
                "presence_penalty",
                "repetition_penalty",
                "n",
                "seed",
                "priority",
                "min_tokens",
                "logprobs",
                "prompt_logprobs",
                "echo",
                "cache_hit_threshold",
                "truncate_prompt_tokens"
            })
    void numberBeyondTheRangeOfADoubleIsRefused(String field) {
        for (String number : List.of("9".repeat(400), "-" + "9".repeat(400))) {
            assertThatExceptionOfType(ApiException.class)
                    .isThrownBy(() -> complete("\"" + field + "\":" + number))
                    .satisfies(e -> assertThat(e.status()).isEqualTo(400));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"top_k\":", "\"stream_interval\":", "\"logit_bias\":{\"5\":"})
    void numberThatCanOnlyBeLargeCountsAsTheLargest(String field) {
        String end = field.indexOf('{') < 0 ? "" : "}";
        assertThat(complete(field + "9".repeat(400) + end)).contains("choices");
    }

    @Test
    void valueOfTheFieldIsNamed() {
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> complete("\"allowed_token_ids\":[3000000000]"))
                .withMessageEndingWith("(parameter=allowed_token_ids, value=[3000000000])");
    }

    @Test
    void schemaOfWhichOneBranchIsEmptyIsObeyedByAllChoices() {
        String answer = complete("\"n\":100,\"structured_outputs\":{\"json\":{\"anyOf\":[{\"type\":\"boolean\"},"
                + "{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":3,\"items\":{\"type\":\"boolean\"}}]}}");
        assertThat(Json.read(answer).path("choices"))
                .hasSize(100)
                .allSatisfy(
                        choice -> assertThat(choice.path("text").stringValue()).matches("true|false"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":{}}", "{\"required\":[{}]}", "{\"$ref\":{}}"})
    void modelDoesWithoutToolsThatItCannotCall(String parameters) {
        String answer = call.post(
                "/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"tools\":[{\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"parameters\":" + parameters + "}}]}");
        assertThat(Json.read(answer).at("/choices/0/message/content").stringValue())
                .isNotEmpty();
    }

    private String complete(String field) {
        return call.post("/v1/completions", "{\"prompt\":\"Hi\",\"max_tokens\":50," + field + "}");
    }
}
