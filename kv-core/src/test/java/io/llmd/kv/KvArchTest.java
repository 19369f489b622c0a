package io.llmd.kv;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llmd.kv.hash.BlockHasher;
import org.junit.jupiter.api.Test;

/** Who may use whom. */
@AnalyzeClasses(packages = "io.llmd.kv", importOptions = ImportOption.DoNotIncludeTests.class)
class KvArchTest {

    private static final String[] JDK = {"java.lang..", "java.util..", "java.nio..", "org.jspecify.."};

    @ArchTest
    static final ArchRule wireUsesTheJdkOnly = onlyUse("io.llmd.kv.wire", "io.llmd.kv.wire");

    @ArchTest
    static final ArchRule zmtpUsesTheJdkOnly = onlyUse("io.llmd.kv.zmtp", "io.llmd.kv.zmtp");

    @ArchTest
    static final ArchRule hashUsesWireAndHashFunctions =
            onlyUse("io.llmd.kv.hash", "io.llmd.kv.hash", "io.llmd.kv.wire", "java.security", "net.openhft.hashing");

    @ArchTest
    static final ArchRule eventUsesHashAndWire =
            onlyUse("io.llmd.kv.event", "io.llmd.kv.event", "io.llmd.kv.hash", "io.llmd.kv.wire");

    @ArchTest
    static final ArchRule laneUsesEventsAndKeys =
            onlyUse("io.llmd.kv.lane", "io.llmd.kv.lane", "io.llmd.kv.event", "io.llmd.kv.key");

    @ArchTest
    static final ArchRule indexUsesLanes =
            onlyUse("io.llmd.kv.index", "io.llmd.kv.index", "io.llmd.kv.lane", "io.llmd.kv.event");

    @ArchTest
    static final ArchRule deltaUsesLanesAndWire = onlyUse(
            "io.llmd.kv.delta",
            "io.llmd.kv.delta",
            "io.llmd.kv.lane",
            "io.llmd.kv.event",
            "io.llmd.kv.wire",
            "net.openhft.hashing");

    @ArchTest
    static final ArchRule nobodyHasAClockOrAThread = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmd.kv.index")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.util.concurrent..");

    @Test
    void ruleFiresOnAForbiddenClass() {
        var hasher = new ClassFileImporter().importPackagesOf(BlockHasher.class);
        assertThat(onlyUse("io.llmd.kv.hash", "io.llmd.kv.hash")
                        .evaluate(hasher)
                        .hasViolation())
                .isTrue();
    }

    private static ArchRule onlyUse(String name, String... more) {
        String[] allowed = java.util.Arrays.copyOf(JDK, JDK.length + more.length);
        System.arraycopy(more, 0, allowed, JDK.length, more.length);
        return classes()
                .that()
                .resideInAPackage(name)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed);
    }
}
