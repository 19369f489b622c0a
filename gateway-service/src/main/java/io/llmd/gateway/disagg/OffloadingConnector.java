package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.JsonEditor;
import java.nio.charset.StandardCharsets;

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

    @Override
    public boolean pulls() {
        return true;
    }

    @Override
    public SplitFlow alone(SplitCall call) {
        return () -> {
            TargetEndpoint source = call.source(call.decode());
            if (source == null || !call.state().mayPull(call.decode())) {
                call.decodeUnsplit();
                return;
            }
            Leg leg = call.leg(call.decode());
            call.setTransferParams(leg.body(), NixlConnector.PARAMS, bytes("{" + pull(call, source) + "}"));
            call.decodePulling(leg, source);
        };
    }

    /** Lets an endpoint pull blocks of the prompt from another one, under an id of its own. */
    private static String pull(SplitCall call, TargetEndpoint source) {
        return "\"remote_kv_source\":{\"kv_request_id\":\"" + TransferIds.next() + "\"," + address(call, source) + "}";
    }

    private static String address(SplitCall call, TargetEndpoint endpoint) {
        return "\"remote_host\":" + JsonEditor.quoted(endpoint.host()) + ",\"remote_port\":"
                + (call.settings().ports().offload() + call.rank(endpoint));
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static final class Pair implements BothAtOnce.Pair {

        private final SplitCall call;
        private final String id = TransferIds.next();

        Pair(SplitCall call) {
            this.call = call;
        }

        @Override
        public void prefill(Leg leg, TargetEndpoint prefill) {
            TargetEndpoint named = call.source(prefill);
            TargetEndpoint source = named != null && call.state().mayPull(prefill) ? named : null;
            String json = "{\"remote_decoder\":{\"kv_request_id\":\"" + id + "\"}"
                    + (source == null ? "" : "," + pull(call, source)) + "}";
            call.setTransferParams(leg.body(), NixlConnector.PARAMS, bytes(json));
        }

        @Override
        public void decode(Leg leg, TargetEndpoint prefill) {
            String json = "{\"remote_prefiller\":{\"kv_request_id\":\"" + id + "\"," + address(call, prefill) + "}}";
            call.setTransferParams(leg.body(), NixlConnector.PARAMS, bytes(json));
        }
    }
}
