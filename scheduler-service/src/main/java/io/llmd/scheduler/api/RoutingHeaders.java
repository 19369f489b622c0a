package io.llmd.scheduler.api;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.scheduling.Dispatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The headers that tell an endpoint about other endpoints. Only a decision may set them. */
final class RoutingHeaders {

    private static final List<String> NAMES = names(
            LlmdHeader.PREFILLER_HOST_PORT,
            LlmdHeader.ENCODER_HOSTS_PORTS,
            LlmdHeader.DATA_PARALLEL_HOST_PORT,
            LlmdHeader.DATA_PARALLEL_RANK,
            LlmdHeader.KV_CACHE_SOURCE_HOST_PORT);

    private RoutingHeaders() {}

    private static List<String> names(LlmdHeader... headers) {
        List<String> names = new ArrayList<>();
        for (LlmdHeader header : headers) {
            names.add(header.wireName());
            names.addAll(header.aliases());
        }
        return List.copyOf(names);
    }

    /** Removes those that the client sent and no plugin has set. */
    static void removeForged(Map<String, String> received, Dispatch dispatch) {
        for (int i = 0; i < NAMES.size(); i++) {
            String name = NAMES.get(i);
            if (received.containsKey(name) && !dispatch.requestHeaders().containsKey(name)) {
                dispatch.removeRequestHeader(name);
            }
        }
    }
}
