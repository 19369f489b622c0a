package io.llmd.configserver;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llmd.configserver.config.ConfigServerSettings;

@AnalyzeClasses(packages = "io.llmd.configserver", importOptions = ImportOption.DoNotIncludeTests.class)
class ConfigServerArchTest {

    @ArchTest
    static final ArchRule usesNoOtherServiceAndNoReactiveStack = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.llmd.contracts..",
                    "io.llmd.gateway..",
                    "io.llmd.scheduler..",
                    "reactor..",
                    "org.springframework.web.reactive..");

    @ArchTest
    static final ArchRule theEdgeKnowsTheSettingsAlone = noClasses()
            .that()
            .resideInAPackage("..edge..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.llmd.configserver.config..", "io.llmd.configserver.admin..")
                    .and(not(belongToAnyOf(ConfigServerSettings.class))));

    @ArchTest
    static final ArchRule theConsoleKnowsTheSettingsAlone = noClasses()
            .that()
            .resideInAPackage("..admin..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.llmd.configserver.config..", "io.llmd.configserver.edge..")
                    .and(not(belongToAnyOf(ConfigServerSettings.class))));

    @ArchTest
    static final ArchRule onlyTheApplicationAndItsSettingsArePublic = classes()
            .that()
            .arePublic()
            .should(be(belongToAnyOf(ConfigServerApplication.class, ConfigServerSettings.class)));
}
