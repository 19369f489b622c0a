package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.MediaEstimator;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.PluginTimer;
import io.llmd.scheduler.tokenizer.EngineSettings;
import io.llmd.scheduler.tokenizer.EngineTokenSource;
import io.llmd.scheduler.tokenizer.LocalTokenSource;
import io.llmd.scheduler.tokenizer.RequestTokenizer;
import io.llmd.scheduler.tokenizer.TokenizationListener;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.function.LongSupplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Says how images and videos count in the estimate of tokens that reading a request makes: four bytes of text are one
 * token. Where an engine or a tokenizer is configured, its factory makes an {@link ExactTokenProducer} instead.
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

        private static final LongSupplier NANO_CLOCK = System::nanoTime;
        private static final int ENGINE_THREADS = 2;

        private final PluginTimer timer;
        private final ObjectProvider<TokenizationListener> listeners;

        Factory(PluginTimer timer, ObjectProvider<TokenizationListener> listeners) {
            this.timer = timer;
            this.listeners = listeners;
        }

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
            return params.udsTokenizerConfig() == null
                    ? List.of()
                    : List.of(
                            "udsTokenizerConfig is deprecated and no such tokenizer is asked: tokens are estimated, four"
                                    + " bytes of text each; use vllm or local instead");
        }

        @Override
        public MediaEstimator create(String name, TokenParams params) {
            EngineSettings engine = params.engine();
            TokenParams.Local local = params.local();
            if (engine != null) {
                EngineTokenSource source = new EngineTokenSource(engine, timer, NANO_CLOCK);
                return new ExactTokenProducer(
                        new RequestTokenizer(name, source, ENGINE_THREADS, params.cacheBytes(), listener(), NANO_CLOCK),
                        engine.timeout(),
                        engine.mediaTimeout());
            }
            return local == null ? new TokenProducer(params) : local(name, params, local);
        }

        /** Of what is kept, a quarter is for whole requests, the rest for the pieces that conversations have in common. */
        private ExactTokenProducer local(String name, TokenParams params, TokenParams.Local local) {
            long requests = params.cacheBytes() / 4;
            LocalTokenSource source = new LocalTokenSource(
                    name,
                    Path.of(local.path()),
                    local.chatTemplate().isEmpty() ? null : Path.of(local.chatTemplate()),
                    params.cacheBytes() - requests,
                    listener(),
                    LocalDateTime::now);
            return new ExactTokenProducer(
                    new RequestTokenizer(name, source, local.threads(), requests, listener(), NANO_CLOCK),
                    local.timeout(),
                    local.timeout());
        }

        private TokenizationListener listener() {
            return listeners.getIfAvailable(() -> TokenizationListener.NONE);
        }
    }
}
