package io.llmd.autoscaler.actuator;

import io.llmd.autoscaler.actuator.Published.Number;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.VariantDecision;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers as the API {@value #GROUP} of a Kubernetes cluster does, so that an HPA reads numbers without Prometheus in between: metric
 * {@value #METRIC} of the variants of a namespace, with the labels {@code variant}, {@code model} and {@code role}, and
 * {@value #WVA_METRIC} with {@code variant_name}. An HPA whose target is an average value of 1 asks for just that number. What is
 * too old is an error, and what is only advised is not listed: the HPA then leaves things as they are. Safe from any thread.
 */
public final class ExternalMetrics {

    static final String GROUP = "external.metrics.k8s.io";
    static final String METRIC = "autoscaler_replicas_desired";
    static final String WVA_METRIC = "wva_desired_replicas";

    private static final String VERSION = "v1beta1";
    private static final String GROUP_VERSION = GROUP + "/" + VERSION;
    private static final String ROOT = "/apis/" + GROUP_VERSION;

    /** An answer; the body is JSON. */
    record Answer(int status, String body) {}

    private final DecisionLog log;
    private final Published published;
    private final JsonMapper json = JsonMapper.builder().build();

    /** The numbers in a log, as far as they are young enough. */
    public ExternalMetrics(DecisionLog log, Published published) {
        this.log = log;
        this.published = published;
    }

    /** Answers a request. @param uri path and query */
    Answer answer(String method, String uri) {
        if (!method.equals("GET") && !method.equals("HEAD")) {
            return failure(405, "MethodNotAllowed", "method: " + method + " (expected: GET)");
        }
        int mark = uri.indexOf('?');
        String path = (mark < 0 ? uri : uri.substring(0, mark)).replaceAll("/+$", "");
        try {
            return switch (path) {
                case "/healthz", "/livez", "/readyz" -> new Answer(200, "\"ok\"");
                case "/apis" -> ok(Map.of("kind", "APIGroupList", "apiVersion", "v1", "groups", List.of(group())));
                case "/apis/" + GROUP -> ok(group());
                case ROOT -> ok(resources());
                default -> values(path, mark < 0 ? "" : uri.substring(mark + 1));
            };
        } catch (IllegalArgumentException e) {
            return failure(400, "BadRequest", String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> group() {
        Map<String, Object> version = Map.of("groupVersion", GROUP_VERSION, "version", VERSION);
        Map<String, Object> group = new TreeMap<>();
        group.put("kind", "APIGroup");
        group.put("apiVersion", "v1");
        group.put("name", GROUP);
        group.put("versions", List.of(version));
        group.put("preferredVersion", version);
        return group;
    }

    private static Map<String, Object> resources() {
        List<Map<String, Object>> resources = new ArrayList<>();
        for (String name : List.of(METRIC, WVA_METRIC)) {
            resources.add(Map.of(
                    "name",
                    name,
                    "singularName",
                    "",
                    "namespaced",
                    true,
                    "kind",
                    "ExternalMetricValueList",
                    "verbs",
                    List.of("get")));
        }
        return Map.of(
                "kind", "APIResourceList", "apiVersion", "v1", "groupVersion", GROUP_VERSION, "resources", resources);
    }

    private Answer values(String path, String query) {
        String[] parts = path.startsWith(ROOT + "/namespaces/")
                ? path.substring(ROOT.length() + 1).split("/", -1)
                : new String[0];
        if (parts.length != 3 || !(parts[2].equals(METRIC) || parts[2].equals(WVA_METRIC))) {
            return failure(404, "NotFound", "the server could not find the requested resource");
        }
        LabelSelector selector = LabelSelector.parse(parameter(query, "labelSelector"));
        Cycle cycle = log.last().orElse(null);
        if (cycle == null) {
            return failure(503, "ServiceUnavailable", "nothing has been decided yet");
        }
        Map<String, String> accelerators = new TreeMap<>();
        cycle.input()
                .models()
                .forEach(model -> model.variants()
                        .forEach(each -> accelerators.put(
                                each.variant().id(), each.variant().accelerator())));
        List<Map<String, Object>> items = new ArrayList<>();
        for (Decision decision : cycle.published()) {
            for (VariantDecision each : decision.variants()) {
                String name = name(each, parts[1]);
                Map<String, String> labels = name == null
                        ? Map.of()
                        : labels(
                                parts[2],
                                name,
                                parts[1],
                                decision.model(),
                                each.role(),
                                accelerators.getOrDefault(each.variant(), ""));
                if (name == null || !selector.matches(labels)) {
                    continue;
                }
                switch (published.of(each.variant())) {
                    case Number.Replicas(int replicas) -> items.add(item(parts[2], labels, cycle, replicas));
                    case Number.Stale(var age) -> {
                        return failure(
                                503,
                                "ServiceUnavailable",
                                "nothing has been decided about " + each.variant() + " for " + age.toSeconds() + " s");
                    }
                    case Number.Advice(), Number.Unknown(), Number.Pending() -> {}
                }
            }
        }
        return ok(Map.of(
                "kind", "ExternalMetricValueList", "apiVersion", GROUP_VERSION, "metadata", Map.of(), "items", items));
    }

    /** The name of a variant of a namespace; null when it is of another. */
    private static @Nullable String name(VariantDecision each, String namespace) {
        return each.variant().startsWith(namespace + "/") ? each.variant().substring(namespace.length() + 1) : null;
    }

    private static Map<String, String> labels(
            String metric, String variant, String namespace, String model, String role, String accelerator) {
        return metric.equals(METRIC)
                ? Map.of("variant", variant, "namespace", namespace, "model", model, "role", role)
                : Map.of(
                        "variant_name",
                        variant,
                        "namespace",
                        namespace,
                        "accelerator_type",
                        accelerator.isEmpty() ? "unresolved" : accelerator);
    }

    private static Map<String, Object> item(String metric, Map<String, String> labels, Cycle cycle, int replicas) {
        return Map.of(
                "metricName",
                metric,
                "metricLabels",
                labels,
                "timestamp",
                cycle.at().truncatedTo(ChronoUnit.SECONDS).toString(),
                "value",
                String.valueOf(replicas));
    }

    private static String parameter(String query, String name) {
        for (String each : query.split("&", -1)) {
            int equals = each.indexOf('=');
            if (equals > 0 && each.substring(0, equals).equals(name)) {
                return URLDecoder.decode(each.substring(equals + 1), StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    private Answer ok(Map<String, Object> body) {
        return new Answer(200, json.writeValueAsString(body));
    }

    private Answer failure(int status, String reason, String message) {
        return new Answer(
                status,
                json.writeValueAsString(Map.of(
                        "kind",
                        "Status",
                        "apiVersion",
                        "v1",
                        "metadata",
                        Map.of(),
                        "status",
                        "Failure",
                        "reason",
                        reason,
                        "message",
                        message,
                        "code",
                        status)));
    }
}
