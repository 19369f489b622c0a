package io.llmd.token.jinja;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Looks for loops over an attribute. */
final class IterationSearch {
    private final String attribute;
    private final Set<String> variables = new HashSet<>();

    IterationSearch(String attribute) {
        this.attribute = attribute;
        variables.add(attribute);
    }

    boolean isIn(List<Statement> statements) {
        return statements.stream().anyMatch(this::isIn);
    }

    private boolean isIn(Statement statement) {
        return switch (statement) {
            case Statement.For loop -> isValue(loop.elements()) || isIn(loop.body()) || isIn(loop.otherwise());
            case Statement.If branch -> isIn(branch.body()) || isIn(branch.otherwise());
            case Statement.Set set -> {
                if (set.attribute() == null && isValue(set.value())) {
                    variables.addAll(set.targets());
                }
                yield false;
            }
            case Statement.SetBody set -> isIn(set.body());
            case Statement.With with -> isIn(List.<Statement>copyOf(with.assignments())) || isIn(with.body());
            case Statement.FilterBody filter -> isIn(filter.body());
            case Statement.Macro macro -> isIn(macro.body());
            case Statement.CallBody call -> isIn(call.body());
            case Statement.Text text -> false;
            case Statement.Output output -> false;
            case Statement.Jump jump -> false;
        };
    }

    private boolean isValue(Expression expression) {
        return switch (expression) {
            case Expression.Attribute access -> access.name().equals(attribute);
            case Expression.Item item -> item.key().equals(new Expression.Literal(attribute));
            case Expression.Name name -> variables.contains(name.name());
            case Expression.Filter filter -> filter.value() != null && isValue(filter.value());
            default -> false;
        };
    }
}
