package io.llmd.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Clients of the Kubernetes API. */
public final class KubeClients {

    private static final int TIMEOUT_MILLIS = (int) Duration.ofSeconds(10).toMillis();

    private KubeClients() {}

    /**
     * A client for the cluster that this process runs in, or the one that {@code KUBECONFIG} names. It neither repeats
     * calls nor takes watches up again by itself: {@link FollowedObjects} does that, within bounds of its own.
     */
    public static KubernetesClient fromEnvironment() {
        return of(Config.autoConfigure(null));
    }

    /** A client with {@code config}'s server and credentials. */
    public static KubernetesClient of(Config config) {
        return of(config, TIMEOUT_MILLIS);
    }

    /** The namespace of settings; unset, that of the environment variable {@code NAMESPACE}, or else the client's own. */
    public static String namespace(@Nullable String configured, KubernetesClient client) {
        if (configured != null && !configured.isBlank()) {
            return configured;
        }
        String environment = System.getenv("NAMESPACE");
        return environment != null && !environment.isBlank()
                ? environment
                : Objects.requireNonNullElse(client.getNamespace(), "default");
    }

    /** A client like {@code other} whose calls take so little time that a lease outlasts one that hangs. */
    public static KubernetesClient forElection(KubernetesClient other, Leadership.Settings settings) {
        Duration spare = settings.lease().minus(settings.renewDeadline());
        return of(other.getConfiguration(), Math.toIntExact(Math.max(1, spare.toMillis() / 2)));
    }

    private static KubernetesClient of(Config config, int timeoutMillis) {
        Config bounded = new ConfigBuilder(config)
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectLimit(0)
                .withConnectionTimeout(timeoutMillis)
                .withRequestTimeout(timeoutMillis)
                .build();
        return new KubernetesClientBuilder().withConfig(bounded).build();
    }
}
