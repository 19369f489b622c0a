package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's {@code MooncakeConnector}: the prefill endpoint pushes blocks under an id that both legs carry. The decode endpoint
 * has to know the id of the engine, for which the prefill endpoint's bootstrap server is asked once; engines get new ids when
 * they start anew, so that what it said is forgotten when a request fails there.
 *
 * @implNote keeps one entry for each prefill endpoint; at most 1,024
 */
final class MooncakeConnector implements KvConnector {

    private static final BothAtOnce.Manners MANNERS = new BothAtOnce.Manners(true, false, false, true);
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_KNOWN = 1024;

    /** The engines of an endpoint by data-parallel rank. */
    private record Engines(Map<Integer, String> byRank) {

        /** The pinned rank, or any. */
        @Nullable
        Engine pick(@Nullable Integer pinned) {
            if (pinned != null) {
                String id = byRank.get(pinned);
                return id == null ? null : new Engine(pinned, id);
            }
            int skip = ThreadLocalRandom.current().nextInt(byRank.size());
            return byRank.entrySet().stream()
                    .skip(skip)
                    .findFirst()
                    .map(entry -> new Engine(entry.getKey(), entry.getValue()))
                    .orElse(null);
        }
    }

    private record Engine(int rank, String id) {}

    private final Map<String, Engines> known = new ConcurrentHashMap<>();

    @Override
    public String name() {
        return "mooncake";
    }

    @Override
    public SplitFlow flow(SplitCall call) {
        return () -> {
            TargetEndpoint prefill = call.prefill();
            Engines engines = known.get(prefill.id());
            if (engines == null) {
                ask(call, prefill);
            } else {
                go(call, prefill, engines);
            }
        };
    }

    private void ask(SplitCall call, TargetEndpoint prefill) {
        TargetEndpoint bootstrap = new TargetEndpoint(
                prefill.id(), prefill.host(), call.settings().ports().bootstrap());
        call.get(bootstrap, "/query", "bootstrap", QUERY_TIMEOUT, new BufferedLeg.Listener() {
            @Override
            public void onAnswer(int status, byte[] body) {
                Engines engines = status / 100 == 2 ? read(body) : null;
                if (engines == null) {
                    call.prefillUnusable(FallbackReason.PREFILL_FAILED);
                    return;
                }
                if (known.size() >= MAX_KNOWN) {
                    known.clear();
                }
                known.put(prefill.id(), engines);
                go(call, prefill, engines);
            }

            @Override
            public void onTooLarge() {
                call.prefillUnusable(FallbackReason.HANDOFF_TOO_LARGE);
            }

            @Override
            public void onFailure(AttemptFailure failure) {
                call.prefillUnusable(FallbackReason.of(failure));
            }
        });
    }

    private static @Nullable Engines read(byte[] body) {
        JsonMembers ranks = JsonMembers.read(body);
        if (ranks == null) {
            return null;
        }
        Map<Integer, String> byRank = new TreeMap<>();
        for (JsonMembers.Member member : ranks.all()) {
            JsonMembers engine = ranks.object(member.name());
            String id = engine == null ? null : engine.text("engine_id");
            if (id != null && member.name().matches("[0-9]{1,6}")) {
                byRank.put(Integer.valueOf(member.name()), id);
            }
        }
        return byRank.isEmpty() ? null : new Engines(byRank);
    }

    private void go(SplitCall call, TargetEndpoint prefill, Engines engines) {
        Engine engine = engines.pick(call.pinnedRank(prefill));
        if (engine == null) {
            known.remove(prefill.id());
            call.prefillUnusable(FallbackReason.PREFILL_FAILED);
            return;
        }
        // The endpoint may have another engine after a failure.
        Runnable forget = () -> known.remove(prefill.id(), engines);
        new BothAtOnce(call, MANNERS, () -> new Transfer(call, engine, forget)).start();
    }

    private static final class Transfer implements BothAtOnce.Pair {

        private final SplitCall call;
        private final Engine engine;
        private final Runnable forget;
        private final String id = "xfer-" + TransferIds.next();

        Transfer(SplitCall call, Engine engine, Runnable forget) {
            this.call = call;
            this.engine = engine;
            this.forget = forget;
        }

        @Override
        public void failed() {
            forget.run();
        }

        @Override
        public void prefill(Leg leg, TargetEndpoint prefill) {
            call.setTransferParams(
                    leg.body(),
                    NixlConnector.PARAMS,
                    bytes("{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"transfer_id\":\"" + id + "\"}"));
            leg.setRank(engine.rank());
        }

        @Override
        public void decode(Leg leg, TargetEndpoint prefill) {
            String bootstrap = "http://"
                    + new TargetEndpoint(
                                    prefill.id(),
                                    prefill.host(),
                                    call.settings().ports().bootstrap())
                            .hostPort();
            call.setTransferParams(
                    leg.body(),
                    NixlConnector.PARAMS,
                    bytes("{\"do_remote_decode\":false,\"do_remote_prefill\":true,\"transfer_id\":\"" + id
                            + "\",\"remote_bootstrap_addr\":" + JsonEditor.quoted(bootstrap)
                            + ",\"remote_engine_id\":" + JsonEditor.quoted(engine.id()) + "}"));
        }

        private static byte[] bytes(String json) {
            return json.getBytes(StandardCharsets.UTF_8);
        }
    }
}
