package io.llmd.launcher.fault;

import io.llmd.launcher.home.ApiErrors;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.launcher.terminal.TextTable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code llmd fault}: sets, shows and clears faults of simulated endpoints. */
@Command(
        name = "fault",
        description =
                "Let simulated endpoints of the running suite do wrong; without a kind, show what they do wrong now.",
        footer = {
            "",
            "Kinds are those of the simulator (docs/simulator.md), or short: stall, drop, reset, error, slow.",
            "  llmd fault sim-2 stall --after 5            silence after five tokens",
            "  llmd fault sim-2 status 503 --share 0.2     every fifth request is refused",
            "  llmd fault sim-2 slow 4 --lasting 30s       a quarter of the speed for half a minute",
            "  llmd fault sim-2 die 5s                     gone for five seconds",
            "  llmd fault --clear                          all is well again",
            "Exit codes: 0 done, 1 refused by the endpoint, 2 usage, 3 nothing runs or there is no such endpoint."
        })
public final class FaultCommand implements Callable<Integer> {

    private static final Duration ANSWER = Duration.ofSeconds(10);

    /** How long one that does not answer is waited for when its faults are to end: it may be dead for some seconds. */
    private static final Duration RETURN = Duration.ofSeconds(10);

    private static final long AGAIN_MILLIS = 200;
    private static final String CONFIG = "/admin/config";

    private final Terminal terminal;

    @Parameters(index = "0", arity = "0..1", paramLabel = "POD", description = "endpoint, such as sim-2")
    private @Nullable String endpoint;

    @Parameters(index = "1", arity = "0..1", paramLabel = "KIND", description = "what it does wrong")
    private @Nullable String kind;

    @Parameters(index = "2..*", paramLabel = "VALUE", description = "a value, or parameters as NAME=VALUE")
    private List<String> values = List.of();

    @Option(names = "--after", paramLabel = "TOKENS", description = "tokens after which it happens")
    private @Nullable Integer after;

    @Option(names = "--share", paramLabel = "SHARE", description = "share of the requests that meet it, 0 to 1")
    private @Nullable Double share;

    @Option(names = "--lasting", paramLabel = "TIME", description = "clear it by itself after so long")
    private @Nullable Duration lasting;

    @Option(
            names = "--clear",
            description =
                    "clear all faults, of one endpoint or of all; one that is gone is waited for, ten seconds at most")
    private boolean clear;

    @Option(names = "--json", description = "print one JSON object: faults by endpoint")
    private boolean json;

    public FaultCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (clear && kind != null) {
            throw CommandFailure.usage("--clear: all faults of an endpoint are cleared, not one kind");
        }
        if (!clear && endpoint != null && kind == null && (after != null || share != null || lasting != null)) {
            throw CommandFailure.usage("KIND: missing (what shall " + endpoint + " do?)");
        }
        List<RunState.Part> wanted = endpoints();
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(ANSWER)
                .build()) {
            Map<String, JsonNode> states = new LinkedHashMap<>();
            List<String> silent = new ArrayList<>();
            for (RunState.Part part : wanted) {
                try {
                    states.put(part.name(), changed(client, part));
                } catch (CommandFailure failure) {
                    if (failure.exitCode() != ExitCode.NOT_READY) {
                        throw failure;
                    }
                    silent.add(String.valueOf(failure.getMessage()));
                }
            }
            show(states);
            silent.forEach(terminal::note);
            return silent.isEmpty() ? ExitCode.OK : ExitCode.NOT_READY;
        }
    }

    private List<RunState.Part> endpoints() {
        RunState state = RunFile.running();
        if (state == null) {
            throw CommandFailure.notReady("no suite is running; start one with './llmd up'");
        }
        List<RunState.Part> all = state.parts().stream()
                .filter(part -> part.name().startsWith("sim-"))
                .toList();
        List<RunState.Part> wanted = all.stream()
                .filter(part -> endpoint == null || part.name().equals(endpoint))
                .toList();
        if (wanted.isEmpty()) {
            throw CommandFailure.notReady("no endpoint " + endpoint + " (there are: "
                    + all.stream().map(RunState.Part::name).collect(Collectors.joining(", ")) + ")");
        }
        return wanted;
    }

    private JsonNode changed(HttpClient client, RunState.Part part) throws InterruptedException {
        if (clear) {
            return cleared(client, part);
        }
        if (kind == null) {
            return get(client, part);
        }
        ObjectNode change = change(kind);
        Duration limit = lasting;
        if (limit == null) {
            return send(client, part, CONFIG, Json.line(change));
        }
        ArrayNode script = Json.MAPPER.createArrayNode();
        script.addObject().put("at", "0s").put("for", limit.toMillis() + "ms").set("set", change);
        return send(client, part, "/admin/script", Json.line(script));
    }

    private static JsonNode cleared(HttpClient client, RunState.Part part) throws InterruptedException {
        long limit = System.nanoTime() + RETURN.toNanos();
        while (true) {
            try {
                return clear(client, part);
            } catch (CommandFailure failure) {
                if (failure.exitCode() != ExitCode.NOT_READY || System.nanoTime() - limit >= 0) {
                    throw failure;
                }
            }
            TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
        }
    }

    private static JsonNode clear(HttpClient client, RunState.Part part) throws InterruptedException {
        send(client, part, "/admin/script", "[]");
        ObjectNode off = Json.MAPPER.createObjectNode();
        get(client, part).propertyNames().stream()
                .filter(name -> !name.equals("script"))
                .forEach(off::putNull);
        return send(client, part, CONFIG, Json.line(off));
    }

    private ObjectNode change(String wanted) {
        try {
            return FaultChange.of(wanted, values, after, share);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static JsonNode get(HttpClient client, RunState.Part part) throws InterruptedException {
        return answer(client, part, HttpRequest.newBuilder(URI.create(part.url() + CONFIG)));
    }

    private static JsonNode send(HttpClient client, RunState.Part part, String path, String body)
            throws InterruptedException {
        return answer(
                client,
                part,
                HttpRequest.newBuilder(URI.create(part.url() + path))
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body)));
    }

    private static JsonNode answer(HttpClient client, RunState.Part part, HttpRequest.Builder request)
            throws InterruptedException {
        try {
            HttpResponse<String> answer = client.send(request.timeout(ANSWER).build(), BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new CommandFailure(ExitCode.FAILED, part.name() + ": " + ApiErrors.message(answer.body()));
            }
            return Json.MAPPER.readTree(answer.body());
        } catch (IOException e) {
            throw CommandFailure.notReady(part.name() + " at " + part.url() + " does not answer ("
                    + e.getClass().getSimpleName() + ")");
        }
    }

    private void show(Map<String, JsonNode> states) {
        Map<String, Map<String, JsonNode>> faults = new LinkedHashMap<>();
        states.forEach((name, state) -> {
            Map<String, JsonNode> inForce = new LinkedHashMap<>();
            state.properties().stream()
                    .filter(field -> FaultChange.isInForce(field.getKey(), field.getValue()))
                    .forEach(field -> inForce.put(field.getKey(), field.getValue()));
            faults.put(name, inForce);
        });
        if (json) {
            terminal.println(Json.line(faults));
            return;
        }
        TextTable table = TextTable.ofText("endpoint", "fault", "value");
        faults.forEach((name, inForce) -> {
            if (inForce.isEmpty()) {
                table.row(name, "none");
            }
            inForce.forEach((fault, value) -> table.row(name, fault, Json.line(value)));
        });
        terminal.println(table.toString().stripTrailing());
        if (kind != null) {
            terminal.println("");
            terminal.println("Watch clients with './llmd load --rps 5 --for 30s'; './llmd fault --clear' ends it.");
        }
    }
}
