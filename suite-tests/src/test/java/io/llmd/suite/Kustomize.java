package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Renders folders with kubectl, each once; a test is skipped where there is no kubectl. */
final class Kustomize {

    private static final DeploymentFiles FILES = DeploymentFiles.find();
    private static final Map<Path, Manifests> RENDERED = new ConcurrentHashMap<>();

    private Kustomize() {}

    /** A folder of the repository. */
    static Manifests render(String folder) {
        assumeTrue(isInstalled(), "kubectl is not on the path");
        return RENDERED.computeIfAbsent(FILES.path(folder), Kustomize::run);
    }

    /** The base with one component. */
    static Manifests renderWith(String component) throws IOException {
        assumeTrue(isInstalled(), "kubectl is not on the path");
        Path folder = Files.createTempDirectory(Files.createDirectories(FILES.path("suite-tests/target")), "kustomize");
        Files.writeString(folder.resolve("kustomization.yaml"), """
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                resources: [%s]
                components: [%s]
                """.formatted(
                        folder.relativize(FILES.path("k8s/base")),
                        folder.relativize(FILES.path("k8s/components/" + component))));
        return run(folder);
    }

    static boolean isInstalled() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(folder -> !folder.isBlank())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")));
    }

    private static Manifests run(Path folder) {
        try {
            Process process = new ProcessBuilder("kubectl", "kustomize", folder.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            return Manifests.parse(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
