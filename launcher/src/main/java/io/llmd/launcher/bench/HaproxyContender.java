package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** HAProxy as a plain reverse proxy: two threads, connections kept and shared on both sides, no log. */
final class HaproxyContender implements Contender {

    private final Optional<Path> binary;

    HaproxyContender(Optional<Path> binary) {
        this.binary = binary;
    }

    @Override
    public String name() {
        return "haproxy";
    }

    @Override
    public String describe() {
        return Programs.version(binary.orElseThrow(), "-v") + ", 2 threads, http-reuse always, no log";
    }

    @Override
    public Optional<String> unavailable() {
        return binary.isPresent() ? Optional.empty() : Optional.of("no haproxy on the PATH or in /usr/sbin");
    }

    @Override
    public boolean isJvm() {
        return false;
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) throws IOException {
        Path file = folder.resolve("haproxy.cfg");
        Files.writeString(file, configuration(port, endpoints));
        // In the foreground, as one process.
        return List.of(binary.orElseThrow().toString(), "-db", "-f", file.toString());
    }

    static String configuration(int port, List<Integer> endpoints) {
        StringBuilder servers = new StringBuilder();
        for (int i = 0; i < endpoints.size(); i++) {
            servers.append("    server endpoint-%d 127.0.0.1:%d%n".formatted(i, endpoints.get(i)));
        }
        return """
                global
                    nbthread 2
                    maxconn 8192
                defaults
                    mode http
                    timeout connect 5s
                    timeout client 600s
                    timeout server 600s
                    option http-keep-alive
                    option http-no-delay
                    http-reuse always
                frontend clients
                    bind 127.0.0.1:%d backlog 1024
                    default_backend endpoints
                backend endpoints
                    balance roundrobin
                %s""".formatted(port, servers);
    }
}
