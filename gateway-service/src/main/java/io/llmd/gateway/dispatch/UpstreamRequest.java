package io.llmd.gateway.dispatch;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.Map;

/**
 * A request to an endpoint. {@code host}, where there is none, and {@code content-length} are added when it is sent.
 *
 * @param method HTTP method
 * @param path request target
 * @param headers checked header names and values without framing headers
 * @param body array that holds the body, not copied and not changed
 * @param length bytes of the body from the start of the array
 * @param isOnce whether no endpoint may get it twice: it goes out on a connection of its own, and never again
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy of each body is what this type avoids
public record UpstreamRequest(
        String method, String path, HttpHeaders headers, byte[] body, int length, boolean isOnce) {

    public UpstreamRequest(String method, String path, HttpHeaders headers, byte[] body, int length) {
        this(method, path, headers, body, length, false);
    }

    private static final byte[] NO_BODY = {};

    /** A GET without body. */
    public static UpstreamRequest get(String path, HttpHeaders headers) {
        return new UpstreamRequest("GET", path, headers, NO_BODY, 0);
    }

    ByteBuf head(ByteBufAllocator allocator, String host) {
        ByteBuf head = allocator.buffer(512);
        ascii(head, method);
        head.writeByte(' ');
        ascii(head, path);
        ascii(head, " HTTP/1.1");
        if (!headers.contains(HttpHeaderNames.HOST)) {
            ascii(head, "\r\nhost: ");
            ascii(head, host);
        }
        Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            line(head);
            ascii(head, header.getKey());
            ascii(head, ": ");
            ascii(head, header.getValue());
        }
        if (length > 0 || "POST".equals(method)) {
            ascii(head, "\r\ncontent-length: ");
            ascii(head, Integer.toString(length));
        }
        line(head);
        line(head);
        return head;
    }

    ByteBuf content() {
        return length == 0 ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body, 0, length);
    }

    private static void line(ByteBuf head) {
        head.writeByte('\r').writeByte('\n');
    }

    private static void ascii(ByteBuf head, CharSequence text) {
        ByteBufUtil.writeAscii(head, text);
    }
}
