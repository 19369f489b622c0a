package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SimulatorMetersIT {

    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) ");

    @Test
    void theDocumentedMetersAreThoseOnThePage() throws IOException, InterruptedException {
        Set<String> shown = new TreeSet<>();
        try (VllmSimulator simulator =
                        VllmSimulator.start(SimulatorSettings.builder().port(0).build());
                HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(simulator.baseUrl() + "/metrics"))
                    .build();
            String page =
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body();
            TYPE.matcher(page)
                    .results()
                    .map(found -> found.group(1))
                    .filter(name -> !name.endsWith("_created"))
                    .forEach(shown::add);
        }

        assertThat(DocumentedMeters.ofEndpoints(DeploymentFiles.find().text("docs/simulator.md")))
                .isEqualTo(shown)
                .contains("vllm:num_requests_waiting");
    }
}
