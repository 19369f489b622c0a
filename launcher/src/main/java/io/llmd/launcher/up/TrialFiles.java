package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.IntStream;

/** The files that tell the services of a trial what to do. They are written anew at each start. */
final class TrialFiles {

    /** One cost in milliseconds; what endpoints hold is estimated, which needs no tokens of the model. */
    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: held, type: approx-prefix-cache-producer}
              - name: costs
                type: time-cost-producer
                parameters: {prefixMatchInfoProducerName: held}
              - name: least-time
                type: time-cost-scorer
                parameters: {timeCostProducerName: costs}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: least-time}
                  - {pluginRef: best}
            """;

    /** Lets requests wait while the pool is full; an autoscaler is shown by engines that are full. */
    private static final String FLOW_CONTROL = "featureGates: [flowControl]\n";

    /** The same with what a KV index knows, for which an endpoint makes the tokens of prompts. */
    private static final String INDEXED_CONFIG =
            CONFIG.replace("  - {name: held, type: approx-prefix-cache-producer}\n", """
              - name: tokens
                type: token-producer
                parameters: {modelName: "%s", vllm: {url: "http://127.0.0.1:%d"}}
              - {name: held, type: precise-prefix-cache-producer, parameters: {tokenProcessorConfig: {hashAlgorithm: xxh64}}}
            """);

    /** Splits requests where that costs less time, with the times of the simulated engines: Llama 8B on one H100, 100 Gbit/s. */
    private static final String SPLIT_CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - name: split-when-it-pays
                type: handoff-cost-pd-decider
                parameters:
                  prefillTokensPerSecond: 50000
                  chunkTokens: 8192
                  decodeStepMs: 6
                  kvBytesPerToken: 131072
                  transferBytesPerSecond: 7.8e9
                  handoffMs: 15
              - name: stages
                type: disagg-profile-handler
                parameters: {deciders: {prefill: split-when-it-pays}}
              - {name: only-prefill, type: prefill-filter}
              - {name: only-decode, type: decode-filter}
              - {name: reuse, type: prefix-cache-scorer}
              - {name: tokens, type: token-load-scorer}
              - {name: busy, type: active-request-scorer}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - name: prefill
                plugins:
                  - {pluginRef: only-prefill}
                  - {pluginRef: reuse, weight: 2}
                  - {pluginRef: tokens, weight: 1}
                  - {pluginRef: best}
              - name: decode
                plugins:
                  - {pluginRef: only-decode}
                  - {pluginRef: reuse, weight: 1}
                  - {pluginRef: busy, weight: 1}
                  - {pluginRef: best}
            """;

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

    /** All endpoints there are, those that start included, for the autoscaler. */
    Path scaled() {
        return home.state().resolve("scaled-endpoints.yaml");
    }

    /** Scheduling configuration of a trial whose endpoints serve both phases. */
    Path config() {
        return home.state().resolve("default.yaml");
    }

    /** Scheduling configuration of a trial with a KV index. */
    Path indexedConfig() {
        return home.state().resolve("kv-index.yaml");
    }

    /** Scheduling configuration of this trial, where none is given. */
    Path ownConfig() {
        return plan.isSplit() ? splitConfig() : plan.kvIndex() ? indexedConfig() : config();
    }

    private String ownConfigText() {
        if (plan.isSplit()) {
            return SPLIT_CONFIG;
        }
        String routing = plan.kvIndex()
                ? INDEXED_CONFIG.formatted(plan.model(), plan.ports().endpoint(1))
                : CONFIG;
        return plan.scaling() == null ? routing + FLOW_CONTROL : routing;
    }

    /** Scheduling configuration of a trial whose phases have endpoints of their own. */
    Path splitConfig() {
        return home.state().resolve("prefill-decode.yaml");
    }

    void write(DemoKey key) {
        try {
            Files.createDirectories(home.logs());
            Files.writeString(keys(), key.keyFile());
            List<Integer> first =
                    IntStream.rangeClosed(1, plan.endpoints()).boxed().toList();
            Files.writeString(endpoints(), endpointList(first));
            if (plan.scaling() != null) {
                Files.writeString(scaled(), endpointList(first));
            }
            Files.writeString(ownConfig(), ownConfigText());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces both lists of endpoints, each at once, so that nobody reads half of one. */
    void list(List<Integer> serving, List<Integer> present) {
        try {
            replace(scaled(), endpointList(present));
            replace(endpoints(), endpointList(serving));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void replace(Path file, String text) throws IOException {
        Path written = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(written, text);
        Files.move(written, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private String endpointList(List<Integer> numbers) {
        StringBuilder text = new StringBuilder(numbers.isEmpty() ? "endpoints: []\n" : "endpoints:\n");
        for (int number : numbers) {
            text.append("  - name: sim-").append(number).append('\n');
            text.append("    namespace: trial\n");
            text.append("    address: 127.0.0.1\n");
            text.append("    port: \"").append(plan.ports().endpoint(number)).append("\"\n");
            text.append("    labels:\n");
            text.append("      llm-d.ai/role: ").append(plan.role(number)).append('\n');
            if (plan.scaling() != null) {
                text.append("      llm-d.ai/variant: sim\n");
            }
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
