package io.llmd.scheduler.plugin.session;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.WireNamed;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint a session is pinned to. The session is told by a signed token that the client sends back, or by an id of
 * the client's choice that this scheduler remembers. Safe from any thread.
 */
public final class SessionAffinity {

    /** How a session is recognised. */
    public enum Strategy implements WireNamed {
        ENCODED_ENDPOINT_HEADER,
        SESSION_ID;

        @Override
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Settings of signed tokens.
     *
     * @param header request and response header with the token
     */
    public record EncodedEndpointHeaderConfig(
            @Default("x-session-token") String header) {
        public EncodedEndpointHeaderConfig {
            header = header.toLowerCase(Locale.ROOT);
            if (header.isEmpty()) {
                throw new IllegalArgumentException("header: \"\" (expected: a header name)");
            }
        }
    }

    /**
     * A place where a session id may be: a header or an attribute.
     *
     * @param header request header with the session id
     * @param attribute request attribute with the session id
     * @param producer producer of the attribute; null for {@code session-id-producer}
     */
    public record Source(
            @Nullable String header,
            @Nullable String attribute,
            @Nullable String producer) {
        public Source {
            boolean hasHeader = header != null && !header.isEmpty();
            boolean hasAttribute = attribute != null && !attribute.isEmpty();
            if (hasHeader == hasAttribute) {
                throw new IllegalArgumentException(
                        "header: " + (hasHeader ? header : "none") + " (expected: either a header or an attribute)");
            }
            if (hasAttribute && !DataKeys.SESSION_ID.equals(attribute)) {
                throw new IllegalArgumentException(
                        "attribute: " + attribute + " (expected: " + DataKeys.SESSION_ID + ")");
            }
            if (producer != null && !hasAttribute) {
                throw new IllegalArgumentException("producer: " + producer + " (expected: only with an attribute)");
            }
            header = header == null || header.isEmpty() ? null : header.toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Settings of session ids.
     *
     * @param sources where the id may be, the first that is present wins
     * @param evictionTtlSeconds how long a binding survives unused
     * @param evictionSweepSeconds how often expired bindings are removed
     */
    public record SessionIdConfig(
            List<Source> sources,
            @Default("300") double evictionTtlSeconds,
            @Default("10") double evictionSweepSeconds) {
        public SessionIdConfig {
            sources = sources.isEmpty() ? List.of(new Source("x-session-id", null, null)) : List.copyOf(sources);
            if (evictionTtlSeconds <= 0) {
                throw new IllegalArgumentException("evictionTtlSeconds: " + evictionTtlSeconds + " (expected: > 0)");
            }
            if (evictionSweepSeconds <= 0) {
                throw new IllegalArgumentException(
                        "evictionSweepSeconds: " + evictionSweepSeconds + " (expected: > 0)");
            }
        }
    }

    /**
     * Parameters of every plugin that pins sessions.
     *
     * @param strategy how a session is recognised
     * @param encodedEndpointHeaderConfig for the strategy of that name
     * @param sessionIdConfig for the strategy of that name
     * @param profileName profile whose choice the session is bound to, empty for the primary one
     */
    public record Params(
            @Default("encoded_endpoint_header") Strategy strategy,
            EncodedEndpointHeaderConfig encodedEndpointHeaderConfig,
            SessionIdConfig sessionIdConfig,
            @Default("") String profileName) {}

    /** Whether the bound endpoint was a candidate when it was looked up. */
    private record BoundSeen(boolean isCandidate) {}

    private static final int MAX_SESSION_ID_CHARS = 256;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Params params;
    private final SessionTokenSigner signer;
    private final SessionBindings bindings;
    private final DataKey<BoundSeen> seenKey;

    /** Affinity of the plugin instance {@code name}; it remembers sessions when its strategy is to. */
    public SessionAffinity(String name, Params params, SessionTokenSigner signer) {
        this.params = params;
        this.signer = signer;
        SessionIdConfig config = params.sessionIdConfig();
        bindings = new SessionBindings((long) (config.evictionTtlSeconds() * NANOS_PER_SECOND), (long)
                (config.evictionSweepSeconds() * NANOS_PER_SECOND));
        seenKey = new DataKey<>("SessionBoundSeen", name, BoundSeen.class);
    }

    /** Data that the sources of session ids need. */
    public List<DataKey<?>> requires() {
        if (params.strategy() != Strategy.SESSION_ID) {
            return List.of();
        }
        List<DataKey<?>> keys = new ArrayList<>();
        for (Source source : params.sessionIdConfig().sources()) {
            if (source.header() == null) {
                keys.add(DataKeys.sessionId(source.producer()));
            }
        }
        return keys;
    }

    /**
     * The position of the endpoint that the session is pinned to; -1 without a session, or when its endpoint is no
     * candidate.
     */
    public int pinned(InferenceRequest request, Candidates candidates) {
        String endpoint = pinnedEndpoint(request, candidates);
        if (endpoint == null) {
            return -1;
        }
        int pinned = -1;
        for (int i = 0; i < candidates.size() && pinned < 0; i++) {
            pinned = candidates.get(i).id().equals(endpoint) ? i : -1;
        }
        candidates.put(seenKey, new BoundSeen(pinned >= 0));
        return pinned;
    }

    private @Nullable String pinnedEndpoint(InferenceRequest request, Candidates candidates) {
        return switch (params.strategy()) {
            case ENCODED_ENDPOINT_HEADER -> {
                String token =
                        request.header(params.encodedEndpointHeaderConfig().header());
                yield token == null ? null : signer.verify(token);
            }
            case SESSION_ID -> {
                String session = session(request, candidates);
                yield session == null ? null : bindings.endpointOf(session, request.receivedNanos());
            }
        };
    }

    private @Nullable String session(InferenceRequest request, Candidates candidates) {
        for (Source source : params.sessionIdConfig().sources()) {
            String id = source.header() == null
                    ? candidates.data(DataKeys.sessionId(source.producer()))
                    : request.header(source.header());
            if (id != null && !id.isBlank()) {
                return id.length() <= MAX_SESSION_ID_CHARS ? id : null;
            }
        }
        return null;
    }

    /** Writes the token of the chosen endpoint, or binds the session to it. */
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        ProfileOutcome.Picked picked = params.profileName().isEmpty()
                ? outcome.primary()
                : outcome.profiles().get(params.profileName());
        if (picked == null) {
            return;
        }
        String chosen = picked.primary().id();
        switch (params.strategy()) {
            case ENCODED_ENDPOINT_HEADER ->
                dispatch.addResponseHeader(params.encodedEndpointHeaderConfig().header(), signer.sign(chosen));
            case SESSION_ID -> bind(request, candidates, chosen);
        }
    }

    /** Moves a bound session only when its endpoint was gone, so that one detour does not. */
    private void bind(InferenceRequest request, Candidates candidates, String chosen) {
        String session = session(request, candidates);
        if (session == null) {
            return;
        }
        BoundSeen seen = candidates.data(seenKey);
        String bound = bindings.endpointOf(session, request.receivedNanos());
        String endpoint = bound != null && seen != null && seen.isCandidate() ? bound : chosen;
        bindings.bind(session, endpoint, request.receivedNanos());
    }
}
