package io.llmd.simulator.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Shape of a decoder model, as far as time and memory depend on it. Figures from the models' published configurations.
 *
 * @param name as presets are asked for
 * @param layers decoder layers
 * @param hidden width of the residual stream
 * @param queryHeads attention heads
 * @param kvHeads heads of keys and values
 * @param headDim width of a head
 * @param feedForward inner width of the gated MLP; of one expert in a mixture
 * @param vocabulary tokens
 * @param experts experts of a mixture; 0 for a dense model
 * @param expertsPerToken experts that one token runs through
 * @param latentDim cached width of a layer with multi-head latent attention; 0 for keys and values of each head
 */
public record ModelArchitecture(
        String name,
        int layers,
        int hidden,
        int queryHeads,
        int kvHeads,
        int headDim,
        int feedForward,
        int vocabulary,
        int experts,
        int expertsPerToken,
        int latentDim) {

    /** Llama-3.1-8B. */
    public static final ModelArchitecture LLAMA_8B = dense("llama-3.1-8b", 32, 4096, 32, 8, 128, 14_336, 128_256);

    /** Llama-2-70B. */
    public static final ModelArchitecture LLAMA_2_70B = dense("llama-2-70b", 80, 8192, 64, 8, 128, 28_672, 32_000);

    /** Llama-3.1-70B and Llama-3.3-70B. */
    public static final ModelArchitecture LLAMA_70B = dense("llama-3.1-70b", 80, 8192, 64, 8, 128, 28_672, 128_256);

    /** Llama-3.1-405B. */
    public static final ModelArchitecture LLAMA_405B =
            dense("llama-3.1-405b", 126, 16_384, 128, 8, 128, 53_248, 128_256);

    /** Qwen3-14B. */
    public static final ModelArchitecture QWEN3_14B = dense("qwen3-14b", 40, 5120, 40, 8, 128, 17_408, 151_936);

    /** Qwen3-32B. */
    public static final ModelArchitecture QWEN3_32B = dense("qwen3-32b", 64, 5120, 64, 8, 128, 25_600, 151_936);

    /** Qwen3-30B-A3B; step times are those of other mixtures. */
    public static final ModelArchitecture QWEN3_30B_A3B =
            new ModelArchitecture("qwen3-30b-a3b", 48, 2048, 32, 4, 128, 768, 151_936, 128, 8, 0);

    /** Mixtral-8x7B. */
    public static final ModelArchitecture MIXTRAL_8X7B =
            new ModelArchitecture("mixtral-8x7b", 32, 4096, 32, 8, 128, 14_336, 32_000, 8, 2, 0);

    /** DeepSeek-R1; step times are not fitted. */
    public static final ModelArchitecture DEEPSEEK_R1 =
            new ModelArchitecture("deepseek-r1", 61, 7168, 128, 128, 128, 2048, 129_280, 256, 9, 576);

    private static final List<ModelArchitecture> PRESETS = List.of(
            LLAMA_8B,
            LLAMA_2_70B,
            LLAMA_70B,
            LLAMA_405B,
            QWEN3_14B,
            QWEN3_32B,
            QWEN3_30B_A3B,
            MIXTRAL_8X7B,
            DEEPSEEK_R1);

    private static final Map<String, ModelArchitecture> OF_THE_SAME_SHAPE = Map.of("llama-3.3-70b", LLAMA_70B);

    public ModelArchitecture {
        int least = Arrays.stream(new int[] {layers, hidden, queryHeads, kvHeads, headDim, feedForward, vocabulary})
                .min()
                .orElseThrow();
        if (least < 1 || experts < 0 || expertsPerToken < 0 || expertsPerToken > experts || latentDim < 0) {
            throw new IllegalArgumentException("architecture " + name
                    + " (expected: sizes >= 1, experts >= 0, 0 <= expertsPerToken <= experts, latentDim >= 0)");
        }
    }

    private static ModelArchitecture dense(
            String name, int layers, int hidden, int queryHeads, int kvHeads, int headDim, int ff, int vocabulary) {
        return new ModelArchitecture(name, layers, hidden, queryHeads, kvHeads, headDim, ff, vocabulary, 0, 0, 0);
    }

    /** The built-in models. */
    public static List<ModelArchitecture> presets() {
        return PRESETS;
    }

    /** The built-in model of that name, case and what stands before a slash ignored. */
    public static Optional<ModelArchitecture> preset(String name) {
        String wanted = name.substring(name.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        return named(wanted::equals);
    }

    /** The built-in model whose name is part of a model's name, case ignored. */
    public static Optional<ModelArchitecture> within(String modelName) {
        String name = modelName.toLowerCase(Locale.ROOT);
        return named(name::contains);
    }

    private static Optional<ModelArchitecture> named(Predicate<String> wanted) {
        return Stream.concat(
                        PRESETS.stream().map(preset -> Map.entry(preset.name(), preset)),
                        OF_THE_SAME_SHAPE.entrySet().stream())
                .filter(named -> wanted.test(named.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** Whether tokens run through some of many experts. */
    public boolean isMixture() {
        return experts > 0;
    }

    /** Parameters of the attention projections of all layers. */
    double attentionParameters() {
        return (double) layers * (2.0 * hidden * queryHeads * headDim + 2.0 * hidden * kvHeads * headDim);
    }

    /** Parameters of one gated MLP, or one expert, in all layers. */
    double feedForwardParameters() {
        return 3.0 * layers * hidden * feedForward;
    }

    /** Linear parameters that one token runs through. */
    double activeParameters() {
        return attentionParameters() + (isMixture() ? activeExpertParameters() : feedForwardParameters());
    }

    /** Parameters of the experts that one token runs through; 0 for a dense model. */
    double activeExpertParameters() {
        return feedForwardParameters() * expertsPerToken;
    }

    /** Linear parameters of all layers. */
    double linearParameters() {
        return attentionParameters() + feedForwardParameters() * (isMixture() ? experts : 1);
    }

    /** Linear parameters that a step of so many tokens reads: each token picks its experts at random. */
    double readParameters(int tokens) {
        if (!isMixture()) {
            return linearParameters();
        }
        double untouched = Math.pow(1 - (double) expertsPerToken / experts, tokens);
        return attentionParameters() + feedForwardParameters() * experts * (1 - untouched);
    }

    /** Parameters of the output head; the embedding has as many. */
    double headParameters() {
        return (double) hidden * vocabulary;
    }

    /** Bytes that one token takes in the KV cache of all layers. */
    public long kvBytesPerToken(int bytesPerValue) {
        long width = latentDim > 0 ? latentDim : 2L * kvHeads * headDim;
        return layers * width * bytesPerValue;
    }
}
