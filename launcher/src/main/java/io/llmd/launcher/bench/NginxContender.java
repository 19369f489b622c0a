package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** nginx as a plain reverse proxy: two workers, kept-alive connections on both sides, no buffering, no access log. */
final class NginxContender implements Contender {

    private final Optional<Path> binary;

    NginxContender(Optional<Path> binary) {
        this.binary = binary;
    }

    @Override
    public String name() {
        return "nginx";
    }

    @Override
    public String describe() {
        return Programs.version(binary.orElseThrow(), "-v").replace("nginx version: ", "")
                + ", 2 workers, keep-alive to the endpoints, buffering off, no access log";
    }

    @Override
    public Optional<String> unavailable() {
        return binary.isPresent() ? Optional.empty() : Optional.of("no nginx on the PATH or in /usr/sbin");
    }

    @Override
    public boolean isJvm() {
        return false;
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) throws IOException {
        Path file = folder.resolve("nginx.conf");
        Files.writeString(file, configuration(port, endpoints, folder));
        return List.of(
                binary.orElseThrow().toString(),
                "-p",
                folder.toString(),
                "-e",
                folder.resolve("error.log").toString(),
                "-c",
                file.toString());
    }

    /** Needs no privileges: every path lies in the folder. */
    static String configuration(int port, List<Integer> endpoints, Path folder) {
        StringBuilder servers = new StringBuilder();
        endpoints.forEach(endpoint ->
                servers.append("        server 127.0.0.1:").append(endpoint).append(" max_fails=0;\n"));
        return """
                daemon off;
                worker_processes 2;
                pid "%1$s/nginx.pid";
                error_log "%1$s/error.log" warn;
                events {
                    worker_connections 8192;
                }
                http {
                    access_log off;
                    tcp_nodelay on;
                    keepalive_timeout 600s;
                    keepalive_requests 1000000000;
                    client_max_body_size 64m;
                    client_body_temp_path "%1$s/client-body";
                    proxy_temp_path "%1$s/proxy";
                    fastcgi_temp_path "%1$s/fastcgi";
                    uwsgi_temp_path "%1$s/uwsgi";
                    scgi_temp_path "%1$s/scgi";
                    upstream endpoints {
                %2$s        keepalive 1024;
                        keepalive_timeout 600s;
                        keepalive_requests 1000000000;
                    }
                    server {
                        listen 127.0.0.1:%3$d backlog=1024;
                        location / {
                            proxy_pass http://endpoints;
                            proxy_http_version 1.1;
                            proxy_set_header Connection "";
                            proxy_buffering off;
                            proxy_request_buffering off;
                            proxy_read_timeout 600s;
                        }
                    }
                }
                """.formatted(folder, servers, port);
    }
}
