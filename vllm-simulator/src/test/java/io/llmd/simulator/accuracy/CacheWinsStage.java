package io.llmd.simulator.accuracy;

import io.llmd.simulator.routing.RoutingPolicy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** One measured stage of the experiment, from {@code accuracy/kv-cache-wins.csv}, which names its source. */
record CacheWinsStage(
        RoutingPolicy policy,
        double requestsPerSecond,
        int seconds,
        double tokensPerSecond,
        double firstTokenSeconds,
        double interTokenSeconds) {

    private static List<CacheWinsStage> measured() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(CacheWinsStage.class.getResourceAsStream("/accuracy/kv-cache-wins.csv")),
                StandardCharsets.UTF_8))) {
            return reader.lines()
                    .filter(line -> !line.startsWith("#") && !line.startsWith("policy"))
                    .map(line -> parse(line.split(",")))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<CacheWinsStage> measured(RoutingPolicy policy) {
        return measured().stream().filter(stage -> stage.policy() == policy).toList();
    }

    private static CacheWinsStage parse(String[] fields) {
        return new CacheWinsStage(
                RoutingPolicy.valueOf(fields[0].toUpperCase(Locale.ROOT)),
                Double.parseDouble(fields[1]),
                Integer.parseInt(fields[2]),
                Double.parseDouble(fields[3]),
                Double.parseDouble(fields[6]),
                Double.parseDouble(fields[7]));
    }
}
