package io.llmd.launcher.up;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.simulator.config.SimulatorSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a trial runs.
 *
 * @param ports where everything listens
 * @param endpoints number of simulated endpoints in all
 * @param prefill how many of them, the first ones, only compute prompts for others
 * @param decode how many of them, those after, only answer
 * @param model what they serve
 * @param config scheduling configuration, null for that of the trial
 * @param processes whether each part has a process of its own
 * @param slowEndpoint whether the last endpoint takes three times as long as the others
 * @param scaling how endpoints come and go, null when they stay as they are
 * @param simulated further options of each endpoint, by name; they stand above those of the trial
 * @param gateways how many gateways there are, each with a scheduler of its own
 * @param kvIndex whether a KV index follows what endpoints hold
 */
record TrialPlan(
        SuitePorts ports,
        int endpoints,
        int prefill,
        int decode,
        String model,
        @Nullable Path config,
        boolean processes,
        boolean slowEndpoint,
        @Nullable Scaling scaling,
        Map<String, String> simulated,
        int gateways,
        boolean kvIndex) {

    /** What the trial says of each endpoint. */
    private static final List<String> OF_THE_TRIAL = List.of("host", "port", "model", "seed", "kv-events-config");

    TrialPlan {
        simulated = Map.copyOf(simulated);
        if (endpoints < 1 || endpoints > SuitePorts.MAX_ENDPOINTS) {
            throw CommandFailure.usage("--pods: " + endpoints + " (expected: 1 to " + SuitePorts.MAX_ENDPOINTS + ")");
        }
        if (prefill < 0 || decode < 0 || (prefill > 0) != (decode > 0)) {
            throw CommandFailure.usage(
                    "--prefill: " + prefill + ", --decode: " + decode + " (expected: both at least 1, or neither)");
        }
        if (model.isBlank() || !model.chars().allMatch(c -> c > ' ' && c < 127 && c != '"' && c != '\\' && c != '\'')) {
            throw CommandFailure.usage("--model: " + model + " (expected: printable ASCII without blanks and quotes)");
        }
        if (gateways < 1 || gateways > SuitePorts.MAX_GATEWAYS) {
            throw CommandFailure.usage("--gateways: " + gateways + " (expected: 1 to " + SuitePorts.MAX_GATEWAYS + ")");
        }
        if (scaling != null && gateways > 1) {
            throw CommandFailure.usage("--with-autoscaler: not with --gateways");
        }
        if (scaling != null && (prefill > 0 || slowEndpoint)) {
            throw CommandFailure.usage("--with-autoscaler: not with --prefill, --decode or --slow-pod");
        }
        if (scaling != null && endpoints > scaling.most()) {
            throw CommandFailure.usage(
                    "--max-pods: " + scaling.most() + " (expected: at least --pods, " + endpoints + ")");
        }
        if (kvIndex && (prefill > 0 || config != null)) {
            throw CommandFailure.usage("--with-kv-index: not with --prefill, --decode or --config");
        }
        if (!simulated.isEmpty()) {
            checkSimulated(simulated, model);
        }
        if (slowEndpoint && endpoints < 2) {
            throw CommandFailure.usage("--slow-pod: needs a second endpoint (add --pods 2)");
        }
    }

    private static void checkSimulated(Map<String, String> options, String model) {
        for (String name : options.keySet()) {
            if (OF_THE_TRIAL.contains(name)) {
                throw CommandFailure.usage("--sim: " + name + " (expected: none of " + OF_THE_TRIAL + ")");
            }
        }
        Map<String, String> all = new LinkedHashMap<>(options);
        all.put("model", model);
        try {
            SimulatorSettings.fromOptions(all);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--sim: " + e.getMessage());
        }
    }

    /** A plan with one gateway and without a KV index. */
    TrialPlan(
            SuitePorts ports,
            int endpoints,
            int prefill,
            int decode,
            String model,
            @Nullable Path config,
            boolean processes,
            boolean slowEndpoint,
            @Nullable Scaling scaling,
            Map<String, String> simulated) {
        this(ports, endpoints, prefill, decode, model, config, processes, slowEndpoint, scaling, simulated, 1, false);
    }

    /** A plan whose endpoints have no further options. */
    TrialPlan(
            SuitePorts ports,
            int endpoints,
            int prefill,
            int decode,
            String model,
            @Nullable Path config,
            boolean processes,
            boolean slowEndpoint,
            @Nullable Scaling scaling) {
        this(ports, endpoints, prefill, decode, model, config, processes, slowEndpoint, scaling, Map.of());
    }

    /** A plan whose endpoints stay as they are. */
    TrialPlan(
            SuitePorts ports,
            int endpoints,
            int prefill,
            int decode,
            String model,
            @Nullable Path config,
            boolean processes,
            boolean slowEndpoint) {
        this(ports, endpoints, prefill, decode, model, config, processes, slowEndpoint, null);
    }

    /** A plan whose endpoints serve both phases. */
    TrialPlan(
            SuitePorts ports,
            int endpoints,
            String model,
            @Nullable Path config,
            boolean processes,
            boolean slowEndpoint) {
        this(ports, endpoints, 0, 0, model, config, processes, slowEndpoint);
    }

    /** Whether phases have endpoints of their own. */
    boolean isSplit() {
        return prefill > 0;
    }

    /** Role of an endpoint, counted from 1, as its label says it. */
    String role(int number) {
        if (number <= prefill) {
            return "prefill";
        }
        return number <= prefill + decode ? "decode" : "prefill-decode";
    }

    /** Every port by its use, in order of start. */
    Map<String, Integer> allPorts() {
        Map<String, Integer> all = new LinkedHashMap<>(ports.all(mostEndpoints()));
        if (scaling != null) {
            all.put("autoscaler", ports.autoscaler());
            all.put("autoscaler management", ports.autoscalerManagement());
        }
        if (kvIndex) {
            all.put("kv-index", ports.kvIndex());
            all.put("kv-index management", ports.kvIndexManagement());
        }
        for (int number = 2; number <= gateways; number++) {
            SuitePorts further = ports.ofGateway(number);
            all.put("scheduler-" + number, further.scheduler());
            all.put("scheduler-" + number + " management", further.schedulerManagement());
            all.put("gateway-" + number, further.gateway());
            all.put("gateway-" + number + " management", further.gatewayManagement());
        }
        return all;
    }

    /** Most endpoints at a time. */
    int mostEndpoints() {
        return scaling == null ? endpoints : scaling.most();
    }

    /** Factor on all times of an endpoint, counted from 1. */
    double timeScale(int number) {
        return slowEndpoint && number == endpoints ? 3 : 1;
    }
}
