package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.parser.FrameCount;
import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.PixelTokens;
import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenProducerTest {

    private final TokenProducer.Factory factory = new TokenProducer.Factory();

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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{modelName: m, vllm: {url: 'https://render:8000', timeout: 2s, mmTimeout: 1m}} | vllm: engines",
                "{modelName: m} | vllm: engines",
                "{modelName: m, udsTokenizerConfig: {socketFile: /run/t}} | udsTokenizerConfig is deprecated"
            })
    void otherWaysToCountAreTakenWithAWarning(String yaml, String warning) {
        assertThat(estimate(yaml)).isEqualTo(MediaEstimate.DEFAULT);
        assertThat(warnings(yaml))
                .singleElement()
                .asString()
                .startsWith(warning)
                .contains("tokens are estimated");
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
        return factory.create("t", ParameterBinder.bind(TokenParams.class, yaml))
                .mediaEstimate();
    }

    private List<String> warnings(String yaml) {
        return factory.warnings(ParameterBinder.bind(TokenParams.class, yaml));
    }
}
