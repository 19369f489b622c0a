package io.llmd.scheduler;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

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

/** Which package may use which. Changing it is a design decision. */
@AnalyzeClasses(packages = "io.llmd.scheduler", importOptions = ImportOption.DoNotIncludeTests.class)
class SchedulerArchTest {

    private static final String ROOT = "io.llmd.scheduler.";

    @ArchTest
    static final ArchRule PACKAGES_USE_ONLY_WHAT_THEY_MAY = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("scheduling")
            .definedBy(ROOT + "scheduling..")
            .layer("flowcontrol")
            .definedBy(ROOT + "flowcontrol..")
            .layer("plugin")
            .definedBy(ROOT + "plugin")
            .layer("plugins")
            .definedBy(ROOT + "plugin.*..")
            .layer("datalayer")
            .definedBy(ROOT + "datalayer..")
            .layer("discovery")
            .definedBy(ROOT + "discovery..")
            .layer("prefix")
            .definedBy(ROOT + "prefix..")
            .layer("latency")
            .definedBy(ROOT + "latency..")
            .layer("parser")
            .definedBy(ROOT + "parser..")
            .layer("tokenizer")
            .definedBy(ROOT + "tokenizer..")
            .layer("explain")
            .definedBy(ROOT + "explain..")
            .layer("resource")
            .definedBy(ROOT + "resource..")
            .layer("api")
            .definedBy(ROOT + "api")
            .layer("http")
            .definedBy(ROOT + "api.http..")
            .layer("extproc")
            .definedBy(ROOT + "api.extproc..")
            .layer("replica")
            .definedBy(ROOT + "replica..")
            .layer("outcome")
            .definedBy(ROOT + "outcome..")
            .layer("observe")
            .definedBy(ROOT + "observe..")
            .layer("config")
            .definedBy(ROOT + "config..")
            .whereLayer("scheduling")
            .mayNotAccessAnyLayer()
            .whereLayer("flowcontrol")
            .mayOnlyAccessLayers("scheduling")
            .whereLayer("plugin")
            .mayOnlyAccessLayers("scheduling", "datalayer", "parser", "flowcontrol")
            .whereLayer("plugins")
            .mayOnlyAccessLayers(
                    "plugin", "scheduling", "flowcontrol", "datalayer", "parser", "prefix", "latency", "tokenizer")
            .whereLayer("datalayer")
            .mayOnlyAccessLayers("scheduling")
            .whereLayer("discovery")
            .mayOnlyAccessLayers("datalayer", "scheduling", "plugin")
            .whereLayer("prefix")
            .mayOnlyAccessLayers("scheduling", "datalayer")
            .whereLayer("replica")
            .mayOnlyAccessLayers("datalayer")
            .whereLayer("latency")
            .mayNotAccessAnyLayer()
            .whereLayer("tokenizer")
            .mayOnlyAccessLayers("scheduling", "parser", "plugin")
            .whereLayer("parser")
            .mayOnlyAccessLayers("scheduling")
            .whereLayer("resource")
            .mayOnlyAccessLayers("plugin")
            .whereLayer("api")
            .mayOnlyAccessLayers("scheduling", "flowcontrol", "datalayer", "parser", "explain", "resource", "plugin")
            .whereLayer("explain")
            .mayOnlyAccessLayers("scheduling", "plugin")
            .whereLayer("http")
            .mayOnlyAccessLayers("api", "explain", "plugin", "latency")
            .whereLayer("extproc")
            .mayOnlyAccessLayers("api")
            .whereLayer("outcome")
            .mayOnlyAccessLayers("api", "scheduling", "resource")
            .whereLayer("config")
            .mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule THE_CORE_IS_PLAIN_JAVA = classes()
            .that(resideInAPackage(ROOT + "scheduling.."))
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("java..", "org.jspecify..", "io.llmd.contracts..", ROOT + "scheduling.."));

    @ArchTest
    static final ArchRule FLOW_CONTROL_IS_PLAIN_JAVA = classes()
            .that(resideInAPackage(ROOT + "flowcontrol.."))
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..", "org.jspecify..", "io.llmd.contracts..", ROOT + "scheduling..", ROOT + "flowcontrol.."));

    @ArchTest
    static final ArchRule DECISIONS_KNOW_NO_SPRING = noClasses()
            .that(resideInAnyPackage(
                    ROOT + "scheduling..",
                    ROOT + "datalayer..",
                    ROOT + "prefix..",
                    ROOT + "latency..",
                    ROOT + "parser..",
                    ROOT + "tokenizer..",
                    ROOT + "explain..",
                    ROOT + "api"))
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.springframework..", "reactor.."));

    /** A step of the wall clock then ends, begins and lengthens nothing of these. */
    @Test
    @Tag("fault-F47")
    void decisionsQueuesAndLeasesDoNotReadTheWallClock() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "..scheduler.scheduling..",
                        "..scheduler.flowcontrol..",
                        "..scheduler.datalayer..",
                        "..scheduler.plugin..")
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
                        .importPackages("io.llmd.scheduler"));
    }
}
