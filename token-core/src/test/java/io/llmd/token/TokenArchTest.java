package io.llmd.token;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llmd.token.pretrained.Vocabulary;
import org.junit.jupiter.api.Test;

/** Who may use whom. */
@AnalyzeClasses(packages = "io.llmd.token", importOptions = ImportOption.DoNotIncludeTests.class)
class TokenArchTest {

    @ArchTest
    static final ArchRule jinjaUsesTheJdkOnly = onlyUse("io.llmd.token.jinja", "java.math", "java.time..");

    @ArchTest
    static final ArchRule chatUsesTemplates = onlyUse("io.llmd.token.chat", "io.llmd.token.jinja", "java.time");

    @ArchTest
    static final ArchRule pretrainedReadsFiles =
            onlyUse("io.llmd.token.pretrained", "java.io", "java.util.stream", "tools.jackson..", "ai.djl..");

    @ArchTest
    static final ArchRule openaiReadsJson = onlyUse("io.llmd.token.openai", "tools.jackson..");

    @Test
    void ruleFiresOnAForbiddenClass() {
        assertThat(onlyUse("io.llmd.token.pretrained")
                        .evaluate(new ClassFileImporter().importPackagesOf(Vocabulary.class))
                        .hasViolation())
                .isTrue();
    }

    private static ArchRule onlyUse(String name, String... others) {
        String[] allowed = new String[others.length + 5];
        System.arraycopy(others, 0, allowed, 0, others.length);
        allowed[others.length] = name;
        allowed[others.length + 1] = "java.lang..";
        allowed[others.length + 2] = "java.util..";
        allowed[others.length + 3] = "java.nio..";
        allowed[others.length + 4] = "org.jspecify..";
        return classes()
                .that()
                .resideInAPackage(name)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed);
    }
}
