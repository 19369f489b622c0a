package io.llmd.configserver.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.cloud.client.ServiceInstance;

class AdminServicesTest {

    private final Map<String, List<String>> addresses = new HashMap<>();

    @Test
    void replicasBehindOneNameAreSeenApart() {
        addresses.put("gateway", List.of("10.0.0.1", "10.0.0.2"));
        AdminServices services = services("gateway", "http://gateway:9080");

        assertThat(urls(services, "gateway")).containsExactly("http://10.0.0.1:9080", "http://10.0.0.2:9080");
    }

    @Test
    void aSingleAddressAndAnUnknownHostKeepTheirName() {
        addresses.put("gateway", List.of("10.0.0.1"));

        assertThat(urls(services("gateway", "http://gateway:9080"), "gateway")).containsExactly("http://gateway:9080");
        assertThat(urls(services("other", "http://other"), "other")).containsExactly("http://other:80");
    }

    @Test
    void overTlsNamesStay() {
        addresses.put("gateway", List.of("10.0.0.1", "10.0.0.2"));

        assertThat(urls(services("gateway", "https://gateway"), "gateway")).containsExactly("https://gateway:443");
    }

    @Test
    void whatIsSeenChangesWithTheAddressesAlone() {
        addresses.put("gateway", List.of("10.0.0.1", "10.0.0.2"));
        AdminServices services = services("gateway", "http://gateway:9080");
        Object before = services.state();
        services.lookUp();
        assertThat(services.state()).isEqualTo(before);

        addresses.put("gateway", List.of("10.0.0.1", "10.0.0.3"));
        services.lookUp();
        assertThat(services.state()).isNotEqualTo(before);
        assertThat(urls(services, "gateway")).containsExactly("http://10.0.0.1:9080", "http://10.0.0.3:9080");
    }

    @Test
    void nothingIsKnownOfOtherNames() {
        AdminServices services = services("gateway", "http://gateway:9080");

        assertThat(services.getServices()).containsExactly("gateway");
        assertThat(services.getInstances("scheduler")).isEmpty();
    }

    private AdminServices services(String name, String url) {
        AdminServices services = new AdminServices(
                Map.of(name, List.of(URI.create(url))), host -> addresses.getOrDefault(host, List.of()));
        services.lookUp();
        return services;
    }

    private static List<String> urls(AdminServices services, String name) {
        return services.getInstances(name).stream()
                .map(ServiceInstance::getUri)
                .map(URI::toString)
                .toList();
    }
}
