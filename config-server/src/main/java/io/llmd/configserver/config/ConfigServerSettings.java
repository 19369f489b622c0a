package io.llmd.configserver.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the config server.
 *
 * @param directory folder whose files win over the packaged ones; empty serves the packaged files only. It must exist when
 *     the server starts; its files are read at each request
 */
@ConfigurationProperties(prefix = ConfigServerSettings.PREFIX, ignoreUnknownFields = false)
public record ConfigServerSettings(@DefaultValue("") String directory) {

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
}
