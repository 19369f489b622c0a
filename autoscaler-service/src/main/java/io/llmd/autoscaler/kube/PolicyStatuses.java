package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.llmd.autoscaler.analyzer.FitStatus;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.LoopState;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.kube.KubeException;
import io.llmd.kube.KubeObjects;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what became of resources into their status, where it has changed. For one thread. */
final class PolicyStatuses {

    private static final Logger LOG = LoggerFactory.getLogger(PolicyStatuses.class);
    private static final Set<String> CONSTRAINING =
            Set.of("G12", "G13", "G17", "FAIL_CLOSED", "STUCK", "BASE_STEP_TOO_SLOW");

    /** A condition; its type is the key under which it is kept. */
    private record Condition(boolean isTrue, String reason, String message) {}

    private final KubeObjects api;
    private final Map<String, Map<String, Object>> written = new HashMap<>();

    PolicyStatuses(KubeObjects api) {
        this.api = api;
    }

    /**
     * Looks at all.
     *
     * @param problems what cannot be used, by kind and name
     * @param conflicts others that claim a variant, by variant
     * @param unreadable why pods or targets cannot be read, by variant
     * @param stalled why numbers are not carried out, by variant
     */
    void write(
            PolicyFeed feed,
            Cycle cycle,
            LoopState state,
            Map<String, String> problems,
            Map<String, String> conflicts,
            Map<String, String> unreadable,
            Map<String, String> stalled) {
        Set<String> present = new HashSet<>();
        feed.variantPolicies().forEach(each -> present.add(uid(each)));
        feed.shared().forEach(each -> present.add(uid(each)));
        written.keySet().retainAll(present);
        Map<String, LoopState.OfVariant> variants = new HashMap<>();
        state.variants().forEach(each -> variants.put(each.variant().id(), each));
        for (GenericKubernetesResource each : feed.variantPolicies()) {
            String id =
                    each.getMetadata().getNamespace() + "/" + each.getMetadata().getName();
            Map<String, Condition> conditions = new TreeMap<>();
            String problem = problems.getOrDefault(Policies.key(each), problems.get("all"));
            conditions.put("Ready", ready(problem, conflicts.get(id), unreadable.get(id)));
            Map<String, Object> status = new TreeMap<>();
            LoopState.OfVariant variant = variants.get(id);
            for (Decision decision : cycle.published()) {
                VariantDecision decided = decision.of(id).orElse(null);
                if (decided != null && variant != null) {
                    numbers(status, decided, variant);
                    conditions.put("MetricsFresh", fresh(decision.grade()));
                    conditions.put("ModelFitted", fitted(variant));
                    conditions.put("Actuating", actuating(id, cycle, feed.paused(), stalled.get(id)));
                    conditions.put("Constrained", constrained(decision, decided));
                }
            }
            write(each, "variantpolicies", status, conditions, cycle.at());
        }
        for (GenericKubernetesResource each : feed.shared()) {
            String problem = problems.getOrDefault(Policies.key(each), problems.get("all"));
            String plural = each.getKind().equals("ServiceTier") ? "servicetiers" : "fleetpolicies";
            write(each, plural, Map.of(), Map.of("Ready", ready(problem, null, null)), cycle.at());
        }
    }

    /** Forgets what was written: another process may write meanwhile. */
    void forget() {
        written.clear();
    }

    private static String uid(GenericKubernetesResource resource) {
        return String.valueOf(resource.getMetadata().getUid());
    }

    private static Condition ready(@Nullable String problem, @Nullable String conflict, @Nullable String unreadable) {
        if (problem != null) {
            return new Condition(false, "Invalid", problem);
        }
        if (unreadable != null) {
            return new Condition(false, "Unreadable", unreadable);
        }
        return conflict == null
                ? new Condition(true, "Valid", "")
                : new Condition(false, "Conflict", conflict + " claims the same target");
    }

    private static void numbers(Map<String, Object> status, VariantDecision decided, LoopState.OfVariant variant) {
        status.put("current", decided.current());
        status.put("ready", variant.replicas().ready());
        status.put("starting", variant.replicas().starting());
        status.put("stuck", variant.replicas().stuck());
        status.put("desired", decided.desired());
        status.put("bindingResource", decided.binding());
        status.put("reason", String.join(",", decided.codes()));
    }

    private static Condition fresh(Grade grade) {
        return switch (grade) {
            case COMPLETE -> new Condition(true, "Complete", "");
            case PARTIAL -> new Condition(false, "Partial", "a router or a replica is not heard");
            case BLIND -> new Condition(false, "Blind", "no router is heard");
        };
    }

    private static Condition fitted(LoopState.OfVariant variant) {
        FitStatus status = variant.fit().status();
        String name = status.name().charAt(0) + status.name().substring(1).toLowerCase(Locale.ROOT);
        return new Condition(status == FitStatus.FITTED || status == FitStatus.NARROW, name, "");
    }

    private static Condition actuating(String id, Cycle cycle, Set<String> paused, @Nullable String stalled) {
        if (cycle.advised().contains(id)) {
            return new Condition(false, "Advisory", "its number is only advised");
        }
        if (paused.contains(id)) {
            return new Condition(false, "Paused", "it is held");
        }
        return stalled == null
                ? new Condition(true, "Actuating", "")
                : new Condition(false, "ActuationStalled", stalled);
    }

    private static Condition constrained(Decision decision, VariantDecision decided) {
        List<String> codes = new ArrayList<>(decided.codes());
        codes.addAll(decision.codes());
        codes.retainAll(CONSTRAINING);
        return codes.isEmpty()
                ? new Condition(false, "Free", "")
                : new Condition(true, codes.getFirst().replace("_", ""), String.join(", ", codes));
    }

    private void write(
            GenericKubernetesResource resource,
            String plural,
            Map<String, Object> numbers,
            Map<String, Condition> conditions,
            Instant at) {
        long generation = resource.getMetadata().getGeneration() == null
                ? 0
                : resource.getMetadata().getGeneration();
        List<Map<String, Object>> list = new ArrayList<>();
        conditions.forEach((type, each) -> list.add(condition(resource, type, each, generation, at)));
        Map<String, Object> status = new TreeMap<>(numbers);
        status.put("observedGeneration", generation);
        status.put("conditions", list);
        String uid = uid(resource);
        if (status.equals(written.get(uid))) {
            return;
        }
        String namespace = resource.getMetadata().getNamespace();
        String path = "/apis/" + PolicyReader.GROUP + "/" + PolicyReader.VERSION
                + (namespace == null ? "/" : "/namespaces/" + namespace + "/") + plural + "/"
                + resource.getMetadata().getName() + "/status";
        try {
            api.mergePatch(path, Map.of("status", status));
            written.put(uid, status);
        } catch (KubeException e) {
            LOG.atWarn()
                    .addKeyValue("name", Policies.key(resource))
                    .addKeyValue("reason", e.getMessage())
                    .log("a status cannot be written");
        }
    }

    /** With the time of its last change. */
    private Map<String, Object> condition(
            GenericKubernetesResource resource, String type, Condition now, long generation, Instant at) {
        String since = at.truncatedTo(ChronoUnit.SECONDS).toString();
        if (known(resource) instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> before
                        && type.equals(before.get("type"))
                        && (now.isTrue() ? "True" : "False").equals(before.get("status"))
                        && before.get("lastTransitionTime") instanceof String time) {
                    since = time;
                }
            }
        }
        Map<String, Object> condition = new TreeMap<>();
        condition.put("type", type);
        condition.put("status", now.isTrue() ? "True" : "False");
        condition.put("reason", now.reason());
        condition.put("message", now.message());
        condition.put("observedGeneration", generation);
        condition.put("lastTransitionTime", since);
        return condition;
    }

    /** What this process has written last, or an earlier one. */
    private @Nullable Object known(GenericKubernetesResource resource) {
        Map<String, Object> own = written.get(uid(resource));
        return own != null ? own.get("conditions") : resource.get("status", "conditions");
    }
}
