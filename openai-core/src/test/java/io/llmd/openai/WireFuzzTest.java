package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bodies of requests and streams of endpoints, looked for by coverage. The first byte chooses the route. In a build the seeds
 * alone are tried; CONTRIBUTING.md tells how to search.
 */
class WireFuzzTest {

    private static final RequestReader READER = new RequestReader(RequestLimits.DEFAULTS);

    static Stream<byte[]> bodies() {
        return Stream.of(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}",
                        "{\"model\":\"m\",\"prompt\":[\"a\",\"b\"],\"n\":2,\"max_tokens\":5}",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                                + "{\"url\":\"data:image/png;base64,AAAA\"}}]}],\"cache_salt\":\"s\",\"priority\":3}",
                        "{\"model\":\"m\",\"input\":\"x\",\"kv_transfer_params\":{\"remote_host\":\"h\"}}",
                        "{\"model\":\"\\u00e9\\ud83d\\ude00\",\"prompt\":[1,2,3],\"stop\":[\"a\"]}")
                .map(text -> (" " + text).getBytes(StandardCharsets.UTF_8));
    }

    /** Never an exception; and a body that is accepted is still accepted with all that is changed in it on its way. */
    @MethodSource("bodies")
    @FuzzTest
    void bodyOfARequest(byte[] data) {
        if (data.length == 0) {
            return;
        }
        ApiRoute route = route(data[0]);
        ReadResult result = READER.read(route, data, 1, data.length - 1);
        if (result instanceof ReadResult.Accepted(ApiRequest request)) {
            ApiRequest salted = route.takesCacheSalt() ? request.withCacheSalt("0123456789abcdef") : request;
            List<BodyEdit> edits = salted.editsWithModel("another");
            byte[] edited = BodyEdits.apply(data, 1, data.length - 1, edits);
            assertThat(READER.read(route, edited)).isInstanceOf(ReadResult.Accepted.class);
        }
    }

    static Stream<byte[]> streams() {
        return Stream.of(
                        "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n",
                        "event: message_delta\r\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":3}}\r\n\r\n",
                        ": c\n\ndata: {\"usage\":{\"prompt_tokens\":\"12\",\"completion_tokens\":[]}}\n\n",
                        "data: {\"error\":{\"message\":\"m\"}}\n\n")
                .map(text -> ("\0" + text).getBytes(StandardCharsets.UTF_8));
    }

    /** Never an exception, and the same whether it comes whole or byte by byte. */
    @MethodSource("streams")
    @FuzzTest
    void streamOfAnEndpoint(byte[] data) {
        if (data.length == 0) {
            return;
        }
        StreamScanner whole = new StreamScanner(route(data[0]));
        whole.scan(data, 1, data.length - 1);
        StreamScanner bytes = new StreamScanner(route(data[0]));
        for (int i = 1; i < data.length; i++) {
            bytes.scan(data, i, 1);
        }
        assertThat(bytes.events()).isEqualTo(whole.events());
        assertThat(bytes.isComplete()).isEqualTo(whole.isComplete());
        assertThat(bytes.usage()).isEqualTo(whole.usage());
        assertThat(bytes.violation()).isEqualTo(whole.violation());
        whole.endOfStream();
        UsageReader.fromBody(data);
        ModelList.parse(data);
    }

    private static ApiRoute route(byte chosen) {
        return ApiRoute.values()[Math.floorMod(chosen, ApiRoute.values().length)];
    }
}
