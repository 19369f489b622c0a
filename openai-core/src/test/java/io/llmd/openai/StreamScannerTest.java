package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.TokenUsage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamScannerTest {

    /** A chat stream as vLLM 0.21 sends it, with text that looks like protocol. */
    static final String CHAT = """
            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}

            data: {"id":"c","choices":[{"index":0,"delta":{"content":"\\n\\ndata: [DONE]\\n\\n"},"finish_reason":null}]}

            data: {"id":"c","choices":[{"index":0,"delta":{"content":"\\"usage\\":{\\"prompt_tokens\\":999}, é😀 }"},"finish_reason":null}]}

            : keep-alive

            data: {"id":"c","choices":[{"index":0,"delta":{"reasoning":"hm"},"usage":{"prompt_tokens":998},"finish_reason":null}]}

            data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t"}]},"finish_reason":"stop","stop_reason":null}]}

            data: {"id":"c","choices":[],"usage":{"prompt_tokens":9,"total_tokens":19,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":8,"audio":{"cached_tokens":7}}}}

            data: [DONE]

            """;

    static final String RESPONSES = """
            event: response.created
            data: {"type":"response.created","sequence_number":0,"response":{"id":"r","status":"in_progress","usage":null}}

            event: response.output_text.delta
            data: {"type":"response.output_text.delta","sequence_number":1,"delta":"response.completed"}

            event: response.completed
            data: {"type":"response.completed","sequence_number":2,"response":{"id":"r","status":"completed","usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":4},"output_tokens":3,"total_tokens":8}}}

            """;

    /** A stream of Anthropic's messages API, cut where its seven pieces may come apart. */
    private static final List<String> MESSAGES = List.of(
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":40,"output_tokens":1}}}

            """,
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n",
            "event: ping\ndata: {\"type\":\"ping\"}\n\n",
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            ": nothing\n\n",
            """
            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":12}}

            event: message_stop
            data: {"type":"message_stop"}

            """);

    @Test
    @Tag("inference-api-A31")
    void usageOfMessagesComesInTwoPartsFarFromEachOther() {
        StreamScanner scanner = new StreamScanner(ApiRoute.MESSAGES);
        MESSAGES.forEach(piece -> scanner.scan(ByteBuffer.wrap(utf8(piece))));
        // Anthropic counts cached tokens beside the others, the suite among them.
        assertThat(scanner.usage()).isEqualTo(new TokenUsage(43, 12, 40));
        assertThat(scanner.isComplete()).isTrue();
        assertThat(scanner.contentEvents()).isEqualTo(1);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static StreamScanner scan(String stream) {
        return scan(ApiRoute.CHAT_COMPLETIONS, stream);
    }

    private static StreamScanner scan(ApiRoute route, String stream) {
        StreamScanner scanner = new StreamScanner(route);
        scanner.scan(utf8(stream), 0, utf8(stream).length);
        return scanner;
    }

    @Test
    @Tag("ext-proc-P20")
    void chatStreamIsUnderstood() {
        StreamScanner scanner = scan(CHAT);

        assertThat(scanner.events()).isEqualTo(6);
        assertThat(scanner.contentEvents()).isEqualTo(4);
        assertThat(scanner.usage()).isEqualTo(new TokenUsage(9, 10, 8));
        assertThat(scanner.finishReason()).isEqualTo("stop");
        assertThat(scanner.isComplete()).isTrue();
        assertThat(scanner.hasErrorEvent()).isFalse();
        assertThat(scanner.invalidEvents()).isZero();
        assertThat(scanner.wholeEventBytes()).isEqualTo(utf8(CHAT).length);
    }

    @Test
    @Tag("bad-input-B68")
    void textThatLooksLikeTheEndIsNotTheEnd() {
        StreamScanner scanner = scan(CHAT.substring(0, CHAT.lastIndexOf("data: [DONE]")));

        assertThat(scanner.isComplete()).isFalse();
        assertThat(scanner.events()).isEqualTo(6);
    }

    @Test
    void responsesStreamEndsWithItsLastEvent() {
        StreamScanner whole = scan(ApiRoute.RESPONSES, RESPONSES);
        StreamScanner cut =
                scan(ApiRoute.RESPONSES, RESPONSES.substring(0, RESPONSES.indexOf("event: response.completed")));

        assertThat(whole.isComplete()).isTrue();
        assertThat(whole.events()).isEqualTo(3);
        assertThat(whole.contentEvents()).isEqualTo(1);
        assertThat(whole.usage()).isEqualTo(new TokenUsage(5, 3, 4));
        assertThat(whole.finishReason()).isEqualTo("completed");
        assertThat(cut.isComplete()).isFalse();
        assertThat(cut.finishReason()).isNull();
    }

    @Test
    void failedResponseIsAnErrorEvent() {
        StreamScanner scanner = scan(
                ApiRoute.RESPONSES, "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\"}}\n\n");

        assertThat(scanner.hasErrorEvent()).isTrue();
        assertThat(scanner.isComplete()).isTrue();
        assertThat(scanner.finishReason()).isEqualTo("failed");
    }

    @Test
    void errorEventOfTheEndpointIsSeen() {
        assertThat(scan("data: {\"error\": {\"message\": \"boom\"}}\n\n").hasErrorEvent())
                .isTrue();
        assertThat(scan("data: {\"error\":null,\"choices\":[]}\n\n").hasErrorEvent())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void everyLineEndIsUnderstood(String lineEnd) {
        StreamScanner scanner = scan(CHAT.replace("\n", lineEnd));

        assertThat(scanner.events()).isEqualTo(6);
        assertThat(scanner.isComplete()).isTrue();
        assertThat(scanner.usage()).isEqualTo(new TokenUsage(9, 10, 8));
    }

    @ParameterizedTest(name = "usage {0}")
    @Tag("bad-input-B72")
    @CsvSource(
            delimiter = '|',
            value = {
                "\"many\"                                        | -1 | -1 | -1 | 1",
                "[1,2]                                           | -1 | -1 | -1 | 1",
                "7                                               | -1 | -1 | -1 | 1",
                "null                                            | -1 | -1 | -1 | 0",
                "{\"prompt_tokens\":\"12\",\"completion_tokens\":\"3\"} | 12 | 3 | -1 | 0",
                "{\"prompt_tokens\":12}                          | 12 | -1 | -1 | 0",
                "{\"prompt_tokens\":1.5,\"completion_tokens\":3} | -1 | 3 | -1 | 1",
                "{\"prompt_tokens\":-1,\"completion_tokens\":{}} | -1 | -1 | -1 | 2",
                "{\"prompt_tokens\":99999999999}                 | -1 | -1 | -1 | 1",
                "{\"prompt_tokens\":4294967296}                  | -1 | -1 | -1 | 1",
                "{\"prompt_tokens\":null,\"completion_tokens\":2} | -1 | 2 | -1 | 0",
                "{\"prompt_tokens_details\":null,\"prompt_tokens\":1} | 1 | -1 | -1 | 0",
                "{\"prompt_tokens_details\":[],\"prompt_tokens\":1} | 1 | -1 | -1 | 1",
                "{\"input_tokens\":4,\"output_tokens\":5,\"input_tokens_details\":{\"cached_tokens\":\"2\"}} | 4 | 5 | 2 | 0"
            })
    void usageOfAnyShapeIsReadAsFarAsItMakesSense(String usage, int prompt, int completion, int cached, int skipped) {
        StreamScanner scanner = scan("data: {\"choices\":[],\"usage\":" + usage + "}\n\n");

        assertThat(scanner.usage()).isEqualTo(new TokenUsage(prompt, completion, cached));
        assertThat(scanner.skippedUsageMembers()).isEqualTo(skipped);
        assertThat(scanner.invalidEvents()).isZero();
    }

    @Test
    void runningUsageKeepsTheLastValues() {
        StreamScanner scanner = scan(
                "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\ndata: {\"usage\":{\"completion_tokens\":2}}\n\n");

        assertThat(scanner.usage()).isEqualTo(new TokenUsage(5, 2, -1));
    }

    @Test
    void largeEventIsAViolation() {
        StreamScanner scanner = new StreamScanner(ApiRoute.CHAT_COMPLETIONS, 100);
        byte[] piece = utf8("data: {\"x\":\"" + "y".repeat(60));
        scanner.scan(piece, 0, piece.length);
        assertThat(scanner.violation()).isEqualTo(StreamScanner.Violation.NONE);

        scanner.scan(piece, 12, 60);

        assertThat(scanner.violation()).isEqualTo(StreamScanner.Violation.EVENT_TOO_LARGE);
    }

    @Test
    void manyLinesOfOneEventAreOneEvent() {
        StreamScanner scanner = new StreamScanner(ApiRoute.CHAT_COMPLETIONS, 100);
        byte[] line = utf8("id: 123456789\n");
        for (int i = 0; i < 10; i++) {
            scanner.scan(line, 0, line.length);
        }

        assertThat(scanner.violation()).isEqualTo(StreamScanner.Violation.EVENT_TOO_LARGE);
    }

    @Test
    @Tag("fault-F18")
    void garbageWithoutLineBreaksIsAViolation() {
        StreamScanner scanner = new StreamScanner(ApiRoute.CHAT_COMPLETIONS);
        byte[] garbage = new byte[64 << 10];
        for (int i = 0; i <= 16; i++) {
            scanner.scan(garbage, 0, garbage.length);
        }

        assertThat(scanner.violation()).isEqualTo(StreamScanner.Violation.EVENT_TOO_LARGE);
    }

    @Test
    void commentsDoNotAddUp() {
        StreamScanner scanner =
                scan(": keep-alive of some length, which is no part of an event at all, for sure\n".repeat(20_000));

        assertThat(scanner.violation()).isEqualTo(StreamScanner.Violation.NONE);
        assertThat(scanner.events()).isZero();
    }

    @Test
    @Tag("fault-F18")
    @Tag("bad-input-B75")
    void brokenEventsAreCountedAndTheThirdIsAViolation() {
        StreamScanner scanner = scan("data: {\"a\":\n\ndata: nonsense\n\n");
        assertThat(scanner.invalidEvents()).isEqualTo(2);
        assertThat(scanner.violation()).isEqualTo(StreamScanner.Violation.NONE);

        byte[] third = utf8("data: [DONE}\n\n");
        scanner.scan(third, 0, third.length);

        assertThat(scanner.violation()).isEqualTo(StreamScanner.Violation.INVALID_EVENTS);
        assertThat(scanner.isComplete()).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "data: {}~~      | 10",
                "data: {}~       | 0",
                "data: {}        | 0",
                "data: {}~~data: | 10",
                ": note~         | 0",
                ": note~~        | 8",
                "data: {}~~: n~~ | 15"
            })
    void cutOfTheStreamIsKnown(String stream, int whole) {
        StreamScanner scanner = scan(stream.replace('~', '\n'));

        assertThat(scanner.wholeEventBytes()).isEqualTo(whole);
    }

    @Test
    void lastEventCountsWithoutItsBlankLine() {
        StreamScanner scanner = scan("data: {\"choices\":[]}\n\ndata: [DONE]");
        assertThat(scanner.isComplete()).isFalse();

        scanner.endOfStream();

        assertThat(scanner.isComplete()).isTrue();
        assertThat(scanner.events()).isEqualTo(1);
    }

    @Test
    void severalDataLinesAreOneEvent() {
        StreamScanner scanner = scan("data: {\"usage\":\ndata: {\"prompt_tokens\":1}\ndata:}\n\n");

        assertThat(scanner.events()).isEqualTo(1);
        assertThat(scanner.invalidEvents()).isZero();
        assertThat(scanner.usage()).isEqualTo(new TokenUsage(1, -1, -1));
    }

    @Test
    void directBuffersAreScannedInPlace() {
        byte[] bytes = utf8("xx" + CHAT.repeat(20));
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip().position(2);
        StreamScanner scanner = new StreamScanner(ApiRoute.CHAT_COMPLETIONS);

        scanner.scan(buffer);

        assertThat(scanner.events()).isEqualTo(120);
        assertThat(scanner.wholeEventBytes()).isEqualTo(bytes.length - 2);
        assertThat(buffer.position()).isEqualTo(2);
    }

    @Test
    @Tag("fault-F17")
    void scanningAllocatesNothing() {
        byte[] bytes = utf8(CHAT);
        StreamScanner scanner = new StreamScanner(ApiRoute.CHAT_COMPLETIONS);
        scanner.scan(bytes, 0, bytes.length);
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        threads.getCurrentThreadAllocatedBytes();

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1_000; i++) {
            scanner.scan(bytes, 0, bytes.length);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated).isLessThan(1_000);
    }

    @Test
    void bodyThatIsNotStreamedIsRead() {
        String body = """
                {"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"\\"usage\\":{}"},"finish_reason":"length"}],
                 "usage":{"prompt_tokens":9,"completion_tokens":"10","prompt_tokens_details":{"cached_tokens":8}}}
                """;
        UsageReader reader = new UsageReader();
        for (byte b : utf8(body)) {
            reader.scan(new byte[] {b}, 0, 1);
        }

        assertThat(reader.usage()).isEqualTo(new TokenUsage(9, 10, 8));
        assertThat(reader.usage()).isEqualTo(UsageReader.fromBody(utf8(body)));
        assertThat(reader.finishReason()).isEqualTo("length");
        assertThat(reader.isWhole()).isTrue();
    }

    @Test
    @Tag("bad-input-B72")
    void bodyWithoutUsageHasUnknownUsage() {
        assertThat(UsageReader.fromBody(utf8("{\"data\":[{\"usage\":{\"prompt_tokens\":3}}]}")))
                .isEqualTo(TokenUsage.UNKNOWN);
        assertThat(UsageReader.fromBody(utf8("<html>"))).isEqualTo(TokenUsage.UNKNOWN);
    }
}
