package io.llmd.scheduler.plugin.profile;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import io.llmd.scheduler.scheduling.Plugin;
import io.llmd.scheduler.scheduling.PluginBreaker;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.WatchedCall;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Splits a request over endpoints for its phases. Decode always runs and gives the primary endpoint. Encode, and prefill
 * when decode comes first, run when their decider says so; prefill always runs when it comes first. A phase whose profile
 * left nobody is served by the decode endpoint.
 */
final class DisaggProfileHandler implements ProfileHandler, PreRequest {

    /** Which of decode and prefill is chosen first; the other is chosen near it. */
    enum StageOrder {
        DECODE_FIRST,
        PREFILL_FIRST
    }

    /**
     * @param decode profile of decode endpoints
     * @param prefill profile of prefill endpoints
     * @param encode profile of encode endpoints
     */
    record Profiles(
            @Nullable String decode,
            @Nullable String prefill,
            @Nullable String encode) {}

    /**
     * @param prefill decider of prefill; null when prefill is never split off
     * @param encode decider of encode; null when encode is never split off
     */
    record Deciders(@Nullable String prefill, @Nullable String encode) {}

    /**
     * The names of profiles and deciders are nested, or flat as in older configurations.
     *
     * @param stageOrder which phase is chosen first
     * @param profiles names of profiles
     * @param deciders names of deciders
     * @param decodeProfile flat name of {@code profiles.decode}
     * @param prefillProfile flat name of {@code profiles.prefill}
     * @param encodeProfile flat name of {@code profiles.encode}
     * @param prefillDeciderPluginName flat name of {@code deciders.prefill}
     * @param encodeDeciderPluginName flat name of {@code deciders.encode}
     * @param deciderPluginName oldest name of {@code deciders.prefill}
     */
    record Params(
            @Default("decode-first") StageOrder stageOrder,
            Profiles profiles,
            Deciders deciders,
            @Nullable String decodeProfile,
            @Nullable String prefillProfile,
            @Nullable String encodeProfile,
            @Nullable String prefillDeciderPluginName,
            @Nullable String encodeDeciderPluginName,
            @Nullable String deciderPluginName) {
        Params {
            String flat = first(
                    decodeProfile,
                    prefillProfile,
                    encodeProfile,
                    prefillDeciderPluginName,
                    encodeDeciderPluginName,
                    deciderPluginName);
            String nested = first(
                    profiles.decode(), profiles.prefill(), profiles.encode(), deciders.prefill(), deciders.encode());
            if (flat != null && nested != null) {
                throw new IllegalArgumentException(
                        "names of profiles and deciders are both nested and flat (expected: either of them)");
            }
            profiles = new Profiles(
                    orElse("decode", profiles.decode(), decodeProfile),
                    orElse("prefill", profiles.prefill(), prefillProfile),
                    orElse("encode", profiles.encode(), encodeProfile));
            deciders = new Deciders(
                    first(deciders.prefill(), prefillDeciderPluginName, deciderPluginName),
                    first(deciders.encode(), encodeDeciderPluginName));
            if (stageOrder == StageOrder.PREFILL_FIRST && deciders.prefill() != null) {
                throw new IllegalArgumentException(
                        "stageOrder: prefill-first (expected: no prefill decider, or decode-first)");
            }
        }

        private static String orElse(String other, @Nullable String... names) {
            return Objects.requireNonNullElse(first(names), other);
        }

        private static @Nullable String first(@Nullable String... names) {
            for (String name : names) {
                if (name != null && !name.isEmpty()) {
                    return name;
                }
            }
            return null;
        }
    }

    /** What a handler knows when it is asked for the next profile. */
    private record Round(
            InferenceRequest request,
            Candidates candidates,
            List<String> profiles,
            Map<String, ProfileOutcome> results) {

        boolean ran(String profile) {
            return results.containsKey(profile);
        }

        ProfileOutcome.@Nullable Picked picked(String profile) {
            return results.get(profile) instanceof ProfileOutcome.Picked picked ? picked : null;
        }

        void publishPeer(ProfileOutcome.Picked peer) {
            candidates.put(DataKeys.peerEndpoint(), new PeerEndpoint(peer.primarySlot()));
        }
    }

    private final StageOrder stageOrder;
    private final String decode;
    private final String prefill;
    private final String encode;
    private final @Nullable Decider prefillDecider;
    private final @Nullable Decider encodeDecider;
    private final PluginGuard guard;
    private final PluginBreaker prefillBreaker;
    private final PluginBreaker encodeBreaker;

    DisaggProfileHandler(
            Params params, @Nullable Decider prefillDecider, @Nullable Decider encodeDecider, PluginGuard guard) {
        stageOrder = params.stageOrder();
        decode = Objects.requireNonNull(params.profiles().decode());
        prefill = Objects.requireNonNull(params.profiles().prefill());
        encode = Objects.requireNonNull(params.profiles().encode());
        this.prefillDecider = prefillDecider;
        this.encodeDecider = encodeDecider;
        this.guard = guard;
        prefillBreaker = guard.breaker("decider of profile " + prefill);
        encodeBreaker = guard.breaker("decider of profile " + encode);
    }

    @Override
    public List<String> nextProfiles(
            InferenceRequest request,
            Candidates candidates,
            List<String> profiles,
            Map<String, ProfileOutcome> results) {
        Round round = new Round(request, candidates, profiles, results);
        return switch (stageOrder) {
            case DECODE_FIRST -> decodeFirst(round);
            case PREFILL_FIRST -> prefillFirst(round);
        };
    }

    private boolean wantsPrefill(Round round, int slot) {
        return round.profiles().contains(prefill) && says(prefillDecider, prefillBreaker, round, slot);
    }

    private boolean wantsEncode(Round round, int slot) {
        return round.profiles().contains(encode) && says(encodeDecider, encodeBreaker, round, slot);
    }

    /** Whether a phase gets an endpoint of its own; a decider that fails, or is to be left alone, says no. */
    private boolean says(@Nullable Decider decider, PluginBreaker breaker, Round round, int slot) {
        WatchedCall call = decider == null ? null : guard.begin(breaker);
        if (decider == null || call == null) {
            return false;
        }
        try {
            boolean isWanted = decider.decide(round.request(), round.candidates(), slot);
            call.succeeded();
            return isWanted;
        } catch (RuntimeException | Error e) {
            call.failed(e);
            return false;
        }
    }

    private List<String> decodeFirst(Round round) {
        if (!round.ran(decode)) {
            return List.of(decode);
        }
        ProfileOutcome.Picked decoder = round.picked(decode);
        if (decoder == null || round.ran(prefill)) {
            return List.of();
        }
        if (!round.ran(encode) && wantsEncode(round, decoder.primarySlot())) {
            return List.of(encode);
        }
        if (wantsPrefill(round, decoder.primarySlot())) {
            round.publishPeer(decoder);
            return List.of(prefill);
        }
        return List.of();
    }

    private List<String> prefillFirst(Round round) {
        if (round.ran(decode)) {
            return List.of();
        }
        if (!round.ran(prefill) && !round.ran(encode) && round.profiles().contains(prefill)) {
            return List.of(prefill);
        }
        if (!round.ran(encode) && wantsEncode(round, Decider.NOBODY)) {
            return List.of(encode);
        }
        ProfileOutcome.Picked prefiller = round.picked(prefill);
        if (prefiller != null) {
            round.publishPeer(prefiller);
        }
        return List.of(decode);
    }

    @Override
    public String decisionType(SchedulingOutcome.Scheduled outcome) {
        return (outcome.profiles().containsKey(encode) ? "encode-" : "")
                + (outcome.profiles().containsKey(prefill) ? "prefill-decode" : encodeOrOnly(outcome));
    }

    private String encodeOrOnly(SchedulingOutcome.Scheduled outcome) {
        return outcome.profiles().containsKey(encode) ? "decode" : "decode-only";
    }

    @Override
    public List<String> requiredProfiles() {
        return List.of(decode);
    }

    @Override
    public List<String> preparingProfiles() {
        return List.of(prefill);
    }

    @Override
    public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
        if (results.get(decode) instanceof ProfileOutcome.Failed failed) {
            return new SchedulingOutcome.Rejected(Reason.SATURATED, failed.message());
        }
        Map<String, ProfileOutcome.Picked> chosen = new HashMap<>();
        results.forEach((profile, result) -> {
            if (result instanceof ProfileOutcome.Picked picked) {
                chosen.put(profile, picked);
            }
        });
        return new SchedulingOutcome.Scheduled(decode, chosen);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        DisaggHeaders.add(outcome, prefill, encode, dispatch);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final ObjectProvider<PluginGuard> guards;

        Factory(ObjectProvider<PluginGuard> guards) {
            this.guards = guards;
        }

        @Override
        public String type() {
            return "disagg-profile-handler";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> references(Params params) {
            return Stream.of(params.deciders().prefill(), params.deciders().encode())
                    .filter(Objects::nonNull)
                    .toList();
        }

        @Override
        public ProfileHandler create(String name, Params params) {
            return create(name, params, Map.of());
        }

        @Override
        public ProfileHandler create(String name, Params params, Map<String, Plugin> referenced) {
            return new DisaggProfileHandler(
                    params,
                    decider(params.deciders().prefill(), referenced),
                    decider(params.deciders().encode(), referenced),
                    guards.getIfAvailable(() -> new PluginGuard(PluginFaults.NONE)));
        }

        private static @Nullable Decider decider(@Nullable String name, Map<String, Plugin> referenced) {
            if (name == null) {
                return null;
            }
            if (referenced.get(name) instanceof Decider decider) {
                return decider;
            }
            throw new IllegalArgumentException("deciders: " + name + " (expected: the name of a decider)");
        }
    }
}
