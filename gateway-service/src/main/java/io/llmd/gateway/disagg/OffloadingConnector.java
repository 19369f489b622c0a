package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.openai.JsonEditor;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * vLLM's {@code OffloadingConnector} with a tier that other endpoints can read: the prefill endpoint offloads blocks under an
 * id of the request, and the decode endpoint pulls them from its host memory as they appear.
 */
final class OffloadingConnector implements KvConnector {

    private static final BothAtOnce.Manners MANNERS = new BothAtOnce.Manners(true, true, false, true);

    @Override
    public String name() {
        return "offloading";
    }

    @Override
    public SplitFlow flow(SplitCall call) {
        return new BothAtOnce(call, MANNERS, () -> new Pair(call));
    }

    private static final class Pair implements BothAtOnce.Pair {

        private final SplitCall call;
        private final String id = UUID.randomUUID().toString();

        Pair(SplitCall call) {
            this.call = call;
        }

        @Override
        public void prefill(Leg leg, TargetEndpoint prefill) {
            call.setTransferParams(
                    leg.body(), NixlConnector.PARAMS, bytes("{\"remote_decoder\":{\"kv_request_id\":\"" + id + "\"}}"));
        }

        @Override
        public void decode(Leg leg, TargetEndpoint prefill) {
            call.setTransferParams(
                    leg.body(),
                    NixlConnector.PARAMS,
                    bytes("{\"remote_prefiller\":{\"kv_request_id\":\"" + id + "\",\"remote_host\":"
                            + JsonEditor.quoted(prefill.host()) + ",\"remote_port\":"
                            + (call.settings().ports().offload() + call.rank(prefill)) + "}}"));
        }

        private static byte[] bytes(String json) {
            return json.getBytes(StandardCharsets.UTF_8);
        }
    }
}
