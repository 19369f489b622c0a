package io.llmd.scheduler.plugin;

import java.util.List;

/**
 * The documents of one YAML file.
 *
 * @param documents those that hold anything, in file order; empty after an error that leaves nothing to read
 * @param findings what is wrong with the file as such
 */
public record YamlDocuments(List<YamlNode> documents, List<Finding> findings) {
    public YamlDocuments {
        documents = List.copyOf(documents);
        findings = List.copyOf(findings);
    }

    /** Reads a file of one or more documents; nothing in it is instantiated, and size and depth are bounded. */
    public static YamlDocuments read(String text, String file) {
        Problems problems = new Problems(file);
        List<YamlNode> documents = new YamlReader(problems).readAll(text);
        return new YamlDocuments(documents, problems.inFileOrder());
    }
}
