package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.JsonEditor;
import java.nio.charset.StandardCharsets;

/**
 * vLLM's {@code MoRIIOConnector} on AMD accelerators, with both legs at once: the prefill endpoint writes into the decode
 * endpoint's memory layer by layer, so that each has to know the other's address. What the decode endpoint says is held until
 * the prefill endpoint has answered; its failure is the answer. When endpoints have several data-parallel ranks, both legs
 * go to the one that follows from the id of the request.
 */
final class MoriioConnector implements KvConnector {

    private static final BothAtOnce.Manners MANNERS = new BothAtOnce.Manners(true, false, true, true);

    @Override
    public String name() {
        return "moriio";
    }

    @Override
    public SplitFlow flow(SplitCall call) {
        return new BothAtOnce(call, MANNERS, () -> new Transfer(call));
    }

    private static final class Transfer implements BothAtOnce.Pair {

        private final SplitCall call;
        private final DisaggSettings.Engines engines;
        private final String id = "tx" + TransferIds.next();

        Transfer(SplitCall call) {
            this.call = call;
            this.engines = call.settings().engines();
        }

        @Override
        public void prefill(Leg leg, TargetEndpoint prefill) {
            set(leg, true, "null", call.decode());
        }

        @Override
        public void decode(Leg leg, TargetEndpoint prefill) {
            String engine = new TargetEndpoint(
                            prefill.id(),
                            prefill.host(),
                            call.settings().ports().handshake())
                    .hostPort();
            set(leg, false, JsonEditor.quoted(engine), prefill);
        }

        private int rank(Leg leg, TargetEndpoint other) {
            if (engines.dataParallel() == 1) {
                return call.rank(other);
            }
            int rank = Blake2s.spread(call.state().legId(), engines.dataParallel());
            leg.setRank(rank);
            return rank;
        }

        private void set(Leg leg, boolean isPrefill, String engine, TargetEndpoint other) {
            String json = "{\"do_remote_decode\":" + isPrefill + ",\"do_remote_prefill\":" + !isPrefill
                    + ",\"remote_engine_id\":" + engine + ",\"remote_block_ids\":" + (isPrefill ? "null" : "[]")
                    + ",\"remote_host\":" + JsonEditor.quoted(other.host()) + ",\"remote_port\":null"
                    + ",\"remote_notify_port\":" + call.settings().ports().notification()
                    + ",\"remote_handshake_port\":" + call.settings().ports().handshake()
                    + ",\"remote_dp_rank\":" + rank(leg, other) + ",\"remote_dp_rank_override\":true"
                    + ",\"transfer_id\":\"" + id + "\",\"tp_size\":" + engines.tensorParallel()
                    + ",\"remote_dp_size\":" + engines.dataParallel() + "}";
            call.setTransferParams(leg.body(), NixlConnector.PARAMS, json.getBytes(StandardCharsets.UTF_8));
        }
    }
}
