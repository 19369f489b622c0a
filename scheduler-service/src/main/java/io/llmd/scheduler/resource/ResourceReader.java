package io.llmd.scheduler.resource;

import io.llmd.scheduler.plugin.Finding;
import io.llmd.scheduler.plugin.Finding.Severity;
import io.llmd.scheduler.plugin.YamlDocuments;
import io.llmd.scheduler.plugin.YamlNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads InferenceObjective and InferenceModelRewrite resources of llm-d, also of the group that they had before. Of a kind
 * that is there in both groups, the resources of the former group are left out. Other kinds are passed over, as are
 * resources of other pools. Used for one set of files.
 */
final class ResourceReader {

    private static final String GROUP = "llm-d.ai/v1alpha2";
    private static final String FORMER_GROUP = "inference.networking.x-k8s.io/v1alpha2";
    static final String OBJECTIVE = "InferenceObjective";
    static final String REWRITE = "InferenceModelRewrite";
    private static final int MAX_WEIGHT = 1_000_000;

    private final PoolName pool;
    private final List<Finding> findings = new ArrayList<>();
    private final List<Resource> resources = new ArrayList<>();
    private String file = "";

    /** A document of a kind that matters. */
    private record Resource(
            String file,
            String kind,
            boolean isFormer,
            String namespace,
            String name,
            Instant created,
            int line,
            YamlNode.Mapping spec) {}

    private record Rewrite(Resource resource, List<RewriteRule> rules) {}

    ResourceReader(PoolName pool) {
        this.pool = pool;
    }

    LoadedResources read(List<ResourceFile> files) {
        for (ResourceFile next : files) {
            file = next.name();
            YamlDocuments documents = YamlDocuments.read(next.text(), file);
            findings.addAll(documents.findings());
            documents.documents().forEach(this::document);
        }
        Map<String, Integer> priorities = new HashMap<>();
        Set<Integer> desired = new TreeSet<>();
        List<Rewrite> rewrites = new ArrayList<>();
        for (Resource resource : ofOneGroup()) {
            file = resource.file();
            if (resource.kind().equals(OBJECTIVE)) {
                objective(resource, priorities, desired);
            } else {
                rewrites.add(rewrite(resource));
            }
        }
        return new LoadedResources(
                new Resources(priorities, desired, new ModelRewrites(inOrderOfPrecedence(rewrites))), findings);
    }

    private static List<RewriteRule> inOrderOfPrecedence(List<Rewrite> rewrites) {
        return rewrites.stream()
                .sorted(Comparator.comparing(
                                (Rewrite rewrite) -> rewrite.resource().created())
                        .thenComparing(rewrite -> rewrite.resource().namespace())
                        .thenComparing(rewrite -> rewrite.resource().name()))
                .flatMap(rewrite -> rewrite.rules().stream())
                .toList();
    }

    private List<Resource> ofOneGroup() {
        Set<String> current = new TreeSet<>();
        resources.stream().filter(r -> !r.isFormer()).forEach(r -> current.add(r.kind()));
        List<Resource> kept = new ArrayList<>();
        for (Resource resource : resources) {
            file = resource.file();
            if (resource.isFormer() && current.contains(resource.kind())) {
                warning(resource.line(), "apiVersion", FORMER_GROUP + " is left out beside " + GROUP);
            } else {
                if (resource.isFormer()) {
                    warning(resource.line(), "apiVersion", FORMER_GROUP + " is deprecated (expected: " + GROUP + ")");
                }
                kept.add(resource);
            }
        }
        return kept;
    }

    private void document(YamlNode node) {
        if (!(node instanceof YamlNode.Mapping document)) {
            error(node.line(), "", node.describe() + " (expected: a resource)");
            return;
        }
        String kind = text(document, "kind", "kind");
        if ("List".equals(kind)) {
            sequence(document, "items", "items").forEach(this::document);
            return;
        }
        if (kind == null) {
            error(document.line(), "kind", "missing (expected: " + OBJECTIVE + " or " + REWRITE + ")");
            return;
        }
        if (!kind.equals(OBJECTIVE) && !kind.equals(REWRITE)) {
            warning(document.line(), "kind", kind + " is passed over (expected: " + OBJECTIVE + " or " + REWRITE + ")");
            return;
        }
        String version = text(document, "apiVersion", "apiVersion");
        if (!GROUP.equals(version) && !FORMER_GROUP.equals(version)) {
            error(document.line(), "apiVersion", version + " (expected: " + GROUP + " or " + FORMER_GROUP + ")");
            return;
        }
        onlyFields(document, "", Set.of("apiVersion", "kind", "metadata", "spec", "status"));
        YamlNode.Mapping metadata = mapping(document, "metadata", "metadata");
        YamlNode.Mapping spec = mapping(document, "spec", "spec");
        if (metadata == null || spec == null) {
            return;
        }
        String name = text(metadata, "name", "metadata.name");
        if (name == null) {
            error(metadata.line(), "metadata.name", "missing (expected: a name)");
            return;
        }
        String namespace = text(metadata, "namespace", "metadata.namespace");
        if (isOfThisPool(spec)) {
            resources.add(new Resource(
                    file,
                    kind,
                    FORMER_GROUP.equals(version),
                    namespace == null ? "default" : namespace,
                    name,
                    created(metadata),
                    document.line(),
                    spec));
        }
    }

    private Instant created(YamlNode.Mapping metadata) {
        String text = text(metadata, "creationTimestamp", "metadata.creationTimestamp");
        if (text == null) {
            return Instant.MAX;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            error(
                    line(metadata, "creationTimestamp"),
                    "metadata.creationTimestamp",
                    text + " (expected: a time such as 2026-01-31T12:00:00Z)");
            return Instant.MAX;
        }
    }

    private boolean isOfThisPool(YamlNode.Mapping spec) {
        YamlNode.Mapping ref = mapping(spec, "poolRef", "spec.poolRef");
        if (ref == null) {
            return false;
        }
        onlyFields(ref, "spec.poolRef.", Set.of("group", "kind", "name"));
        String name = text(ref, "name", "spec.poolRef.name");
        if (name == null || name.isEmpty() || name.length() > 253) {
            error(ref.line(), "spec.poolRef.name", name + " (expected: a name of 1 to 253 characters)");
            return false;
        }
        String group = text(ref, "group", "spec.poolRef.group");
        if (!name.equals(pool.name()) || !pool.group().equals(group == null ? PoolName.GROUP : group)) {
            warning(ref.line(), "spec.poolRef", "another pool than " + pool + "; passed over");
            return false;
        }
        return true;
    }

    private void objective(Resource resource, Map<String, Integer> priorities, Set<Integer> desired) {
        onlyFields(resource.spec(), "spec.", Set.of("priority", "poolRef"));
        Integer priority = number(resource.spec(), "priority", "spec.priority", Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (priorities.putIfAbsent(resource.name(), priority == null ? 0 : priority) != null) {
            error(resource.line(), "metadata.name", resource.name() + " is declared twice (expected: once)");
        }
        if (priority != null) {
            desired.add(priority);
        }
    }

    private Rewrite rewrite(Resource resource) {
        onlyFields(resource.spec(), "spec.", Set.of("poolRef", "rules"));
        List<RewriteRule> rules = new ArrayList<>();
        int i = 0;
        for (YamlNode node : sequence(resource.spec(), "rules", "spec.rules")) {
            RewriteRule rule = rule(resource.name(), node, "spec.rules[" + i++ + "]");
            if (rule != null) {
                rules.add(rule);
            }
        }
        if (i == 0) {
            error(resource.line(), "spec.rules", "missing (expected: at least one rule)");
        }
        return new Rewrite(resource, rules);
    }

    private @Nullable RewriteRule rule(String name, YamlNode node, String path) {
        if (!(node instanceof YamlNode.Mapping rule)) {
            error(node.line(), path, node.describe() + " (expected: a rule)");
            return null;
        }
        onlyFields(rule, path + ".", Set.of("matches", "targets"));
        List<String> models = new ArrayList<>();
        int i = 0;
        boolean forAll = true;
        for (YamlNode match : sequence(rule, "matches", path + ".matches")) {
            forAll = false;
            String model = match(match, path + ".matches[" + i++ + "]");
            if (model != null) {
                models.add(model);
            }
        }
        List<RewriteTarget> targets = targets(rule, path + ".targets");
        return targets.isEmpty() || !forAll && models.isEmpty() ? null : new RewriteRule(name, models, targets);
    }

    private @Nullable String match(YamlNode node, String path) {
        if (!(node instanceof YamlNode.Mapping match)) {
            error(node.line(), path, node.describe() + " (expected: a match)");
            return null;
        }
        onlyFields(match, path + ".", Set.of("model"));
        YamlNode.Mapping model = mapping(match, "model", path + ".model");
        if (model == null) {
            return null;
        }
        onlyFields(model, path + ".model.", Set.of("type", "value"));
        String type = text(model, "type", path + ".model.type");
        if (type != null && !type.equals("Exact")) {
            error(line(model, "type"), path + ".model.type", type + " (expected: Exact)");
        }
        String value = text(model, "value", path + ".model.value");
        if (value == null || value.isEmpty()) {
            error(model.line(), path + ".model.value", "missing (expected: a model)");
            return null;
        }
        return value;
    }

    private List<RewriteTarget> targets(YamlNode.Mapping rule, String path) {
        List<RewriteTarget> targets = new ArrayList<>();
        int weighted = 0;
        int i = 0;
        for (YamlNode node : sequence(rule, "targets", path)) {
            String at = path + "[" + i++ + "]";
            if (!(node instanceof YamlNode.Mapping target)) {
                error(node.line(), at, node.describe() + " (expected: a target)");
                continue;
            }
            onlyFields(target, at + ".", Set.of("modelRewrite", "weight"));
            String model = text(target, "modelRewrite", at + ".modelRewrite");
            Integer weight = number(target, "weight", at + ".weight", 0, MAX_WEIGHT);
            if (model == null || model.isEmpty()) {
                error(target.line(), at + ".modelRewrite", "missing (expected: a model)");
                continue;
            }
            weighted += weight == null ? 0 : 1;
            targets.add(new RewriteTarget(model, weight == null ? RewriteTarget.UNWEIGHTED : weight));
        }
        if (i == 0) {
            error(rule.line(), path, "missing (expected: at least one target)");
        } else if (weighted > 0 && weighted < targets.size()) {
            warning(rule.line(), path, "targets without a weight are never chosen beside weighted ones");
        }
        return targets;
    }

    private @Nullable String text(YamlNode.Mapping mapping, String name, String path) {
        YamlNode.Field field = mapping.fields().get(name);
        return switch (field == null ? null : field.value()) {
            case null -> null;
            case YamlNode.Null absent -> null;
            case YamlNode.Scalar scalar -> scalar.text();
            case YamlNode other -> {
                error(other.line(), path, other.describe() + " (expected: text)");
                yield null;
            }
        };
    }

    private @Nullable Integer number(YamlNode.Mapping mapping, String name, String path, int min, int max) {
        String text = text(mapping, name, path);
        if (text == null) {
            return null;
        }
        try {
            int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            error(line(mapping, name), path, text + " (expected: a whole number from " + min + " to " + max + ")");
            return null;
        }
        error(line(mapping, name), path, text + " (expected: a whole number from " + min + " to " + max + ")");
        return null;
    }

    private YamlNode.@Nullable Mapping mapping(YamlNode.Mapping in, String name, String path) {
        YamlNode.Field field = in.fields().get(name);
        if (field != null && field.value() instanceof YamlNode.Mapping mapping) {
            return mapping;
        }
        error(
                field == null ? in.line() : field.line(),
                path,
                (field == null ? "missing" : field.value().describe()) + " (expected: a mapping)");
        return null;
    }

    private List<YamlNode> sequence(YamlNode.Mapping in, String name, String path) {
        YamlNode.Field field = in.fields().get(name);
        return switch (field == null ? null : field.value()) {
            case null -> List.of();
            case YamlNode.Null absent -> List.of();
            case YamlNode.Sequence sequence -> sequence.items();
            case YamlNode other -> {
                error(other.line(), path, other.describe() + " (expected: a list)");
                yield List.of();
            }
        };
    }

    private void onlyFields(YamlNode.Mapping mapping, String prefix, Set<String> known) {
        mapping.fields().forEach((name, field) -> {
            if (!known.contains(name)) {
                error(field.line(), prefix + name, "unknown field (expected: one of " + new TreeSet<>(known) + ")");
            }
        });
    }

    private static int line(YamlNode.Mapping mapping, String name) {
        YamlNode.Field field = mapping.fields().get(name);
        return field == null ? mapping.line() : field.line();
    }

    private void error(int line, String field, String message) {
        findings.add(new Finding(Severity.ERROR, file, line, field, message));
    }

    private void warning(int line, String field, String message) {
        findings.add(new Finding(Severity.WARNING, file, line, field, message));
    }
}
