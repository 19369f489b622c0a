package io.llmd.autoscaler.kube;

/**
 * Where a variant is in the cluster.
 *
 * @param id {@code namespace/name}; the label {@code llm-d.ai/variant} of its pods has the name
 * @param target what is scaled
 * @param actuation how
 */
public record KubeVariant(String id, TargetRef target, Actuation actuation) {}
