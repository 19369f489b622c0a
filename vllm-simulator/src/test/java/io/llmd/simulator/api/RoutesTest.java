package io.llmd.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private final Routes routes = new Routes()
            .get("/things/{id}", call -> Reply.Content.empty(200))
            .post("/things/{id}/stop", call -> Reply.Content.empty(200))
            .post("/things/new", call -> Reply.Content.empty(200));

    @Test
    void placeholderStandsForOneSegment() {
        assertThat(routes.match("/things/a1", "GET"))
                .isInstanceOfSatisfying(
                        Routes.Match.Found.class,
                        found -> assertThat(found.variables()).isEqualTo(Map.of("id", "a1")));
        assertThat(routes.match("/things/a1/stop", "POST")).isInstanceOf(Routes.Match.Found.class);
        assertThat(routes.match("/things/a1/b2", "GET")).isInstanceOf(Routes.Match.UnknownPath.class);
    }

    @Test
    void exactPathComesBeforePlaceholders() {
        assertThat(routes.match("/things/new", "GET"))
                .isEqualTo(new Routes.Match.WrongMethod("/things/new", Set.of("POST")));
    }

    @Test
    void pathsAreDocumentedWithTheirMethods() {
        assertThat(routes.documented())
                .isEqualTo(Map.of(
                        "/things/{id}",
                        Set.of("GET"),
                        "/things/{id}/stop",
                        Set.of("POST"),
                        "/things/new",
                        Set.of("POST")));
    }
}
