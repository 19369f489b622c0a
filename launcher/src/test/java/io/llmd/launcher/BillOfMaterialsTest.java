package io.llmd.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor.Version;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The list of libraries that is part of the product. */
class BillOfMaterialsTest {

    /** Licences of the Open Source Initiative's list, and names that libraries give to such. */
    private static final Set<String> OPEN = Set.of(
            "Apache-2.0",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "BSD-4-Clause",
            "CC0-1.0",
            "EPL-2.0",
            "GPL-2.0-with-classpath-exception",
            "Go License",
            "LGPL-2.1-only",
            "MIT",
            "MIT-0",
            "Mozilla Public License version 2.0");

    private static final Map<String, JsonNode> COMPONENTS = new HashMap<>();

    @BeforeAll
    static void read() throws IOException {
        try (InputStream file = BillOfMaterialsTest.class.getResourceAsStream("/META-INF/sbom/application.cdx.json")) {
            JsonNode bill = JsonMapper.shared().readTree(Objects.requireNonNull(file, "no bill of materials"));
            assertThat(bill.path("bomFormat").asString()).isEqualTo("CycloneDX");
            for (JsonNode component : bill.path("components")) {
                COMPONENTS.put(
                        component.path("group").asString() + ":"
                                + component.path("name").asString(),
                        component);
            }
        }
    }

    /** Its signed manifest has 6,000 names, which a process keeps once it looks for one class. */
    @Test
    void theLibraryOfCiphersIsLeftOut() {
        assertThat(COMPONENTS).doesNotContainKey("org.bouncycastle:bcprov-jdk18on");
    }

    /** Below these there are known holes, or versions with them must not be released. */
    @ParameterizedTest
    @CsvSource({
        "org.springframework.boot:spring-boot, 4.0.6",
        "org.springframework.cloud:spring-cloud-config-server, 5.0.2",
        "org.springframework.cloud:spring-cloud-gateway-server-webflux, 5.0.2",
        "io.netty:netty-codec-http, 4.2.10",
        "io.netty:netty-handler, 4.2.10",
        "io.projectreactor.netty:reactor-netty-http, 1.3.8",
        "tools.jackson.core:jackson-core, 3.1"
    })
    void noLibraryIsOlderThanItsFloor(String library, String floor) {
        JsonNode component = COMPONENTS.get(library);

        assertThat(component).as(library).isNotNull();
        String version = component.path("version").asString().replaceFirst("\\.Final$", "");
        assertThat(Version.parse(version)).as(library).isGreaterThanOrEqualTo(Version.parse(floor));
    }

    @Test
    void eachLibraryHasAHashAndAnOpenLicence() {
        assertThat(COMPONENTS).hasSizeGreaterThan(100);
        COMPONENTS.forEach((name, component) -> {
            assertThat(component.path("licenses")).as(name).isNotEmpty().allSatisfy(licence -> {
                JsonNode named = licence.path("license");
                String id = named.path("id").asString(named.path("name").asString(""));
                assertThat(OPEN).as(name).contains(licence.path("expression").asString(id));
            });
            if (!name.startsWith("io.llmd:")) {
                assertThat(component.path("hashes")).as(name).isNotEmpty();
            }
        });
    }
}
