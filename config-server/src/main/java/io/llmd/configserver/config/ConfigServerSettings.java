package io.llmd.configserver.config;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the config server.
 *
 * @param directory folder whose files win over the packaged ones; empty serves the packaged files only. It must exist when
 *     the server starts; its files are read at each request
 * @param admin operations console over the services' actuators
 */
@ConfigurationProperties(prefix = ConfigServerSettings.PREFIX, ignoreUnknownFields = false)
public record ConfigServerSettings(
        @DefaultValue("") String directory, @DefaultValue Admin admin) {

    /** Prefix of the settings. */
    public static final String PREFIX = "config-server";

    public ConfigServerSettings {
        directory = directory.strip();
        if (!directory.isEmpty() && !Files.isDirectory(Path.of(directory))) {
            throw new IllegalArgumentException(
                    PREFIX + ".directory: " + directory + " (expected: a folder that exists)");
        }
    }

    /** The folder as a search location, with the closing slash that marks folders. */
    Optional<String> searchLocation() {
        if (directory.isEmpty()) {
            return Optional.empty();
        }
        String location = Path.of(directory).toAbsolutePath().toUri().toString();
        return Optional.of(location.endsWith("/") ? location : location + "/");
    }

    /**
     * The operations console.
     *
     * @param enabled whether it is there
     * @param login who may see it
     * @param operators SHA-256 of the keys of those who may, 64 hex digits, by the name that they log in with
     * @param services management URLs of what it shows, by name of the service; the name of a host stands for all its addresses
     * @param lookupInterval how often these addresses are looked up
     */
    public record Admin(
            @DefaultValue("false") boolean enabled,
            @DefaultValue("keys") Login login,
            @DefaultValue Map<String, String> operators,
            @DefaultValue Map<String, List<URI>> services,
            @DefaultValue("30s") Duration lookupInterval) {

        /** Prefix of the settings. */
        public static final String PREFIX = ConfigServerSettings.PREFIX + ".admin";

        private static final Pattern SHA_256 = Pattern.compile("[0-9a-fA-F]{64}");

        /** Who may see the console. */
        public enum Login {
            /** Those who are named as operators, each with a key. */
            KEYS,
            /** Whoever is on this machine. */
            NONE
        }

        public Admin {
            operators = Map.copyOf(operators);
            services = services.entrySet().stream()
                    .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, each -> List.copyOf(each.getValue())));
            operators.forEach((name, hash) -> {
                if (!SHA_256.matcher(hash).matches()) {
                    throw new IllegalArgumentException(PREFIX + ".operators." + name
                            + ": (expected: 64 hex digits, as 'llmd keys create' prints them)");
                }
            });
            if (enabled && login == Login.KEYS && operators.isEmpty()) {
                throw new IllegalArgumentException(PREFIX + ".operators: none (expected: at least one)");
            }
            services.forEach((name, urls) -> urls.forEach(url -> {
                if (!isOfAHost(url)) {
                    throw new IllegalArgumentException(PREFIX + ".services." + name + ": " + url
                            + " (expected: http or https, and a host without a path, such as http://gateway:9080)");
                }
            }));
            if (lookupInterval.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException(
                        PREFIX + ".lookup-interval: " + lookupInterval + " (expected: 1s at least)");
            }
        }

        private static boolean isOfAHost(URI url) {
            return ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && (url.getPath().isEmpty() || url.getPath().equals("/"));
        }
    }
}
