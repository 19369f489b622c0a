package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NginxContenderTest {

    @Test
    void configurationRelaysToAllEndpointsAndKeepsItsFilesInTheFolder() {
        String configuration = NginxContender.configuration(8080, List.of(9001, 9002), Path.of("/tmp/bench"));
        assertThat(configuration)
                .contains("listen 127.0.0.1:8080")
                .contains("server 127.0.0.1:9001 ")
                .contains("server 127.0.0.1:9002 ")
                .contains("worker_processes 2;")
                .contains("proxy_http_version 1.1;")
                .contains("proxy_buffering off;")
                .contains("proxy_request_buffering off;")
                .contains("access_log off;")
                .contains("keepalive 1024;")
                .contains("pid \"/tmp/bench/nginx.pid\";");
        assertThat(configuration.lines().filter(line -> line.contains("_path ")).toList())
                .hasSize(5)
                .allMatch(line -> line.contains("\"/tmp/bench/"));
    }

    @Test
    void withoutABinaryItIsUnavailableWithAReason(@TempDir Path empty) {
        assertThat(new NginxContender(Programs.find("nginx", empty.toString(), List.of(empty))).unavailable())
                .hasValueSatisfying(reason -> assertThat(reason).contains("no nginx"));
    }

    @Test
    void commandWritesTheConfigurationAndNamesTheFoundBinary(@TempDir Path folder) throws IOException {
        Path binary = Files.createFile(
                folder.resolve("nginx"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        NginxContender nginx = new NginxContender(Programs.find("nginx", "", List.of(folder)));
        assertThat(nginx.unavailable()).isEmpty();
        assertThat(nginx.command(8080, List.of(9001), folder))
                .containsExactly(
                        binary.toString(),
                        "-p",
                        folder.toString(),
                        "-e",
                        folder.resolve("error.log").toString(),
                        "-c",
                        folder.resolve("nginx.conf").toString());
        assertThat(folder.resolve("nginx.conf")).content().contains("127.0.0.1:9001");
    }
}
