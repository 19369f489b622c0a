package io.llmd.lab;

import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.traffic.Traffic;
import java.util.Objects;

/** What all contenders of a comparison have in common. */
public record Scenario(Traffic traffic, Fleet fleet, Conditions conditions, Slo slo) {
    public Scenario {
        Objects.requireNonNull(traffic, "traffic");
        Objects.requireNonNull(fleet, "fleet");
        Objects.requireNonNull(conditions, "conditions");
        Objects.requireNonNull(slo, "slo");
    }
}
