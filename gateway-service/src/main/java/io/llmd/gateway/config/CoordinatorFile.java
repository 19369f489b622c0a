package io.llmd.gateway.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads a configuration of llm-d's coordinator and says the same in settings of the gateway. Environment variables
 * {@code COORDINATOR_…} go before the file, as there. What is not known is told, for it may matter.
 */
final class CoordinatorFile {

    /**
     * @param setting what a value is called here
     * @param change what becomes of it
     */
    private record Known(String setting, UnaryOperator<String> change) {

        static Known as(String setting) {
            return new Known(setting, UnaryOperator.identity());
        }

        static Known duration(String setting) {
            return new Known(setting, value -> GoDuration.millis(value) + "ms");
        }

        static Known megabytes(String setting) {
            return new Known(setting, value -> value + "MB");
        }
    }

    private static final String OWN = "gateway.coordinator.";
    private static final String MEDIA = "replace-media-urls";
    private static final Map<String, List<Known>> SECTIONS = sections();
    private static final Map<String, Map<String, Known>> STEPS = steps();

    private final UnaryOperator<@Nullable String> environment;
    private final Map<String, Object> settings = new LinkedHashMap<>();
    private final List<String> unknown = new ArrayList<>();

    /**
     * @param environment value of an environment variable; {@code null} for none
     */
    CoordinatorFile(UnaryOperator<@Nullable String> environment) {
        this.environment = environment;
    }

    private static Map<String, List<Known>> sections() {
        Map<String, List<Known>> known = new LinkedHashMap<>();
        known.put("log_level", List.of(new Known("logging.level.io.llmd", CoordinatorFile::level)));
        known.put(
                "server.listen_addr",
                List.of(
                        new Known("server.address", value -> value.substring(0, Math.max(0, value.lastIndexOf(':')))),
                        new Known("server.port", value -> value.substring(value.lastIndexOf(':') + 1))));
        known.put("server.metrics_port", List.of(Known.as("management.server.port")));
        known.put("server.read_timeout", List.of(Known.duration("gateway.timeouts.body")));
        known.put("server.write_timeout", List.of(Known.duration("gateway.timeouts.first-byte")));
        known.put("server.shutdown_timeout", List.of(Known.duration("gateway.drain.timeout")));
        known.put("server.max_request_body_size", List.of(Known.megabytes("gateway.limits.body")));
        known.put("gateway.address", List.of(Known.as(OWN + "gateway")));
        known.put("gateway.max_idle_conns_per_host", List.of(Known.as("gateway.endpoints.max-idle-connections")));
        known.put("gateway.idle_conn_timeout", List.of(Known.duration("gateway.endpoints.max-idle")));
        known.put(
                "gateway.timeout",
                List.of(
                        Known.duration("gateway.disaggregation.prefill-timeout"),
                        Known.duration("gateway.disaggregation.decode-timeout")));
        known.put("pipeline.kv_connector", List.of(Known.as(OWN + "kv-connector")));
        known.put(
                "pipeline.ec_connector",
                List.of(new Known(
                        "gateway.disaggregation.encode-connector",
                        value -> value.equals("ec-shared-storage") ? "ec-example" : value)));
        known.put("pipeline.use_openai_format", List.of(Known.as(OWN + "openai-format")));
        return known;
    }

    private static Map<String, Map<String, Known>> steps() {
        return Map.of(
                MEDIA,
                Map.of(
                        "download_timeout", Known.duration(OWN + "media-timeout"),
                        "max_concurrent_downloads", Known.as(OWN + "media-parallel"),
                        "max_multimodal_entries", Known.as(OWN + "max-media"),
                        "max_download_size", Known.megabytes(OWN + "media-size")),
                "render",
                Map.of(
                        "address", Known.as(OWN + "render"),
                        "timeout", Known.duration(OWN + "render-timeout"),
                        "max_total_tokens", Known.as(OWN + "max-tokens"),
                        "max_total_placeholder_tokens", Known.as(OWN + "max-placeholder-tokens")),
                "conditional-decode",
                Map.of(),
                "encode",
                Map.of("max_parallel", Known.as(OWN + "encode-parallel")),
                "prefill",
                Map.of(),
                "decode",
                Map.of());
    }

    private static String level(String verbosity) {
        return switch (verbosity) {
            case "1" -> "WARN";
            case "2" -> "INFO";
            case "5" -> "TRACE";
            default -> "DEBUG";
        };
    }

    /** Settings of the gateway. */
    Map<String, Object> settings() {
        return settings;
    }

    /** Keys that mean nothing here, sorted. */
    List<String> unknown() {
        return unknown.stream().sorted().toList();
    }

    /**
     * Reads a file.
     *
     * @param yaml what is in it
     * @throws IllegalArgumentException when it makes no sense
     */
    CoordinatorFile read(Path file, String yaml) {
        Object root;
        try {
            root = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        } catch (YAMLException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        flatten("", root, values);
        Object steps = values.remove("pipeline.steps");
        values.forEach((key, value) -> {
            List<Known> known = SECTIONS.get(key);
            if (known == null) {
                unknown.add(key);
            } else {
                set(key, known, value);
            }
        });
        if (steps != null) {
            readSteps(steps);
        }
        SECTIONS.forEach((key, known) -> {
            String variable =
                    environment.apply("COORDINATOR_" + key.replace('.', '_').toUpperCase(Locale.ROOT));
            if (variable != null && !variable.isEmpty()) {
                set(key, known, variable);
            }
        });
        if ("".equals(settings.get("server.address"))) {
            settings.remove("server.address");
        }
        return this;
    }

    private static void flatten(String prefix, @Nullable Object node, Map<String, Object> into) {
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, value) -> flatten(prefix.isEmpty() ? key + "" : prefix + "." + key, value, into));
        } else if (node != null) {
            into.put(prefix, node);
        }
    }

    private void set(String key, List<Known> known, Object value) {
        for (Known one : known) {
            try {
                settings.put(one.setting(), one.change().apply(String.valueOf(value)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
            }
        }
    }

    private void readSteps(Object steps) {
        List<String> types = new ArrayList<>();
        for (Object step : steps instanceof List<?> list ? list : List.of(steps)) {
            if (!(step instanceof Map<?, ?> map) || !(map.get("type") instanceof String type)) {
                throw new IllegalArgumentException("pipeline.steps: an element without type (expected: a type)");
            }
            Map<String, Known> known = STEPS.get(type);
            if (known == null) {
                throw new IllegalArgumentException("pipeline.steps: " + type + " (expected: one of "
                        + STEPS.keySet().stream().sorted().toList() + ")");
            }
            types.add(type);
            Map<String, Object> params = new LinkedHashMap<>();
            flatten("", map.get("params"), params);
            if (type.equals(MEDIA)) {
                readMedia(params);
            }
            params.forEach((name, value) -> {
                Known param = known.get(name);
                if (param == null) {
                    unknown.add("pipeline.steps." + type + "." + name);
                } else {
                    set("pipeline.steps." + type + "." + name, List.of(param), value);
                }
            });
        }
        settings.put(OWN + "steps", String.join(",", types));
    }

    /** There, everything public may be fetched unless hosts are named, with or without encryption. */
    private void readMedia(Map<String, Object> params) {
        Object domains = params.remove("allowed_domains");
        Object isPrivate = Objects.requireNonNullElse(params.remove("allow_private_networks"), "false");
        List<?> hosts = domains instanceof List<?> list ? list : List.of();
        settings.put(
                OWN + "media-hosts",
                hosts.isEmpty()
                        ? "*"
                        : String.join(",", hosts.stream().map(String::valueOf).toList()));
        settings.put(OWN + "media-plain", "true");
        if (Boolean.parseBoolean(isPrivate.toString())) {
            settings.put(OWN + "media-networks", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16");
        }
    }
}
