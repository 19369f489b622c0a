package io.llmd.scheduler.plugin.source;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.PageSource;
import io.llmd.scheduler.datalayer.PageSource.Pace;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Fetches the list of models of every endpoint. */
final class ModelsDataSource {

    /**
     * @param scheme whether TLS is used
     * @param path path of the page
     * @param insecureSkipVerify whether any certificate of the endpoint is taken
     * @param caCertPath PEM file with the authorities that are trusted instead of the JDK's
     * @param clientCertPath PEM file with this scheduler's certificate
     * @param clientKeyPath PEM file with its key
     * @param interval time between two readings
     */
    record Params(
            @Default("http") Scheme scheme,
            @Default("/v1/models") String path,
            @Default("true") boolean insecureSkipVerify,
            @Nullable String caCertPath,
            @Nullable String clientCertPath,
            @Nullable String clientKeyPath,
            @Nullable Duration interval) {
        Params {
            new PageSource.Settings(
                    path,
                    null,
                    interval,
                    Pace.SLOW,
                    0,
                    scheme.tls(insecureSkipVerify, caCertPath, clientCertPath, clientKeyPath));
        }

        private PageSource.Settings settings() {
            return new PageSource.Settings(
                    path,
                    null,
                    interval,
                    Pace.SLOW,
                    0,
                    scheme.tls(insecureSkipVerify, caCertPath, clientCertPath, clientKeyPath));
        }
    }

    private ModelsDataSource() {}

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "models-data-source";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public PageSource create(String name, Params params) {
            return new PageSource(Content.MODELS, params.settings());
        }
    }
}
