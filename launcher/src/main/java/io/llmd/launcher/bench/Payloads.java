package io.llmd.launcher.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes that requests, answers and events consist of. */
final class Payloads {

    static final String MODEL = "bench-model";
    /** Events of one stream, the terminating {@code [DONE]} not counted. */
    static final int EVENTS = 100;

    static final int REQUEST_BYTES = 2048;
    static final int LONG_REQUEST_BYTES = 400 << 10;
    static final int ANSWER_BYTES = 1024;
    static final int EVENT_BYTES = 225;

    private static final String WORDS = "the quick brown fox jumps over the lazy dog while the cache keeps its blocks ";

    private Payloads() {}

    /** A chat request of exactly {@link #REQUEST_BYTES} bytes; the text differs by number. */
    static byte[] chatBody(int number, boolean streamed) {
        return chatBody(number, streamed, REQUEST_BYTES);
    }

    /** The same of another size. */
    static byte[] chatBody(int number, boolean streamed, int bytes) {
        String head = "{\"model\":\"" + MODEL + "\",\"stream\":" + streamed
                + ",\"max_tokens\":100,\"messages\":[{\"role\":\"system\",\"content\":\"You are a benchmark.\"},"
                + "{\"role\":\"user\",\"content\":\"Number " + number + ": ";
        String tail = "\"}]}";
        return filled(head, tail, bytes);
    }

    /** The whole request: head, and a body of so many bytes. */
    static byte[] chatRequest(int port, int number, boolean streamed, int bytes) {
        byte[] body = chatBody(number, streamed, bytes);
        byte[] head = ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + port
                        + "\r\nUser-Agent: llmd-bench\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        return request;
    }

    /** A chat completion of exactly {@link #ANSWER_BYTES} bytes. */
    static byte[] answer() {
        String head = "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1767225600,\"model\":\""
                + MODEL + "\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
        String tail = "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                + "\"usage\":{\"prompt_tokens\":450,\"completion_tokens\":100,\"total_tokens\":550}}";
        return filled(head, tail, ANSWER_BYTES);
    }

    /** One server-sent event of exactly {@link #EVENT_BYTES} bytes. */
    static byte[] event(boolean last) {
        String head =
                "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,\"model\":\""
                        + MODEL + "\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
        String tail = "\"},\"finish_reason\":" + (last ? "\"stop\"" : "null") + "}]}\n\n";
        return filled(head, tail, EVENT_BYTES);
    }

    /** A direct buffer that can be sent any number of times through {@link ByteBuf#duplicate}; the collector frees it. */
    static ByteBuf prepared(byte[] bytes) {
        ByteBuffer memory = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(memory).asReadOnly());
    }

    private static byte[] filled(String head, String tail, int size) {
        int fill = size - head.length() - tail.length();
        String text = WORDS.repeat(fill / WORDS.length() + 1).substring(0, fill);
        return (head + text + tail).getBytes(StandardCharsets.US_ASCII);
    }
}
