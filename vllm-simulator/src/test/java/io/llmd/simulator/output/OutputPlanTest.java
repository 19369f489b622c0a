package io.llmd.simulator.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.OutputLength;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.openai.SamplingFields;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputPlanTest {
    private final Tokenizer tokenizer = new WordTokenizer();
    private final SimulatorSettings settings = SimulatorSettings.builder()
            .maxModelLen(256)
            .outputLength(new OutputLength.Fixed(20))
            .build();

    @ParameterizedTest
    @CsvSource({
        "'{}', 20, STOP",
        "'{\"max_tokens\":20}', 20, LENGTH",
        "'{\"max_tokens\":5}', 5, LENGTH",
        "'{\"max_tokens\":50}', 20, STOP",
        "'{\"max_tokens\":50,\"min_tokens\":30}', 30, STOP",
        "'{\"max_tokens\":50,\"ignore_eos\":true}', 50, LENGTH",
        "'{\"max_tokens\":50,\"max_completion_tokens\":7}', 7, LENGTH",
        "'{\"ignore_eos\":true}', 156, LENGTH",
        "'{\"max_tokens\":50,\"vllm_xargs\":{\"sim_output_tokens\":9}}', 9, STOP",
        "'{\"max_tokens\":5,\"vllm_xargs\":{\"sim_output_tokens\":9}}', 5, LENGTH"
    })
    void lengthFollowsLimitsAndWishes(String body, int length, FinishReason reason) {
        OutputPlan plan = plan(body, 0);
        assertThat(plan.length()).isEqualTo(length);
        assertThat(plan.reason()).isEqualTo(reason);
    }

    @Test
    void sameRequestGivesTheSameTextAndEachChoiceItsOwn() {
        assertThat(text(plan("{}", 0))).isEqualTo(text(plan("{}", 0)));
        assertThat(text(plan("{}", 1))).isNotEqualTo(text(plan("{}", 0)));
        assertThat(text(plan("{\"seed\":5}", 0))).isNotEqualTo(text(plan("{}", 0)));
    }

    @Test
    void stopStringEndsTheTextBeforeIt() {
        String whole = text(plan("{}", 0));
        String stop = whole.substring(12, 16);
        OutputPlan plan = plan("{\"stop\":[\"zzz\"," + Json.quoted(stop) + "]}", 0);

        assertThat(text(plan)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(plan.reason()).isEqualTo(FinishReason.STOP);
        assertThat(plan.stopReason()).isEqualTo(stop);
        assertThat(plan.length()).isLessThan(20);
        String with = text(plan("{\"include_stop_str_in_output\":true,\"stop\":" + Json.quoted(stop) + "}", 0));
        assertThat(with).isEqualTo(whole.substring(0, whole.indexOf(stop) + stop.length()));
    }

    @Test
    void stopStringBeforeTheMinimumDoesNotEndTheText() {
        String first = text(plan("{\"max_tokens\":1}", 0));
        assertThat(plan("{\"min_tokens\":20,\"stop\":" + Json.quoted(first) + "}", 0)
                        .length())
                .isEqualTo(20);
        assertThat(plan("{\"stop\":" + Json.quoted(first) + "}", 0).length()).isEqualTo(1);
    }

    @Test
    void stopTokenEndsTheTextAndIsNotShown() {
        OutputPlan whole = plan("{}", 0);
        int token = whole.tokens().tokenAt(3);
        OutputPlan plan = plan("{\"stop_token_ids\":[" + token + "]}", 0);
        assertThat(plan.length()).isEqualTo(4);
        assertThat(plan.stopReason()).isEqualTo(token);
        assertThat(text(plan)).isEqualTo(whole.text().upTo(3));
    }

    private OutputPlan plan(String body, int choice) {
        RequestFields fields = BodySchema.ANY.read(body.getBytes(StandardCharsets.UTF_8));
        boolean newer = fields.has("max_completion_tokens");
        Integer wanted = fields.integer(newer ? "max_completion_tokens" : "max_tokens");
        Sampling sampling = new SamplingFields(settings, tokenizer)
                .read(
                        fields,
                        null,
                        wanted == null ? OptionalInt.empty() : OptionalInt.of(wanted),
                        156,
                        OutputSource.WORDS);
        return OutputPlan.of(
                settings, tokenizer, RenderedPrompt.of(tokenizer.encode("a".repeat(500))), sampling, choice);
    }

    private static String text(OutputPlan plan) {
        return plan.text().upTo(plan.length());
    }
}
