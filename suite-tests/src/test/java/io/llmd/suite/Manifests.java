package io.llmd.suite;

import static io.llmd.suite.DeploymentFiles.list;
import static io.llmd.suite.DeploymentFiles.map;
import static io.llmd.suite.DeploymentFiles.strings;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Kubernetes objects as a cluster would get them, and what has to hold for all of ours. */
final class Manifests {

    private static final KnownSettings SETTINGS = KnownSettings.onTheClassPath();

    /** Read by the JVM or by our own code, not by Spring. */
    private static final List<String> OTHER_VARIABLES =
            List.of("NAMESPACE", "POD_NAME", "JAVA_TOOL_OPTIONS", "LLMD_KEY");

    /**
     * A container of this repository's image.
     *
     * @param name of the object
     * @param pod its pod's specification
     */
    record Workload(String name, Map<String, Object> pod, Map<String, Object> container) {}

    private final List<Map<String, Object>> objects;

    private Manifests(List<Map<String, Object>> objects) {
        this.objects = List.copyOf(objects);
    }

    /** Reads documents of a YAML text; empty ones are left out. */
    static Manifests parse(String yaml) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        List<Map<String, Object>> objects = new ArrayList<>();
        new Yaml(new SafeConstructor(options)).loadAll(yaml).forEach(document -> {
            if (document != null) {
                objects.add(map(document));
            }
        });
        return new Manifests(objects);
    }

    List<Map<String, Object>> all() {
        return objects;
    }

    List<Map<String, Object>> ofKind(String kind) {
        return objects.stream()
                .filter(object -> kind.equals(object.get("kind")))
                .toList();
    }

    /** Containers of this repository's image, by how its name begins. */
    List<Workload> ours(String image) {
        List<Workload> workloads = new ArrayList<>();
        for (Map<String, Object> object : objects) {
            Map<String, Object> pod = "Pod".equals(object.get("kind"))
                    ? map(object.get("spec"))
                    : map(map(map(object.get("spec")).get("template")).get("spec"));
            for (Object container : list(pod.get("containers"))) {
                if (String.valueOf(map(container).get("image")).startsWith(image)) {
                    workloads.add(new Workload(name(object), pod, map(container)));
                }
            }
        }
        return workloads;
    }

    static String name(Map<String, Object> object) {
        return String.valueOf(map(object.get("metadata")).get("name"));
    }

    /** Nothing runs with rights that it does not need. */
    static void assertLockedDown(Workload workload) {
        assertThat(map(workload.pod().get("securityContext")))
                .as(workload.name())
                .containsEntry("runAsNonRoot", true);
        assertThat(map(workload.container().get("securityContext")))
                .as(workload.name())
                .containsEntry("readOnlyRootFilesystem", true)
                .containsEntry("allowPrivilegeEscalation", false)
                .containsEntry("capabilities", Map.of("drop", List.of("ALL")));
        assertThat(map(workload.container().get("resources")))
                .as(workload.name())
                .containsKeys("requests", "limits");
        boolean asksTheApi = workload.pod().containsKey("serviceAccountName");
        assertThat(asksTheApi || Boolean.FALSE.equals(workload.pod().get("automountServiceAccountToken")))
                .as("%s has a token only if it asks the API", workload.name())
                .isTrue();
        assertThat(workload.pod())
                .as("%s: Kubernetes would set SERVER_PORT for a Service named server", workload.name())
                .containsEntry("enableServiceLinks", false);
    }

    /** Probes tell when it serves; who does not is asked no more after two of them. */
    static void assertProbed(Workload workload) {
        assertThat(workload.container()).as(workload.name()).containsKeys("readinessProbe", "livenessProbe");
        Map<String, Object> readiness = map(workload.container().get("readinessProbe"));
        if ("management".equals(map(readiness.get("httpGet")).get("port"))) {
            assertThat(readiness)
                    .as(workload.name())
                    .containsEntry("periodSeconds", 2)
                    .containsEntry("failureThreshold", 2);
        }
    }

    /** The program understands its environment and its command line. */
    static void assertUnderstood(Workload workload) {
        for (Object variable : list(workload.container().get("env"))) {
            String name = String.valueOf(map(variable).get("name"));
            assertThat(OTHER_VARIABLES.contains(name) || name.startsWith("LOGGING_LEVEL_") || SETTINGS.has(name))
                    .as("%s of %s", name, workload.name())
                    .isTrue();
        }
        DeploymentFilesTest.parse(strings(workload.container().get("args")));
    }

    /** Every Service selects the pods of one object and names ports that they have. */
    void assertServicesFindTheirPorts() {
        assertThat(ofKind("Service")).isNotEmpty().allSatisfy(service -> {
            Map<String, Object> spec = map(service.get("spec"));
            List<Map<String, Object>> pods = objects.stream()
                    .map(object -> map(map(object.get("spec")).get("template")))
                    .filter(pod -> map(map(pod.get("metadata")).get("labels"))
                            .entrySet()
                            .containsAll(map(spec.get("selector")).entrySet()))
                    .toList();
            assertThat(pods).as(name(service)).hasSize(1);
            Object container =
                    list(map(pods.getFirst().get("spec")).get("containers")).getFirst();
            List<String> ports = list(map(container).get("ports")).stream()
                    .map(port -> String.valueOf(map(port).get("name")))
                    .toList();
            assertThat(list(spec.get("ports")))
                    .as(name(service))
                    .allSatisfy(port ->
                            assertThat(ports).contains(String.valueOf(map(port).get("targetPort"))));
        });
    }

    /** No rights to secrets, to run commands in pods, or to whatever there is; beyond the namespace for the autoscaler alone. */
    void assertRightsAreNarrow() {
        assertThat(ofKind("ClusterRole"))
                .allSatisfy(role -> assertThat(name(role)).endsWith("llmd-autoscaler"));
        List<Map<String, Object>> roles = new ArrayList<>(ofKind("Role"));
        roles.addAll(ofKind("ClusterRole"));
        for (Map<String, Object> role : roles) {
            assertThat(list(role.get("rules"))).as(name(role)).isNotEmpty().allSatisfy(rule -> {
                assertThat(strings(map(rule).get("verbs"))).doesNotContain("*");
                assertThat(strings(map(rule).get("apiGroups"))).doesNotContain("*");
                assertThat(strings(map(rule).get("resources"))).doesNotContain("*", "secrets", "pods/exec");
            });
        }
    }
}
