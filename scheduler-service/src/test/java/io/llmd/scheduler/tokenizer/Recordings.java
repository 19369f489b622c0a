package io.llmd.scheduler.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a real vLLM answered, and the files of the model that it had. */
final class Recordings {

    static final Path MODEL =
            Path.of("..", "vllm-simulator", "src", "test", "resources", "golden", "real-vllm", "model");
    private static final Path FOLDER = MODEL.resolveSibling("0.32.0");
    private static final JsonMapper JSON = new JsonMapper();

    /**
     * One exchange.
     *
     * @param name its name
     * @param path path of the request
     * @param request body of the request
     * @param status status of the answer
     * @param answer body of the answer
     */
    record Exchange(String name, String path, String request, int status, String answer) {
        @Override
        public String toString() {
            return name;
        }

        JsonNode json() {
            return JSON.readTree(answer);
        }
    }

    private Recordings() {}

    /** All exchanges of some files that have bodies. */
    static List<Exchange> of(String... files) {
        List<Exchange> exchanges = new ArrayList<>();
        for (String file : files) {
            for (JsonNode exchange : JSON.readTree(FOLDER.resolve(file).toFile())) {
                JsonNode request = exchange.path("request");
                JsonNode response = exchange.path("response");
                if (request.has("body") && response.has("body")) {
                    exchanges.add(new Exchange(
                            exchange.path("name").asString(),
                            request.path("path").asString(),
                            request.path("body").asString(),
                            response.path("status").asInt(),
                            response.path("body").asString()));
                }
            }
        }
        return exchanges;
    }

    /** The exchange of a name. */
    static Exchange named(String name) {
        return of("core-other-apis.json").stream()
                .filter(exchange -> exchange.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static int[] ints(JsonNode ids) {
        return IntStream.range(0, ids.size()).map(i -> ids.get(i).asInt()).toArray();
    }
}
