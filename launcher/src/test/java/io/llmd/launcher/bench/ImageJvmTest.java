package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.serve.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.FileSystemResource;

class ImageJvmTest {

    /** Options that figures have no use for, or set themselves. */
    private static final Set<String> OTHERS = Set.of(
            "-XX:AOTCache=/opt/llmd/llmd.aot",
            "-XX:MaxRAMPercentage=60",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+DisableAttachMechanism",
            "-XX:-UsePerfData");

    @Test
    void optionsAreThoseOfTheImage() throws IOException {
        List<String> image = Pattern.compile("\"(-XX:[^\"]+)\"")
                .matcher(Files.readString(Path.of("..", "Dockerfile")))
                .results()
                .map(found -> found.group(1))
                .filter(option -> !OTHERS.contains(option))
                .toList();

        assertThat(ImageJvm.OPTIONS).isEqualTo(image);
    }

    @Test
    void heapsHaveTheImagesShareOfTheMemory() throws IOException {
        assertThat(Files.readString(Path.of("..", "Dockerfile")))
                .contains("\"-XX:MaxRAMPercentage=" + Math.round(StartMemoryBar.HEAP_SHARE * 100) + "\"");
    }

    @Test
    void memoryIsThatOfTheChart() {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new FileSystemResource(Path.of("..", "k8s", "helm", "llmd", "values.yaml")));
        Properties values = yaml.getObject();

        assertThat(StartMemoryBar.LIMITS)
                .containsOnlyKeys(RoleProcesses.ROLES)
                .isEqualTo(Map.of(
                        Role.GATEWAY, mebibytes(values, "gateway"),
                        Role.SCHEDULER, mebibytes(values, "scheduler"),
                        Role.KV_INDEX, mebibytes(values, "kvIndex"),
                        Role.AUTOSCALER, mebibytes(values, "autoscaler"),
                        Role.CONFIG_SERVER, mebibytes(values, "configServer")));
    }

    private static int mebibytes(Properties values, String component) {
        String limit = values.getProperty(component + ".resources.limits.memory");
        int number = Integer.parseInt(limit.substring(0, limit.length() - 2));
        return limit.endsWith("Gi") ? number * 1024 : number;
    }
}
