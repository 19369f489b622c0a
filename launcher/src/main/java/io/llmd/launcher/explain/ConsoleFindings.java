package io.llmd.launcher.explain;

import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.terminal.CommandFailure;
import java.net.URI;
import tools.jackson.databind.JsonNode;

/** What a gateway's console finds out of the ordinary about a request, where it needs no login. */
final class ConsoleFindings {

    private ConsoleFindings() {}

    /**
     * For people; empty when the gateway does not know the request.
     *
     * @param gateway base URL, without {@code /v1}
     * @throws CommandFailure when it has no open console or does not answer
     */
    static String text(URI gateway, String requestId) throws InterruptedException {
        try (ServiceApi api = new ServiceApi("gateway", gateway)) {
            return text(api.get("/console/api/requests/" + ServiceApi.encoded(requestId)));
        }
    }

    private static String text(JsonNode found) {
        StringBuilder text = new StringBuilder();
        for (JsonNode request : found.path("requests")) {
            text.append(" what stands out\n");
            for (JsonNode finding : request.path("findings")) {
                text.append("   ").append(finding.path("text").asString("")).append('\n');
            }
        }
        return text.toString();
    }
}
