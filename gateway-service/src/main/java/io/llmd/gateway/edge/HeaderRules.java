package io.llmd.gateway.edge;

import io.llmd.contracts.header.LlmdHeader;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides which of a client's headers go on. Names that belong to the suite or to a proxy in front of it are removed,
 * also in their spelling with underscores; framing and hop-by-hop headers are made anew for the next hop; the key of the
 * client stays here. Cookies and what trusted proxies say about scheduling go to the scheduler, and no further.
 * Thread-safe.
 */
final class HeaderRules {

    private static final Set<String> NOT_FORWARDED = Set.of(
            "accept-encoding",
            "authorization",
            "baggage",
            "connection",
            "content-length",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "traceparent",
            "tracestate",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "x-api-key",
            "x-request-id");

    private static final Set<String> MILLISECONDS = millisecondNames();
    private static final Set<String> PROXY = Set.of("forwarded", "x-real-ip");
    private static final int MAX_REQUEST_ID = 128;
    private static final int MAX_TRACE_STATE = 512;

    /** Where the flags of a {@code traceparent} begin, and the one of them that has services behind make spans. */
    private static final int FLAGS = 53;

    private static final int SAMPLED = 1;

    /** What an endpoint picker in front of a sidecar sets. */
    private static final Set<LlmdHeader> STEERING = Set.of(
            LlmdHeader.PREFILLER_HOST_PORT,
            LlmdHeader.ENCODER_HOSTS_PORTS,
            LlmdHeader.KV_CACHE_SOURCE_HOST_PORT,
            LlmdHeader.DATA_PARALLEL_HOST_PORT,
            LlmdHeader.DATA_PARALLEL_RANK);

    private final Set<String> internal = new HashSet<>();
    private final Set<String> trusted = new HashSet<>();
    private final Map<String, String> steering = new HashMap<>();
    private final Place place;

    /**
     * @param place where this process stands: beside a model server or before a gateway, somebody behind checks the key too
     */
    HeaderRules(Place place) {
        this.place = place;
        for (LlmdHeader header : LlmdHeader.values()) {
            if (place == Place.SIDECAR && STEERING.contains(header)) {
                steering.put(header.wireName(), header.wireName());
                header.aliases().forEach(alias -> steering.put(alias, header.wireName()));
                continue;
            }
            Set<String> target = switch (header.access()) {
                case INTERNAL -> internal;
                case TRUSTED -> trusted;
                case CLIENT -> null;
            };
            if (target != null) {
                target.add(header.wireName());
                target.addAll(header.aliases());
            }
        }
    }

    private static Set<String> millisecondNames() {
        Set<String> names = new HashSet<>();
        for (LlmdHeader header : List.of(LlmdHeader.SLO_TIME_TO_FIRST_TOKEN, LlmdHeader.SLO_TIME_PER_OUTPUT_TOKEN)) {
            names.add(header.wireName());
            names.addAll(header.aliases());
        }
        return names;
    }

    /**
     * The headers that may go on to an endpoint.
     *
     * @param received headers of the client
     * @param trustedPeer whether the peer may set what proxies set
     * @param spoofed told the name of each header that was removed because clients must not set it
     * @param forScheduler told each header that the scheduler may read, but no endpoint
     */
    HttpHeaders clean(
            HttpHeaders received,
            boolean trustedPeer,
            Consumer<String> spoofed,
            BiConsumer<String, String> forScheduler) {
        HttpHeaders clean =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        Set<String> named = namedByConnection(received);
        Iterator<Map.Entry<CharSequence, CharSequence>> all = received.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            String name = header.getKey().toString().toLowerCase(Locale.ROOT);
            String steers = steering.get(name);
            String ours = steers == null ? forbiddenName(name, trustedPeer) : null;
            if (steers != null) {
                forScheduler.accept(steers, header.getValue().toString());
            } else if (ours != null) {
                spoofed.accept(ours);
            } else if (name.equals("cookie") || trusted.contains(name)) {
                if (named.contains(name)) {
                    continue;
                }
                if (place == Place.COORDINATOR) {
                    clean.add(name, header.getValue());
                } else {
                    forScheduler.accept(name, header.getValue().toString());
                }
            } else if (isForwarded(name, header.getValue(), named)) {
                clean.add(name, header.getValue());
            }
        }
        copyTrace(received, clean, trustedPeer || place == Place.SIDECAR);
        return clean;
    }

    /**
     * Removes from the headers themselves what clients must not set, for requests that others answer.
     *
     * @param trustedPeer whether the peer may set what proxies set
     * @param spoofed told the name of each header that was removed
     */
    void removeSpoofed(HttpHeaders received, boolean trustedPeer, Consumer<String> spoofed) {
        for (String name : received.names()) {
            String ours = forbiddenName(name.toLowerCase(Locale.ROOT), trustedPeer);
            if (ours != null) {
                received.remove(name);
                spoofed.accept(ours);
            }
        }
    }

    private boolean isForwarded(String name, CharSequence value, Set<String> namedByConnection) {
        return (!NOT_FORWARDED.contains(name) || isKeyForOthers(name))
                && name.indexOf('_') < 0
                && !namedByConnection.contains(name)
                && !(MILLISECONDS.contains(name) && !isMilliseconds(value));
    }

    private boolean isKeyForOthers(String name) {
        return switch (place) {
            case POOL -> false;
            case SIDECAR -> name.equals("authorization");
            case COORDINATOR -> name.equals("authorization") || name.equals("x-api-key");
        };
    }

    /** The name under which a header is counted as spoofed; {@code null} when it may stay. */
    private @Nullable String forbiddenName(String name, boolean trustedPeer) {
        String dashed = name.indexOf('_') < 0 ? name : name.replace('_', '-');
        if (internal.contains(dashed)) {
            return dashed;
        }
        if (dashed.startsWith("x-llmd-")) {
            return "x-llmd-*";
        }
        if (trustedPeer) {
            return null;
        }
        if (trusted.contains(dashed) || PROXY.contains(dashed)) {
            return dashed;
        }
        if (dashed.startsWith("x-envoy-")) {
            return "x-envoy-*";
        }
        return dashed.startsWith("x-forwarded-") ? "x-forwarded-*" : null;
    }

    private static Set<String> namedByConnection(HttpHeaders received) {
        List<String> values = received.getAll(HttpHeaderNames.CONNECTION);
        if (values.isEmpty()) {
            return Set.of();
        }
        Set<String> names = new HashSet<>();
        for (String value : values) {
            for (String name : value.split(",")) {
                names.add(name.trim().toLowerCase(Locale.ROOT));
            }
        }
        // What says how to read the body cannot be taken away from it.
        names.remove("content-type");
        return names;
    }

    private static boolean isMilliseconds(CharSequence value) {
        if (value.isEmpty() || value.length() > 9) {
            return false;
        }
        boolean positive = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
            positive |= c != '0';
        }
        return positive;
    }

    /** @param maySample whether the sender decides that the request is traced; otherwise only below which span it would be */
    private static void copyTrace(HttpHeaders received, HttpHeaders clean, boolean maySample) {
        List<String> parents = received.getAll("traceparent");
        if (parents.size() != 1 || !isTraceParent(parents.getFirst())) {
            return;
        }
        clean.set("traceparent", maySample ? parents.getFirst() : notSampled(parents.getFirst()));
        List<String> states = received.getAll("tracestate");
        if (states.size() == 1 && states.getFirst().length() <= MAX_TRACE_STATE) {
            clean.set("tracestate", states.getFirst());
        }
    }

    private static String notSampled(String parent) {
        int flags = Integer.parseInt(parent, FLAGS, parent.length(), 16);
        return parent.substring(0, FLAGS) + HexFormat.of().toHexDigits((byte) (flags & ~SAMPLED));
    }

    /** Whether a W3C {@code traceparent} of version 00 is well-formed and names a trace. */
    static boolean isTraceParent(String value) {
        return value.length() == 55
                && value.startsWith("00-")
                && value.charAt(35) == '-'
                && value.charAt(52) == '-'
                && isHexButNotZero(value, 3, 35)
                && isHexButNotZero(value, 36, 52)
                && isHex(value, FLAGS, 55);
    }

    private static boolean isHexButNotZero(String value, int from, int to) {
        for (int i = from; i < to; i++) {
            if (value.charAt(i) != '0') {
                return isHex(value, from, to);
            }
        }
        return false;
    }

    private static boolean isHex(String value, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = value.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
                return false;
            }
        }
        return true;
    }

    /** The client's request id when it is one safe token, else a new one. */
    String requestId(HttpHeaders received) {
        List<String> ids = received.getAll(LlmdHeader.REQUEST_ID.wireName());
        return ids.size() == 1 && isSafeId(ids.getFirst()) ? ids.getFirst() : newId();
    }

    /** A new random id. */
    static String newId() {
        var random = java.util.concurrent.ThreadLocalRandom.current();
        long high = random.nextLong() & ~0xf000L | 0x4000L;
        long low = random.nextLong() & ~(3L << 62) | 1L << 63;
        return new UUID(high, low).toString();
    }

    /** Letters, digits and dashes, before a pool and beside a model server also dots, colons and underscores. */
    private boolean isSafeId(String id) {
        if (id.isEmpty() || id.length() > MAX_REQUEST_ID) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean safe = c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '-'
                    || place != Place.COORDINATOR && (c == '_' || c == '.' || c == ':');
            if (!safe) {
                return false;
            }
        }
        return true;
    }

    /** Joins two values of one header. */
    static BinaryOperator<String> joiner(String name) {
        return name.equals("cookie") ? (a, b) -> a + "; " + b : (a, b) -> a + "," + b;
    }

    /** Headers as a map with lower-case names; several values of one name are joined with commas. */
    static Map<String, String> toMap(HttpHeaders headers) {
        Map<String, String> map = new HashMap<>();
        Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            map.merge(header.getKey().toString(), header.getValue().toString(), (a, b) -> a + "," + b);
        }
        return map;
    }
}
