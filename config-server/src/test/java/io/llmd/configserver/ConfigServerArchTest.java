package io.llmd.configserver;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

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
    static final ArchRule edgeAndConfigDoNotKnowEachOther = noClasses()
            .that()
            .resideInAPackage("..edge..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.llmd.configserver.config..");

    @ArchTest
    static final ArchRule onlyTheApplicationAndItsSettingsArePublic = classes()
            .that()
            .arePublic()
            .should()
            .haveSimpleName("ConfigServerApplication")
            .orShould()
            .haveSimpleName("ConfigServerSettings");
}
