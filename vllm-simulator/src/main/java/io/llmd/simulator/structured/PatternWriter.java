package io.llmd.simulator.structured;

import com.github.curiousoddman.rgxgen.config.RgxGenProperties;
import com.github.curiousoddman.rgxgen.nodes.Choice;
import com.github.curiousoddman.rgxgen.nodes.FinalSymbol;
import com.github.curiousoddman.rgxgen.nodes.Group;
import com.github.curiousoddman.rgxgen.nodes.GroupRef;
import com.github.curiousoddman.rgxgen.nodes.NotSymbol;
import com.github.curiousoddman.rgxgen.nodes.Repeat;
import com.github.curiousoddman.rgxgen.nodes.Sequence;
import com.github.curiousoddman.rgxgen.nodes.SymbolSet;
import com.github.curiousoddman.rgxgen.visitors.GenerationVisitor;
import java.util.HashMap;
import java.util.Random;

/** Writes one text for a regular expression, within a budget. What must not follow is left to the matching. */
final class PatternWriter extends GenerationVisitor {
    private final TextBudget budget;

    PatternWriter(RgxGenProperties properties, Random random, TextBudget budget) {
        super(random, new HashMap<>(), properties);
        this.budget = budget;
    }

    @Override
    public void visit(SymbolSet node) {
        budget.spend(1);
        super.visit(node);
    }

    @Override
    public void visit(Choice node) {
        budget.spend(1);
        super.visit(node);
    }

    @Override
    public void visit(FinalSymbol node) {
        budget.spend(1 + node.getValue().length());
        super.visit(node);
    }

    @Override
    public void visit(Repeat node) {
        budget.spend(1);
        super.visit(node);
    }

    @Override
    public void visit(Sequence node) {
        budget.spend(1);
        super.visit(node);
    }

    @Override
    public void visit(NotSymbol node) {
        budget.spend(1);
    }

    @Override
    public void visit(GroupRef node) {
        budget.spend(1 + aGroupValues.getOrDefault(node.getIndex(), "").length());
        super.visit(node);
    }

    @Override
    public void visit(Group node) {
        budget.spend(1);
        super.visit(node);
        budget.spend(aGroupValues.getOrDefault(node.getIndex(), "").length());
    }
}
