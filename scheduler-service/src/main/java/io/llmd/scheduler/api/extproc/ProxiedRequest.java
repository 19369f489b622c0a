package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The request of one stream: collects its parts, asks with them, and becomes what is forwarded. Not thread-safe. */
final class ProxiedRequest {

    private static final String REQUEST_ID = LlmdHeader.REQUEST_ID.wireName();
    private static final String CONTENT_LENGTH = "content-length";
    private static final String GRPC = "application/grpc";
    private static final List<String> CHATS = List.of("/chat/completions", "/chat/completions/render");

    /** Token ids of a chat, which a coordinator has put into it for the scheduler. */
    private static final String RENDERED = "tokens";

    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final List<String> PATHS = List.of(":path", "x-original-path", "x-forwarded-path");
    private static final Set<String> PASSED_ON =
            Set.of(REQUEST_ID, LlmdHeader.SESSION_TOKEN.wireName(), LlmdHeader.PREFER.wireName());

    /** Headers that are for the scheduler alone, or that a client must not send to an endpoint. */
    private static final Set<String> REMOVED = new HashSet<>();

    /** Those of them that not even the scheduler takes from a proxy's client. */
    private static final Set<String> IGNORED = new HashSet<>();

    /** Those that are for proxies to set. */
    private static final Set<String> CONTROL = new HashSet<>();

    static {
        for (LlmdHeader header : LlmdHeader.values()) {
            List<String> names = new ArrayList<>(header.aliases());
            names.add(header.wireName());
            if (!PASSED_ON.contains(header.wireName())) {
                REMOVED.addAll(names);
            }
            if (header.access() == LlmdHeader.Access.INTERNAL && header != LlmdHeader.TEST_ENDPOINT_SELECTION) {
                IGNORED.addAll(names);
            } else if (header.access() == LlmdHeader.Access.TRUSTED) {
                CONTROL.addAll(names);
            }
        }
    }

    private final Map<String, String> headers;
    private final String path;
    private final String id;
    private final boolean isIdOurs;
    private final boolean isGrpc;
    private final boolean trustsTokens;
    private final List<String> removed = new ArrayList<>();
    private ByteString body = ByteString.EMPTY;
    private @Nullable String subset;
    private @Nullable JsonMembers json;
    private boolean wantsStream;

    private ProxiedRequest(Map<String, String> received, boolean trustsControl, boolean trustsTokens) {
        this.trustsTokens = trustsTokens;
        path = PATHS.stream()
                .map(received::get)
                .filter(name -> name != null && !name.isEmpty())
                .findFirst()
                .orElse("/");
        String given = received.get(REQUEST_ID);
        isIdOurs = given == null || given.isEmpty();
        id = given == null || given.isEmpty() ? UUID.randomUUID().toString() : given;
        isGrpc = received.getOrDefault("content-type", "").startsWith(GRPC);
        headers = HashMap.newHashMap(received.size());
        received.forEach((name, value) -> {
            if (REMOVED.contains(name)) {
                removed.add(name);
            }
            boolean isHeard = !IGNORED.contains(name) && (trustsControl || !CONTROL.contains(name));
            if (name.charAt(0) != ':' && isHeard) {
                headers.put(name, value);
            }
        });
        headers.put(REQUEST_ID, id);
    }

    /** The request that begins with these headers. */
    static ProxiedRequest of(HeaderMap received, ExtProcSettings settings) {
        return new ProxiedRequest(ProxyHeaders.read(received), settings.trustsControl(), settings.trustsTokens());
    }

    String id() {
        return id;
    }

    /** Path without query. */
    String path() {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    boolean isGrpc() {
        return isGrpc;
    }

    /** What a proxy says beside the request; later hints go before earlier ones. */
    void metadata(Metadata metadata, ExtProcSettings settings) {
        String hint = settings.ignoresHints() ? null : SubsetHint.read(metadata, settings.hintNamespace());
        subset = hint == null ? subset : hint;
    }

    /** Takes a piece of the body. */
    void append(ByteString piece) {
        body = body.concat(piece);
    }

    int bodyBytes() {
        return body.size();
    }

    /** The question for an endpoint; {@code hasBody} tells whether the request has a body at all, be it an empty one. */
    ScheduleRequest question(boolean hasBody) {
        String allowed = subset;
        if (allowed != null) {
            headers.put(LlmdHeader.DESTINATION_ENDPOINT_SUBSET.wireName(), allowed);
        }
        if (!hasBody) {
            return new ScheduleRequest(id, path(), headers, ScheduleRequest.NO_BODY, List.of());
        }
        byte[] bytes = body.toByteArray();
        // The path alone decides how the body of a chat is read, whatever it is said to be.
        JsonMembers read = isGrpc && !isChat() ? null : JsonMembers.read(bytes);
        json = read;
        wantsStream = read != null && Arrays.equals(read.bytes("stream"), TRUE);
        byte[] heard = trustsTokens || read == null || !isRendered(read)
                ? bytes
                : new JsonEditor(read).remove(RENDERED).toBytes();
        return new ScheduleRequest(id, path(), headers, ByteBuffer.wrap(heard), List.of());
    }

    private boolean isChat() {
        String name = path();
        int end = name.length();
        while (end > 0 && name.charAt(end - 1) == '/') {
            end--;
        }
        String trimmed = "/" + name.substring(0, end);
        return CHATS.stream().anyMatch(trimmed::endsWith);
    }

    private boolean isRendered(JsonMembers read) {
        return isChat() && read.find(RENDERED) != null;
    }

    /** Whether the client wants a stream. */
    boolean wantsStream() {
        return wantsStream;
    }

    /** What was forwarded need not be kept. */
    void forget() {
        body = ByteString.EMPTY;
        json = null;
        subset = null;
    }

    /** The client's model name as JSON when an endpoint serves it under another one, else {@code null}. */
    @Nullable
    String renamedModel(ScheduleDecision decision) {
        JsonMembers read = json;
        String named = read == null ? null : read.text("model");
        return named == null || decision.model().isEmpty() || named.equals(decision.model())
                ? null
                : JsonEditor.quoted(named);
    }

    /** The body for the endpoint; the same object when nothing of it changes. */
    ByteString body(ScheduleDecision decision) {
        JsonMembers read = json;
        boolean isRenamed = renamedModel(decision) != null;
        boolean isRendered = read != null && isRendered(read);
        if (read == null || !isRenamed && !isRendered) {
            return body;
        }
        JsonEditor changed = new JsonEditor(read);
        if (isRenamed) {
            changed.setText("model", decision.model());
        }
        if (isRendered) {
            changed.remove(RENDERED);
        }
        return ByteString.copyFrom(changed.toBytes());
    }

    /** Whether this is the client's body as it came. */
    boolean isAsItCame(ByteString outgoing) {
        return outgoing == body;
    }

    /** What changes of the headers. */
    HeaderMutation headers(ScheduleDecision decision, int outgoingBytes) {
        HeaderMutation.Builder changes = HeaderMutation.newBuilder()
                .addSetHeaders(Messages.header(LlmdHeader.DESTINATION_ENDPOINT.wireName(), destination(decision)));
        if (outgoingBytes > 0 && (!isGrpc || isChat())) {
            changes.addSetHeaders(Messages.header(CONTENT_LENGTH, Integer.toString(outgoingBytes)));
        }
        if (isIdOurs) {
            changes.addSetHeaders(Messages.header(REQUEST_ID, id));
        }
        Set<String> gone = new HashSet<>(removed);
        decision.requestHeaders().forEach((name, value) -> {
            if (value.isEmpty()) {
                gone.add(name);
            } else {
                gone.remove(name);
                changes.addSetHeaders(Messages.header(name, value));
            }
        });
        gone.remove(LlmdHeader.DESTINATION_ENDPOINT.wireName());
        return changes.addAllRemoveHeaders(gone).build();
    }

    /** The chosen endpoints in the order of preference. */
    static String destination(ScheduleDecision decision) {
        List<TargetEndpoint> endpoints = decision.endpoints();
        return endpoints.size() == 1
                ? endpoints.getFirst().hostPort()
                : endpoints.stream().map(TargetEndpoint::hostPort).collect(Collectors.joining(","));
    }
}
