package io.llmd.simulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineRequest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Compares the page with pages that a real vLLM wrote. */
class RealPageTest {
    private static final Instant START = Instant.ofEpochSecond(1_795_703_680);

    private static final HttpMeters.Exchange SAMPLE = new HttpMeters.Exchange("/v1/models", "GET", 200, 0, 0, 0.01);

    /** Meters of the real page that are not on ours, by the start of their names, and why. */
    private static final Map<String, String> LEFT_OUT = Map.of(
            "python_", "there is no Python",
            "process_resident_memory_bytes", "the Java runtime does not tell it",
            "vllm:tool_call_parser_invocations", "tool calls are made, not parsed from text");

    @ParameterizedTest
    @ValueSource(strings = {"0.21.0", "0.32.0"})
    void metersOfTheRealPageAreOnOurs(String version) throws IOException {
        PageText real = recorded(version, "core-start.json", "GET /metrics");
        PageText ours = ours(version, "", exchangesBefore(version, "core-start.json", "GET /metrics"));
        assertThat(ours.shapes())
                .containsAll(real.shapes().stream()
                        .filter(shape -> shape.startsWith("vllm:cache_config_info"))
                        .toList());
        Map<String, String> missing = new TreeMap<>();
        real.meters().forEach((name, meter) -> {
            if (LEFT_OUT.keySet().stream().noneMatch(name::startsWith)) {
                PageText.Meter own = ours.meters().get(name);
                if (own == null || !(own.equals(meter) || hasOwnValues(name))) {
                    missing.put(name, difference(meter, own));
                }
            }
        });
        assertThat(missing).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0.21.0, core-end.json, GET /metrics, ''",
        "0.21.0, core-development.json, metrics right after an abort, ''",
        "0.21.0, plain.json, metrics, ''",
        "0.21.0, priority.json, metrics, ''",
        "0.21.0, lora.json, metrics before, lora",
        "0.21.0, lora.json, metrics with adapters, lora",
        "0.21.0, lora.json, metrics after, lora",
        "0.32.0, core-end.json, GET /metrics, ''",
        "0.32.0, core-development.json, metrics right after an abort, ''",
        "0.32.0, plain.json, metrics, ''",
        "0.32.0, priority.json, metrics, ''",
        "0.32.0, admission.json, metrics, ''",
        "0.32.0, sleep.json, metrics at level 1, sleep",
        "0.32.0, lora.json, metrics before, lora",
        "0.32.0, lora.json, metrics with adapters, lora",
        "0.32.0, lora.json, metrics after, lora"
    })
    void samplesOfTheRealPageHaveTheLabelsOfOurs(String version, String file, String exchange, String run)
            throws IOException {
        assertThat(recorded(version, file, exchange).shapes())
                .filteredOn(shape -> LEFT_OUT.keySet().stream().noneMatch(shape::startsWith))
                .isNotEmpty()
                .isSubsetOf(ours(version, run, List.of(SAMPLE)).shapes());
    }

    /** The labels of the cache's configuration tell of the machine; their names are compared with the other shapes. */
    private static boolean hasOwnValues(String name) {
        return name.equals("vllm:cache_config_info");
    }

    private static String difference(PageText.Meter real, PageText.Meter own) {
        if (own == null) {
            return "missing";
        }
        return "real " + real.type() + " " + real.help() + " " + without(real, own) + ", ours " + own.type() + " "
                + own.help() + " " + without(own, real);
    }

    private static List<String> without(PageText.Meter all, PageText.Meter some) {
        return all.samples().stream()
                .filter(sample -> !some.samples().contains(sample))
                .toList();
    }

    private static List<HttpMeters.Exchange> exchangesBefore(String version, String file, String name)
            throws IOException {
        List<HttpMeters.Exchange> exchanges = new ArrayList<>();
        for (JsonNode node : recording(version, file)) {
            if (node.get("name").stringValue().equals(name)) {
                return exchanges;
            }
            exchanges.add(new HttpMeters.Exchange(
                    node.at("/request/path").stringValue(),
                    node.at("/request/method").stringValue(),
                    node.at("/response/status").intValue(),
                    0,
                    0,
                    0.01));
        }
        throw new IllegalArgumentException(name);
    }

    private static PageText ours(String version, String run, List<HttpMeters.Exchange> exchanges) {
        SimulatorSettingsBuilder builder = SimulatorSettings.builder()
                .model("tiny")
                .version(version)
                .blockSize(32)
                .kvBlocks(65_536)
                .maxModelLen(2048)
                .maxNumSeqs(8)
                .memoryUtilization(0.92);
        if (run.equals("lora")) {
            builder.option("enable-lora", "").option("max-loras", "2");
        }
        SimulatorSettings settings = builder.build();
        EngineMeters meters = new EngineMeters(settings, 0, InstantSource.fixed(START));
        Engine engine = new Engine(settings.engine());
        engine.submit(EngineRequest.text(1, new int[100], 10, index -> index), 0);
        engine.advance(10_000_000_000L, meters);
        meters.observe(engine.snapshot());
        MeterPage page = new MeterPage(settings, START, InstantSource.fixed(START));
        exchanges.forEach(exchange -> page.http().answered(exchange, START.getEpochSecond()));
        if (run.equals("sleep")) {
            page.sleep().begin("sleep").run();
            page.sleep().begin("wake").run();
        }
        String text = page.text(
                List.of(new MeterPage.EngineState(meters, engine.snapshot(), 0)), MeterPage.Rejections.NONE, "");
        return PageText.parse(text.lines().toList());
    }

    private static PageText recorded(String version, String file, String exchange) throws IOException {
        for (JsonNode node : recording(version, file)) {
            if (node.get("name").stringValue().equals(exchange)) {
                return PageText.parse(lines(node.get("response")));
            }
        }
        throw new IllegalArgumentException(exchange);
    }

    private static JsonNode recording(String version, String file) throws IOException {
        String path = "/golden/real-vllm/" + version + "/" + file;
        try (InputStream stream = RealPageTest.class.getResourceAsStream(path)) {
            assertThat(stream).as(path).isNotNull();
            return JsonMapper.shared().readTree(stream);
        }
    }

    private static List<String> lines(JsonNode response) {
        JsonNode lines = response.get("bodyLines");
        return lines == null
                ? response.get("body").stringValue().lines().toList()
                : lines.valueStream().map(JsonNode::stringValue).collect(Collectors.toList());
    }
}
