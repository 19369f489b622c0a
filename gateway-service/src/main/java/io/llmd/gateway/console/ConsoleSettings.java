package io.llmd.gateway.console;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the console shows and who may see it.
 *
 * @param isOpen whether it needs no login; then only this machine may see it
 * @param isTrial whether faults may be injected into endpoints
 * @param operators ids of keys whose holders may change things
 * @param viewers ids of keys whose holders may look
 * @param sessionLength how long a login lasts
 * @param chatKey key that the chat page begins with, where no login is needed
 * @param scheduler base URL of the scheduler
 * @param kvIndex base URL of the KV index; null when there is none
 * @param autoscaler base URL of the autoscaler; null when there is none
 * @param autoscalerKey key that lets write there; null when none is needed
 * @param configServer base URL of the config server; null when there is none
 * @param grafana URL of dashboards; null when there are none
 * @param peers management URLs of the gateways of the pool, this one among them or not; a name stands for all its addresses
 */
public record ConsoleSettings(
        boolean isOpen,
        boolean isTrial,
        Set<String> operators,
        Set<String> viewers,
        Duration sessionLength,
        @Nullable String chatKey,
        URI scheduler,
        @Nullable URI kvIndex,
        @Nullable URI autoscaler,
        @Nullable String autoscalerKey,
        @Nullable URI configServer,
        @Nullable URI grafana,
        List<URI> peers) {
    public ConsoleSettings {
        operators = Set.copyOf(operators);
        viewers = Set.copyOf(viewers);
        peers = List.copyOf(peers);
        Objects.requireNonNull(scheduler, "scheduler");
        Objects.requireNonNull(sessionLength, "sessionLength");
    }

    @Override
    public String toString() {
        return "ConsoleSettings[isOpen=" + isOpen + ", isTrial=" + isTrial + ", scheduler=" + scheduler + "]";
    }
}
