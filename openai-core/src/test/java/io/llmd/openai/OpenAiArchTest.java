package io.llmd.openai;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which package may use which. Changing a rule here is a design decision. */
@AnalyzeClasses(packages = "io.llmd.openai", importOptions = ImportOption.DoNotIncludeTests.class)
class OpenAiArchTest {

    @ArchTest
    static final ArchRule bytesAlone = noClasses()
            .that()
            .resideInAPackage("io.llmd.openai")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.llmd.openai.stream..", "org.springframework..", "io.netty..", "reactor..");

    @ArchTest
    static final ArchRule noService = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.llmd.gateway..", "io.llmd.scheduler..", "org.springframework..", "reactor..");
}
