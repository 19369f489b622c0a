package io.llmd.lab.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.contender.Contenders;
import io.llmd.lab.report.PolicyPage;
import io.llmd.lab.result.RunResult;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyStudyTest {

    private static final List<String> SOME = List.of(
            PolicyStudy.CONVERSATION,
            PolicyStudy.FAST,
            PolicyStudy.FAULTS,
            "asked-" + PolicyStudy.FAST,
            "seed-azure",
            "as-fitted",
            "compute-less",
            "mixed");

    @TempDir
    Path folder;

    @Test
    void thePageSaysGoalsLossesAndRanks() throws IOException {
        PolicyStudy study = study(1);
        List<Section> sections = study.sections().stream()
                .filter(section -> SOME.contains(section.id()))
                .toList();
        Map<String, List<RunResult>> runs = study.run(sections, 1, done -> {});
        PolicyPage page = new PolicyPage(
                sections,
                runs,
                Map.of(PolicyStudy.CONVERSATION, Map.of("round-robin", 1.0, "time-cost", 3.5)),
                contenders(),
                "./llmd lab report --share 0.1",
                List.of("time-cost"));

        assertThat(runs.keySet()).containsExactlyInAnyOrderElementsOf(SOME);
        assertThat(page.goals().get("time-cost"))
                .extracting(goal -> goal.goal())
                .contains("P2", "P3", "P4", "P5");
        assertThat(page.markdown())
                .contains("## Goals", "P4 conversation-knee ÷ round-robin ≥ 3.00", "**3.500**", "--share 0.1")
                .contains("| **time-cost** (ours) | - | ", "| round-robin | - | fail")
                .contains("## Where ours lose", "### H100 and A100 in turn", "compute-less", "| round-robin |")
                .contains("## Where requests ask for times", "| conversation-3x | time-cost | ")
                .contains("## Generated workloads, other seeds", "| azure | round-robin | ")
                .doesNotContain("### Other seeds")
                .contains("pairs that differ by more than two points as fitted");
        assertThat(page.images())
                .containsKeys("hits.png", "knee-conversation.png")
                .doesNotContainKey("ladder-ttft.png");
        assertThat(page.markdown()).isEqualTo(page.markdown());
    }

    @Test
    void everySectionIsThere() throws IOException {
        assertThat(study(1).sections())
                .extracting(Section::id)
                .doesNotHaveDuplicates()
                .contains("ladder", "azure", "servegen", "chat", "agentic", "rag", "code", "reasoning", "bursts")
                .contains("asked-ladder", "asked-rag", "asked-overload")
                .contains("seed-as-fitted", "seed-azure", "seed-rag", "seed-bursts", "asked-seed-rag")
                .contains("events-late", "events-lost", "metrics-late", "slow", "outage", "mixed");
    }

    @Test
    void whatIsAtTheLimitHasFourMoreSeeds() throws IOException {
        assertThat(study(1).sections().stream().filter(section -> section.id().equals("seed-rag")))
                .singleElement()
                .satisfies(section -> assertThat(section.seeds()).containsExactly(1001L, 2001L, 3001L, 4001L));
    }

    @Test
    void aShareIsAShare() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> study(1.5))
                .withMessage("share: 1.5 (expected: above 0, at most 1)");
    }

    private PolicyStudy study(double share) throws IOException {
        List<Contender> all = contenders();
        return new PolicyStudy(StudyData.read(recordings(), 1), all, all, share, 1);
    }

    private static List<Contender> contenders() throws IOException {
        return List.of(Contenders.find("round-robin"), Contenders.find("time-cost"));
    }

    private Path recordings() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            lines.add("{\"timestamp\": %d, \"input_length\": 1500, \"output_length\": 20, \"hash_ids\": [0, %d, %d]}"
                    .formatted(3000 * (i / 4), 1 + i % 4, 100 + i));
        }
        gzip("mooncake_conversation_h1.jsonl.gz", String.join("\n", lines));
        gzip("azure_llm_2023_conv_h1.csv.gz", "names\n2023-11-16 18:15:46.5,374,44\n");
        gzip("servegen_m_large_week1.csv.gz", "names\nm,0,100,2,50,0.3,900,600,2400,5000,160,50,460,870\n");
        return folder;
    }

    private void gzip(String name, String text) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
