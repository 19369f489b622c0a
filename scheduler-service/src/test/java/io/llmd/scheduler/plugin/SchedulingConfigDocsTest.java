package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SchedulingConfigDocsTest {

    /** Bands have the same fields wherever they are, and are described once. */
    private static final Set<String> DESCRIBED_ELSEWHERE =
            Set.of("flowControl.defaultPriorityBand", "flowControl.defaultNegativePriorityBand");

    @Test
    void everyFieldIsDescribedAndNoOther() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "configuration.md"));
        String section = page.substring(page.indexOf("## Scheduling configuration"));
        int end = section.indexOf("\n## ");
        List<String> listed = Pattern.compile("(?m)^\\| `([^`]+)` \\|")
                .matcher(end < 0 ? section : section.substring(0, end))
                .results()
                .map(row -> row.group(1))
                .toList();
        List<String> fields = new ArrayList<>();
        collect(EndpointPickerConfig.class, "", fields);
        assertThat(listed).containsExactlyInAnyOrderElementsOf(fields);
    }

    private static void collect(Class<?> type, String path, List<String> fields) {
        for (RecordComponent component : type.getRecordComponents()) {
            if (component.isAnnotationPresent(Line.class)) {
                continue;
            }
            String name = path + component.getName();
            Class<?> element = element(component.getGenericType());
            boolean isList = component.getType() == List.class;
            boolean isSection = element.isRecord() && element != Quantity.class && !DESCRIBED_ELSEWHERE.contains(name);
            if (isList || !isSection) {
                fields.add(name);
            }
            if (isSection) {
                collect(element, name + (isList ? "[]." : "."), fields);
            }
        }
    }

    /** What a list or a located value holds, else the type itself. */
    private static Class<?> element(Type type) {
        if (type instanceof ParameterizedType generic) {
            return element(generic.getActualTypeArguments()[0]);
        }
        return (Class<?>) type;
    }
}
