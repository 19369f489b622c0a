package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints with a storage of KV blocks in common, such as LMCache or a file system: nothing about blocks goes over HTTP.
 * The decode endpoint is asked first, and says when its caches and the storage hold less than a share of the prompt. Only
 * then the prefill endpoint computes it, into the storage, and the decode endpoint is asked again, whatever it finds.
 */
final class SharedStorageConnector implements KvConnector {

    @Override
    public String name() {
        return "shared-storage";
    }

    @Override
    public SplitFlow flow(SplitCall call) {
        return () -> {
            PrefillFirst onMiss = new PrefillFirst(call, new Pair(call));
            if (call.state().fresh() != null) {
                onMiss.start();
            } else if (call.isEncoded() || !isAsked(call)) {
                call.decodeUnsplit();
            } else {
                Leg leg = call.leg(call.decode());
                if (!CacheThreshold.isIn(call.body(), call.request().route())) {
                    CacheThreshold.set(
                            leg.body(), call.request().route(), call.settings().cacheHitThreshold());
                }
                call.probe(leg, onMiss::start);
            }
        };
    }

    /** What the client wants to find cached must not end the answer when nobody else computes the rest. */
    @Override
    public SplitFlow alone(SplitCall call) {
        return () -> {
            if (CacheThreshold.isIn(call.body(), call.request().route())) {
                Leg leg = call.aloneLeg();
                compute(call, leg);
                call.decodeUnsplit(leg);
            } else {
                call.decodeUnsplit();
            }
        };
    }

    private static boolean isAsked(SplitCall call) {
        return CacheThreshold.isIn(call.body(), call.request().route())
                || call.settings().cacheHitThreshold() > 0;
    }

    private static void compute(SplitCall call, Leg leg) {
        CacheThreshold.set(leg.body(), call.request().route(), 0);
    }

    private record Pair(SplitCall call) implements LegPair {

        @Override
        public void prefill(Leg leg, TargetEndpoint endpoint) {
            compute(call, leg);
        }

        @Override
        public @Nullable FallbackReason decode(Leg leg, PrefillAnswer answer, TargetEndpoint prefill) {
            compute(call, leg);
            return null;
        }
    }
}
