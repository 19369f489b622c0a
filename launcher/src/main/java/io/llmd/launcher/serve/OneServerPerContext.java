package io.llmd.launcher.serve;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Keeps Tomcat asleep in reactive contexts. On the one class path there are Tomcat, for the config server, and Reactor
 * Netty, for the rest; both offer themselves to reactive contexts. Found through {@code META-INF/spring.factories}.
 */
final class OneServerPerContext implements AutoConfigurationImportFilter, EnvironmentAware {

    private static final String TOMCAT = "org.springframework.boot.tomcat.";

    private boolean isReactive;

    @Override
    public void setEnvironment(Environment environment) {
        isReactive = "reactive".equals(environment.getProperty("spring.main.web-application-type"));
    }

    @Override
    public boolean[] match(@Nullable String[] autoConfigurationClasses, AutoConfigurationMetadata metadata) {
        boolean[] wanted = new boolean[autoConfigurationClasses.length];
        for (int i = 0; i < wanted.length; i++) {
            String name = autoConfigurationClasses[i];
            wanted[i] = !isReactive || name == null || !name.startsWith(TOMCAT);
        }
        return wanted;
    }
}
