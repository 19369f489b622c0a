package io.llmd.simulator;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llmd.simulator.server.SimulatorRuntime;
import java.util.Arrays;
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
    static final ArchRule virtualTimeUsesTheEngineOnly = classes()
            .that()
            .resideInAPackage("io.llmd.simulator.cluster")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(with("io.llmd.simulator.cluster", "io.llmd.simulator.engine"));

    @ArchTest
    static final ArchRule workloadsUseVirtualTimeOnly = classes()
            .that()
            .resideInAPackage("io.llmd.simulator.workload")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(with(
                    "io.llmd.simulator.workload",
                    "io.llmd.simulator.cluster",
                    "io.llmd.simulator.engine",
                    "java.time"));

    @ArchTest
    static final ArchRule routersUseVirtualTimeOnly = classes()
            .that()
            .resideInAPackage("io.llmd.simulator.routing")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    with("io.llmd.simulator.routing", "io.llmd.simulator.cluster", "io.llmd.simulator.engine"));

    @ArchTest
    static final ArchRule engineHasNoClockAndNoThread = noClockAndNoThread("engine");

    @ArchTest
    static final ArchRule virtualTimeHasNoClockAndNoThread = noClockAndNoThread("cluster");

    @ArchTest
    static final ArchRule workloadsHaveNoClockAndNoThread = noClockAndNoThread("workload");

    @ArchTest
    static final ArchRule routersHaveNoClockAndNoThread = noClockAndNoThread("routing");

    @ArchTest
    static final ArchRule tokenUsesTheEngineOnly = classes()
            .that()
            .resideInAPackage("io.llmd.simulator.token")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    with("io.llmd.simulator.token", "io.llmd.simulator.engine", "io.llmd.token.chat", "java.io"));

    @ArchTest
    static final ArchRule onlySocketsKnowNetty = noClasses()
            .that()
            .resideOutsideOfPackages(packages("server", "sidechannel"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..");

    @ArchTest
    static final ArchRule onlyApisKnowJson = noClasses()
            .that()
            .resideInAnyPackage(packages("engine", "token", "chat", "config", "metrics", "output"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("tools.jackson..");

    @ArchTest
    static final ArchRule chatKnowsTokensOnly = ours("chat", "token");

    @ArchTest
    static final ArchRule pretrainedKnowsTokensOnly = ours("pretrained", "token", "engine");

    @ArchTest
    static final ArchRule onlyPretrainedKnowsTheTokenizerLibrary = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmd.simulator.pretrained")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.djl..", "io.llmd.token.pretrained");

    @ArchTest
    static final ArchRule settingsKnowTheEngineAndKvEventsOnly = ours("config", "engine", "kvevents");

    @ArchTest
    static final ArchRule metersKnowSettingsAndTheEngineOnly = ours("metrics", "config", "engine");

    @ArchTest
    static final ArchRule outputKnowsNoApi = ours("output", "engine", "token", "config");

    @ArchTest
    static final ArchRule apiKnowsNoFeature = ours("api", "output", "token", "config", "engine");

    @ArchTest
    static final ArchRule openaiKnowsNoOtherFeature =
            ours("openai", "structured", "api", "chat", "output", "token", "config", "engine");

    @ArchTest
    static final ArchRule structuredKnowsNoRequest = ours("structured", "api", "output", "token", "config", "engine");

    @ArchTest
    static final ArchRule scaleoutMayUseOpenai = ours("scaleout", "openai", "api", "output", "token", "config");

    @ArchTest
    static final ArchRule responsesAreChats =
            ours("responses", "scaleout", "openai", "api", "output", "token", "engine");

    @ArchTest
    static final ArchRule messagesOfAnthropicAreChats =
            ours("anthropic", "scaleout", "openai", "api", "output", "token", "engine");

    @ArchTest
    static final ArchRule onlyStructuredKnowsTheLibraryForPatterns = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmd.simulator.structured")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.github.curiousoddman..");

    @ArchTest
    static final ArchRule poolingMayUseOpenai =
            ours("pooling", "openai", "api", "chat", "output", "token", "config", "engine");

    @ArchTest
    static final ArchRule faultsKnowApisOnly = ours("fault", "api", "config", "engine", "kvevents");

    @ArchTest
    static final ArchRule controlKnowsNoFeature = ours("control", "api", "config", "engine", "metrics");

    @ArchTest
    static final ArchRule handoffKnowsNoApi = ours("handoff", "engine", "metrics");

    @ArchTest
    static final ArchRule handoffHasNoClockAndNoThread = noClockAndNoThread("handoff");

    @ArchTest
    static final ArchRule sideChannelCarriesHandoffsOnly = ours("sidechannel", "handoff", "api");

    @ArchTest
    static final ArchRule kvEventsKnowTheEngineOnly = ours("kvevents", "engine");

    @ArchTest
    static final ArchRule onlyKvEventsSpeakZmtp = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmd.simulator.kvevents")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.llmd.kv.zmtp..", "org.zeromq..", "zmq..");

    @ArchTest
    static final ArchRule nobodyUsesSpring =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.springframework..");

    @Test
    void engineRuleFiresOnAForbiddenClass() {
        var server = new ClassFileImporter().importClasses(SimulatorRuntime.class);
        ArchRule rule = classes().should().onlyDependOnClassesThat().resideInAnyPackage(JDK);
        assertThat(rule.evaluate(server).hasViolation()).isTrue();
    }

    private static ArchRule noClockAndNoThread(String name) {
        return noClasses()
                .that()
                .resideInAPackage("io.llmd.simulator." + name)
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
    }

    /** Of our packages, one may use itself and some others. */
    private static ArchRule ours(String name, String... others) {
        String[] allowed = Arrays.copyOf(others, others.length + 1);
        allowed[others.length] = name;
        return classes()
                .that()
                .resideInAPackage("io.llmd.simulator." + name)
                .should()
                .onlyDependOnClassesThat(
                        resideOutsideOfPackage("io.llmd.simulator..").or(resideInAnyPackage(packages(allowed))));
    }

    private static String[] packages(String... names) {
        return Arrays.stream(names).map("io.llmd.simulator."::concat).toArray(String[]::new);
    }

    private static String[] with(String... more) {
        String[] all = Arrays.copyOf(JDK, JDK.length + more.length);
        System.arraycopy(more, 0, all, JDK.length, more.length);
        return all;
    }
}
