package io.llmd.simulator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llmd.simulator.server.SimulatorRuntime;
import org.junit.jupiter.api.Test;

/** Who may use whom. */
@AnalyzeClasses(packages = "io.llmd.simulator", importOptions = ImportOption.DoNotIncludeTests.class)
class SimulatorArchTest {

    private static final String[] JDK = {"java.lang..", "java.util..", "java.nio..", "java.security", "org.jspecify.."};

    @ArchTest
    static final ArchRule engineUsesTheJdkOnly = classes()
            .that()
            .resideInAPackage("io.llmd.simulator.engine")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(with("io.llmd.simulator.engine"));

    @ArchTest
    static final ArchRule engineHasNoClockAndNoThread = noClasses()
            .that()
            .resideInAPackage("io.llmd.simulator.engine")
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

    @ArchTest
    static final ArchRule tokenUsesTheEngineOnly = classes()
            .that()
            .resideInAPackage("io.llmd.simulator.token")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(with("io.llmd.simulator.token", "io.llmd.simulator.engine", "java.io"));

    @ArchTest
    static final ArchRule onlyTheServerKnowsNettyAndJson = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmd.simulator.server")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", "tools.jackson..");

    @ArchTest
    static final ArchRule nobodyUsesSpring =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.springframework..");

    @Test
    void engineRuleFiresOnAForbiddenClass() {
        var server = new ClassFileImporter().importClasses(SimulatorRuntime.class);
        ArchRule rule = classes().should().onlyDependOnClassesThat().resideInAnyPackage(JDK);
        assertThat(rule.evaluate(server).hasViolation()).isTrue();
    }

    private static String[] with(String... more) {
        String[] all = java.util.Arrays.copyOf(JDK, JDK.length + more.length);
        System.arraycopy(more, 0, all, JDK.length, more.length);
        return all;
    }
}
