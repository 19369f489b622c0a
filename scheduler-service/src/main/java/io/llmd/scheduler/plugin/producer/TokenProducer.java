package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.MediaEstimator;
import io.llmd.scheduler.plugin.PluginFactory;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Says how images and videos count in the estimate of tokens that reading a request makes: four bytes of text are one
 * token. Configurations that ask an engine for tokens load, are told that the estimate stands in, and get it.
 */
final class TokenProducer implements MediaEstimator {

    static final String TYPE = "token-producer";

    private final MediaEstimate estimate;

    TokenProducer(TokenParams params) {
        estimate = params.mediaEstimate();
    }

    @Override
    public MediaEstimate mediaEstimate() {
        return estimate;
    }

    @Component
    static final class Factory implements PluginFactory<TokenParams> {
        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public List<String> aliases() {
            return List.of("tokenizer");
        }

        @Override
        public Class<TokenParams> paramsType() {
            return TokenParams.class;
        }

        @Override
        public List<String> warnings(TokenParams params) {
            if (params.udsTokenizerConfig() != null) {
                return List.of("udsTokenizerConfig is deprecated and no tokenizer is asked in this version: tokens are"
                        + " estimated, four bytes of text each");
            }
            return params.asksEngine()
                    ? List.of(
                            "vllm: engines are not asked for tokens in this version: tokens are estimated, four bytes of"
                                    + " text each")
                    : List.of();
        }

        @Override
        public TokenProducer create(String name, TokenParams params) {
            return new TokenProducer(params);
        }
    }
}
