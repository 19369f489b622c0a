package io.llmd.scheduler.resource;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;

/** The API groups that have objectives and rewrites. */
enum ResourceGroup {
    /** The group of today. */
    CURRENT("llm-d.ai"),
    /** The group that they had before. */
    FORMER("inference.networking.x-k8s.io");

    private static final String VERSION = "v1alpha2";

    private final String group;

    ResourceGroup(String group) {
        this.group = group;
    }

    /** Group and version, as in {@code apiVersion}. */
    String apiVersion() {
        return group + "/" + VERSION;
    }

    /** The group of an object. */
    static ResourceGroup of(String apiVersion) {
        return apiVersion.equals(CURRENT.apiVersion()) ? CURRENT : FORMER;
    }

    /** How to ask for objects of a kind. */
    ResourceDefinitionContext context(String kind) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(VERSION)
                .withKind(kind)
                .withPlural(kind.toLowerCase(java.util.Locale.ROOT) + "s")
                .withNamespaced(true)
                .build();
    }
}
