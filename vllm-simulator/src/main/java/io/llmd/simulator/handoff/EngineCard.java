package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.ModelArchitecture;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;

/**
 * What an engine tells another one at their first contact.
 *
 * @param engineId unique, new with each start
 * @param compatibility equal for engines that can read each other's blocks
 * @param tensorParallel GPUs that share the model
 * @param blockTokens tokens in one block
 */
public record EngineCard(String engineId, String compatibility, int tensorParallel, int blockTokens) {
    public EngineCard {
        Objects.requireNonNull(engineId, "engineId");
        Objects.requireNonNull(compatibility, "compatibility");
    }

    /**
     * The card of an engine.
     *
     * @param version of vLLM; engines of different versions do not understand each other
     * @param model name of the model
     * @param move how blocks get to other engines
     */
    public static EngineCard of(
            String engineId, String version, String model, Deployment deployment, int blockTokens, BlockMove move) {
        ModelArchitecture shape = deployment.model();
        String factors = String.join(
                "\n",
                version,
                model,
                "kv heads " + shape.kvHeads(),
                "head size " + shape.headDim(),
                "layers " + shape.layers(),
                "latent " + shape.latentDim(),
                "bytes " + deployment.kvValueBytes(),
                move.name().toLowerCase(Locale.ROOT));
        return new EngineCard(engineId, sha256(factors), deployment.tensorParallel(), blockTokens);
    }

    /** Whether the degrees of tensor parallelism fit: one has to divide the other. */
    public boolean fits(EngineCard other) {
        int larger = Math.max(tensorParallel, other.tensorParallel);
        return larger % Math.min(tensorParallel, other.tensorParallel) == 0;
    }

    private static String sha256(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
