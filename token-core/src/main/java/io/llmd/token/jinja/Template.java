package io.llmd.token.jinja;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A parsed template, with the whitespace rules, functions and filters that transformers gives to chat templates. It sees
 * what it is given and nothing else, and its cost is bounded. Immutable.
 *
 * <p>Left out are inheritance, includes, imports, recursive loops, escaping of HTML and methods that change lists or
 * dictionaries, which chat templates may not use either.
 */
public final class Template {
    private final List<Statement> statements;

    private Template(List<Statement> statements) {
        this.statements = statements;
    }

    /**
     * Parses a template.
     *
     * @throws JinjaException if it has an error or uses what is left out
     */
    public static Template parse(String source) {
        return new Template(Parser.parse(source));
    }

    /**
     * The text that the template makes.
     *
     * @param variables maps, lists, strings, numbers, booleans and null by name
     * @param now for {@code strftime_now}
     * @throws JinjaException if the template raises an exception, has an error or costs too much
     */
    public String render(Map<String, ? extends @Nullable Object> variables, LocalDateTime now) {
        Scope globals = new Scope(null);
        Functions.addTo(globals, now);
        variables.forEach((name, value) -> globals.set(name, Values.of(value)));
        return new Renderer().text(statements, new Scope(globals));
    }

    /**
     * Whether the template goes through the elements of an attribute of that name, or of a variable that has its value
     * or its name.
     */
    public boolean iterates(String attribute) {
        return new IterationSearch(attribute).isIn(statements);
    }
}
