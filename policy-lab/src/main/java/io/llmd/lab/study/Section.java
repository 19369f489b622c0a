package io.llmd.lab.study;

import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contender;
import java.util.List;

/**
 * Runs that are compared with each other.
 *
 * @param id for files and for whoever looks the results up: lower case, no blanks
 * @param title for people
 * @param about what is special, one or two sentences
 */
public record Section(
        String id, String title, String about, Scenario scenario, List<Contender> contenders, List<Long> seeds) {
    public Section {
        contenders = List.copyOf(contenders);
        seeds = List.copyOf(seeds);
    }
}
