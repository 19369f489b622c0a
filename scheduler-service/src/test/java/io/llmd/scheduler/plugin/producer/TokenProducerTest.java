package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.parser.FrameCount;
import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.MediaEstimator;
import io.llmd.scheduler.parser.PixelTokens;
import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.PromptTokenizer;
import io.llmd.scheduler.tokenizer.EngineSettings;
import io.llmd.scheduler.tokenizer.TokenizationListener;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;

class TokenProducerTest {

    private final TokenProducer.Factory factory = new TokenProducer.Factory(
            (delay, task) -> {}, new DefaultListableBeanFactory().getBeanProvider(TokenizationListener.class));

    @Test
    void withoutParametersTheDefaultsHold() {
        assertThat(estimate("{}")).isEqualTo(MediaEstimate.DEFAULT);
        assertThat(estimate("estimate: {image: {}, video: {}}")).isEqualTo(MediaEstimate.DEFAULT);
        assertThat(warnings("{}")).isEmpty();
    }

    @Test
    void constantsAndStridedFramesArrive() {
        assertThat(estimate("""
                        estimate:
                          image: {mode: static, static: {staticToken: 256}}
                          video:
                            defaultDuration: 4.5
                            maxVideoTokens: 9000
                            tokensPerFrame: {mode: static, static: {numTokensPerFrame: 64}}
                            frames: {mode: strided, minFrames: 2, maxFrames: 32, strided: {defaultSourceFPS: 30, frameStride: 15}}
                        """))
                .isEqualTo(new MediaEstimate(
                        new PixelTokens(256, 1024, 640, 360),
                        new PixelTokens(64, 1024, 640, 360),
                        new FrameCount(0, 1, 30, 15, 2, 32),
                        4.5,
                        9000));
    }

    @Test
    void pixelsAndSampledFramesArrive() {
        assertThat(estimate("""
                        estimate:
                          image: {defaultResolution: {width: 100, height: 50}, dynamic: {factor: 10}}
                          video:
                            defaultResolution: {width: 320, height: 240}
                            tokensPerFrame: {mode: dynamic, dynamic: {factor: 784}}
                            frames: {sampled: {sampleFPS: 0.5, temporalPatchSize: 2}}
                        """))
                .isEqualTo(new MediaEstimate(
                        new PixelTokens(0, 10, 100, 50),
                        new PixelTokens(0, 784, 320, 240),
                        new FrameCount(0.5, 2, 24, 1, 0, 0),
                        10,
                        0));
    }

    @Test
    void anEngineMakesExactTokensWithTheDefaultsOfLlmD() {
        MediaEstimator given = create("{modelName: m, vllm: {url: 'https://render:8000', timeout: 2s, mmTimeout: 1m}}");
        assertThat(given.readsAgain()).isTrue();
        assertThat(given).isInstanceOf(PromptTokenizer.class);
        assertThat(((PromptTokenizer) given).tokenizeTimeout(request())).isEqualTo(Duration.ofSeconds(2));
        assertThat(params("{modelName: m}").engine())
                .isEqualTo(new EngineSettings(
                        URI.create("http://localhost:8000"), "m", Duration.ofSeconds(5), Duration.ofSeconds(30)));
        assertThat(params("{modelName: m, vllm: {}}").engine())
                .isEqualTo(params("{modelName: m}").engine());
        assertThat(warnings("{modelName: m}")).isEmpty();
    }

    @Test
    void aTokenizerMakesExactTokensAndItsFilesMustBeThere() {
        assertThat(create("local: {path: ../vllm-simulator/src/test/resources/golden/real-vllm/model}"))
                .isInstanceOf(PromptTokenizer.class);
        assertThatThrownBy(() -> create("local: {path: /no/such/folder}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("tokenizer: /no/such/folder (expected: a tokenizer.json");
    }

    @Test
    void theEstimateIsNoTokenizer() {
        assertThat(create("{}")).isNotInstanceOf(PromptTokenizer.class);
        assertThat(create("{}").readsAgain()).isFalse();
    }

    @Test
    void theDeprecatedWayIsTakenWithAWarning() {
        String yaml = "{modelName: m, udsTokenizerConfig: {socketFile: /run/t}}";
        assertThat(estimate(yaml)).isEqualTo(MediaEstimate.DEFAULT);
        assertThat(create(yaml)).isNotInstanceOf(PromptTokenizer.class);
        assertThat(warnings(yaml)).singleElement().asString().startsWith("udsTokenizerConfig is deprecated");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{vllm: {}} | modelName: is missing",
                "{modelName: m, vllm: {url: render}} | vllm.url: not an address",
                "{modelName: m, vllm: {timeout: 0s}} | vllm.timeout: PT0S",
                "{modelName: m, vllm: {mmTimeout: -1s}} | vllm.mmTimeout: -1s",
                "{modelName: m, vllm: {port: 1}} | vllm.port: unknown field",
                "{modelName: m, estimate: {}} | modelName: besides estimate",
                "{modelName: m, vllm: {}, estimate: {}} | estimate: besides vllm",
                "{modelName: m, vllm: {}, udsTokenizerConfig: {}} | udsTokenizerConfig: besides vllm",
                "{local: {}} | local.path: is missing",
                "{local: {path: ''}} | local.path: empty",
                "{local: {path: /m, threads: 0}} | local.threads: 0",
                "{local: {path: /m, timeout: 0s}} | local.timeout: PT0S",
                "{local: {path: /m}, modelName: m} | modelName: besides local",
                "{local: {path: /m}, modelName: m, vllm: {}} | local: besides vllm",
                "{local: {path: /m}, estimate: {}} | estimate: besides local",
                "{cacheMegabytes: -1} | cacheMegabytes: -1",
                "{estimate: {image: {mode: guessed}}} | estimate.image.mode: guessed",
                "{estimate: {image: {static: {staticToken: 0}}}} | estimate.image.static.staticToken: 0",
                "{estimate: {video: {defaultDuration: 0}}} | estimate.video.defaultDuration: 0.0",
                "{estimate: {video: {frames: {maxFrames: -1}}}} | estimate.video.frames.maxFrames: -1"
            })
    void whatCannotBeIsRefused(String yaml, String finding) {
        assertThatThrownBy(() -> ParameterBinder.bind(TokenParams.class, yaml.strip()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(finding);
    }

    private MediaEstimate estimate(String yaml) {
        return create(yaml).mediaEstimate();
    }

    private MediaEstimator create(String yaml) {
        return factory.create("t", params(yaml));
    }

    private List<String> warnings(String yaml) {
        return factory.warnings(params(yaml));
    }

    private static TokenParams params(String yaml) {
        return ParameterBinder.bind(TokenParams.class, yaml);
    }
}
