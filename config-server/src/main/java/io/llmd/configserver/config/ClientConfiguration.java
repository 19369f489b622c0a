package io.llmd.configserver.config;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * Threads and connections of this context's own clients. Those that all contexts of a process share would end with this one, also for
 * services that go on.
 */
@Configuration(proxyBeanMethods = false)
class ClientConfiguration {

    @Bean
    ReactorResourceFactory clientResources() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        return resources;
    }
}
