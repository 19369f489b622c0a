package io.llmd.suite;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import tools.jackson.databind.json.JsonMapper;

/** The environment variables that the services on the class path read. */
final class KnownSettings {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([A-Z][A-Z0-9_]*)[:}]");

    private static final Pattern BUNDLE = Pattern.compile("^SPRING_SSL_BUNDLE_PEM_([A-Z0-9]+)_");

    private final Set<String> variables = new TreeSet<>();

    /** Collects the settings of all libraries and the variables that the services' own files name. */
    static KnownSettings onTheClassPath() {
        KnownSettings known = new KnownSettings();
        for (String file :
                List.of("spring-configuration-metadata.json", "additional-spring-configuration-metadata.json")) {
            resources("META-INF/" + file).forEach(known::addMetadata);
        }
        for (String service : List.of("config-server", "kv-index", "scheduler", "autoscaler", "gateway")) {
            resources(service + ".yml").forEach(known::addPlaceholders);
        }
        return known;
    }

    boolean has(String variable) {
        return variables.contains(variable) || isOfBundle(variable);
    }

    /** Whether it is read for a bundle of certificates: these have names of their own, so that no metadata can list them. */
    private static boolean isOfBundle(String variable) {
        Matcher bundle = BUNDLE.matcher(variable);
        if (!bundle.find()) {
            return false;
        }
        var environment = new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, Map.of(variable, "true"));
        String name = "spring.ssl.bundle.pem." + bundle.group(1).toLowerCase(Locale.ROOT);
        return new Binder(ConfigurationPropertySource.from(environment))
                .bind(name, PemSslBundleProperties.class)
                .isBound();
    }

    private void addMetadata(URL file) {
        try (InputStream in = file.openStream()) {
            JsonMapper.shared()
                    .readTree(in)
                    .path("properties")
                    .valueStream()
                    .forEach(property -> addProperty(property.get("name").asString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void addPlaceholders(URL file) {
        try (InputStream in = file.openStream()) {
            PLACEHOLDER
                    .matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .results()
                    .forEach(found -> variables.add(found.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Dots become underscores; dashes go, or become underscores too. Spring Boot binds both. */
    private void addProperty(String property) {
        String upper = property.replace('.', '_').toUpperCase(Locale.ROOT);
        variables.add(upper.replace("-", ""));
        variables.add(upper.replace('-', '_'));
    }

    private static List<URL> resources(String name) {
        try {
            return Collections.list(KnownSettings.class.getClassLoader().getResources(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
