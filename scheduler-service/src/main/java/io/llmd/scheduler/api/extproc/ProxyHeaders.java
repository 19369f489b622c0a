package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Reads headers as a proxy sends them. */
final class ProxyHeaders {

    private ProxyHeaders() {}

    /**
     * Headers by lower-case name, pseudo headers among them; the values of one that comes several times are joined with a
     * comma. Headers without a name are skipped. Bytes that are no UTF-8 are read as ISO 8859-1, so that none is lost.
     */
    static Map<String, String> read(HeaderMap headers) {
        Map<String, String> read = HashMap.newHashMap(headers.getHeadersCount());
        for (int i = 0; i < headers.getHeadersCount(); i++) {
            HeaderValue header = headers.getHeaders(i);
            if (!header.getKey().isEmpty()) {
                read.merge(
                        header.getKey().toLowerCase(Locale.ROOT), value(header), (first, next) -> first + ", " + next);
            }
        }
        return read;
    }

    private static String value(HeaderValue header) {
        ByteString raw = header.getRawValue();
        if (raw.isEmpty()) {
            return header.getValue();
        }
        return raw.isValidUtf8() ? raw.toStringUtf8() : raw.toString(StandardCharsets.ISO_8859_1);
    }
}
