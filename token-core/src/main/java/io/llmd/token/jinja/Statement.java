package io.llmd.token.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A part of a template that does something. */
sealed interface Statement {

    /** Text as it is. */
    record Text(String text) implements Statement {}

    /** {@code {{ value }}}. */
    record Output(Expression value) implements Statement {}

    /** {@code if}, with what follows if it does not hold. */
    record If(Expression condition, List<Statement> body, List<Statement> otherwise) implements Statement {}

    /**
     * {@code for}.
     *
     * @param targets names that an element is assigned to; several take it apart
     * @param condition which elements take part
     * @param otherwise what happens if none does
     */
    record For(
            List<String> targets,
            Expression elements,
            @Nullable Expression condition,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    /** {@code break} or {@code continue}. */
    record Jump(boolean ends) implements Statement {}

    /**
     * {@code set} with a value.
     *
     * @param attribute of the target that is set; the target itself if absent
     */
    record Set(List<String> targets, @Nullable String attribute, Expression value) implements Statement {}

    /**
     * {@code set} with a body.
     *
     * @param filter applied to the body's text
     */
    record SetBody(String target, Expression.@Nullable Filter filter, List<Statement> body) implements Statement {}

    /** {@code with}: assignments that hold in a body. */
    record With(List<Set> assignments, List<Statement> body) implements Statement {}

    /** {@code filter}: a body whose text goes through a filter. */
    record FilterBody(Expression.Filter filter, List<Statement> body) implements Statement {}

    /** {@code macro}. */
    record Macro(String name, List<Parameter> parameters, List<Statement> body) implements Statement {}

    /** {@code call}: a macro is called that can call the body. */
    record CallBody(List<Parameter> parameters, Expression.Call call, List<Statement> body) implements Statement {}

    /** A parameter of a macro. */
    record Parameter(String name, @Nullable Expression absent) {}
}
