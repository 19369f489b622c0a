package io.llmd.openai;

import static io.llmd.contracts.error.ErrorCode.CONTEXT_LENGTH_EXCEEDED;
import static io.llmd.contracts.error.ErrorCode.DUPLICATE_FIELD;
import static io.llmd.contracts.error.ErrorCode.INVALID_JSON;
import static io.llmd.contracts.error.ErrorCode.INVALID_UNICODE;
import static io.llmd.contracts.error.ErrorCode.INVALID_VALUE;
import static io.llmd.contracts.error.ErrorCode.JSON_LIMIT_EXCEEDED;
import static io.llmd.contracts.error.ErrorCode.MISSING_REQUIRED_PARAMETER;
import static io.llmd.contracts.error.ErrorCode.PAYLOAD_TOO_LARGE;
import static io.llmd.contracts.error.ErrorCode.UNSUPPORTED_VALUE;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.error.ErrorCode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows B29 to B68 of the catalogue of bad inputs, as far as bodies decide them. */
class RequestReaderTest {

    private static final RequestReader READER = new RequestReader(RequestLimits.DEFAULTS);
    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private static String chat(String members) {
        return "{\"model\":\"m\"," + MESSAGES + (members.isEmpty() ? "" : "," + members) + "}";
    }

    private static String messages(String messages) {
        return "{\"model\":\"m\",\"messages\":" + messages + "}";
    }

    private static String part(String part) {
        return messages("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}," + part + "]}]");
    }

    private static String image(String url) {
        return part("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}");
    }

    private static String completion(String prompt) {
        return "{\"model\":\"m\",\"prompt\":" + prompt + "}";
    }

    private static String embedding(String input) {
        return "{\"model\":\"m\",\"input\":" + input + "}";
    }

    private static String repeat(String element, int count) {
        return IntStream.range(0, count).mapToObj(i -> element).collect(Collectors.joining(",", "[", "]"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] chatWith(int... prompt) {
        byte[] body = utf8(messages("[{\"role\":\"user\",\"content\":\"" + "#".repeat(prompt.length) + "\"}]"));
        int at = new String(body, StandardCharsets.US_ASCII).indexOf('#');
        for (int i = 0; i < prompt.length; i++) {
            body[at + i] = (byte) prompt[i];
        }
        return body;
    }

    private static Arguments row(
            String name, ApiRoute route, String body, ErrorCode code, @Nullable String param, String message) {
        return Arguments.of(name, route, utf8(body), code, param, message);
    }

    private static Arguments chatRow(String name, String body, ErrorCode code, @Nullable String param, String message) {
        return row(name, ApiRoute.CHAT_COMPLETIONS, body, code, param, message);
    }

    private static Arguments bytesRow(String name, byte[] body, ErrorCode code, String message) {
        return Arguments.of(name, ApiRoute.CHAT_COMPLETIONS, body, code, null, message);
    }

    static Stream<Arguments> badJson() {
        String bad = "the body is not valid JSON at byte ";
        String noObject = "the body does not start as a JSON object at byte ";
        String limit = "the body exceeds a bound on JSON at byte ";
        String unicode = "the body holds what is no Unicode character at byte ";
        return Stream.of(
                bytesRow("B29 empty", utf8(""), INVALID_JSON, "the body is empty"),
                bytesRow("B29 whitespace", utf8(" \r\n\t"), INVALID_JSON, "the body is empty"),
                bytesRow("B29 null", utf8("null"), INVALID_JSON, noObject + "0"),
                bytesRow("B29 array", utf8(" []"), INVALID_JSON, noObject + "1"),
                bytesRow("B29 string", utf8("\"x\""), INVALID_JSON, noObject + "0"),
                bytesRow("B29 number", utf8("1"), INVALID_JSON, noObject + "0"),
                bytesRow("B30 cut", utf8("{\"model\":\"m\",\"mess"), INVALID_JSON, bad + "18"),
                bytesRow("B30 cut after a member", utf8("{\"model\":\"m\""), INVALID_JSON, bad + "12"),
                bytesRow("B30 trailing comma", utf8("{\"model\":\"m\",}"), INVALID_JSON, bad + "13"),
                bytesRow("B30 comment", utf8("{/* */\"model\":\"m\"}"), INVALID_JSON, bad + "1"),
                bytesRow("B30 single quotes", utf8("{'model':'m'}"), INVALID_JSON, bad + "1"),
                bytesRow("B30 NaN", utf8("{\"temperature\":NaN}"), INVALID_JSON, bad),
                bytesRow("B30 leading zero", utf8("{\"x\":01}"), INVALID_JSON, bad),
                bytesRow("B30 trailing bytes", utf8("{\"x\":1} x"), INVALID_JSON, bad + "8"),
                bytesRow("B30 second object", utf8(chat("") + " {}"), INVALID_JSON, "more content after the object"),
                bytesRow("B30 raw line break in a string", utf8("{\"x\":\"a\nb\"}"), INVALID_JSON, bad),
                bytesRow("B30 unknown escape", utf8("{\"x\":\"\\x\"}"), INVALID_JSON, bad),
                bytesRow("B31 byte-order mark", utf8("\ufeff" + chat("")), INVALID_JSON, noObject + "0"),
                bytesRow(
                        "B31 UTF-16LE",
                        chat("").getBytes(StandardCharsets.UTF_16LE),
                        INVALID_JSON,
                        "the body is not UTF-8"),
                bytesRow("B31 UTF-16BE", chat("").getBytes(StandardCharsets.UTF_16BE), INVALID_JSON, noObject + "0"),
                bytesRow(
                        "B31 UTF-16 with mark",
                        chat("").getBytes(StandardCharsets.UTF_16),
                        INVALID_JSON,
                        noObject + "0"),
                bytesRow(
                        "B31 UTF-32LE",
                        chat("").getBytes(Charset.forName("UTF-32LE")),
                        INVALID_JSON,
                        "the body is not UTF-8"),
                bytesRow("B31 UTF-32BE", chat("").getBytes(Charset.forName("UTF-32BE")), INVALID_JSON, noObject + "0"),
                bytesRow("B32 invalid byte", chatWith(0xff), INVALID_UNICODE, unicode + "51"),
                bytesRow("B32 lone continuation", chatWith(0x80), INVALID_UNICODE, unicode + "51"),
                bytesRow("B32 cut sequence", chatWith(0xe2, 0x82), INVALID_UNICODE, unicode + "51"),
                bytesRow("B32 overlong slash", chatWith(0xc0, 0xaf), INVALID_UNICODE, unicode + "51"),
                bytesRow("B32 overlong in three", chatWith(0xe0, 0x80, 0xaf), INVALID_UNICODE, unicode + "51"),
                bytesRow("B32 overlong in four", chatWith(0xf0, 0x80, 0x80, 0xaf), INVALID_UNICODE, unicode + "51"),
                bytesRow("B32 encoded surrogate", chatWith(0xed, 0xa0, 0x80), INVALID_UNICODE, unicode + "51"),
                bytesRow("B32 beyond Unicode", chatWith(0xf4, 0x90, 0x80, 0x80), INVALID_UNICODE, unicode + "51"),
                bytesRow(
                        "B33 lone high escape",
                        utf8(messages("[{\"role\":\"user\",\"content\":\"\\ud83d\"}]")),
                        INVALID_UNICODE,
                        unicode + "51"),
                bytesRow(
                        "B33 lone low escape",
                        utf8(messages("[{\"role\":\"user\",\"content\":\"\\uDE00x\"}]")),
                        INVALID_UNICODE,
                        unicode + "51"),
                bytesRow(
                        "B33 high escape before another",
                        utf8(messages("[{\"role\":\"user\",\"content\":\"\\ud83d\\u0041\"}]")),
                        INVALID_UNICODE,
                        unicode + "51"),
                bytesRow(
                        "B34 129 levels",
                        utf8("{\"x\":" + "[".repeat(128) + "]".repeat(128) + "}"),
                        JSON_LIMIT_EXCEEDED,
                        limit),
                bytesRow("B34 100,000 levels", utf8("{\"x\":" + "[".repeat(100_000)), JSON_LIMIT_EXCEEDED, limit),
                bytesRow(
                        "B34 levels inside messages",
                        utf8(messages("[{\"role\":" + "[".repeat(100_000))),
                        INVALID_VALUE,
                        "messages[0].role: an array"),
                bytesRow(
                        "B35 number of 10,000 digits",
                        utf8(chat("\"x\":" + "1".repeat(10_000))),
                        JSON_LIMIT_EXCEEDED,
                        limit),
                bytesRow(
                        "B35 number of 10,000 digits in a fraction",
                        utf8(chat("\"x\":0." + "1".repeat(10_000))),
                        JSON_LIMIT_EXCEEDED,
                        limit),
                bytesRow(
                        "B36 name of 100 KiB",
                        utf8(chat("\"" + "n".repeat(100 << 10) + "\":1")),
                        JSON_LIMIT_EXCEEDED,
                        limit),
                bytesRow(
                        "B36 million members",
                        utf8("{" + "\"a\":1,".repeat(1_000_000) + "\"b\":1}"),
                        JSON_LIMIT_EXCEEDED,
                        limit));
    }

    static Stream<Arguments> badMembers() {
        return Stream.of(
                chatRow("B37 model twice", chat("\"model\":\"m\""), DUPLICATE_FIELD, "model", "model: given twice"),
                chatRow(
                        "B37 stream twice",
                        chat("\"stream\":true,\"stream\":true"),
                        DUPLICATE_FIELD,
                        "stream",
                        "stream: given twice"),
                chatRow("B37 messages twice", chat(MESSAGES), DUPLICATE_FIELD, "messages", "messages: given twice"),
                chatRow(
                        "B37 escaped name",
                        chat("\"m\\u006fdel\":\"other\""),
                        DUPLICATE_FIELD,
                        "model",
                        "model: given twice"),
                chatRow(
                        "B37 role twice",
                        messages("[{\"role\":\"user\",\"role\":\"user\",\"content\":\"x\"}]"),
                        DUPLICATE_FIELD,
                        "messages[0].role",
                        "messages[0].role: given twice"),
                chatRow(
                        "B37 content twice",
                        messages("[{\"role\":\"user\",\"content\":\"x\",\"content\":\"y\"}]"),
                        DUPLICATE_FIELD,
                        "messages[0].content",
                        "messages[0].content: given twice"),
                chatRow(
                        "B37 priority twice",
                        chat("\"priority\":1,\"priority\":2"),
                        DUPLICATE_FIELD,
                        "priority",
                        "priority: given twice"),
                chatRow(
                        "B44 model missing",
                        "{" + MESSAGES + "}",
                        MISSING_REQUIRED_PARAMETER,
                        "model",
                        "model: missing"),
                chatRow(
                        "B44 model null",
                        "{\"model\":null," + MESSAGES + "}",
                        INVALID_VALUE,
                        "model",
                        "model: null (expected: a string)"),
                chatRow(
                        "B44 model number",
                        "{\"model\":7," + MESSAGES + "}",
                        INVALID_VALUE,
                        "model",
                        "model: 7 (expected: a string)"),
                chatRow(
                        "B44 model empty",
                        "{\"model\":\"\"," + MESSAGES + "}",
                        INVALID_VALUE,
                        "model",
                        "model: an empty string"),
                chatRow(
                        "B44 model of 300 characters",
                        "{\"model\":\"" + "m".repeat(300) + "\"," + MESSAGES + "}",
                        INVALID_VALUE,
                        "model",
                        "model: too long (expected: at most 256 bytes)"),
                chatRow(
                        "B44 model of 200 two-byte characters",
                        "{\"model\":\"" + "é".repeat(200) + "\"," + MESSAGES + "}",
                        INVALID_VALUE,
                        "model",
                        "model: too long (expected: at most 256 bytes)"),
                chatRow(
                        "B44 control characters",
                        "{\"model\":\"a\\u0000b\"," + MESSAGES + "}",
                        INVALID_VALUE,
                        "model",
                        "model: control characters"),
                chatRow(
                        "B46 messages missing",
                        "{\"model\":\"m\"}",
                        MISSING_REQUIRED_PARAMETER,
                        "messages",
                        "messages: missing"),
                chatRow(
                        "B46 messages null",
                        messages("null"),
                        MISSING_REQUIRED_PARAMETER,
                        "messages",
                        "messages: missing"),
                chatRow("B46 messages empty", messages("[]"), INVALID_VALUE, "messages", "messages: empty"),
                chatRow(
                        "B46 messages object",
                        messages("{}"),
                        INVALID_VALUE,
                        "messages",
                        "messages: an object (expected: an array of messages)"),
                chatRow(
                        "B46 message no object",
                        messages("[1]"),
                        INVALID_VALUE,
                        "messages[0]",
                        "messages[0]: 1 (expected: an object)"),
                chatRow(
                        "B46 no role",
                        messages("[{\"content\":\"x\"}]"),
                        MISSING_REQUIRED_PARAMETER,
                        "messages[0].role",
                        "messages[0].role: missing"),
                chatRow(
                        "B46 role root",
                        messages("[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"root\",\"content\":\"x\"}]"),
                        INVALID_VALUE,
                        "messages[1].role",
                        "messages[1].role: a string (expected: system, "),
                chatRow(
                        "B46 content number",
                        messages(
                                "[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"user\",\"content\":3}]"),
                        INVALID_VALUE,
                        "messages[2].content",
                        "messages[2].content: 3 (expected: a string or an array of content parts)"),
                chatRow(
                        "B46 content null for user",
                        messages("[{\"role\":\"user\",\"content\":null}]"),
                        INVALID_VALUE,
                        "messages[0].content",
                        "messages[0].content: null (expected: "),
                chatRow(
                        "B46 content null before the role",
                        messages("[{\"content\":null,\"role\":\"system\"}]"),
                        INVALID_VALUE,
                        "messages[0].content",
                        "messages[0].content: null (expected: "),
                chatRow(
                        "B46 no content for user",
                        messages("[{\"role\":\"user\"}]"),
                        MISSING_REQUIRED_PARAMETER,
                        "messages[0].content",
                        "messages[0].content: missing"),
                chatRow(
                        "B46 part no object",
                        part("7"),
                        INVALID_VALUE,
                        "messages[0].content[1]",
                        "messages[0].content[1]: 7"),
                chatRow(
                        "B46 text no string",
                        part("{\"type\":\"text\",\"text\":5}"),
                        INVALID_VALUE,
                        "messages[0].content[1].text",
                        "messages[0].content[1].text: 5"),
                chatRow(
                        "B48 2,049 messages",
                        messages(repeat("{\"role\":\"user\",\"content\":\"x\"}", 2_049)),
                        INVALID_VALUE,
                        "messages",
                        "messages: too many (expected: at most 2048 messages)"),
                chatRow(
                        "B48 1,025 parts",
                        messages("[{\"role\":\"user\",\"content\":"
                                + repeat("{\"type\":\"text\",\"text\":\"x\"}", 1_025) + "}]"),
                        INVALID_VALUE,
                        "messages[0].content",
                        "messages[0].content: too many"),
                chatRow(
                        "B48 129 tools",
                        chat("\"tools\":" + repeat("{\"type\":\"function\"}", 129)),
                        INVALID_VALUE,
                        "tools",
                        "tools: too many (expected: at most 128 tools)"),
                chatRow("B48 tools object", chat("\"tools\":{}"), INVALID_VALUE, "tools", "tools: an object"),
                chatRow(
                        "B48 5 stop strings",
                        chat("\"stop\":" + repeat("\"x\"", 5)),
                        INVALID_VALUE,
                        "stop",
                        "stop: too many (expected: at most 4 strings)"),
                chatRow(
                        "B48 stop of 1 KiB",
                        chat("\"stop\":\"" + "s".repeat(1_024) + "\""),
                        INVALID_VALUE,
                        "stop",
                        "stop: too long (expected: at most 256 characters)"),
                chatRow(
                        "B48 stop in a list of 1 KiB",
                        chat("\"stop\":[\"a\",\"" + "s".repeat(1_024) + "\"]"),
                        INVALID_VALUE,
                        "stop[1]",
                        "stop[1]: too long"),
                chatRow(
                        "B48 501 logit_bias entries",
                        chat("\"logit_bias\":"
                                + IntStream.range(0, 501)
                                        .mapToObj(i -> "\"" + i + "\":1")
                                        .collect(Collectors.joining(",", "{", "}"))),
                        INVALID_VALUE,
                        "logit_bias",
                        "logit_bias: too many (expected: at most 500 entries)"),
                chatRow(
                        "B48 129 stop_token_ids",
                        chat("\"stop_token_ids\":" + repeat("1", 129)),
                        INVALID_VALUE,
                        "stop_token_ids",
                        "stop_token_ids: too many"),
                chatRow(
                        "B48 129 bad_words",
                        chat("\"bad_words\":" + repeat("\"w\"", 129)),
                        INVALID_VALUE,
                        "bad_words",
                        "bad_words: too many"),
                chatRow(
                        "B49 max_tokens 0",
                        chat("\"max_tokens\":0"),
                        INVALID_VALUE,
                        "max_tokens",
                        "max_tokens: 0 (expected: an integer of at least 1)"),
                chatRow("B49 max_tokens -1", chat("\"max_tokens\":-1"), INVALID_VALUE, "max_tokens", "max_tokens: -1"),
                chatRow(
                        "B49 max_tokens 1.5",
                        chat("\"max_tokens\":1.5"),
                        INVALID_VALUE,
                        "max_tokens",
                        "max_tokens: 1.5"),
                chatRow(
                        "B49 max_tokens text",
                        chat("\"max_tokens\":\"16\""),
                        INVALID_VALUE,
                        "max_tokens",
                        "max_tokens: a string"),
                chatRow(
                        "B49 max_tokens 2^31",
                        chat("\"max_tokens\":2147483648"),
                        INVALID_VALUE,
                        "max_tokens",
                        "max_tokens: 2147483648"),
                chatRow(
                        "B49 max_completion_tokens 10^18",
                        chat("\"max_completion_tokens\":1000000000000000000"),
                        INVALID_VALUE,
                        "max_completion_tokens",
                        "max_completion_tokens: 1000000000000000000"),
                chatRow(
                        "B49 above the limit",
                        chat("\"max_tokens\":131073"),
                        CONTEXT_LENGTH_EXCEEDED,
                        "max_tokens",
                        "max_tokens: 131073 output tokens (expected: at most 131072"),
                row(
                        "B49 max_output_tokens above the limit",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":\"x\",\"max_output_tokens\":131073}",
                        CONTEXT_LENGTH_EXCEEDED,
                        "max_output_tokens",
                        "max_output_tokens: 131073"),
                chatRow(
                        "B50 different bounds",
                        chat("\"max_tokens\":5,\"max_completion_tokens\":6"),
                        INVALID_VALUE,
                        "max_completion_tokens",
                        "max_completion_tokens: 6 (expected: 5"),
                chatRow("B51 n 0", chat("\"n\":0"), INVALID_VALUE, "n", "n: 0 (expected: an integer from 1 to 16)"),
                chatRow("B51 n 17", chat("\"n\":17"), INVALID_VALUE, "n", "n: 17"),
                chatRow("B51 n 10^6", chat("\"n\":1000000"), INVALID_VALUE, "n", "n: 1000000"),
                row(
                        "B51 best_of 10^6",
                        ApiRoute.COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":\"x\",\"best_of\":1000000}",
                        INVALID_VALUE,
                        "best_of",
                        "best_of: 1000000"),
                row(
                        "B52 logprobs 21",
                        ApiRoute.COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":\"x\",\"logprobs\":21}",
                        INVALID_VALUE,
                        "logprobs",
                        "logprobs: 21 (expected: an integer from 0 to 20)"),
                chatRow(
                        "B52 logprobs number in chat",
                        chat("\"logprobs\":21"),
                        INVALID_VALUE,
                        "logprobs",
                        "logprobs: 21 (expected: a boolean)"),
                chatRow(
                        "B52 top_logprobs -1",
                        chat("\"top_logprobs\":-1"),
                        INVALID_VALUE,
                        "top_logprobs",
                        "top_logprobs: -1"),
                chatRow(
                        "B52 prompt_logprobs -1",
                        chat("\"prompt_logprobs\":-1"),
                        INVALID_VALUE,
                        "prompt_logprobs",
                        "prompt_logprobs: -1"),
                chatRow(
                        "B52 prompt_logprobs 154880",
                        chat("\"prompt_logprobs\":154880"),
                        INVALID_VALUE,
                        "prompt_logprobs",
                        "prompt_logprobs: 154880"),
                chatRow(
                        "B35 temperature beyond double",
                        chat("\"temperature\":1e999999999"),
                        INVALID_VALUE,
                        "temperature",
                        "temperature: 1e999999999"),
                chatRow(
                        "B53 temperature -1",
                        chat("\"temperature\":-1"),
                        INVALID_VALUE,
                        "temperature",
                        "temperature: -1 (expected: a number from 0 to 2)"),
                chatRow("B53 temperature 3", chat("\"temperature\":3"), INVALID_VALUE, "temperature", "temperature: 3"),
                chatRow(
                        "B53 temperature text",
                        chat("\"temperature\":\"hot\""),
                        INVALID_VALUE,
                        "temperature",
                        "temperature: a string"),
                chatRow("B53 top_p 0", chat("\"top_p\":0"), INVALID_VALUE, "top_p", "top_p: 0"),
                chatRow("B53 top_p 2", chat("\"top_p\":2"), INVALID_VALUE, "top_p", "top_p: 2"),
                chatRow(
                        "B53 presence_penalty 3",
                        chat("\"presence_penalty\":3"),
                        INVALID_VALUE,
                        "presence_penalty",
                        "presence_penalty: 3"),
                chatRow(
                        "B53 frequency_penalty -3",
                        chat("\"frequency_penalty\":-3"),
                        INVALID_VALUE,
                        "frequency_penalty",
                        "frequency_penalty: -3"),
                chatRow(
                        "B54 stream text",
                        chat("\"stream\":\"true\""),
                        INVALID_VALUE,
                        "stream",
                        "stream: a string (expected: a boolean)"),
                chatRow(
                        "B54 stream 1",
                        chat("\"stream\":1"),
                        INVALID_VALUE,
                        "stream",
                        "stream: 1 (expected: a boolean)"),
                chatRow(
                        "B55 stream_options without stream",
                        chat("\"stream_options\":{\"include_usage\":true}"),
                        INVALID_VALUE,
                        "stream_options",
                        "stream_options: given without stream"),
                chatRow(
                        "B55 stream_options with stream null",
                        chat("\"stream\":null,\"stream_options\":{}"),
                        INVALID_VALUE,
                        "stream_options",
                        "stream_options: given without stream"),
                chatRow(
                        "B55 stream_options text",
                        chat("\"stream\":true,\"stream_options\":\"x\""),
                        INVALID_VALUE,
                        "stream_options",
                        "stream_options: a string"),
                chatRow(
                        "B56 include_usage text",
                        chat("\"stream\":true,\"stream_options\":{\"include_usage\":\"no\"}"),
                        INVALID_VALUE,
                        "stream_options.include_usage",
                        "stream_options.include_usage: a string"),
                row(
                        "B57 prompt of 4 million tokens",
                        ApiRoute.COMPLETIONS,
                        completion("\"" + "word".repeat(4_000_000) + "\""),
                        CONTEXT_LENGTH_EXCEEDED,
                        "prompt",
                        "prompt: about 4000000 prompt tokens"),
                chatRow(
                        "B57 long message",
                        messages("[{\"role\":\"user\",\"content\":\"" + "word".repeat(131_100) + "\"}]"),
                        CONTEXT_LENGTH_EXCEEDED,
                        "messages",
                        "messages: about 131"),
                row(
                        "B57 ids and output",
                        ApiRoute.COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":[1,2,3],\"max_tokens\":131070}",
                        CONTEXT_LENGTH_EXCEEDED,
                        "prompt",
                        "prompt: 3 prompt and 131070 output tokens"),
                row(
                        "B59 strings and ids",
                        ApiRoute.COMPLETIONS,
                        completion("[\"a\",1]"),
                        INVALID_VALUE,
                        "prompt[1]",
                        "prompt[1]: 1 (expected: a string, as the first)"),
                row(
                        "B59 ids and strings",
                        ApiRoute.COMPLETIONS,
                        completion("[1,\"a\"]"),
                        INVALID_VALUE,
                        "prompt[1]",
                        "prompt[1]: a string (expected: a token id"),
                row(
                        "B59 lists and ids",
                        ApiRoute.COMPLETIONS,
                        completion("[[1],2]"),
                        INVALID_VALUE,
                        "prompt[1]",
                        "prompt[1]: 2"),
                row("B59 id -1", ApiRoute.COMPLETIONS, completion("[-1]"), INVALID_VALUE, "prompt[0]", "prompt[0]: -1"),
                row(
                        "B59 id 2^32",
                        ApiRoute.COMPLETIONS,
                        completion("[0,4294967296]"),
                        INVALID_VALUE,
                        "prompt[1]",
                        "prompt[1]: 4294967296"),
                row(
                        "B59 id 1.5",
                        ApiRoute.COMPLETIONS,
                        completion("[1.5]"),
                        INVALID_VALUE,
                        "prompt[0]",
                        "prompt[0]: 1.5"),
                row(
                        "B59 id of 30 digits",
                        ApiRoute.COMPLETIONS,
                        completion("[1,100000000000000000000000000000]"),
                        INVALID_VALUE,
                        "prompt[1]",
                        "prompt[1]: 1000"),
                row("B59 empty list", ApiRoute.COMPLETIONS, completion("[]"), INVALID_VALUE, "prompt", "prompt: empty"),
                row(
                        "B59 empty inner list",
                        ApiRoute.COMPLETIONS,
                        completion("[[1],[]]"),
                        INVALID_VALUE,
                        "prompt[1]",
                        "prompt[1]: empty"),
                row(
                        "B59 list of nulls",
                        ApiRoute.COMPLETIONS,
                        completion("[null]"),
                        INVALID_VALUE,
                        "prompt[0]",
                        "prompt[0]: null"),
                row(
                        "B59 10,000 prompts",
                        ApiRoute.COMPLETIONS,
                        completion(repeat("\"x\"", 10_000)),
                        INVALID_VALUE,
                        "prompt",
                        "prompt: too many (expected: at most 128 prompts)"),
                row(
                        "B59 prompt object",
                        ApiRoute.COMPLETIONS,
                        completion("{}"),
                        INVALID_VALUE,
                        "prompt",
                        "prompt: an object"),
                row(
                        "B59 prompt empty",
                        ApiRoute.COMPLETIONS,
                        completion("\"\""),
                        INVALID_VALUE,
                        "prompt",
                        "prompt: empty"),
                row(
                        "B59 prompt missing",
                        ApiRoute.COMPLETIONS,
                        "{\"model\":\"m\"}",
                        MISSING_REQUIRED_PARAMETER,
                        "prompt",
                        "prompt: missing"),
                row(
                        "B60 2,049 inputs",
                        ApiRoute.EMBEDDINGS,
                        embedding(repeat("\"x\"", 2_049)),
                        INVALID_VALUE,
                        "input",
                        "input: too many (expected: at most 2048 prompts)"),
                row("B60 empty input", ApiRoute.EMBEDDINGS, embedding("\"\""), INVALID_VALUE, "input", "input: empty"),
                row(
                        "B60 empty input in a list",
                        ApiRoute.EMBEDDINGS,
                        embedding("[\"a\",\"\"]"),
                        INVALID_VALUE,
                        "input[1]",
                        "input[1]: empty"),
                row(
                        "B60 input missing",
                        ApiRoute.EMBEDDINGS,
                        "{\"model\":\"m\"}",
                        MISSING_REQUIRED_PARAMETER,
                        "input",
                        "input: missing"),
                chatRow(
                        "B61 regex of 64 KiB",
                        chat("\"structured_outputs\":{\"regex\":\"" + "a".repeat(64 << 10) + "\"}"),
                        INVALID_VALUE,
                        "structured_outputs",
                        "structured_outputs: too long (expected: at most 32768"),
                chatRow(
                        "B61 older guided_regex of 64 KiB",
                        chat("\"guided_regex\":\"" + "a".repeat(64 << 10) + "\""),
                        INVALID_VALUE,
                        "guided_regex",
                        "guided_regex: too long (expected: at most 32768"),
                chatRow(
                        "B61 older guided_json of depth 60",
                        chat("\"guided_json\":" + "{\"a\":".repeat(60) + "1" + "}".repeat(60)),
                        INVALID_VALUE,
                        "guided_json",
                        "guided_json: too deep"),
                chatRow(
                        "B61 older guided_json of depth 60 as a text",
                        chat("\"guided_json\":\"" + "{\\\"a\\\":".repeat(60) + "1" + "}".repeat(60) + "\""),
                        INVALID_VALUE,
                        "guided_json",
                        "guided_json: too deep (expected: a schema of at most 32 levels)"),
                chatRow(
                        "B61 structured_outputs.json of depth 60 as a text",
                        chat("\"structured_outputs\":{\"json\":\"" + "[".repeat(60) + "]".repeat(60) + "\"}"),
                        INVALID_VALUE,
                        "structured_outputs",
                        "structured_outputs: too deep"),
                chatRow(
                        "B61 more choices than 10,000",
                        chat("\"structured_outputs\":{\"choice\":" + repeat("\"a\"", 10_001) + "}"),
                        INVALID_VALUE,
                        "structured_outputs",
                        "structured_outputs: too many (expected: at most 10000 values)"),
                chatRow(
                        "B61 choices of more than 128 KiB",
                        chat("\"guided_choice\":" + repeat("\"" + "a".repeat(30_000) + "\"", 5)),
                        INVALID_VALUE,
                        "guided_choice",
                        "guided_choice: too long (expected: at most 131072 characters in all)"),
                chatRow(
                        "B61 regex of 64 KiB in response_format",
                        chat("\"response_format\":{\"type\":\"regex\",\"regex\":\"" + "a".repeat(64 << 10) + "\"}"),
                        INVALID_VALUE,
                        "response_format",
                        "response_format: too long"),
                chatRow(
                        "B61 schema depth 60",
                        chat("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":"
                                + "{\"a\":".repeat(60) + "1" + "}".repeat(60) + "}}"),
                        INVALID_VALUE,
                        "response_format",
                        "response_format: too deep (expected: a schema of at most 32 levels)"),
                chatRow(
                        "B61 schema depth 33",
                        chat("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":"
                                + "{\"a\":".repeat(33) + "1" + "}".repeat(33) + "}}"),
                        INVALID_VALUE,
                        "response_format",
                        "response_format: too deep"),
                chatRow(
                        "B61 response_format text",
                        chat("\"response_format\":\"json\""),
                        INVALID_VALUE,
                        "response_format",
                        "response_format: a string"),
                chatRow(
                        "B62 loopback",
                        image("http://127.0.0.1/x.png"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported (addresses are not fetched"),
                chatRow(
                        "B62 private",
                        image("https://10.0.0.1/x.png"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B62 IPv6 loopback",
                        image("https://[::1]/x.png"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B62 metadata address",
                        image("http://169.254.169.254/latest"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B62 public name",
                        image("https://example.com/x.png"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B62 file",
                        image("file:///etc/passwd"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B62 without an object",
                        part("{\"type\":\"image_url\",\"image_url\":\"http://x\"}"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url",
                        "messages[0].content[1].image_url: not supported"),
                chatRow(
                        "B62 second url",
                        part("{\"image_url\":{\"url\":\"data:image/png;base64,AAAA\",\"url\":\"http://x\"}}"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B62 escaped name",
                        part("{\"im\\u0061ge_url\":{\"url\":\"http://x\"}}"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B62 video",
                        part("{\"type\":\"video_url\",\"video_url\":{\"url\":\"http://x\"}}"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].video_url.url",
                        "messages[0].content[1].video_url.url: not supported"),
                row(
                        "B62 input_image",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"http://10.0.0.1\"}]}]}",
                        UNSUPPORTED_VALUE,
                        "input[0].content[0].image_url",
                        "input[0].content[0].image_url: not supported"),
                row(
                        "B62 input_file",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_url\":\"http://10.0.0.1\"}]}]}",
                        UNSUPPORTED_VALUE,
                        "input[0].content[0].file_url",
                        "input[0].content[0].file_url: not supported"),
                row(
                        "B62 image of a tool's output",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":[{\"type\":\"computer_call_output\",\"output\":{\"type\":\"computer_screenshot\",\"image_url\":\"http://10.0.0.1\"}}]}",
                        UNSUPPORTED_VALUE,
                        "input[0].output.image_url",
                        "input[0].output.image_url: not supported"),
                row(
                        "B62 server of a tool",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"mcp\",\"server_url\":\"http://10.0.0.1\"}]}",
                        UNSUPPORTED_VALUE,
                        "tools[0].server_url",
                        "tools[0].server_url: not supported"),
                row(
                        "B62 tokenize",
                        ApiRoute.TOKENIZE,
                        image("http://127.0.0.1"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not supported"),
                chatRow(
                        "B63 25 MiB",
                        image("data:image/png;base64," + "A".repeat(35 << 20)),
                        PAYLOAD_TOO_LARGE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: too large (expected: at most 20971520 bytes)"),
                chatRow(
                        "B63 not base64",
                        image("data:image/png;base64,@@@@"),
                        INVALID_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not base64"),
                chatRow(
                        "B63 no base64 marker",
                        image("data:text/plain,hello"),
                        INVALID_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not base64"),
                chatRow(
                        "B63 no data",
                        image("data:image/png;base64,"),
                        INVALID_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not base64"),
                chatRow(
                        "B63 odd length",
                        image("data:image/png;base64,AAAAA"),
                        INVALID_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not base64"),
                chatRow(
                        "B63 text after padding",
                        image("data:image/png;base64,AA==AAAA"),
                        INVALID_VALUE,
                        "messages[0].content[1].image_url.url",
                        "messages[0].content[1].image_url.url: not base64"),
                chatRow(
                        "B63 audio",
                        part("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"?\",\"format\":\"wav\"}}"),
                        INVALID_VALUE,
                        "messages[0].content[1].input_audio.data",
                        "messages[0].content[1].input_audio.data: not base64"),
                chatRow(
                        "B63 file",
                        part("{\"type\":\"file\",\"file\":{\"file_data\":\"http://x\"}}"),
                        UNSUPPORTED_VALUE,
                        "messages[0].content[1].file.file_data",
                        "messages[0].content[1].file.file_data: not supported"),
                chatRow(
                        "B64 cache_salt of 10 KiB",
                        chat("\"cache_salt\":\"" + "s".repeat(10 << 10) + "\""),
                        INVALID_VALUE,
                        "cache_salt",
                        "cache_salt: too long (expected: at most 256 bytes)"),
                chatRow(
                        "B64 cache_salt number",
                        chat("\"cache_salt\":1"),
                        INVALID_VALUE,
                        "cache_salt",
                        "cache_salt: 1"),
                chatRow(
                        "B66 user of 257 bytes",
                        chat("\"user\":\"" + "u".repeat(257) + "\""),
                        INVALID_VALUE,
                        "user",
                        "user: too long"),
                chatRow(
                        "B66 17 pairs",
                        chat("\"metadata\":"
                                + IntStream.range(0, 17)
                                        .mapToObj(i -> "\"k" + i + "\":\"v\"")
                                        .collect(Collectors.joining(",", "{", "}"))),
                        INVALID_VALUE,
                        "metadata",
                        "metadata: too many (expected: at most 16 pairs)"),
                chatRow(
                        "B66 value of 513 characters",
                        chat("\"metadata\":{\"k\":\"" + "v".repeat(513) + "\"}"),
                        INVALID_VALUE,
                        "metadata.k",
                        "metadata.k: too long (expected: at most 512 characters)"),
                chatRow(
                        "B66 key of 65 characters",
                        chat("\"metadata\":{\"" + "k".repeat(65) + "\":\"v\"}"),
                        INVALID_VALUE,
                        "metadata",
                        "metadata: too long (expected: at most 64 characters in a key)"),
                row(
                        "previous_response_id",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":\"x\",\"previous_response_id\":\"../../r\"}",
                        UNSUPPORTED_VALUE,
                        "previous_response_id",
                        "previous_response_id: not supported (nothing is stored"),
                row(
                        "conversation",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":\"x\",\"conversation\":{\"id\":\"c\"}}",
                        UNSUPPORTED_VALUE,
                        "conversation",
                        "conversation: not supported"),
                row(
                        "background",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":\"x\",\"background\":true}",
                        UNSUPPORTED_VALUE,
                        "background",
                        "background: not supported"),
                row(
                        "stored prompt",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":\"x\",\"prompt\":{\"id\":\"p\"}}",
                        UNSUPPORTED_VALUE,
                        "prompt",
                        "prompt: not supported"),
                row(
                        "item reference",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]}",
                        UNSUPPORTED_VALUE,
                        "input[0]",
                        "input[0]: not supported"),
                row(
                        "responses without input",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\"}",
                        MISSING_REQUIRED_PARAMETER,
                        "input",
                        "input: missing"),
                row(
                        "responses with empty input",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":[]}",
                        INVALID_VALUE,
                        "input",
                        "input: empty"),
                row(
                        "tokenize without prompt",
                        ApiRoute.TOKENIZE,
                        "{\"model\":\"m\"}",
                        MISSING_REQUIRED_PARAMETER,
                        "prompt",
                        "prompt: missing"),
                row(
                        "detokenize with text",
                        ApiRoute.DETOKENIZE,
                        "{\"model\":\"m\",\"tokens\":\"x\"}",
                        INVALID_VALUE,
                        "tokens",
                        "tokens: a string"),
                row(
                        "detokenize with a negative id",
                        ApiRoute.DETOKENIZE,
                        "{\"model\":\"m\",\"tokens\":[1,-1]}",
                        INVALID_VALUE,
                        "tokens[1]",
                        "tokens[1]: -1"));
    }

    @ParameterizedTest(name = "{0}")
    @Tag("bad-input-B29")
    @Tag("bad-input-B30")
    @Tag("bad-input-B31")
    @Tag("bad-input-B32")
    @Tag("bad-input-B33")
    @Tag("bad-input-B34")
    @Tag("bad-input-B35")
    @Tag("bad-input-B36")
    @Tag("bad-input-B37")
    @Tag("bad-input-B44")
    @Tag("bad-input-B46")
    @Tag("bad-input-B48")
    @Tag("bad-input-B49")
    @Tag("bad-input-B50")
    @Tag("bad-input-B51")
    @Tag("bad-input-B52")
    @Tag("bad-input-B53")
    @Tag("bad-input-B54")
    @Tag("bad-input-B55")
    @Tag("bad-input-B57")
    @Tag("bad-input-B59")
    @Tag("bad-input-B60")
    @Tag("bad-input-B61")
    @Tag("bad-input-B62")
    @Tag("bad-input-B63")
    @Tag("bad-input-B66")
    @MethodSource({"badJson", "badMembers"})
    void badBodyIsRefused(
            String name, ApiRoute route, byte[] body, ErrorCode code, @Nullable String param, String message) {
        ReadResult result = READER.read(route, body);

        assertThat(result).isInstanceOf(ReadResult.Refused.class);
        ApiError error = ((ReadResult.Refused) result).error();
        assertThat(error.message()).startsWith(message).hasSizeLessThan(300);
        assertThat(error.code()).isEqualTo(code);
        if (!name.startsWith("B34 levels inside")) {
            assertThat(error.param()).isEqualTo(param);
        }
    }

    @Test
    @Tag("bad-input-B34")
    void deepBodyIsRefusedWithinTenMilliseconds() {
        byte[] body = utf8("{\"x\":" + "[".repeat(100_000));
        long least = Long.MAX_VALUE;
        // A machine that is busy may be late, and not each time.
        for (int i = 0; i < 10; i++) {
            long begin = System.nanoTime();
            assertThat(READER.read(ApiRoute.CHAT_COMPLETIONS, body)).isInstanceOf(ReadResult.Refused.class);
            least = Math.min(least, System.nanoTime() - begin);
        }

        assertThat(Duration.ofNanos(least)).isLessThan(Duration.ofMillis(10));
    }

    static Stream<Arguments> goodBodies() {
        return Stream.of(
                Arguments.of("plain", ApiRoute.CHAT_COMPLETIONS, chat("")),
                Arguments.of(
                        "B33 paired escape",
                        ApiRoute.CHAT_COMPLETIONS,
                        messages("[{\"role\":\"user\",\"content\":\"\\ud83d\\ude00\"}]")),
                Arguments.of(
                        "B33 escaped backslash before u",
                        ApiRoute.CHAT_COMPLETIONS,
                        messages("[{\"role\":\"user\",\"content\":\"\\\\ud83d\"}]")),
                Arguments.of(
                        "B34 128 levels",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat("\"x\":" + "[".repeat(127) + "]".repeat(127))),
                Arguments.of(
                        "B38 50 levels in a tool schema",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat("\"tools\":[{\"function\":{\"parameters\":" + "{\"a\":".repeat(50) + "1" + "}".repeat(50)
                                + "}}]")),
                Arguments.of(
                        "B42 numbers and spacing",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat("\"seed\" :\t9007199254740993 ,\n\"x\":1.0")),
                Arguments.of(
                        "B43 type members",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat("\"__proto__\":{},\"@type\":\"java.lang.Runtime\",\"@class\":\"x\",\"$type\":\"y\"")),
                Arguments.of(
                        "B47 tool calls",
                        ApiRoute.CHAT_COMPLETIONS,
                        messages(
                                "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"1\"}]")),
                Arguments.of(
                        "B48 2,048 messages",
                        ApiRoute.CHAT_COMPLETIONS,
                        messages(repeat("{\"role\":\"user\",\"content\":\"x\"}", 2_048))),
                Arguments.of(
                        "B50 equal bounds",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat("\"max_tokens\":5,\"max_completion_tokens\":5")),
                Arguments.of("B54 stream null", ApiRoute.CHAT_COMPLETIONS, chat("\"stream\":null")),
                Arguments.of(
                        "B61 schema depth 32",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":"
                                + "{\"a\":".repeat(32) + "1" + "}".repeat(32) + "}}")),
                Arguments.of(
                        "B61 schema that refers to itself",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat(
                                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"$ref\":\"#\"}}}")),
                Arguments.of("B63 data URI", ApiRoute.CHAT_COMPLETIONS, image("data:image/png;base64,iVBORw0KGgo=")),
                Arguments.of(
                        "B63 escaped data URI",
                        ApiRoute.CHAT_COMPLETIONS,
                        image("DATA:image\\/png;charset=x;base64,ab\\/c\\u002B\\u002bab")),
                Arguments.of(
                        "B63 audio",
                        ApiRoute.CHAT_COMPLETIONS,
                        part("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}")),
                Arguments.of(
                        "null options",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat(
                                "\"temperature\":null,\"n\":null,\"stop\":null,\"tools\":null,\"user\":null,\"response_format\":null,\"max_tokens\":null")),
                Arguments.of(
                        "bounds",
                        ApiRoute.CHAT_COMPLETIONS,
                        chat(
                                "\"temperature\":2,\"top_p\":1.0,\"n\":16,\"top_logprobs\":20,\"presence_penalty\":-2,\"stop\":[\"a\",\"b\",\"c\",\"d\"]")),
                Arguments.of("text prompt", ApiRoute.COMPLETIONS, completion("\"x\"")),
                Arguments.of("128 prompts", ApiRoute.COMPLETIONS, completion(repeat("\"x\"", 128))),
                Arguments.of("ids", ApiRoute.COMPLETIONS, completion("[0,4294967295]")),
                Arguments.of("lists of ids", ApiRoute.COMPLETIONS, completion("[[1],[2,3]]")),
                Arguments.of(
                        "stop is unknown to embeddings",
                        ApiRoute.EMBEDDINGS,
                        "{\"model\":\"m\",\"input\":\"x\",\"stop\":5}"),
                Arguments.of("2,048 inputs", ApiRoute.EMBEDDINGS, embedding(repeat("\"x\"", 2_048))),
                Arguments.of(
                        "responses text",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":\"x\",\"store\":true,\"background\":false,\"previous_response_id\":null,\"instructions\":\"be brief\"}"),
                Arguments.of(
                        "responses items",
                        ApiRoute.RESPONSES,
                        "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"x\"},{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"1\"},{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"}]}]}"),
                Arguments.of("tokenize text", ApiRoute.TOKENIZE, completion("\"x\"")),
                Arguments.of("tokenize messages", ApiRoute.TOKENIZE, chat("")),
                Arguments.of("detokenize", ApiRoute.DETOKENIZE, "{\"model\":\"m\",\"tokens\":[1,2]}"),
                Arguments.of("detokenize nothing", ApiRoute.DETOKENIZE, "{\"model\":\"m\",\"tokens\":[]}"));
    }

    @ParameterizedTest(name = "{0}")
    @Tag("bad-input-B38")
    @Tag("bad-input-B42")
    @Tag("bad-input-B43")
    @Tag("bad-input-B47")
    @Tag("bad-input-B50")
    @Tag("bad-input-B54")
    @Tag("bad-input-B61")
    @Tag("bad-input-B63")
    @MethodSource("goodBodies")
    void goodBodyIsAcceptedAndLeftAsItIs(String name, ApiRoute route, String body) {
        ApiRequest request = accepted(route, body);

        assertThat(request.model()).isEqualTo("m");
        assertThat(request.stream()).isFalse();
        assertThat(request.edits()).isEmpty();
    }

    @Test
    void interpretedMembersAreReported() {
        ApiRequest request = accepted(
                ApiRoute.CHAT_COMPLETIONS,
                chat("\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":7,\"n\":3"));

        assertThat(request.stream()).isTrue();
        assertThat(request.includeUsage()).isTrue();
        assertThat(request.outputBound()).hasValue(7);
        assertThat(request.choices()).isEqualTo(3);
        assertThat(request.promptBytes()).isEqualTo(32);
        assertThat(request.promptTokens()).isEqualTo(8);
    }

    @Test
    void inlinedMediaDoNotCountAsPrompt() {
        ApiRequest request = accepted(ApiRoute.CHAT_COMPLETIONS, image("data:image/png;base64," + "A".repeat(4 << 20)));

        assertThat(request.promptTokens()).isLessThan(100);
    }

    @Test
    void tokenIdsAreCountedExactly() {
        assertThat(accepted(ApiRoute.COMPLETIONS, completion("[[1,2,3],[100000,5]]"))
                        .promptTokens())
                .isEqualTo(5);
    }

    @Test
    void eachPromptOfManyMayFillTheContext() {
        String prompt = "\"" + "word".repeat(100_000) + "\"";

        assertThat(accepted(ApiRoute.COMPLETIONS, completion("[" + prompt + "," + prompt + "]"))
                        .promptTokens())
                .isEqualTo(200_000);
    }

    @Test
    void contextLengthOfTheModelCounts() {
        RequestReader reader = new RequestReader(RequestLimits.DEFAULTS, model -> model.equals("m") ? 4 : 1_000);

        assertThat(reader.read(ApiRoute.COMPLETIONS, utf8(completion("[1,2,3,4,5]"))))
                .isEqualTo(new ReadResult.Refused(new ApiError(
                        CONTEXT_LENGTH_EXCEEDED,
                        "prompt: 5 prompt and 0 output tokens (expected: at most 4 tokens in all)",
                        "prompt")));
        assertThat(reader.read(ApiRoute.COMPLETIONS, utf8("{\"model\":\"n\",\"prompt\":[1,2,3,4,5]}")))
                .isInstanceOf(ReadResult.Accepted.class);
    }

    @Test
    void whatMayBeInABodyDependsOnWhoSendsIt() {
        RequestReader proxied = new RequestReader(
                RequestLimits.DEFAULTS, model -> 1_000, new BodyRules(BodyRules.Addresses.ALL, true, true));
        String params = "\"priority\":3,\"kv_transfer_params\":{\"remote_host\":\"10.0.0.9\"},\"rid\":\"x\"";

        ApiRequest kept = accepted(proxied.read(ApiRoute.CHAT_COMPLETIONS, utf8(chat(params))));
        ApiRequest stripped = accepted(READER.read(ApiRoute.CHAT_COMPLETIONS, utf8(chat(params))));
        assertThat(kept.edits()).isEmpty();
        assertThat(kept.hadTransferParams()).isFalse();
        assertThat(stripped.edits()).hasSize(3);
        assertThat(stripped.hadTransferParams()).isTrue();

        assertThat(kept.namesTransfer()).isTrue();
        assertThat(stripped.namesTransfer()).isFalse();
        assertThat(namesTransfer(proxied, "\"kv_transfer_params\":{\"do_remote_decode\":true,\"remote_host\":null}"))
                .isFalse();
        assertThat(namesTransfer(proxied, "\"kv_transfer_params\":{},\"rid\":\"x\",\"ec_transfer_params\":{\"h\":{}}"))
                .isFalse();
        assertThat(namesTransfer(proxied, "\"kv_transfer_params\":null")).isFalse();
        assertThat(namesTransfer(proxied, "\"bootstrap_room\":7")).isTrue();

        byte[] address = utf8(image("https://example.org/a.png"));
        assertThat(accepted(proxied.read(ApiRoute.CHAT_COMPLETIONS, address)).hasMedia())
                .isTrue();
        assertThat(READER.read(ApiRoute.CHAT_COMPLETIONS, address)).isInstanceOf(ReadResult.Refused.class);
        assertThat(proxied.read(ApiRoute.CHAT_COMPLETIONS, utf8(image("data:image/png;base64,?"))))
                .isInstanceOf(ReadResult.Refused.class);
        byte[] extra = utf8("{\"model\":\"m\",\"token_ids\":[1],\"sampling_params\":{\"extra_args\":"
                + "{\"kv_transfer_params\":{}}}}");
        assertThat(accepted(proxied.read(ApiRoute.GENERATE, extra)).edits()).isEmpty();
        assertThat(READER.read(ApiRoute.GENERATE, extra)).isInstanceOf(ReadResult.Refused.class);
        byte[] blocks = utf8("{\"model\":\"m\",\"token_ids\":[1],\"sampling_params\":{\"extra_args\":"
                + "{\"kv_transfer_params\":{\"remote_host\":\"a\"}}}}");
        assertThat(accepted(proxied.read(ApiRoute.GENERATE, blocks)).namesTransfer())
                .isTrue();
    }

    @Test
    void addressesMayBeInChatsAlone() {
        RequestReader coordinator = new RequestReader(
                RequestLimits.DEFAULTS, model -> 1_000, new BodyRules(BodyRules.Addresses.CHATS, false, false));
        byte[] chat = utf8(image("https://example.org/a.png"));
        byte[] message = utf8("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{"
                + "\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://example.org/a\"}}]}]}");
        byte[] items = utf8("{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{"
                + "\"type\":\"input_image\",\"image_url\":\"https://example.org/a\"}]}]}");

        assertThat(coordinator.read(ApiRoute.CHAT_COMPLETIONS, chat)).isInstanceOf(ReadResult.Accepted.class);
        assertThat(coordinator.read(ApiRoute.TOKENIZE, chat)).isInstanceOf(ReadResult.Refused.class);
        assertThat(coordinator.read(ApiRoute.MESSAGES, message)).isInstanceOf(ReadResult.Refused.class);
        assertThat(coordinator.read(ApiRoute.RESPONSES, items)).isInstanceOf(ReadResult.Refused.class);
    }

    private static boolean namesTransfer(RequestReader reader, String members) {
        return accepted(reader.read(ApiRoute.CHAT_COMPLETIONS, utf8(chat(members))))
                .namesTransfer();
    }

    @Test
    void tokenIdsBesideAChatAreTakenOutForEndpoints() {
        RequestReader proxied = new RequestReader(
                RequestLimits.DEFAULTS, model -> 1_000, new BodyRules(BodyRules.Addresses.NONE, false, true));
        byte[] chat = utf8(chat("\"tokens\":{\"token_ids\":[1]}"));

        assertThat(accepted(proxied.read(ApiRoute.CHAT_COMPLETIONS, chat)).edits())
                .hasSize(1);
        assertThat(accepted(proxied.read(ApiRoute.CHAT_COMPLETIONS, chat)).hadTransferParams())
                .isFalse();
        assertThat(accepted(READER.read(ApiRoute.CHAT_COMPLETIONS, chat)).hadTransferParams())
                .isTrue();
    }

    private static ApiRequest accepted(ReadResult result) {
        assertThat(result).isInstanceOf(ReadResult.Accepted.class);
        return ((ReadResult.Accepted) result).request();
    }

    @Test
    void truncatedPromptsMayBeLonger() {
        String body = "{\"model\":\"m\",\"input\":\"" + "word".repeat(200_000) + "\",\"truncate_prompt_tokens\":512}";

        assertThat(accepted(ApiRoute.EMBEDDINGS, body).promptTokens()).isEqualTo(200_000);
    }

    @Test
    void bodyMayLieAnywhereInTheBuffer() {
        byte[] body = utf8(chat("\"priority\":1"));
        byte[] buffer = new byte[body.length + 20];
        Arrays.fill(buffer, (byte) 0xff);
        System.arraycopy(body, 0, buffer, 7, body.length);

        ApiRequest request =
                ((ReadResult.Accepted) READER.read(ApiRoute.CHAT_COMPLETIONS, buffer, 7, body.length)).request();

        assertThat(new String(
                        BodyEdits.apply(buffer, 7, body.length, request.editsWithModel("other")),
                        StandardCharsets.UTF_8))
                .isEqualTo(chat("").replace("\"m\"", "\"other\""));
    }

    static Stream<Arguments> removals() {
        String rest = "\"model\":\"m\",\"prompt\":\"x\"";
        return Stream.of(
                Arguments.of("{\"priority\":1," + rest + "}", "{" + rest + "}"),
                Arguments.of("{ \"priority\" : 1 , " + rest + "}", "{  " + rest + "}"),
                Arguments.of("{" + rest + " ,\n\"priority\":-5 }", "{" + rest + "  }"),
                Arguments.of("{\"model\":\"m\",\"priority\":\"a\\\",}b\",\"prompt\":\"x\"}", "{" + rest + "}"),
                Arguments.of("{\"priority\":1,\"kv_transfer_params\":{\"a\":[1,{}]}," + rest + "}", "{" + rest + "}"),
                Arguments.of(
                        "{\"bootstrap_host\":\"10.0.0.1\",\"bootstrap_port\":80,\"bootstrap_room\":[7],"
                                + "\"disagg_prefill_dp_rank\":1,\"routed_dp_rank\":1,\"data_parallel_rank\":1,"
                                + "\"rid\":\"another\"," + rest + "}",
                        "{" + rest + "}"),
                Arguments.of(
                        "{" + rest + ",\"kv_transfer_params\":[],\"ec_transfer_params\":null,\"priority\":true}",
                        "{" + rest + "}"),
                Arguments.of("{\"model\":\"m\",\"prior\\u0069ty\":1.5e3,\"prompt\":\"x\"}", "{" + rest + "}"));
    }

    @ParameterizedTest(name = "{0}")
    @Tag("bad-input-B65")
    @MethodSource("removals")
    void membersThatClientsMayNotSetAreTakenOut(String body, String expected) {
        ApiRequest request = accepted(ApiRoute.COMPLETIONS, body);

        assertThat(new String(BodyEdits.apply(utf8(body), request.edits()), StandardCharsets.UTF_8))
                .isEqualTo(expected);
    }

    static Stream<Arguments> salts() {
        String rest = "\"model\":\"m\",\"prompt\":\"x\"";
        String salted = "{\"cache_salt\":\"ours\"," + rest + "}";
        return Stream.of(
                Arguments.of("{" + rest + "}", "", salted),
                Arguments.of(" {\"priority\":1," + rest + "}", "", " " + salted),
                Arguments.of("{\"cache_salt\":\"a\\u0062\\\"c\"," + rest + "}", "ab\"c", salted),
                Arguments.of("{\"cache_salt\":null," + rest + "}", "", salted),
                Arguments.of("{\"cache_salt\":\"\"," + rest + "}", "", salted),
                Arguments.of(
                        "{" + rest + ",\"priority\":1, \"cache_salt\" : \"s\" }",
                        "s",
                        "{" + rest + ", \"cache_salt\" : \"ours\" }"));
    }

    @ParameterizedTest(name = "{0}")
    @Tag("bad-input-B64")
    @MethodSource("salts")
    void theCacheSaltIsReplacedOrAdded(String body, String given, String expected) {
        ApiRequest request = accepted(ApiRoute.COMPLETIONS, body);

        assertThat(request.salt().text()).isEqualTo(given);
        assertThat(new String(
                        BodyEdits.apply(
                                utf8(body), request.withCacheSalt("ours").edits()),
                        StandardCharsets.UTF_8))
                .isEqualTo(expected);
    }

    @Test
    void modelIsRenamedInPlace() {
        String body =
                "{ \"messages\":[{\"role\":\"user\",\"content\":\"\\\"model\\\":\\\"a\\\"\"}], \"model\" : \"a\\u0062\" }";
        ApiRequest request = accepted(ApiRoute.CHAT_COMPLETIONS, body);

        assertThat(request.model()).isEqualTo("ab");
        assertThat(request.editsWithModel("ab")).isEmpty();
        assertThat(new String(BodyEdits.apply(utf8(body), request.editsWithModel("x\"y")), StandardCharsets.UTF_8))
                .isEqualTo(body.replace("\"a\\u0062\"", "\"x\\\"y\""));
    }

    @Test
    void shortBodyCostsLittleGarbage() {
        byte[] body =
                utf8(chat("\"stream\":true,\"temperature\":0.7,\"max_tokens\":64,\"x\":\"" + "y".repeat(1_900) + "\""));
        long bytes = allocatedPerRead(body);

        assertThat(bytes).isLessThan(3_000);
    }

    @Test
    void longPromptIsNotCopied() {
        byte[] body = utf8(messages("[{\"role\":\"user\",\"content\":\"" + "word ".repeat(80_000) + "\"}]"));

        assertThat(allocatedPerRead(body)).isLessThan(3_000);
    }

    private static long allocatedPerRead(byte[] body) {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        int rounds = 200;
        for (int i = 0; i < rounds; i++) {
            assertThat(READER.read(ApiRoute.CHAT_COMPLETIONS, body) instanceof ReadResult.Accepted)
                    .isTrue();
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < rounds; i++) {
            READER.read(ApiRoute.CHAT_COMPLETIONS, body);
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / rounds;
    }

    @Test
    void editsHaveToBeInOrder() {
        List<BodyEdit> edits = List.of(new BodyEdit(4, 5, new byte[0]), new BodyEdit(3, 4, new byte[0]));

        org.assertj.core.api.Assertions.assertThatIllegalArgumentException()
                .isThrownBy(() -> BodyEdits.apply(new byte[10], edits))
                .withMessageStartingWith("edit: [3, 4) (expected: inside [5, 10))");
    }

    private static ApiRequest accepted(ApiRoute route, String body) {
        ReadResult result = READER.read(route, utf8(body));
        assertThat(result).isInstanceOf(ReadResult.Accepted.class);
        return ((ReadResult.Accepted) result).request();
    }
}
