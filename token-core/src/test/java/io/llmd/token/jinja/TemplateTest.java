package io.llmd.token.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

class TemplateTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 7, 4, 15, 6, 7);

    /**
     * Cases of a file, whose results are those of Jinja 3.1.6 with the settings of transformers.
     *
     * @param values for all templates
     */
    private record Cases(Map<String, Object> values, List<Case> cases) {
        private record Case(String template, String expected) {}
    }

    @TestFactory
    List<DynamicTest> rendersAsJinjaDoes() {
        Cases cases = new JsonMapper()
                .readValue(Path.of("src/test/resources/jinja/cases.json").toFile(), new TypeReference<>() {});
        List<DynamicTest> tests = new ArrayList<>();
        for (Cases.Case one : cases.cases()) {
            tests.add(DynamicTest.dynamicTest(
                    one.template(),
                    () -> assertThat(Template.parse(one.template()).render(cases.values(), NOW))
                            .isEqualTo(one.expected())));
        }
        assertThat(tests).hasSizeGreaterThan(50);
        return tests;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {{ raise_exception('bad role') }}        | bad role
            {{ q.r }}                                | 'q' is undefined
            {{ m.foo.bar }}                          | 'dict object' has no attribute 'foo'
            {{ q() }}                                | 'q' is undefined
            {{ q + 1 }}                              | 'q' is undefined
            {{ n() }}                                | 'int' object is not callable
            {% for x in n %}{% endfor %}             | 'int' object is not iterable
            {{ 1 / 0 }}                              | division by zero
            {{ m < m }}                              | '<' not supported between instances of 'dict' and 'dict'
            {{ l.append(1) }}                        | access to attribute 'append' of 'list' object is unsafe.
            {% set x.y = 1 %}                        | cannot assign attribute on non-namespace object
            {{ range(1000000) }}                     | Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).
            """, quoteCharacter = '\0')
    void errorsOfRenderingAreThoseOfJinja(String template, String message) {
        Map<String, Object> values = Map.of("n", 5, "m", Map.of("a", 1), "l", List.of());
        assertThatExceptionOfType(JinjaException.class)
                .isThrownBy(() -> Template.parse(template).render(values, NOW))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% if %}", "{% for x in y %}", "{{ a b }}", "{{ 'abc", "{% endif %}", "{{ a | nofilter }}",
                "{{ a is notest }}", "{% include 'x' %}", "{% extends 'x' %}", "{# open", "{% raw %}", "{{ a.1b }}",
                "{{ '\\x4' }}", "{{ 99999999999999999999 }}", "{% set a, b %}{% endset %}", "{{ [1, }}", "{{ ? }}"
            })
    void errorsOfSyntaxTellTheLine(String template) {
        assertThatExceptionOfType(JinjaException.class)
                .isThrownBy(() -> Template.parse("\n\n" + template))
                .withMessageStartingWith("line 3: ");
    }

    @Test
    void nothingOfJavaCanBeReached() {
        for (String name : List.of("class", "getClass", "hashCode", "__class__")) {
            assertThat(render("{{ s." + name + " is defined }}{{ l['" + name + "'] is defined }}"))
                    .isEqualTo("FalseFalse");
        }
    }

    @Test
    void costIsBounded() {
        for (String template : List.of(
                "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{{ 'x' * 99999999 }}",
                "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
                "{{ ('x' * 9999999) | replace('x', 'y' * 9999999) }}",
                "{{ (['x' * 999999] * 9999) | join }}",
                "{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}",
                "{{ " + "not ".repeat(5000) + "1 }}",
                "{{ " + "-".repeat(5000) + "1 }}")) {
            assertThatExceptionOfType(JinjaException.class).isThrownBy(() -> render(template));
        }
    }

    @Test
    void loopsOverAnAttributeAreFound() {
        assertThat(iterates("{% for m in messages %}{% for p in m.content %}{% endfor %}{% endfor %}"))
                .isTrue();
        assertThat(
                        iterates(
                                "{% for m in messages %}{% if x %}{% for p in m['content'] %}{% endfor %}{% endif %}{% endfor %}"))
                .isTrue();
        assertThat(iterates("{% set c = m['content'] %}{% for p in c %}{% endfor %}"))
                .isTrue();
        assertThat(iterates("{% macro r(content) %}{% for p in content | list %}{% endfor %}{% endmacro %}"))
                .isTrue();
        assertThat(iterates("{% for m in messages %}{{ m.content }}{% endfor %}"))
                .isFalse();
        assertThat(iterates("{% for p in m.contents %}{% endfor %}")).isFalse();
    }

    private static boolean iterates(String template) {
        return Template.parse(template).iterates("content");
    }

    private static String render(String template) {
        return Template.parse(template).render(Map.of("s", "text", "l", List.of(1)), NOW);
    }
}
