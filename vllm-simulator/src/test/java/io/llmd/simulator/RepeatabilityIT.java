package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.LatencyModel;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Equal seeds without noise give equal answers, byte by byte. */
@Timeout(60)
class RepeatabilityIT {
    private static final String USAGE = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";

    private final VllmSimulator first = start(7);
    private final VllmSimulator second = start(7);
    private final VllmSimulator other = start(8);

    private static VllmSimulator start(long seed) {
        return VllmSimulator.start(SimulatorSettings.builder()
                .port(0)
                .seed(seed)
                .noiseCv(0)
                .latency(new LatencyModel.Constant(1_000_000, 1_000_000, 0, 0))
                .build());
    }

    @AfterEach
    void stop() {
        first.close();
        second.close();
        other.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "/v1/completions|'prompt':'Once upon a time'",
                "/v1/completions|'prompt':'Once upon a time','seed':3,'temperature':1,'logprobs':2",
                "/v1/chat/completions|'messages':[{'role':'user','content':'Tell me'}]"
            })
    void streamsOfTwoEndpointsDifferInIdsAndTimesOnly(String path, String fields) throws IOException {
        String body = "{" + fields.replace('\'', '"') + USAGE;
        String stream = stream(first, path, body);
        assertThat(stream).endsWith("data: [DONE]\n\n").isEqualTo(stream(second, path, body));
        assertThat(stream(other, path, body)).isNotEqualTo(stream);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "/v1/responses|'input':'Tell me'",
                "/v1/messages|'model':'sim-8b','max_tokens':20,'messages':[{'role':'user','content':'Tell me'}]",
                "/inference/v1/generate|'token_ids':[1,2,3],'sampling_params':{'max_tokens':20}"
            })
    void streamsOfTheOtherApisAreEqualToo(String path, String fields) throws IOException {
        String body = "{\"stream\":true," + fields.replace('\'', '"') + "}";
        String stream = stream(first, path, body);
        assertThat(stream).isNotEmpty().isEqualTo(stream(second, path, body));
        assertThat(stream(other, path, body)).isNotEqualTo(stream);
    }

    @Test
    void eventsOfSeveralChoicesDifferInTheirOrderAtMost() throws IOException {
        String body = "{\"prompt\":\"Once upon a time\",\"n\":2" + USAGE;
        assertThat(stream(first, "/v1/completions", body).split("\n\n"))
                .containsExactlyInAnyOrder(
                        stream(second, "/v1/completions", body).split("\n\n"));
    }

    private static String stream(VllmSimulator simulator, String path, String body) throws IOException {
        RawExchange exchange = RawExchange.post(simulator.port(), path, body);
        assertThat(exchange.end()).isEqualTo(RawExchange.End.KEPT);
        return exchange.body()
                .replaceAll("(cmpl|chatcmpl|resp|msg|generate-tokens)(-|_)[0-9a-f]{16,32}", "$1")
                .replaceAll("\"(created|created_at)\":\\d+", "\"$1\":0");
    }
}
