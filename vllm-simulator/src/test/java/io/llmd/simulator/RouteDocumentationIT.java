package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.SimulatorSettings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class RouteDocumentationIT {
    private static final Pattern ROUTE = Pattern.compile("(?:(GET|POST)(?:, | )?)?(/\\S*)?");

    @Test
    void everyRouteIsListedAndEveryListedOneIsThere() throws Exception {
        assertThat(documented()).isEqualTo(served());
    }

    private static Map<String, Set<String>> documented() {
        Map<String, Set<String>> routes = new TreeMap<>();
        for (List<String> row : Documentation.table("method and path")) {
            read(row.getFirst(), routes);
        }
        String control = Documentation.page().substring(Documentation.page().indexOf("## Control"));
        control.lines()
                .filter(line -> line.startsWith("| `GET") || line.startsWith("| `POST"))
                .forEach(line -> read(line.split("\\|")[1], routes));
        return routes;
    }

    /** Methods stand before paths, and for all paths behind them until the next one. */
    private static void read(String cell, Map<String, Set<String>> routes) {
        Set<String> methods = new TreeSet<>();
        boolean path = true;
        for (String code : Documentation.code(cell)) {
            for (MatchResult part : ROUTE.matcher(code).results().toList()) {
                if (part.group(1) != null) {
                    if (path) {
                        methods.clear();
                    }
                    methods.add(part.group(1));
                    path = false;
                }
                if (part.group(2) != null) {
                    routes.computeIfAbsent(part.group(2), ignored -> new TreeSet<>())
                            .addAll(methods);
                    path = true;
                }
            }
        }
    }

    private static Map<String, Set<String>> served() throws Exception {
        Map<String, Set<String>> routes = new TreeMap<>();
        try (VllmSimulator simulator = VllmSimulator.start(SimulatorSettings.builder()
                        .port(0)
                        .control(control -> control.developmentMode(true))
                        .lora(lora -> lora.runtimeUpdating(true))
                        .api(api -> api.tokenizerInfo(true))
                        .build());
                SimulatorClient client = new SimulatorClient(simulator)) {
            ObjectNode paths =
                    (ObjectNode) Json.read(client.get("/openapi.json").body()).get("paths");
            for (String path : paths.propertyNames()) {
                Set<String> methods = new TreeSet<>();
                paths.get(path).propertyNames().forEach(method -> methods.add(method.toUpperCase(Locale.ROOT)));
                routes.put(path, methods);
            }
        }
        return routes;
    }
}
