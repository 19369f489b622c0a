package io.llmd.simulator.kvevents;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** KV events of real engines, recorded with {@code tools/real-vllm}. */
final class KvRecordings {

    /** How a recorded server was started. */
    record Start(List<String> arguments, Map<String, String> environment) {}

    private KvRecordings() {}

    /** Steps and replays of a run. */
    static JsonNode read(String version, String run) throws IOException {
        String place = "/golden/real-vllm/" + version + "/" + run + ".json";
        try (InputStream in = Objects.requireNonNull(KvRecordings.class.getResourceAsStream(place), place)) {
            return JsonMapper.shared().readTree(in);
        }
    }

    /** The command line behind {@code vllm serve}, the model as an option. */
    static Start start(String version, String run) throws IOException {
        JsonNode recorded = read(version, "manifest").get("runs").get(run);
        List<String> arguments = new ArrayList<>(List.of("--model"));
        JsonNode command = recorded.get("command");
        for (int i = 2; i < command.size(); i++) {
            arguments.add(command.get(i).asString());
        }
        Map<String, String> environment = new TreeMap<>();
        recorded.get("environment")
                .properties()
                .forEach(entry ->
                        environment.put(entry.getKey(), entry.getValue().asString()));
        return new Start(arguments, environment);
    }
}
