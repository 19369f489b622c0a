package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocLinksTest {

    @Test
    void everyRelativeLinkLeadsToAFileOrHeading() {
        Path root = DeploymentFiles.find().path("");
        List<Path> pages = DocLinks.pages(root);
        Map<String, List<String>> broken = new TreeMap<>();
        pages.forEach(page -> {
            List<String> links = DocLinks.broken(page);
            if (!links.isEmpty()) {
                broken.put(root.relativize(page).toString(), links);
            }
        });

        assertThat(pages).contains(root.resolve("CONTRIBUTING.md"), root.resolve("docs/architecture.md"));
        assertThat(broken).isEmpty();
    }

    @Test
    void missingFileAndMissingHeadingAreFound(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("other.md"), "# One thing: done\n");
        Path page = Files.writeString(folder.resolve("page.md"), """
                [a](other.md) [b](other.md#one-thing-done) [c](https://example.org/x) [d](#here) `[e](code.md)`
                [f](missing.md) [g](other.md#two) [h](/etc/hosts) [i](../gone/)
                ```
                [j](fenced.md)
                ```
                ## Here
                """);

        assertThat(DocLinks.broken(page)).containsExactly("missing.md", "other.md#two", "/etc/hosts", "../gone/");
    }

    @Test
    void buildOutputsAndHiddenFoldersHoldNoPages(@TempDir Path folder) throws IOException {
        Path page = Files.writeString(folder.resolve("page.md"), "x");
        for (String foreign : List.of("target", ".hidden")) {
            Files.writeString(Files.createDirectory(folder.resolve(foreign)).resolve("page.md"), "x");
        }

        assertThat(DocLinks.pages(folder)).containsExactly(page);
    }
}
