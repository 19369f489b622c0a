package io.llmd.kvindex;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which package may use which. Changing it is a design decision. */
@AnalyzeClasses(packages = "io.llmd.kvindex", importOptions = ImportOption.DoNotIncludeTests.class)
class KvIndexArchTest {

    private static final String ROOT = "io.llmd.kvindex.";

    @ArchTest
    static final ArchRule PACKAGES_USE_ONLY_WHAT_THEY_MAY = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("ingest")
            .definedBy(ROOT + "ingest..")
            .layer("query")
            .definedBy(ROOT + "query..")
            .layer("observe")
            .definedBy(ROOT + "observe..")
            .layer("config")
            .definedBy(ROOT + "config..")
            .whereLayer("ingest")
            .mayNotAccessAnyLayer()
            .whereLayer("query")
            .mayOnlyAccessLayers("ingest")
            .whereLayer("observe")
            .mayOnlyAccessLayers("ingest", "query")
            .whereLayer("config")
            .mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule FOLLOWING_KNOWS_NO_SPRING = noClasses()
            .that(resideInAPackage(ROOT + "ingest.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.springframework..", "reactor..", "io.micrometer.."));

    @ArchTest
    static final ArchRule QUERIES_KNOW_NO_BROKERS = noClasses()
            .that(resideInAPackage(ROOT + "query.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.apache.kafka..", "io.llmd.kv.ingest.."));
}
