package io.llmd.scheduler.parser;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.openai.PlainText;
import io.llmd.scheduler.scheduling.AppProtocol;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParsersTest {

    private static final String CHAT = "/v1/chat/completions";

    private final RequestParsers parsers = RequestParsers.standard();

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, CHAT_COMPLETIONS",
        "/v1/projects/x/chat/completions, CHAT_COMPLETIONS",
        "/openai/v1/chat/completions/?a=b, CHAT_COMPLETIONS",
        "/v1/chat/completions/render, CHAT_COMPLETIONS",
        "/v1/completions, COMPLETIONS",
        "completions, COMPLETIONS",
        "/v1/embeddings, EMBEDDINGS",
        "/v1/responses, RESPONSES"
    })
    @Tag("inference-api-A25")
    void theLongestSuffixOnASegmentBoundaryWins(String path, Api api) {
        String prompt = switch (api) {
            case CHAT_COMPLETIONS -> "\"messages\":[{\"role\":\"user\"}]";
            case COMPLETIONS -> "\"prompt\":\"a\"";
            default -> "\"input\":\"a\"";
        };
        assertThat(parse(path, "{\"model\":\"m\"," + prompt + "}").api()).isEqualTo(api);
    }

    @ParameterizedTest
    @CsvSource({"3, 6", "1, 2", "0, 2", "-4, 2", "'\"many\"', 2", "'[1, {\"a\": 2}]', 2", "1000000, 256"})
    void eachPromptGetsSoManyAnswers(String n, int answers) {
        assertThat(parse("/v1/completions", "{\"model\":\"m\",\"prompt\":[\"a\",\"b\"],\"n\":" + n + "}")
                        .answers())
                .isEqualTo(answers);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/messages, MESSAGES",
        "/v1/messages/count_tokens, RAW",
        "/inference/v1/generate, GENERATE",
        "/generate, GENERATE",
        "/google.cloud.aiplatform.v1.PredictionService/RawPredict, RESPONSES",
        "/vllm.grpc.engine.VllmEngine/Embed, EMBEDDINGS",
        "/other, RAW"
    })
    @Tag("inference-api-A26")
    void everyParserTakesItsOwnPaths(String path, Api api) {
        RequestParsers all = new RequestParsers(
                List.of(
                        new PassthroughParser(),
                        new VertexAiParser(),
                        new VllmGrpcParser(),
                        new SglangHttpParser(),
                        new VllmHttpParser(),
                        new AnthropicParser(),
                        new OpenAiParser()),
                MediaEstimate.DEFAULT);
        byte[] grpc = switch (api) {
            case RESPONSES ->
                ParserFixture.frame(
                        ParserFixture.field(2, ParserFixture.field(2, "{\"model\":\"m\",\"input\":\"a\"}")));
            case EMBEDDINGS ->
                ParserFixture.frame(ParserFixture.field(2, ParserFixture.field(2, ParserFixture.varint(5))));
            default ->
                "{\"model\":\"m\",\"token_ids\":[1],\"input_ids\":[1],\"messages\":[{\"role\":\"user\"}]}"
                        .getBytes(StandardCharsets.UTF_8);
        };
        assertThat(all.parse(path, Map.of(), ByteBuffer.wrap(grpc)))
                .isInstanceOfSatisfying(
                        ParseOutcome.Parsed.class,
                        parsed -> assertThat(parsed.body().api()).isEqualTo(api));
    }

    @Test
    @Tag("inference-api-A27")
    void withoutTheOneThatPassesThroughOtherPathsAreRefused() {
        RequestParsers openAi = new RequestParsers(List.of(new OpenAiParser()), MediaEstimate.DEFAULT);
        for (String path : List.of("/other", "/v1/audio/speech")) {
            assertThat(openAi.parse(path, Map.of(), ByteBuffer.allocate(1)))
                    .isEqualTo(new ParseOutcome.Malformed("no parser is configured for the path of the request"));
        }
    }

    @Test
    @Tag("inference-api-A35")
    void whatEndpointsSpeakHasToServeEveryParserThatReads() {
        RequestParsers standard = RequestParsers.standard();
        assertThat(standard.problemWith(AppProtocol.HTTP)).isEmpty();
        assertThat(standard.problemWith(AppProtocol.H2C)).isEmpty();
        RequestParsers grpc =
                new RequestParsers(List.of(new VllmGrpcParser(), new PassthroughParser()), MediaEstimate.DEFAULT);
        assertThat(grpc.problemWith(AppProtocol.H2C)).isEmpty();
        assertThat(grpc.problemWith(AppProtocol.HTTP))
                .startsWith("appProtocol: http (expected: kubernetes.io/h2c, for requests to [vllm.grpc.engine.");
        RequestParsers httpOnly =
                new RequestParsers(List.of(new OpenAiParser(), new HttpAlone()), MediaEstimate.DEFAULT);
        assertThat(httpOnly.problemWith(AppProtocol.HTTP)).isEmpty();
        assertThat(httpOnly.problemWith(AppProtocol.H2C))
                .isEqualTo("appProtocol: kubernetes.io/h2c (expected: http, for requests to [old])");
    }

    private static final class HttpAlone implements RequestParser {
        @Override
        public List<String> pathSuffixes() {
            return List.of("old");
        }

        @Override
        public Set<AppProtocol> protocols() {
            return Set.of(AppProtocol.HTTP);
        }

        @Override
        public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
            return ParseOutcome.unread(body.length());
        }
    }

    @Test
    void readsTheSameWherePlainTextIsKnown() {
        byte[] body = ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "words ".repeat(900)
                        + "an \\u00e9 and " + "more ".repeat(300) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        PlainText known = new PlainText();
        known.scan(body, 0, 2000);
        known.scan(body, 2000, body.length);

        assertThat(promptOf(parsers.parse(CHAT, Map.of(), ByteBuffer.wrap(body), known)))
                .hasSizeGreaterThan(6000)
                .isEqualTo(promptOf(parsers.parse(CHAT, Map.of(), ByteBuffer.wrap(body))));
    }

    private static byte[] promptOf(ParseOutcome outcome) {
        Prompt prompt = ((ParseOutcome.Parsed) outcome).body().prompts().getFirst();
        return Arrays.copyOf(prompt.bytes(), prompt.length());
    }

    @Test
    void conversationsAndImagesAreReadAsOpenAiSaysIt() {
        assertThat(text(parse("/v1/conversations", "{\"model\":\"m\",\"items\":[{\"a\":1}]}")))
                .isEqualTo("[{\"a\":1}]");
        RequestBody image = parse("/v1/images/generations", "{\"model\":\"m\",\"prompt\":\"a cat\",\"max_tokens\":3}");
        assertThat(text(image)).isEqualTo("a cat");
        assertThat(image.maxOutputTokens()).isEqualTo(-1);
        assertThat(malformed("/v1/conversations", "{\"model\":\"m\"}")).startsWith("items: missing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/audio/speech",
                "/v1/xcompletions",
                "/v2/models/m/infer",
                "/",
                "",
                "/v1/chat/completions/other"
            })
    @Tag("inference-api-A28")
    void otherPathsArePassedThroughUnread(String path) {
        RequestBody body = parse(path, "no json at all");
        assertThat(body.api()).isEqualTo(Api.RAW);
        assertThat(body.prompts()).isEmpty();
        assertThat(body.sizeBytes()).isEqualTo(14);
    }

    @Test
    void aChatIsReadInOnePass() {
        RequestBody body = parse(CHAT, """
                {"stream":true,"messages":[{"role":"system","content":"Be kind."},
                 {"content":[{"text":"Grüße ","type":"text"},{"type":"text","text":"\\ud83d\\ude00\\n"}],"role":"user"}],
                 "cache_salt":"s","max_tokens":5,"max_completion_tokens":7,"model":"m","n":[1,{"a":2}]}""");
        assertThat(body.model()).isEqualTo("m");
        assertThat(body.stream()).isTrue();
        assertThat(body.maxOutputTokens()).isEqualTo(7);
        assertThat(body.cacheSalt()).isEqualTo("s");
        assertThat(text(body)).isEqualTo("systemBe kind.userGrüße 😀\n");
    }

    @Test
    void toolsComeFirstWhereverTheyAre() {
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
        String tools = "\"tools\":[{\"type\":\"function\"}]";
        RequestBody before = parse(CHAT, "{\"model\":\"m\"," + tools + "," + messages + "}");
        RequestBody after = parse(CHAT, "{" + messages + ",\"model\":\"m\"," + tools + "}");
        assertThat(text(after))
                .startsWith("[{\"type\":\"function\"}]")
                .endsWith("userhi")
                .satisfies(text -> assertThat(text).isEqualTo(text(before)));
    }

    @Test
    void callsOfToolsBelongToTheHistory() {
        RequestBody body = parse(CHAT, """
                {"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1"}]},
                {"role":"tool","content":"42"}]}""");
        assertThat(text(body)).isEqualTo("assistant[{\"id\":\"c1\"}]tool42");
    }

    @Test
    void differentImagesGiveDifferentTokensAndOneImageAlwaysTheSame() {
        Prompt first = image("data:image/png;base64,AAAA");
        assertThat(first.tokens()).isEqualTo(1 + 225 + 1);
        assertThat(bytes(first)).isEqualTo(bytes(image("data:image/png;base64,AAAA")));
        assertThat(bytes(first)).isNotEqualTo(bytes(image("data:image/png;base64,AAAB")));
    }

    @Test
    void mediaAreNamedByOneHashEach() {
        String part = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://x/%d.png\"}}";
        String content = String.join(",", part.formatted(1), part.formatted(2), part.formatted(1));
        RequestBody body =
                parse(CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" + content + "]}]}");
        assertThat(body.mediaHashes()).hasSize(2).doesNotHaveDuplicates();
        assertThat(parse("/v1/completions", "{\"model\":\"m\",\"prompt\":\"x\"}")
                        .mediaHashes())
                .isEmpty();
    }

    private Prompt image(String url) {
        return parse(
                        CHAT,
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\""
                                + url + "\"}},{\"type\":\"text\",\"text\":\"what\"}]}]}")
                .prompts()
                .getFirst();
    }

    @Test
    void eachTextOfAListIsAPrompt() {
        RequestBody body =
                parse("/v1/completions", "{\"model\":\"m\",\"prompt\":[\"abcd\",\"abcde\"],\"max_tokens\":3}");
        assertThat(body.prompts()).extracting(Prompt::tokens).containsExactly(1, 2);
        assertThat(body.maxOutputTokens()).isEqualTo(3);
    }

    @Test
    void tokenIdsAreExact() {
        RequestBody body = parse("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,4294967295]}");
        ByteBuffer tokens = ByteBuffer.wrap(bytes(body.prompts().getFirst())).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(new int[] {tokens.getInt(), tokens.getInt(), tokens.getInt()})
                .containsExactly(1, 2, -1);
        assertThat(parse("/v1/embeddings", "{\"model\":\"m\",\"input\":[[1,2],[3]]}")
                        .prompts())
                .extracting(Prompt::tokens)
                .containsExactly(2, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE"})
    void bodiesInOtherEncodingsAreMalformed(String charset) {
        String json = "{\"model\":\"m\",\"tools\":[{\"t\":1}],\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
        assertThat(parsers.parse(CHAT, Map.of(), ByteBuffer.wrap(json.getBytes(Charset.forName(charset)))))
                .isEqualTo(new ParseOutcome.Malformed("the body is not JSON in UTF-8"));
    }

    @Test
    void anOddByteOrderMarkIsMalformed() {
        assertThat(parsers.parse(CHAT, Map.of(), ByteBuffer.wrap(new byte[] {0, 0, -1, -2, '{', '}'})))
                .isInstanceOf(ParseOutcome.Malformed.class);
    }

    @Test
    void aResponseIsInstructionsThenToolsThenInput() {
        RequestBody body = parse("/v1/responses", """
                {"input":"question","tools":[{"t":1}],"model":"m","instructions":"rule","max_output_tokens":9}""");
        assertThat(text(body).replace("\0", "")).isEqualTo("rule[{\"t\":1}]question");
        assertThat(body.maxOutputTokens()).isEqualTo(9);
        assertThat(parse("/v1/responses", "{\"model\":\"m\",\"input\":[{\"role\":\"user\"}]}")
                        .promptTokens())
                .isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1.5", "\"5\"", "null", "{}", "99999999999999999999"})
    @Tag("inference-api-A30")
    void limitsThatAreNoCountAreIgnored(String limit) {
        assertThat(parse("/v1/completions", "{\"model\":\"m\",\"prompt\":\"x\",\"max_tokens\":" + limit + "}")
                        .maxOutputTokens())
                .isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}",
                "{\"model\":\"m\"}",
                "{\"model\":\"m\",\"messages\":[]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
                "{\"model\":5,\"messages\":[{}]}",
                "{\"model\":\"m\",\"messages\":\"x\"}",
                "{\"model\":\"m\",\"messages\":[1]}",
                "{\"model\":\"m\",\"messages\":[{\"content\":5}]}",
                "{\"model\":\"m\",\"messages\":[{\"role\":1}]}",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} trailing",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\x\"}]}"
            })
    void malformedChatsAreRefusedWithAMessage(String body) {
        assertThat(malformed(CHAT, body)).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "[]",
                "[\"a\",1]",
                "[1,\"a\"]",
                "[[1],\"a\"]",
                "{}",
                "null",
                "[-1]",
                "[4294967296]",
                "[1.5]",
                "[null]"
            })
    @Tag("inference-api-A29")
    void malformedPromptsAreRefused(String prompt) {
        assertThat(malformed("/v1/completions", "{\"model\":\"m\",\"prompt\":" + prompt + "}"))
                .startsWith("prompt: ");
    }

    @Test
    void deepNestingIsRefused() {
        String deep = "{\"model\":\"m\",\"x\":" + "[".repeat(200) + "]".repeat(200) + "}";
        assertThat(malformed(CHAT, deep)).contains("limit of JSON");
    }

    @Test
    void messagesNeverQuoteTheBody() {
        assertThat(malformed(CHAT, "{\"model\":\"m\",\"messages\":[{\"content\": secret }]}"))
                .doesNotContain("secret");
    }

    @Test
    void directBuffersAndOffsetsAreRead() {
        byte[] json = "xx{\"model\":\"m\",\"prompt\":\"abcd\",\"tools\":[7]}yy".getBytes(StandardCharsets.UTF_8);
        ByteBuffer slice = ByteBuffer.wrap(json, 2, json.length - 4).slice();
        ByteBuffer direct =
                ByteBuffer.allocateDirect(json.length).put(json).position(2).limit(json.length - 2);
        for (ByteBuffer buffer : new ByteBuffer[] {slice, direct, slice.asReadOnlyBuffer()}) {
            ParseOutcome outcome = parsers.parse("/v1/completions", Map.of(), buffer);
            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            ParseOutcome.Parsed.class,
                            parsed -> assertThat(text(parsed.body())).isEqualTo("abcd"));
        }
        byte[] chat =
                "xx{\"model\":\"m\",\"tools\":[7],\"messages\":[{\"content\":\"a\"}]}".getBytes(StandardCharsets.UTF_8);
        ByteBuffer shifted = ByteBuffer.wrap(chat, 2, chat.length - 2).slice();
        assertThat(parsers.parse(CHAT, Map.of(), shifted))
                .isInstanceOfSatisfying(
                        ParseOutcome.Parsed.class,
                        parsed -> assertThat(text(parsed.body())).startsWith("[7]"));
    }

    @Test
    void aLongPromptOfAllKindsOfCharactersIsEncodedAsJavaDoes() {
        String text = "aé€😀\n\"".repeat(40_000);
        String json = "{\"model\":\"m\",\"messages\":[{\"role\":\"u\",\"content\":\""
                + text.replace("\n", "\\n").replace("\"", "\\\"") + "\"}]}";
        assertThat(text(parse(CHAT, json))).isEqualTo("u" + text);
    }

    @Test
    void tokenIdsThatACoordinatorHasPutBesideAChatAreItsPrompt() {
        String chat = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tokens\":%s}";
        String media = "\"features\":{\"mm_hashes\":{\"image\":[\"h\"]},\"mm_placeholders\":{\"image\":"
                + "[{\"offset\":1,\"length\":%d}]}}";

        RequestBody exact = parse(CHAT, chat.formatted("{\"token_ids\":[1,2,3]," + media.formatted(2) + "}"));

        assertThat(exact.isExact()).isTrue();
        assertThat(exact.prompts().getFirst().tokenIds()).containsExactly(1, 2, 3);
        assertThat(exact.prompts().getFirst().media()).hasSize(1);
        assertThat(exact.mediaHashes()).isEmpty();
        for (String useless :
                List.of("null", "7", "{}", "{\"token_ids\":[]}", "{\"token_ids\":[1]," + media.formatted(2) + "}")) {
            assertThat(text(parse(CHAT, chat.formatted(useless)))).isEqualTo("userhi");
        }
        assertThat(malformed(CHAT, chat.formatted("{\"token_ids\":[-1]}"))).contains("tokens.token_ids");
        assertThat(malformed(CHAT, chat.formatted("{\"token_ids\":[\"a\"]}"))).contains("tokens.token_ids");
    }

    private RequestBody parse(String path, String json) {
        ParseOutcome outcome = parsers.parse(path, Map.of(), ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
        assertThat(outcome).isInstanceOf(ParseOutcome.Parsed.class);
        return ((ParseOutcome.Parsed) outcome).body();
    }

    private String malformed(String path, String json) {
        ParseOutcome outcome = parsers.parse(path, Map.of(), ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
        assertThat(outcome).isInstanceOf(ParseOutcome.Malformed.class);
        return ((ParseOutcome.Malformed) outcome).message();
    }

    private static byte[] bytes(Prompt prompt) {
        return Arrays.copyOf(prompt.bytes(), prompt.length());
    }

    private static String text(RequestBody body) {
        assertThat(body.prompts()).hasSize(1);
        String padded = new String(bytes(body.prompts().getFirst()), StandardCharsets.UTF_8);
        return padded.replaceAll("\0+$", "");
    }
}
