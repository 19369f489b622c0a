package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files that tell the services of a trial what to do. They are written anew at each start. */
final class TrialFiles {

    private final LlmdHome home;
    private final TrialPlan plan;

    TrialFiles(LlmdHome home, TrialPlan plan) {
        this.home = home;
        this.plan = plan;
    }

    /** Keys of the gateway. */
    Path keys() {
        return home.state().resolve("keys.yaml");
    }

    /** Scheduling configuration: the given one, else the trial's. */
    Path schedulingConfig() {
        return plan.config() != null
                ? plan.config().toAbsolutePath()
                : home.state().resolve("endpoint-picker.yaml");
    }

    void write(DemoKey key) {
        try {
            Files.createDirectories(home.logs());
            Files.writeString(keys(), key.keyFile());
            Files.writeString(home.endpointsFile(), endpoints());
            if (plan.config() == null) {
                Files.writeString(schedulingConfig(), configuration());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String endpoints() {
        StringBuilder text = new StringBuilder("endpoints:\n");
        for (int number = 1; number <= plan.endpoints(); number++) {
            text.append("  - name: sim-").append(number).append('\n');
            text.append("    namespace: trial\n");
            text.append("    address: 127.0.0.1\n");
            text.append("    port: \"").append(plan.ports().endpoint(number)).append("\"\n");
            text.append("    labels: {llm-d.ai/role: prefill-decode}\n");
        }
        return text.toString();
    }

    private String configuration() {
        return """
                # Written by './llmd up'. Give it a file of your own with --config FILE.
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - name: endpoints
                    type: file-discovery
                    parameters: {path: '%s', watchFile: true}
                  - {name: queue, type: queue-scorer}
                  - {name: memory, type: kv-cache-utilization-scorer}
                  - {name: prefix, type: prefix-cache-scorer}
                  - {name: best, type: max-score-picker}
                schedulingProfiles:
                  - name: default
                    plugins:
                      - {pluginRef: queue, weight: 2}
                      - {pluginRef: memory, weight: 2}
                      - {pluginRef: prefix, weight: 3}
                      - {pluginRef: best}
                dataLayer:
                  discovery:
                    pluginRef: endpoints
                """.formatted(home.endpointsFile().toString().replace("'", "''"));
    }
}
