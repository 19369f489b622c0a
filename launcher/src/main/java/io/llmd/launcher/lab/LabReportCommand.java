package io.llmd.launcher.lab;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.report.HtmlReport;
import io.llmd.lab.report.PolicyPage;
import io.llmd.lab.report.Tables;
import io.llmd.lab.result.GoalFigure;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.study.PolicyStudy;
import io.llmd.lab.study.Section;
import io.llmd.lab.study.StudyData;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd lab report}: the goals, kinds of traffic, conditions, other engines and seeds, as a page with plots. */
@Command(
        name = "report",
        description = {
            "Run the policies on recorded and generated traffic, with faults, on other engines and with other seeds;"
                    + " say which goals are met, and write docs/policy-results.md and its plots.",
            "With all contenders and the whole share it takes about four minutes of processor time."
        },
        footer = {"", "Exit codes: 0 ran, whatever the goals say, 1 failed, 2 usage."})
final class LabReportCommand implements Callable<Integer> {

    private static final String PAGE = "policy-results.md";

    private final Terminal terminal;

    @Mixin
    private PageOptions output = new PageOptions();

    @Option(
            names = "--contenders",
            paramLabel = "NAME",
            split = ",",
            description = "policies, or NAME=FILE with a scheduling configuration (default: all)")
    private List<String> contenders = List.of();

    @Option(
            names = "--few",
            paramLabel = "NAME",
            split = ",",
            description =
                    "policies that conditions, other engines and the second seed of conversation and ladder are tried on"
                            + " (default: ${DEFAULT-VALUE})")
    private List<String> few = List.of(
            "time-cost",
            "time-cost-estimated",
            "mooncake-conductor",
            "dynamo",
            "kv-block-cost",
            "llmd-precise",
            "llmd-sticky-precise",
            "predicted-latency",
            "least-request");

    @Option(
            names = "--ours",
            paramLabel = "NAME",
            split = ",",
            description =
                    "policies that the page marks, and of which it says where they lose (default: ${DEFAULT-VALUE})")
    private List<String> ours = List.of("time-cost", "time-cost-estimated");

    @Option(
            names = "--sections",
            paramLabel = "ID",
            split = ",",
            description = "parts to run, as the first column of --csv names them (default: all)")
    private List<String> sections = List.of();

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            description = "part of the recordings and of the generated traffic, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double share = 1;

    @Option(names = "--no-knees", description = "leave the knees out, which take longest")
    private boolean noKnees;

    @Option(names = "--html", paramLabel = "FILE", description = "also write one HTML page with tables and plots")
    private @Nullable Path html;

    @Option(names = "--json", description = "print one JSON object for each goal instead of lines")
    private boolean json;

    @Option(names = "--seed", paramLabel = "N", description = "of everything random (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    LabReportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        List<Contender> all = LabOptions.contenders(contenders);
        PolicyStudy study = study(all);
        List<Section> wanted = wanted(study.sections());
        int runs = wanted.stream()
                .mapToInt(
                        section -> section.contenders().size() * section.seeds().size())
                .sum();
        Map<String, List<RunResult>> results;
        try (LabProgress progress = new LabProgress(terminal, runs)) {
            results = study.run(wanted, output.parallel(), progress);
        }
        Map<String, Map<String, Double>> knees = Map.of();
        if (!noKnees) {
            try (LabProgress progress = new LabProgress(terminal, 0)) {
                knees = study.knees(output.parallel(), progress);
            }
        }
        PolicyPage page = new PolicyPage(wanted, results, knees, all, written(), ours);
        page.goals().values().forEach(goals -> goals.forEach(goal -> terminal.println(LabGoals.line(goal, json))));
        write(page);
        writeMore(page, wanted, results, all);
        return ExitCode.OK;
    }

    /** What makes the page, as far as it changes the figures. */
    private String written() {
        StringBuilder text = new StringBuilder("./llmd lab report");
        if (share != 1) {
            text.append(" --share ").append(share);
        }
        if (seed != 1) {
            text.append(" --seed ").append(seed);
        }
        if (!contenders.isEmpty()) {
            text.append(" --contenders ").append(String.join(",", contenders));
        }
        if (!sections.isEmpty()) {
            text.append(" --sections ").append(String.join(",", sections));
        }
        return text.append(noKnees ? " --no-knees" : "").toString();
    }

    private PolicyStudy study(List<Contender> all) {
        try {
            List<Contender> tried =
                    all.stream().filter(each -> few.contains(each.name())).toList();
            return new PolicyStudy(
                    StudyData.read(output.recordings(), share), all, tried.isEmpty() ? all : tried, share, seed);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot read the recordings (--data): " + e.getMessage());
        }
    }

    private List<Section> wanted(List<Section> all) {
        List<String> known = all.stream().map(Section::id).toList();
        if (!known.containsAll(sections)) {
            throw CommandFailure.usage("sections: " + sections + " (expected: of " + known + ")");
        }
        return all.stream()
                .filter(section -> sections.isEmpty() || sections.contains(section.id()))
                .toList();
    }

    private void write(PolicyPage page) throws IOException {
        Map<String, byte[]> images = new LinkedHashMap<>();
        page.images().forEach((name, image) -> images.put("policy-" + name, image));
        output.writePage(PAGE, page.markdown(), images, terminal);
    }

    private void writeMore(
            PolicyPage page, List<Section> wanted, Map<String, List<RunResult>> results, List<Contender> all)
            throws IOException {
        output.writeCsv(Tables.csvBySection(results), terminal);
        if (html != null) {
            HtmlReport report = new HtmlReport();
            List<GoalFigure> figures = new ArrayList<>();
            page.goals().values().forEach(figures::addAll);
            report.addGoals(figures);
            wanted.forEach(section ->
                    report.addTraffic(section.title(), section.about(), results.getOrDefault(section.id(), List.of())));
            report.addContenders(all);
            Files.writeString(html, report.page("Routing policies in virtual time"));
            terminal.note("wrote " + html);
        }
    }
}
