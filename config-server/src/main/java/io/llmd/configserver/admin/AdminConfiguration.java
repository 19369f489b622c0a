package io.llmd.configserver.admin;

import de.codecentric.boot.admin.server.config.EnableAdminServer;
import io.llmd.configserver.config.ConfigServerSettings;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Spring Boot Admin, where it is wanted. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(ConfigServerSettings.Admin.PREFIX + ".enabled")
@EnableAdminServer
class AdminConfiguration {

    @Bean
    AdminServices adminServices(ConfigServerSettings settings) {
        return new AdminServices(settings.admin().services(), HostAddresses::of);
    }

    @Bean
    AdminLookup adminLookup(
            AdminServices services, ConfigServerSettings settings, ApplicationEventPublisher publisher) {
        return new AdminLookup(services, settings.admin().lookupInterval(), publisher);
    }
}
