package io.llmd.gateway.config;

import io.llmd.gateway.access.AccessControl;
import io.llmd.gateway.console.Console;
import io.llmd.gateway.console.ConsoleSettings;
import io.llmd.gateway.console.Feed;
import io.llmd.gateway.console.LoadLab;
import io.llmd.gateway.console.OwnState;
import io.llmd.gateway.console.PeerEndpoint;
import io.llmd.gateway.console.RequestLog;
import io.llmd.gateway.console.Settings;
import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.ModelCatalog;
import io.llmd.gateway.edge.ActiveExchanges;
import io.llmd.gateway.observe.GatewayMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Wires the web console where it is switched on. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty("gateway.console.enabled")
class ConsoleConfiguration {

    private static final int MAX_ANSWER = 64 << 20;

    @Bean
    RequestLog requestLog(GatewayProperties properties) {
        return new RequestLog(properties.console().requests(), InstantSource.system());
    }

    @Bean
    OwnState ownState(
            RequestLog requests,
            EndpointDirectory directory,
            EndpointHealth health,
            InFlightRequests inFlight,
            ModelCatalog models,
            GatewayMetrics metrics,
            MeterRegistry registry,
            ActiveExchanges active) {
        return new OwnState(
                requests,
                directory,
                health,
                inFlight,
                models,
                metrics,
                registry,
                active::isDraining,
                InstantSource.system());
    }

    @Bean
    PeerEndpoint peerEndpoint(OwnState state, Console console) {
        return new PeerEndpoint(state, console);
    }

    @Bean
    Console console(
            GatewayProperties properties,
            OwnState own,
            AccessControl access,
            ReactorResourceFactory resources,
            ConfigurableEnvironment environment,
            ObjectProvider<LoadLab> load) {
        WebClient client = WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(resources, http -> http))
                .codecs(codecs -> codecs.defaultCodecs().maxInMemorySize(MAX_ANSWER))
                .build();
        return new Console(
                settings(properties),
                own,
                access,
                properties.access().keysFile(),
                new Settings(environment),
                load.getIfAvailable(),
                client,
                InstantSource.system());
    }

    @Bean
    Feed consoleFeed(Console console) {
        return console.feed();
    }

    @Bean
    RouterFunction<ServerResponse> consoleRoutes(Console console) {
        return console.routes();
    }

    private static ConsoleSettings settings(GatewayProperties properties) {
        GatewayProperties.Console own = properties.console();
        return new ConsoleSettings(
                own.login() == GatewayProperties.Console.Login.NONE,
                own.trial(),
                own.operators(),
                own.viewers(),
                own.sessionLength(),
                own.chatKey(),
                properties.scheduler().url(),
                own.kvIndex(),
                own.autoscaler(),
                secret(own.autoscalerKeyFile()),
                own.configServer(),
                own.grafana(),
                own.peers());
    }

    private static @Nullable String secret(@Nullable Path file) {
        try {
            return file == null ? null : Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalStateException("gateway.console.autoscaler-key-file: " + file + " cannot be read", e);
        }
    }
}
