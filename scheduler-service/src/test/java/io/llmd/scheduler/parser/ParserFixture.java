package io.llmd.scheduler.parser;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.KnownText;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bodies and what is read of them. */
final class ParserFixture {

    private ParserFixture() {}

    static ParseOutcome outcome(RequestParser parser, String suffix, byte[] body) {
        return parser.parse(suffix, new BodyBytes(body, 0, body.length, KnownText.NONE), MediaSizes.DEFAULT);
    }

    static RequestBody parsed(RequestParser parser, String suffix, byte[] body) {
        ParseOutcome outcome = outcome(parser, suffix, body);
        assertThat(outcome).isInstanceOf(ParseOutcome.Parsed.class);
        return ((ParseOutcome.Parsed) outcome).body();
    }

    static RequestBody parsed(RequestParser parser, String suffix, String body) {
        return parsed(parser, suffix, body.getBytes(StandardCharsets.UTF_8));
    }

    static String malformed(RequestParser parser, String suffix, byte[] body) {
        ParseOutcome outcome = outcome(parser, suffix, body);
        assertThat(outcome).isInstanceOf(ParseOutcome.Malformed.class);
        return ((ParseOutcome.Malformed) outcome).message();
    }

    static String malformed(RequestParser parser, String suffix, String body) {
        return malformed(parser, suffix, body.getBytes(StandardCharsets.UTF_8));
    }

    static int[] tokens(RequestBody body) {
        assertThat(body.prompts()).hasSize(1);
        Prompt prompt = body.prompts().getFirst();
        int[] tokens = new int[prompt.tokens()];
        ByteBuffer.wrap(prompt.bytes(), 0, prompt.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(tokens);
        return tokens;
    }

    /** The prompt as text without the zeros that fill its last token. */
    static String text(RequestBody body) {
        assertThat(body.prompts()).hasSize(1);
        Prompt prompt = body.prompts().getFirst();
        return new String(Arrays.copyOf(prompt.bytes(), prompt.length()), StandardCharsets.UTF_8)
                .replaceAll("\0+$", "");
    }

    /** A gRPC frame with a message. */
    static byte[] frame(byte[] message) {
        return ByteBuffer.allocate(5 + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }

    /** A message out of fields. */
    static byte[] message(byte[]... fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] field : fields) {
            out.writeBytes(field);
        }
        return out.toByteArray();
    }

    /** A field with bytes, text or a message. */
    static byte[] field(int number, byte[] content) {
        return message(varint((long) number << 3 | 2), varint(content.length), content);
    }

    static byte[] field(int number, String text) {
        return field(number, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A field with a number. */
    static byte[] field(int number, long value) {
        return message(varint((long) number << 3), varint(value));
    }

    static byte[] varint(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return out.toByteArray();
    }
}
