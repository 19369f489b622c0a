package io.llmd.contracts;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;

/** Contracts hold values only, and need nothing but JSpecify and Jackson's annotations. */
@AnalyzeClasses(packages = "io.llmd.contracts", importOptions = ImportOption.DoNotIncludeTests.class)
class ContractsArchTest {

    private static final DescribedPredicate<JavaClass> VALUE_TYPE = DescribedPredicate.describe(
            "records, enums, interfaces or package-info",
            c -> c.isRecord()
                    || c.isEnum()
                    || c.isInterface()
                    || c.getSimpleName().equals("package-info"));

    @ArchTest
    static final ArchRule onlyValueTypes = classes().should(ArchConditions.be(VALUE_TYPE));

    @ArchTest
    static final ArchRule fewDependencies = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java.lang..",
                    "java.util..",
                    "java.nio",
                    "io.llmd.contracts..",
                    "org.jspecify.annotations",
                    "com.fasterxml.jackson.annotation");
}
