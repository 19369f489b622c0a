package io.llmd.configserver.admin;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;

/**
 * The services of the settings, one instance for each address of a host, so that replicas behind one name are seen apart. What is
 * reached over TLS keeps its name, which its certificate has. Safe from any thread.
 */
final class AdminServices implements DiscoveryClient {

    private final Map<String, List<URI>> services;
    private final Function<String, List<String>> addresses;
    private volatile Map<String, List<ServiceInstance>> instances;

    /**
     * @param services management URLs by name
     * @param addresses of a host, in order; none while it is not known
     */
    AdminServices(Map<String, List<URI>> services, Function<String, List<String>> addresses) {
        this.services = new TreeMap<>(services);
        this.addresses = addresses;
        this.instances = Map.of();
    }

    /** Looks all addresses up again. Blocks while it does. */
    void lookUp() {
        Map<String, List<ServiceInstance>> found = new TreeMap<>();
        services.forEach((name, urls) -> found.put(
                name,
                urls.stream()
                        .flatMap(url -> hosts(url).stream().map(host -> instance(name, url, host)))
                        .toList()));
        instances = found;
    }

    private List<String> hosts(URI url) {
        if (url.getScheme().equals("https")) {
            return List.of(url.getHost());
        }
        List<String> found = addresses.apply(url.getHost());
        // A host that has no address now is shown as down, and one that has a single address by its name.
        return found.size() < 2 ? List.of(url.getHost()) : found;
    }

    private static ServiceInstance instance(String name, URI url, String host) {
        boolean isSecure = url.getScheme().equals("https");
        int port = url.getPort() >= 0 ? url.getPort() : isSecure ? 443 : 80;
        return new DefaultServiceInstance(name + "@" + host + ":" + port, name, host, port, isSecure);
    }

    /** Which instances there are, equal to an earlier answer while nothing has changed. */
    Object state() {
        return instances;
    }

    @Override
    public String description() {
        return "services of the settings";
    }

    @Override
    public List<String> getServices() {
        return List.copyOf(instances.keySet());
    }

    @Override
    public List<ServiceInstance> getInstances(String service) {
        return instances.getOrDefault(service, List.of());
    }
}
