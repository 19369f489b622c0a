package io.llmd.configserver.admin;

import io.llmd.configserver.config.ConfigServerSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Keeps the libraries of the console asleep where it is not wanted: here, and in the contexts of other services that share this
 * class path. Found through {@code META-INF/spring.factories}.
 */
final class AdminLibraries implements AutoConfigurationImportFilter, EnvironmentAware {

    private static final List<String> PACKAGES =
            List.of("de.codecentric.boot.admin.", "org.springframework.boot.thymeleaf.");

    private boolean isWanted;

    @Override
    public void setEnvironment(Environment environment) {
        isWanted = environment.getProperty(ConfigServerSettings.Admin.PREFIX + ".enabled", Boolean.class, false);
    }

    @Override
    public boolean[] match(@Nullable String[] autoConfigurationClasses, AutoConfigurationMetadata metadata) {
        boolean[] wanted = new boolean[autoConfigurationClasses.length];
        for (int i = 0; i < wanted.length; i++) {
            String name = autoConfigurationClasses[i];
            wanted[i] = isWanted || name == null || PACKAGES.stream().noneMatch(name::startsWith);
        }
        return wanted;
    }
}
