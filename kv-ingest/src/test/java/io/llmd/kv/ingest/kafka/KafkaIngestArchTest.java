package io.llmd.kv.ingest.kafka;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who the Kafka side may use. */
@AnalyzeClasses(packages = "io.llmd.kv.ingest.kafka", importOptions = ImportOption.DoNotIncludeTests.class)
class KafkaIngestArchTest {

    @ArchTest
    static final ArchRule usesKafkaClientsAndKvCore = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.jspecify..",
                    "org.slf4j..",
                    "org.apache.kafka..",
                    "io.llmd.kv.delta",
                    "io.llmd.kv.lane",
                    "io.llmd.kv.event",
                    "io.llmd.kv.wire",
                    "io.llmd.kv.ingest.kafka");

    @ArchTest
    static final ArchRule lanesAreFollowedWithoutBrokersAndClocks = noClasses()
            .that()
            .haveSimpleNameContaining("Follow")
            .or()
            .haveSimpleName("LaneTable")
            .or()
            .haveSimpleName("SnapshotSchedule")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .haveSimpleName("KafkaConsumer")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class);
}
