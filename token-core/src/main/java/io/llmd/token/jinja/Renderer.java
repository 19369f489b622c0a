package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Carries statements out, once. */
final class Renderer {
    private final Budget budget = new Budget();
    private final Evaluator evaluator = new Evaluator(budget);

    /** Whether the statements of a body go on. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    /** The text of statements. */
    String text(List<Statement> statements, Scope scope) {
        StringBuilder out = new StringBuilder();
        run(statements, scope, out);
        return out.toString();
    }

    private Flow run(List<Statement> statements, Scope scope, StringBuilder out) {
        for (Statement statement : statements) {
            Flow flow = run(statement, scope, out);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Statement statement, Scope scope, StringBuilder out) {
        budget.step();
        switch (statement) {
            case Statement.Text text -> budget.append(out, text.text());
            case Statement.Output output -> budget.append(out, Values.text(evaluator.value(output.value(), scope)));
            case Statement.If branch -> {
                boolean holds = Values.isTrue(evaluator.value(branch.condition(), scope));
                return run(holds ? branch.body() : branch.otherwise(), scope, out);
            }
            case Statement.For loop -> {
                return loop(loop, scope, out);
            }
            case Statement.Jump jump -> {
                return jump.ends() ? Flow.BREAK : Flow.CONTINUE;
            }
            case Statement.Set set -> set(set, scope, scope);
            case Statement.SetBody set -> {
                String text = text(set.body(), new Scope(scope));
                Expression.Filter filter = set.filter();
                scope.set(set.target(), filter == null ? text : evaluator.allFiltered(filter, text, scope));
            }
            case Statement.With with -> {
                Scope inner = new Scope(scope);
                with.assignments().forEach(set -> set(set, scope, inner));
                return run(with.body(), inner, out);
            }
            case Statement.FilterBody filter -> {
                String text = text(filter.body(), new Scope(scope));
                budget.append(out, Values.text(evaluator.allFiltered(filter.filter(), text, scope)));
            }
            case Statement.Macro macro ->
                scope.set(macro.name(), macro(macro.name(), macro.parameters(), macro.body(), scope));
            case Statement.CallBody call -> {
                Function caller = macro("caller", call.parameters(), call.body(), scope);
                budget.append(out, Values.text(evaluator.call(call.call(), Map.of("caller", caller), scope)));
            }
        }
        return Flow.NEXT;
    }

    private void set(Statement.Set set, Scope scope, Scope target) {
        Object value = evaluator.value(set.value(), scope);
        String attribute = set.attribute();
        if (attribute == null) {
            assign(set.targets(), value, target);
        } else if (scope.get(set.targets().getFirst()) instanceof Namespace namespace) {
            namespace.attributes().put(attribute, value);
        } else {
            throw new JinjaException("cannot assign attribute on non-namespace object");
        }
    }

    private static void assign(List<String> targets, Object value, Scope scope) {
        if (targets.size() == 1) {
            scope.set(targets.getFirst(), value);
            return;
        }
        List<Object> elements = Values.elements(value);
        if (elements.size() != targets.size()) {
            throw new JinjaException("expected " + targets.size() + " values to unpack, got " + elements.size());
        }
        for (int i = 0; i < elements.size(); i++) {
            scope.set(targets.get(i), elements.get(i));
        }
    }

    private Flow loop(Statement.For statement, Scope scope, StringBuilder out) {
        List<Object> elements = elements(statement, scope);
        if (elements.isEmpty()) {
            return run(statement.otherwise(), scope, out);
        }
        Loop loop = new Loop(elements);
        for (Object element : elements) {
            budget.step();
            loop.advance();
            Scope inner = new Scope(scope);
            inner.set("loop", loop);
            assign(statement.targets(), element, inner);
            if (run(statement.body(), inner, out) == Flow.BREAK) {
                break;
            }
        }
        return Flow.NEXT;
    }

    private List<Object> elements(Statement.For statement, Scope scope) {
        List<Object> elements = Values.elements(evaluator.value(statement.elements(), scope));
        Expression condition = statement.condition();
        if (condition == null) {
            return elements;
        }
        List<Object> kept = new ArrayList<>();
        for (Object element : elements) {
            Scope inner = new Scope(scope);
            assign(statement.targets(), element, inner);
            if (Values.isTrue(evaluator.value(condition, inner))) {
                kept.add(element);
            }
        }
        return kept;
    }

    private Function macro(String name, List<Statement.Parameter> parameters, List<Statement> body, Scope scope) {
        return (positional, named) -> {
            if (positional.size() > parameters.size()) {
                throw new JinjaException(
                        "macro '" + name + "' takes not more than " + parameters.size() + " argument(s)");
            }
            Scope inner = new Scope(scope);
            for (int i = 0; i < parameters.size(); i++) {
                Statement.Parameter parameter = parameters.get(i);
                inner.set(parameter.name(), argument(parameter, i, new CallArguments(positional, named), inner));
            }
            if (named.get("caller") instanceof Function caller) {
                inner.set("caller", caller);
            }
            budget.enter();
            String text = text(body, inner);
            budget.leave();
            return text;
        };
    }

    private Object argument(Statement.Parameter parameter, int index, CallArguments arguments, Scope scope) {
        if (index < arguments.positional().size() || arguments.named().containsKey(parameter.name())) {
            return arguments.require(index, parameter.name());
        }
        Expression absent = parameter.absent();
        return absent == null
                ? new Undefined("parameter '" + parameter.name() + "' was not provided")
                : evaluator.value(absent, scope);
    }
}
