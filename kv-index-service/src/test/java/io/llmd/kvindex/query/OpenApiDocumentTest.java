package io.llmd.kvindex.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.prefix.EndpointMatch;
import io.llmd.contracts.prefix.KvIndexStats;
import io.llmd.contracts.prefix.KvSource;
import io.llmd.contracts.prefix.KvSources;
import io.llmd.contracts.prefix.PrefixMatchRequest;
import io.llmd.contracts.prefix.PrefixMatches;
import io.llmd.contracts.prefix.SnapshotRestored;
import io.llmd.contracts.prefix.TierBlocks;
import io.llmd.contracts.prefix.TopPrefix;
import io.llmd.contracts.prefix.TopPrefixes;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The OpenAPI document describes the routes and fields that the code has. */
class OpenApiDocumentTest {

    private static final List<Class<? extends Record>> BODIES = List.of(
            PrefixMatchRequest.class,
            PrefixMatches.class,
            EndpointMatch.class,
            TierBlocks.class,
            TopPrefixes.class,
            TopPrefix.class,
            KvSources.class,
            KvSource.class,
            KvIndexStats.class,
            SnapshotRestored.class);

    private static Map<String, Object> document;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = OpenApiDocumentTest.class.getResourceAsStream("/openapi/kv-index.yaml")) {
            document = new Yaml().load(in);
        }
    }

    @Test
    void pathsAreThoseOfTheRoutes() {
        assertThat(map(document, "paths").keySet()).containsExactlyInAnyOrderElementsOf(PrefixRoutes.PATHS);
    }

    @Test
    void fieldsAreThoseOfTheBodies() {
        Map<String, Object> schemas = map(map(document, "components"), "schemas");
        Map<String, TreeSet<String>> described = new TreeMap<>();
        schemas.forEach((name, schema) -> described.put(
                name, new TreeSet<>(map(schemas, name, "properties").keySet())));
        Map<String, TreeSet<String>> declared = BODIES.stream()
                .collect(Collectors.toMap(
                        Class::getSimpleName, OpenApiDocumentTest::components, (a, b) -> a, TreeMap::new));

        assertThat(described).isEqualTo(declared);
    }

    private static TreeSet<String> components(Class<? extends Record> body) {
        return Arrays.stream(body.getRecordComponents())
                .map(RecordComponent::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @SuppressWarnings("unchecked") // YAML mappings have texts as keys here
    private static Map<String, Object> map(Map<String, Object> parent, String... path) {
        Map<String, Object> map = parent;
        for (String name : path) {
            map = (Map<String, Object>) map.get(name);
        }
        return map;
    }
}
