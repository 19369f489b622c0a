package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What is scaled: an object with a scale subresource and {@code spec.replicas}.
 *
 * @param namespace its namespace
 * @param apiVersion such as {@code apps/v1}
 * @param kind such as {@code Deployment}
 * @param name its name
 */
public record TargetRef(String namespace, String apiVersion, String kind, String name) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern KIND = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,62}");
    private static final Pattern VERSION = Pattern.compile("([a-z0-9.-]{1,253}/)?v[a-z0-9]{1,62}");

    public TargetRef {
        require("namespace", namespace, NAME);
        require("scaleTargetRef.apiVersion", apiVersion, VERSION);
        require("scaleTargetRef.kind", kind, KIND);
        require("scaleTargetRef.name", name, NAME);
    }

    private static void require(String field, String value, Pattern pattern) {
        if (!pattern.matcher(value).matches()) {
            throw new IllegalArgumentException(field + ": " + value + " (expected: a name)");
        }
    }

    private String group() {
        int slash = apiVersion.indexOf('/');
        return slash < 0 ? "" : apiVersion.substring(0, slash);
    }

    private String version() {
        return apiVersion.substring(apiVersion.indexOf('/') + 1);
    }

    /** As Kubernetes names the resources of a kind. */
    private String plural() {
        String lower = kind.toLowerCase(Locale.ROOT);
        if (lower.endsWith("y")) {
            return lower.substring(0, lower.length() - 1) + "ies";
        }
        return lower.endsWith("s") || lower.endsWith("x") || lower.endsWith("ch") ? lower + "es" : lower + "s";
    }

    /** Path of the object. */
    String path() {
        return (group().isEmpty() ? "/api/" : "/apis/") + apiVersion + "/namespaces/" + namespace + "/" + plural() + "/"
                + name;
    }

    /** Path of its scale subresource. */
    String scalePath() {
        return path() + "/scale";
    }

    /** How to ask for objects of its kind. */
    public ResourceDefinitionContext context() {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group())
                .withVersion(version())
                .withKind(kind)
                .withPlural(plural())
                .withNamespaced(true)
                .build();
    }

    /** Those of one kind and namespace have the same. */
    String followedAs() {
        return apiVersion + " " + kind + " of " + namespace;
    }
}
