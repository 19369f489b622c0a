package io.llmd.scheduler.plugin.request;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.RequestProcessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.springframework.stereotype.Component;

/**
 * Tells requests of different agents apart by the session header that they send, so that capacity is shared fairly among
 * them. A request that names its flow itself keeps it.
 */
final class AgentIdentity implements RequestProcessor {

    private static final int MAX_ID_CHARS = 256;
    private static final List<String> SESSION_HEADERS =
            List.of("x-claude-code-session-id", "x-session-affinity", "session-id", "session_id");

    /** @param additionalSessionHeaders headers that are tried before the usual ones */
    record Params(List<String> additionalSessionHeaders) {
        Params {
            for (String header : additionalSessionHeaders) {
                if (header.isBlank()) {
                    throw new IllegalArgumentException("additionalSessionHeaders: \"\" (expected: header names)");
                }
            }
            additionalSessionHeaders = additionalSessionHeaders.stream()
                    .map(header -> header.strip().toLowerCase(Locale.ROOT))
                    .toList();
        }
    }

    private final List<String> headers;

    AgentIdentity(Params params) {
        headers = new ArrayList<>(params.additionalSessionHeaders());
        headers.addAll(SESSION_HEADERS);
    }

    @Override
    public InferenceRequest process(InferenceRequest request) {
        if (namesItsFlow(request)) {
            return request;
        }
        for (int i = 0; i < headers.size(); i++) {
            String id = request.header(headers.get(i));
            if (id != null && !id.isBlank()) {
                String stripped = id.strip();
                return stripped.length() <= MAX_ID_CHARS ? request.withFairnessId(stripped) : request;
            }
        }
        return request;
    }

    private static boolean namesItsFlow(InferenceRequest request) {
        String flow = request.header(LlmdHeader.FAIRNESS_ID.wireName());
        for (int i = 0; flow == null && i < LlmdHeader.FAIRNESS_ID.aliases().size(); i++) {
            flow = request.header(LlmdHeader.FAIRNESS_ID.aliases().get(i));
        }
        return flow != null && !flow.isEmpty();
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "agent-identity";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public RequestProcessor create(String name, Params params) {
            return new AgentIdentity(params);
        }
    }
}
