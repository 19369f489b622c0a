package io.llmd.scheduler.parser;

import static io.llmd.scheduler.parser.ParserFixture.field;
import static io.llmd.scheduler.parser.ParserFixture.frame;
import static io.llmd.scheduler.parser.ParserFixture.malformed;
import static io.llmd.scheduler.parser.ParserFixture.message;
import static io.llmd.scheduler.parser.ParserFixture.outcome;
import static io.llmd.scheduler.parser.ParserFixture.parsed;
import static io.llmd.scheduler.parser.ParserFixture.text;
import static io.llmd.scheduler.parser.ParserFixture.tokens;
import static io.llmd.scheduler.parser.ParserFixture.varint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GrpcParsersTest {

    private static final String GENERATE = "vllm.grpc.engine.VllmEngine/Generate";
    private static final String EMBED = "vllm.grpc.engine.VllmEngine/Embed";
    private static final String CHAT = "PredictionService/ChatCompletions";

    private final VllmGrpcParser vllm = new VllmGrpcParser();
    private final VertexAiParser vertex = new VertexAiParser();

    @Test
    void tokensAreExactWhetherPackedOrNot() {
        byte[] packed = field(2, message(varint(7), varint(300), varint(4294967295L)));
        byte[] single = field(2, 8);
        RequestBody body = parsed(
                vllm,
                GENERATE,
                frame(message(
                        field(1, "request"),
                        field(2, message(field(1, "for people"), packed, single)),
                        field(4, message(field(8, 64), field(15, 1))),
                        field(5, 1),
                        field(7, message(field(4, 9), field(6, "h1"), field(6, "h2"))))));
        assertThat(body.api()).isEqualTo(Api.GENERATE);
        assertThat(tokens(body)).containsExactly(7, 300, -1, 8);
        assertThat(body.maxOutputTokens()).isEqualTo(64);
        assertThat(body.stream()).isTrue();
        assertThat(body.mediaHashes()).hasSize(2);
        assertThat(body.model()).isEmpty();
    }

    @Test
    void textIsTakenAsItIs() {
        RequestBody body = parsed(vllm, GENERATE, frame(field(3, "Grüße")));
        assertThat(text(body)).isEqualTo("Grüße");
        assertThat(body.maxOutputTokens()).isEqualTo(-1);
    }

    @Test
    void embeddingsAreReadToo() {
        RequestBody body = parsed(vllm, EMBED, frame(message(field(1, "r"), field(2, field(2, varint(5))))));
        assertThat(body.api()).isEqualTo(Api.EMBEDDINGS);
        assertThat(tokens(body)).containsExactly(5);
    }

    @Test
    void unknownFieldsAndThoseOfTheWrongKindAreLeftAlone() {
        byte[] fixed = {(byte) (99 << 3 & 0x7f | 0x80 | 1), 6, 1, 2, 3, 4, 5, 6, 7, 8};
        RequestBody body = parsed(vllm, GENERATE, frame(message(fixed, field(5, "text"), field(3, "hi"), field(4, 7))));
        assertThat(text(body)).isEqualTo("hi");
        assertThat(body.stream()).isFalse();
    }

    @Test
    void framesThatCannotBeAreRefused() {
        byte[] good = frame(field(3, "hi"));
        byte[] compressed = good.clone();
        compressed[0] = 1;
        byte[] huge = good.clone();
        Arrays.fill(huge, 1, 5, (byte) 0xff);
        assertThat(malformed(vllm, GENERATE, compressed)).contains("compressed");
        assertThat(malformed(vllm, GENERATE, huge)).contains("cut off");
        assertThat(malformed(vllm, GENERATE, new byte[] {0, 0})).contains("too short");
        assertThat(malformed(vllm, GENERATE, frame(new byte[0]))).startsWith("input: missing");
        assertThat(malformed(vllm, GENERATE, frame(new byte[] {0x1a, 127, 1}))).contains("cut off");
        assertThat(malformed(vllm, GENERATE, frame(new byte[] {3}))).contains("impossible number");
        assertThat(malformed(vllm, GENERATE, frame(new byte[] {0x0b}))).contains("unknown kind");
        byte[] endless = new byte[11];
        Arrays.fill(endless, (byte) 0xff);
        assertThat(malformed(vllm, GENERATE, frame(endless))).contains("too long");
    }

    @Test
    void noBytesMakeAParserThrow() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            byte[] body = i % 2 == 0 ? bytes : frame(bytes);
            assertThatCode(() -> {
                        outcome(vllm, GENERATE, body);
                        outcome(vllm, EMBED, body);
                        outcome(vertex, CHAT, body);
                    })
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void vertexHoldsABodyOfTheOpenAiApi() {
        String chat = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        RequestBody body = parsed(
                vertex,
                CHAT,
                frame(message(
                        field(1, "projects/p"), field(2, message(field(1, "application/json"), field(2, chat))))));
        assertThat(body.api()).isEqualTo(Api.CHAT_COMPLETIONS);
        assertThat(text(body)).isEqualTo("userhi");
        String steered =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tokens\":{\"token_ids\":[1,2]}}";
        assertThat(text(parsed(vertex, CHAT, frame(field(2, field(2, steered))))))
                .isEqualTo("userhi");
        RequestBody response = parsed(
                vertex,
                "PredictionService/RawPredict",
                frame(field(2, field(2, "{\"model\":\"m\",\"input\":\"hello\"}"))));
        assertThat(response.api()).isEqualTo(Api.RESPONSES);
        assertThat(malformed(vertex, CHAT, frame(field(1, "projects/p")))).startsWith("http_body: missing");
        assertThat(malformed(vertex, CHAT, frame(field(2, field(2, "no json")))))
                .contains("not valid JSON");
    }
}
