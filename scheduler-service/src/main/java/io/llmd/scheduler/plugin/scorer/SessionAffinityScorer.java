package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.WireNamed;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Scores the endpoint that served the session before 1 and all others 0. The session is told by a signed token that
 * the client sends back, or by an id of the client's choice that this scheduler remembers. Without a session, or when
 * its endpoint is no candidate, everybody scores 0.
 */
final class SessionAffinityScorer implements Scorer, PreRequest {

    /** How a session is recognised. */
    enum Strategy implements WireNamed {
        ENCODED_ENDPOINT_HEADER,
        SESSION_ID;

        @Override
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param header request and response header with the token */
    record EncodedEndpointHeaderConfig(
            @Default("x-session-token") String header) {
        EncodedEndpointHeaderConfig {
            header = header.toLowerCase(Locale.ROOT);
            if (header.isEmpty()) {
                throw new IllegalArgumentException("header: \"\" (expected: a header name)");
            }
        }
    }

    /**
     * @param header request header with the session id
     * @param attribute request attribute with the session id
     * @param producer producer of the attribute
     */
    record Source(
            @Nullable String header,
            @Nullable String attribute,
            @Nullable String producer) {
        Source {
            if (attribute != null) {
                throw new IllegalArgumentException("attribute: " + attribute
                        + " (expected: a header; request attributes are not available in this version)");
            }
            if (producer != null) {
                throw new IllegalArgumentException("producer: " + producer + " (expected: only with an attribute)");
            }
            if (header == null || header.isEmpty()) {
                throw new IllegalArgumentException("header: none (expected: a header name)");
            }
            header = header.toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param sources where the id may be, the first that is present wins
     * @param evictionTtlSeconds how long a binding survives unused
     * @param evictionSweepSeconds how often expired bindings are removed
     */
    record SessionIdConfig(
            List<Source> sources,
            @Default("300") double evictionTtlSeconds,
            @Default("10") double evictionSweepSeconds) {
        SessionIdConfig {
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
     * @param strategy how a session is recognised
     * @param encodedEndpointHeaderConfig for the strategy of that name
     * @param sessionIdConfig for the strategy of that name
     * @param profileName profile whose choice the session is bound to, empty for the primary one
     */
    record Params(
            @Default("encoded_endpoint_header") Strategy strategy,
            EncodedEndpointHeaderConfig encodedEndpointHeaderConfig,
            SessionIdConfig sessionIdConfig,
            @Default("") String profileName) {}

    /** Whether the bound endpoint was a candidate when the session was scored. */
    private record BoundSeen(boolean isCandidate) {}

    private static final int MAX_SESSION_ID_CHARS = 256;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Params params;
    private final SessionTokenSigner signer;
    private final SessionBindings bindings;
    private final DataKey<BoundSeen> seenKey;

    SessionAffinityScorer(String name, Params params, SessionTokenSigner signer) {
        this.params = params;
        this.signer = signer;
        SessionIdConfig config = params.sessionIdConfig();
        bindings = new SessionBindings((long) (config.evictionTtlSeconds() * NANOS_PER_SECOND), (long)
                (config.evictionSweepSeconds() * NANOS_PER_SECOND));
        seenKey = new DataKey<>("SessionBoundSeen", name, BoundSeen.class);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        String pinned = pinned(request);
        if (pinned == null) {
            return;
        }
        boolean isCandidate = false;
        for (int i = 0; i < scores.length; i++) {
            if (candidates.get(i).id().equals(pinned)) {
                scores[i] = 1.0;
                isCandidate = true;
            }
        }
        candidates.put(seenKey, new BoundSeen(isCandidate));
    }

    private @Nullable String pinned(InferenceRequest request) {
        return switch (params.strategy()) {
            case ENCODED_ENDPOINT_HEADER -> {
                String token =
                        request.header(params.encodedEndpointHeaderConfig().header());
                yield token == null ? null : signer.verify(token);
            }
            case SESSION_ID -> {
                String session = session(request);
                yield session == null ? null : bindings.endpointOf(session, request.receivedNanos());
            }
        };
    }

    private @Nullable String session(InferenceRequest request) {
        for (Source source : params.sessionIdConfig().sources()) {
            String id = source.header() == null ? null : request.header(source.header());
            if (id != null && !id.isBlank()) {
                return id.length() <= MAX_SESSION_ID_CHARS ? id : null;
            }
        }
        return null;
    }

    @Override
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
        String session = session(request);
        if (session == null) {
            return;
        }
        BoundSeen seen = candidates.data(seenKey);
        String bound = bindings.endpointOf(session, request.receivedNanos());
        String endpoint = bound != null && seen != null && seen.isCandidate() ? bound : chosen;
        bindings.bind(session, endpoint, request.receivedNanos());
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final SessionTokenSigner signer;

        /** Takes the application's signer; without one, a key that lives as long as the process. */
        Factory(ObjectProvider<SessionTokenSigner> signers) {
            signer = signers.getIfAvailable(SessionTokenSigner::withRandomKey);
        }

        @Override
        public String type() {
            return "session-affinity-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new SessionAffinityScorer(name, params, signer);
        }
    }
}
