package io.llmd.simulator.handoff;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** vLLM's {@code MooncakeConnector}: both legs carry the same transfer id and are sent at the same time. */
public final class MooncakeDialect implements HandoffDialect {

    @Override
    public TransferLeg leg(@Nullable ObjectNode params) {
        if (params == null) {
            return new TransferLeg.Both();
        }
        String transferId = Params.text(params, "transfer_id");
        if (Params.isTrue(params, "do_remote_prefill")) {
            String engineId = Params.text(params, "remote_engine_id");
            Address holder = address(Params.text(params, "remote_bootstrap_addr"));
            return engineId == null || transferId == null || holder == null
                    ? new TransferLeg.Incomplete()
                    : new TransferLeg.Decode(Handoff.promised(engineId, transferId, holder));
        }
        return transferId != null && Params.isTrue(params, "do_remote_decode")
                ? new TransferLeg.Prefill(transferId)
                : new TransferLeg.Both();
    }

    @Override
    public boolean answersTell() {
        return false;
    }

    private static @Nullable Address address(@Nullable String url) {
        if (url == null) {
            return null;
        }
        try {
            URI uri = new URI(url);
            return uri.getHost() == null || uri.getPort() < 1 || uri.getPort() > 65_535
                    ? null
                    : new Address(uri.getHost(), uri.getPort());
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
