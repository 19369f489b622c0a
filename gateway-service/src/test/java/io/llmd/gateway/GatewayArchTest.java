package io.llmd.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which package may use which. Changing a rule here is a design decision. */
@AnalyzeClasses(packages = "io.llmd.gateway", importOptions = ImportOption.DoNotIncludeTests.class)
class GatewayArchTest {

    @ArchTest
    static final ArchRule accessIsPure = noClasses()
            .that()
            .resideInAPackage("..gateway.access..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.llmd.openai..",
                    "..gateway.dispatch..",
                    "io.llmd.openai.stream..",
                    "..gateway.edge..",
                    "..gateway.observe..",
                    "..gateway.config..",
                    "org.springframework..",
                    "io.netty..",
                    "reactor..");

    @ArchTest
    static final ArchRule dispatchUsesTheWireAndTheContracts = noClasses()
            .that()
            .resideInAPackage("..gateway.dispatch..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "..gateway.access..",
                    "io.llmd.openai.stream..",
                    "..gateway.edge..",
                    "..gateway.observe..",
                    "..gateway.config..",
                    "org.springframework..",
                    "reactor..");

    @ArchTest
    static final ArchRule nobodyUsesTheWiring = noClasses()
            .that()
            .resideOutsideOfPackage("..gateway.config..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..gateway.config..");

    @ArchTest
    static final ArchRule noOtherService = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.llmd.scheduler..", "io.llmd.simulator..", "io.llmd.launcher..");

    /** A step of the wall clock then ends, begins and lengthens nothing of these. */
    @Test
    @Tag("fault-F47")
    void timeoutsRetriesAndEjectionsDoNotReadTheWallClock() {
        noClasses()
                .that()
                .resideInAnyPackage("..gateway.dispatch..", "..gateway.edge..", "..gateway.disagg..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(InstantSource.class, "instant")
                .orShould()
                .callMethod(InstantSource.class, "millis")
                .orShould()
                .callMethod(Clock.class, "instant")
                .orShould()
                .callMethod(Clock.class, "millis")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.llmd.gateway"));
    }
}
