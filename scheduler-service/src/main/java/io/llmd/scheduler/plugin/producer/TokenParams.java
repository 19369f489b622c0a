package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.parser.FrameCount;
import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.PixelTokens;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.FieldName;
import io.llmd.scheduler.plugin.YamlNode;
import io.llmd.scheduler.tokenizer.EngineSettings;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Parameters of token-producer: one of several ways to know tokens.
 *
 * @param estimate the way that is built: bytes and pixels
 * @param vllm asks a model server
 * @param local has the model's tokenizer
 * @param udsTokenizerConfig deprecated; the estimate stands in for it
 * @param modelName name that the model server serves the base model under
 * @param cacheMegabytes most MiB of tokens that are kept
 */
record TokenParams(
        @Nullable Estimate estimate,
        @Nullable Vllm vllm,
        @Nullable Local local,
        @Nullable YamlNode udsTokenizerConfig,
        @Default("") String modelName,
        @Default("64") int cacheMegabytes) {

    private static final int MAX_CACHE_MEGABYTES = 1 << 20;

    TokenParams {
        requireOne("estimate", estimate, "vllm", vllm);
        requireOne("estimate", estimate, "udsTokenizerConfig", udsTokenizerConfig);
        requireOne("estimate", estimate, "local", local);
        requireOne("udsTokenizerConfig", udsTokenizerConfig, "vllm", vllm);
        requireOne("local", local, "vllm", vllm);
        requireOne("local", local, "udsTokenizerConfig", udsTokenizerConfig);
        if (cacheMegabytes < 0 || cacheMegabytes > MAX_CACHE_MEGABYTES) {
            throw new IllegalArgumentException(
                    "cacheMegabytes: " + cacheMegabytes + " (expected: 0 to " + MAX_CACHE_MEGABYTES + ")");
        }
        if (vllm != null && modelName.isEmpty()) {
            throw new IllegalArgumentException("modelName: is missing (expected: the model of vllm)");
        }
        if ((estimate != null || local != null) && !modelName.isEmpty()) {
            throw new IllegalArgumentException(
                    "modelName: besides " + (estimate == null ? "local" : "estimate") + " (expected: only with vllm)");
        }
    }

    private static void requireOne(String name, @Nullable Object way, String otherName, @Nullable Object other) {
        if (way != null && other != null) {
            throw new IllegalArgumentException(name + ": besides " + otherName + " (expected: one way to know tokens)");
        }
    }

    /** How an engine is asked; null when none is. */
    @Nullable
    EngineSettings engine() {
        if (udsTokenizerConfig != null || (vllm == null && modelName.isEmpty())) {
            return null;
        }
        Vllm way = vllm == null ? Vllm.DEFAULT : vllm;
        return new EngineSettings(URI.create(way.url()), modelName, way.timeout(), way.mmTimeout());
    }

    long cacheBytes() {
        return (long) cacheMegabytes << 20;
    }

    MediaEstimate mediaEstimate() {
        return estimate == null ? MediaEstimate.DEFAULT : estimate.toMedia();
    }

    /**
     * Where an engine counts tokens.
     *
     * @param url its address
     * @param timeout bound of a call
     * @param mmTimeout bound of a call with media
     */
    record Vllm(
            @Default("http://localhost:8000") String url,
            @Default("5s") Duration timeout,
            @Default("30s") Duration mmTimeout) {

        private static final Vllm DEFAULT =
                new Vllm("http://localhost:8000", Duration.ofSeconds(5), Duration.ofSeconds(30));

        Vllm {
            if (!isHttp(url)) {
                throw new IllegalArgumentException("url: not an address of an engine (expected: http://host:port)");
            }
            positive("timeout", timeout);
            positive("mmTimeout", mmTimeout);
        }

        private static boolean isHttp(String url) {
            try {
                URI address = URI.create(url);
                return address.getHost() != null
                        && ("http".equals(address.getScheme()) || "https".equals(address.getScheme()));
            } catch (IllegalArgumentException noAddress) {
                return false;
            }
        }
    }

    /**
     * Where the tokenizer of the model is.
     *
     * @param path a {@code tokenizer.json}, or a folder that has one and what belongs to it
     * @param chatTemplate file of a chat template to use instead of the model's; empty for the model's
     * @param threads most requests whose tokens are made at once
     * @param timeout after which a request goes on without
     */
    record Local(
            String path,
            @Default("") String chatTemplate,
            @Default("2") int threads,
            @Default("5s") Duration timeout) {

        private static final int MAX_THREADS = 256;

        Local {
            if (path.isEmpty()) {
                throw new IllegalArgumentException("path: empty (expected: a tokenizer.json or its folder)");
            }
            if (threads < 1 || threads > MAX_THREADS) {
                throw new IllegalArgumentException("threads: " + threads + " (expected: 1 to " + MAX_THREADS + ")");
            }
            positive("timeout", timeout);
        }
    }

    /**
     * How media count.
     *
     * @param image images
     * @param video videos
     */
    record Estimate(Image image, Video video) {
        MediaEstimate toMedia() {
            return new MediaEstimate(
                    image.toTokens(),
                    video.frameTokens(),
                    video.frames().toCount(),
                    video.defaultDuration(),
                    video.maxVideoTokens());
        }
    }

    /** Whether pixels or a constant give the tokens. */
    enum PixelMode {
        DYNAMIC,
        STATIC
    }

    /** Which frames of a video an engine looks at. */
    enum FrameMode {
        SAMPLED,
        STRIDED
    }

    /**
     * Size of a picture.
     *
     * @param width pixels
     * @param height pixels
     */
    record Resolution(
            @Default("640") int width, @Default("360") int height) {
        Resolution {
            atLeast("width", width, 1);
            atLeast("height", height, 1);
        }
    }

    /**
     * How an image counts.
     *
     * @param mode by its pixels or as a constant
     * @param defaultResolution size where it cannot be read
     * @param constant settings of the mode static
     * @param dynamic settings of the mode dynamic
     */
    record Image(
            @Default("dynamic") PixelMode mode,
            Resolution defaultResolution,
            @FieldName("static") StaticImage constant,
            Dynamic dynamic) {
        private PixelTokens toTokens() {
            return tokens(mode, constant.staticToken(), dynamic, defaultResolution);
        }
    }

    /** @param staticToken tokens of an image */
    record StaticImage(@Default("1") int staticToken) {
        StaticImage {
            atLeast("staticToken", staticToken, 1);
        }
    }

    /** @param factor pixels per token */
    record Dynamic(@Default("1024") int factor) {
        Dynamic {
            atLeast("factor", factor, 1);
        }
    }

    /**
     * How a video counts: frames times tokens per frame.
     *
     * @param defaultResolution size of a frame where the request does not say it
     * @param defaultDuration seconds where the request does not say them
     * @param tokensPerFrame a frame
     * @param frames which frames
     * @param maxVideoTokens most tokens of a video, 0 for no limit
     */
    record Video(
            Resolution defaultResolution,
            @Default("10") double defaultDuration,
            TokensPerFrame tokensPerFrame,
            Frames frames,
            @Default("0") int maxVideoTokens) {
        Video {
            above("defaultDuration", defaultDuration);
            atLeast("maxVideoTokens", maxVideoTokens, 0);
        }

        private PixelTokens frameTokens() {
            return tokens(
                    tokensPerFrame.mode(),
                    tokensPerFrame.constant().numTokensPerFrame(),
                    tokensPerFrame.dynamic(),
                    defaultResolution);
        }
    }

    /**
     * How a frame counts.
     *
     * @param mode by its pixels or as a constant
     * @param constant settings of the mode static
     * @param dynamic settings of the mode dynamic
     */
    record TokensPerFrame(
            @Default("dynamic") PixelMode mode,
            @FieldName("static") StaticFrame constant,
            Dynamic dynamic) {}

    /** @param numTokensPerFrame tokens of a frame */
    record StaticFrame(@Default("1") int numTokensPerFrame) {
        StaticFrame {
            atLeast("numTokensPerFrame", numTokensPerFrame, 1);
        }
    }

    /**
     * Which frames count.
     *
     * @param mode so many per second, or every so many of the source
     * @param minFrames fewest
     * @param maxFrames most, 0 for no limit
     * @param sampled settings of the mode sampled
     * @param strided settings of the mode strided
     */
    record Frames(
            @Default("sampled") FrameMode mode,
            @Default("0") int minFrames,
            @Default("0") int maxFrames,
            Sampled sampled,
            Strided strided) {
        Frames {
            atLeast("minFrames", minFrames, 0);
            atLeast("maxFrames", maxFrames, 0);
        }

        private FrameCount toCount() {
            return new FrameCount(
                    mode == FrameMode.SAMPLED ? sampled.sampleFPS() : 0,
                    Math.max(1, sampled.temporalPatchSize()),
                    strided.defaultSourceFPS(),
                    strided.frameStride(),
                    minFrames,
                    maxFrames);
        }
    }

    /**
     * So many frames per second.
     *
     * @param sampleFPS frames per second
     * @param temporalPatchSize frames that become one
     */
    record Sampled(
            @Default("2") double sampleFPS, @Default("1") int temporalPatchSize) {
        Sampled {
            above("sampleFPS", sampleFPS);
            atLeast("temporalPatchSize", temporalPatchSize, 0);
        }
    }

    /**
     * Every so many frames of the source.
     *
     * @param defaultSourceFPS frames of the source per second where the request does not say them
     * @param frameStride every so many
     */
    record Strided(
            @Default("24") double defaultSourceFPS,
            @Default("1") int frameStride) {
        Strided {
            above("defaultSourceFPS", defaultSourceFPS);
            atLeast("frameStride", frameStride, 1);
        }
    }

    private static PixelTokens tokens(PixelMode mode, int constant, Dynamic dynamic, Resolution size) {
        return new PixelTokens(mode == PixelMode.STATIC ? constant : 0, dynamic.factor(), size.width(), size.height());
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
        }
    }

    private static void above(String name, double value) {
        if (!(value > 0)) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
