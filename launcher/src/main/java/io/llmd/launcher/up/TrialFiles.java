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

    /** The endpoints that the scheduler may choose from; it follows changes of the file. */
    Path endpoints() {
        return home.endpointsFile();
    }

    void write(DemoKey key) {
        try {
            Files.createDirectories(home.logs());
            Files.writeString(keys(), key.keyFile());
            Files.writeString(endpoints(), endpointList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String endpointList() {
        StringBuilder text = new StringBuilder("endpoints:\n");
        for (int number = 1; number <= plan.endpoints(); number++) {
            text.append("  - name: sim-").append(number).append('\n');
            text.append("    namespace: trial\n");
            text.append("    address: 127.0.0.1\n");
            text.append("    port: \"").append(plan.ports().endpoint(number)).append("\"\n");
            text.append("    labels:\n");
            text.append("      llm-d.ai/role: prefill-decode\n");
            text.append("      llm-d.ai/kv-events-port: \"")
                    .append(plan.ports().endpointEvents(number))
                    .append("\"\n");
            text.append("      llm-d.ai/kv-events-replay-port: \"")
                    .append(plan.ports().endpointEventReplay(number))
                    .append("\"\n");
        }
        return text.toString();
    }
}
