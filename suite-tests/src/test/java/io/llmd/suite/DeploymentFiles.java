package io.llmd.suite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The repository's deployment files, read as what they are. */
final class DeploymentFiles {

    private final Path root;

    private DeploymentFiles(Path root) {
        this.root = root;
    }

    /** Finds the repository from the folder in which the tests run. */
    static DeploymentFiles find() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docker-compose.yml"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("docker-compose.yml: not in a folder above the working directory");
            }
        }
        return new DeploymentFiles(folder);
    }

    Path path(String relative) {
        return root.resolve(relative).normalize();
    }

    String text(String relative) {
        try {
            return Files.readString(path(relative));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A YAML file with merge keys resolved; duplicate keys are refused. */
    Map<String, Object> yaml(String relative) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return new Yaml(new SafeConstructor(options)).load(text(relative));
    }

    Map<String, Map<String, Object>> composeServices() {
        return maps(yaml("docker-compose.yml").get("services"));
    }

    Map<String, JsonNode> dashboards() {
        Map<String, JsonNode> dashboards = new TreeMap<>();
        try (Stream<Path> files = Files.list(path("ops/grafana/dashboards"))) {
            files.filter(file -> file.toString().endsWith(".json"))
                    .forEach(file -> dashboards.put(
                            file.getFileName().toString(), JsonMapper.shared().readTree(file.toFile())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return dashboards;
    }

    List<Map<String, Object>> alertRules() {
        return list(yaml("ops/prometheus/alerts.yml").get("groups")).stream()
                .flatMap(group -> list(map(group).get("rules")).stream())
                .map(DeploymentFiles::map)
                .toList();
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Map<String, Object>> maps(Object value) {
        return value == null ? Map.of() : (Map<String, Map<String, Object>>) value;
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object value) {
        return value == null ? List.of() : (List<Object>) value;
    }

    static List<String> strings(Object value) {
        return list(value).stream().map(String::valueOf).toList();
    }
}
