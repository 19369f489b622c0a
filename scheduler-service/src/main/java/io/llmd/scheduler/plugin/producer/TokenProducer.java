package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.YamlNode;
import io.llmd.scheduler.scheduling.Plugin;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Stands for the estimate of tokens that reading the request body always makes: four bytes of text are one token. The
 * plugin itself does nothing; it lets configurations that name it load, and refuses other ways of counting.
 */
final class TokenProducer implements Plugin {

    static final String TYPE = "token-producer";

    /**
     * Parameters.
     *
     * @param estimate the backend that exists; media are counted with fixed figures
     * @param vllm backend that asks a model server; not available
     * @param udsTokenizerConfig deprecated backend; not available
     * @param modelName model for the backends that are not available
     */
    record Params(
            @Nullable Estimate estimate,
            @Nullable YamlNode vllm,
            @Nullable YamlNode udsTokenizerConfig,
            @Default("") String modelName) {
        Params {
            if (vllm != null || udsTokenizerConfig != null) {
                throw new IllegalArgumentException((vllm == null ? "udsTokenizerConfig" : "vllm")
                        + ": a backend that this version does not have (expected: estimate)");
            }
        }
    }

    /** Settings of the estimate; none can be changed in this version. */
    record Estimate() {}

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public List<String> aliases() {
            return List.of("tokenizer");
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public TokenProducer create(String name, Params params) {
            return new TokenProducer();
        }
    }
}
