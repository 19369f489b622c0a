package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's {@code NixlConnector}: the prefill endpoint keeps the blocks and says where they are, and what it says goes to the
 * decode endpoint byte for byte, which fetches them. It works once: blocks that were fetched are freed.
 */
final class NixlConnector implements KvConnector {

    /** Member of requests and answers that all of vLLM's connectors use. */
    static final String PARAMS = "kv_transfer_params";

    private static final String TOKEN_IDS = "prompt_token_ids";
    /** The nulls keep older builds happy. */
    static final byte[] PREFILL_PARAMS = """
            {"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,\
            "remote_host":null,"remote_port":null}""".getBytes(StandardCharsets.US_ASCII);

    @Override
    public String name() {
        return "nixlv2";
    }

    @Override
    public SplitFlow flow(SplitCall call) {
        return new PrefillFirst(call, new Pair(call));
    }

    private static final class Pair implements LegPair {

        private final SplitCall call;
        private final boolean reuseTokens;

        Pair(SplitCall call) {
            this.call = call;
            this.reuseTokens = call.settings().reuseTokens()
                    && call.request().route() == ApiRoute.CHAT_COMPLETIONS
                    && !call.request().hasMedia();
        }

        @Override
        public void prefill(Leg leg, TargetEndpoint endpoint) {
            call.setTransferParams(leg.body(), PARAMS, PREFILL_PARAMS);
            if (reuseTokens) {
                leg.body().set("return_token_ids", "true");
            }
        }

        @Override
        public @Nullable FallbackReason decode(Leg leg, PrefillAnswer answer, TargetEndpoint prefill) {
            JsonMembers handoff = answer.json().object(PARAMS);
            byte[] bytes = answer.json().bytes(PARAMS);
            if (handoff == null || bytes == null || handoff.all().isEmpty()) {
                return FallbackReason.HANDOFF_MISSING;
            }
            JsonEditor changed = null;
            JsonMembers.Member named = handoff.find("remote_host");
            String host = handoff.text("remote_host");
            if (host == null && named != null && named.kind() != JsonMembers.Kind.NULL) {
                return FallbackReason.HANDOFF_FOREIGN;
            }
            if (host != null) {
                switch (call.transferHost(host, prefill)) {
                    case FINE -> {}
                    case OVERRIDE -> changed = new JsonEditor(handoff).setText("remote_host", prefill.host());
                    case LOOPBACK -> {
                        return FallbackReason.HANDOFF_LOOPBACK;
                    }
                    case FOREIGN -> {
                        return FallbackReason.HANDOFF_FOREIGN;
                    }
                }
            }
            byte[] tokens = reuseTokens ? answer.json().bytes(TOKEN_IDS) : null;
            if (tokens != null) {
                changed = (changed == null ? new JsonEditor(handoff) : changed).set(TOKEN_IDS, tokens);
            }
            call.setTransferParams(leg.body(), PARAMS, changed == null ? bytes : changed.toBytes());
            return null;
        }
    }
}
