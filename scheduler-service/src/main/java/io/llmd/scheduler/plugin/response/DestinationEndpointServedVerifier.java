package io.llmd.scheduler.plugin.response;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import org.springframework.stereotype.Component;

/** Says on the answer which endpoint serves it; for conformance tests. */
final class DestinationEndpointServedVerifier implements PreRequest {

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        dispatch.addResponseHeader(
                LlmdHeader.DESTINATION_ENDPOINT_SERVED.wireName(),
                outcome.primary().primary().metadata().hostPort());
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "destination-endpoint-served-verifier";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public PreRequest create(String name, NoParams params) {
            return new DestinationEndpointServedVerifier();
        }
    }
}
