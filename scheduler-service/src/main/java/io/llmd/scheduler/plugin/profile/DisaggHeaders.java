package io.llmd.scheduler.plugin.profile;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.StringJoiner;

/** The headers that tell the decode endpoint where the other phases of a request are served. */
final class DisaggHeaders {

    private DisaggHeaders() {}

    /** Names the chosen prefill endpoint and all encode endpoints, where those profiles chose. */
    static void add(
            SchedulingOutcome.Scheduled outcome, String prefillProfile, String encodeProfile, Dispatch dispatch) {
        ProfileOutcome.Picked prefill = outcome.profiles().get(prefillProfile);
        if (prefill != null) {
            dispatch.addRequestHeader(
                    LlmdHeader.PREFILLER_HOST_PORT.wireName(),
                    prefill.primary().metadata().hostPort());
        }
        ProfileOutcome.Picked encode = outcome.profiles().get(encodeProfile);
        if (encode != null) {
            StringJoiner encoders = new StringJoiner(",");
            for (Endpoint endpoint : encode.endpoints()) {
                encoders.add(endpoint.metadata().hostPort());
            }
            dispatch.addRequestHeader(LlmdHeader.ENCODER_HOSTS_PORTS.wireName(), encoders.toString());
        }
    }
}
