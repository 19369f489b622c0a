package io.llmd.gateway.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The settings of this gateway, each with its value and where that comes from. Secrets are not shown. Thread-safe. */
public final class Settings {

    private static final String METADATA = "META-INF/spring-configuration-metadata.json";
    private static final String PREFIX = "gateway.";
    private static final String HIDDEN = "***";
    private static final List<String> SECRETS = List.of("demo-key", "chat-key", "password", "secret");

    /**
     * A setting.
     *
     * @param name its name
     * @param value its value, null when it has none
     * @param source where that comes from: {@code default}, or a file, the config server, the environment or the command line
     * @param usual its default, null when it has none
     * @param meaning what it is for
     */
    record Setting(
            String name,
            @Nullable String value,
            String source,
            @Nullable String usual,
            String meaning) {}

    private final ConfigurableEnvironment environment;
    private final Map<String, JsonNode> known = new TreeMap<>();

    /** Reads which settings there are. @throws UncheckedIOException when that cannot be read */
    public Settings(ConfigurableEnvironment environment) {
        this.environment = environment;
        try {
            for (URL url : Collections.list(Settings.class.getClassLoader().getResources(METADATA))) {
                try (InputStream in = url.openStream()) {
                    read(JsonMapper.shared().readTree(in));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the list of settings cannot be read", e);
        }
    }

    private void read(JsonNode metadata) {
        for (JsonNode property : metadata.path("properties")) {
            String name = property.path("name").asString();
            if (name.startsWith(PREFIX)) {
                known.put(name, property);
            }
        }
    }

    /** All settings of the gateway by name. */
    List<Setting> all() {
        List<Setting> all = new ArrayList<>();
        known.forEach((name, property) -> all.add(setting(name, property)));
        return all;
    }

    private Setting setting(String name, JsonNode property) {
        JsonNode standard = property.path("defaultValue");
        String usual = standard.isMissingNode() || standard.isNull()
                ? null
                : standard.isString() ? standard.asString() : standard.toString();
        String meaning = property.path("description").asString("");
        ConfigurationPropertyName key = ConfigurationPropertyName.of(name);
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            var found = source.getConfigurationProperty(key);
            if (found == null) {
                found = source.getConfigurationProperty(key.append("[0]"));
            }
            if (found != null) {
                boolean isSecret = SECRETS.stream().anyMatch(name::endsWith);
                String value = isSecret ? HIDDEN : environment.resolvePlaceholders(String.valueOf(found.getValue()));
                return new Setting(name, value, name(source), usual, meaning);
            }
        }
        return new Setting(name, usual, "default", usual, meaning);
    }

    private static String name(ConfigurationPropertySource source) {
        String name = source.getUnderlyingSource() instanceof PropertySource<?> underlying
                ? underlying.getName()
                : String.valueOf(source.getUnderlyingSource());
        if (name.equals("commandLineArgs")) {
            return "command line";
        }
        if (name.equals("systemEnvironment")) {
            return "environment";
        }
        return name.startsWith("configserver:") ? "config server, " + name.substring("configserver:".length()) : name;
    }

    List<String> profiles() {
        return List.of(environment.getActiveProfiles());
    }

    @Nullable
    Integer managementPort() {
        return environment.getProperty("local.management.port", Integer.class);
    }
}
