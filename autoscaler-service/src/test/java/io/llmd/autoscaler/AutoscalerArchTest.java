package io.llmd.autoscaler;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
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

/** Which package may use which. Changing it is a design decision. */
@AnalyzeClasses(packages = "io.llmd.autoscaler", importOptions = ImportOption.DoNotIncludeTests.class)
class AutoscalerArchTest {

    private static final String ROOT = "io.llmd.autoscaler.";
    private static final String[] JDK = {"java..", "org.jspecify.."};

    private static ArchRule only(String feature, String... others) {
        String[] allowed = new String[others.length + JDK.length + 1];
        allowed[0] = ROOT + feature + "..";
        System.arraycopy(JDK, 0, allowed, 1, JDK.length);
        System.arraycopy(others, 0, allowed, 1 + JDK.length, others.length);
        return classes()
                .that(resideInAPackage(ROOT + feature + ".."))
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(allowed));
    }

    @ArchTest
    static final ArchRule VARIANTS_USE_NOTHING = only("variant");

    @ArchTest
    static final ArchRule ANALYZERS_USE_VARIANTS = only("analyzer", ROOT + "variant..");

    @ArchTest
    static final ArchRule PLANNERS_USE_ANALYZERS = only("planner", ROOT + "variant..", ROOT + "analyzer..");

    @ArchTest
    static final ArchRule COLLECTORS_DECIDE_NOTHING = only(
            "collector",
            ROOT + "variant..",
            "io.llmd.contracts..",
            "io.llmd.metrics..",
            "org.yaml.snakeyaml..",
            "org.apache.kafka..",
            "tools.jackson..",
            "org.slf4j..");

    @ArchTest
    static final ArchRule ACTUATORS_CARRY_OUT_WHAT_LOOPS_PUBLISH = only(
            "actuator",
            ROOT + "variant..",
            ROOT + "planner..",
            ROOT + "loop..",
            "io.llmd.keda..",
            "io.grpc..",
            "io.netty..",
            "javax.net.ssl..",
            "reactor..",
            "tools.jackson..",
            "org.slf4j..");

    @ArchTest
    static final ArchRule CLUSTERS_KNOW_NO_SPRING = only(
            "kube",
            ROOT + "variant..",
            ROOT + "analyzer..",
            ROOT + "planner..",
            ROOT + "collector..",
            ROOT + "loop..",
            "io.llmd.kube..",
            "io.fabric8..",
            "org.slf4j..");

    @ArchTest
    static final ArchRule LOOPS_KNOW_NO_SPRING = noClasses()
            .that(resideInAPackage(ROOT + "loop.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "org.springframework..",
                    "reactor..",
                    "io.micrometer..",
                    ROOT + "api..",
                    ROOT + "actuator..",
                    ROOT + "kube..",
                    ROOT + "observe..",
                    ROOT + "config.."));

    @ArchTest
    static final ArchRule DOORS_KNOW_NO_WIRING = noClasses()
            .that(resideInAnyPackage(ROOT + "api..", ROOT + "observe.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(ROOT + "config..", ROOT + "collector.."));

    @ArchTest
    static final ArchRule DECISIONS_READ_NO_CLOCK_BUT_THE_SOLVER = noClasses()
            .that(resideInAnyPackage(ROOT + "variant..", ROOT + "analyzer.."))
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    /** A step of the wall clock then ends, begins and lengthens nothing of these. */
    @Test
    @Tag("fault-F47")
    void windowsAndForecastsDoNotReadTheWallClock() {
        noClasses()
                .that()
                .resideInAnyPackage("..autoscaler.planner..", "..autoscaler.analyzer..", "..autoscaler.collector..")
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
                        .importPackages("io.llmd.autoscaler"));
    }
}
