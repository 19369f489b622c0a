package io.llmd.configserver.config;

import org.springframework.cloud.config.server.environment.NativeEnvironmentProperties;
import org.springframework.cloud.config.server.environment.NativeEnvironmentRepository;
import org.springframework.cloud.config.server.environment.NativeEnvironmentRepositoryFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Puts the operator's folder in front of the packaged files; the config server asks all repositories in their order. */
@Configuration(proxyBeanMethods = false)
class RepositoryConfiguration {

    @Bean
    @Conditional(DirectoryIsSet.class)
    NativeEnvironmentRepository directoryRepository(
            NativeEnvironmentRepositoryFactory factory, ConfigServerSettings settings) {
        NativeEnvironmentProperties properties = new NativeEnvironmentProperties();
        properties.setSearchLocations(settings.searchLocation().stream().toArray(String[]::new));
        properties.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return factory.build(properties);
    }

    static final class DirectoryIsSet implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            String directory = context.getEnvironment().getProperty(ConfigServerSettings.PREFIX + ".directory", "");
            return !directory.isBlank();
        }
    }
}
