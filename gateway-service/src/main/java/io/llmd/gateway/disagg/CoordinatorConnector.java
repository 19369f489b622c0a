package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.openai.ApiError;

/** The protocol of a coordinator: every phase is a request to a gateway, see {@link CoordinatorFlow}. */
final class CoordinatorConnector implements KvConnector {

    private final Phases phases;

    CoordinatorConnector(Phases phases) {
        this.phases = phases;
    }

    @Override
    public String name() {
        return "coordinator";
    }

    @Override
    public SplitFlow flow(SplitCall call) {
        return new CoordinatorFlow(call, phases);
    }

    @Override
    public SplitFlow alone(SplitCall call) {
        return () -> {
            if (decodesAlone()) {
                call.decodeUnsplit(call.aloneLeg());
            } else {
                call.refuse(new ApiError(
                        ErrorCode.UPSTREAM_ERROR,
                        "no prefill endpoint could serve the request, and decode endpoints cannot compute prompts"));
            }
        };
    }

    @Override
    public boolean decodesAlone() {
        return phases.protocol() != Phases.Protocol.KV_SGLANG;
    }
}
