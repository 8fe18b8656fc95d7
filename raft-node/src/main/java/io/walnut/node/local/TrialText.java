package io.walnut.node.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Lines to append when the user names no file: the sources and documents around here, each line numbered so that no two are alike. */
final class TrialText {
    private static final List<String> SUFFIXES = List.of(".java", ".md", ".proto", ".xml");

    private TrialText() {}

    /** At least {@code wanted} lines; from the checkout above the distribution, or, without one, of a generated text. */
    static List<byte[]> lines(int wanted) throws IOException {
        List<String> texts = texts();
        var lines = new ArrayList<byte[]>(wanted);
        for (int i = 0; lines.size() < wanted; i++) {
            String line = String.format(Locale.ROOT, "%08d %s", i, texts.get(i % texts.size()));
            lines.add(line.getBytes(StandardCharsets.UTF_8));
        }
        return lines;
    }

    /** The lines of a file, without their ends. */
    static List<byte[]> linesOf(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        var lines = new ArrayList<byte[]>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                lines.add(Arrays.copyOfRange(bytes, start, i));
                start = i + 1;
            }
        }
        if (start < bytes.length) {
            lines.add(Arrays.copyOfRange(bytes, start, bytes.length));
        }
        return lines;
    }

    private static List<String> texts() throws IOException {
        Path home = Path.of(System.getProperty("walnut.home", ".")).toAbsolutePath();
        for (Path at = home; at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("pom.xml")) && Files.isDirectory(at.resolve("wal-engine"))) {
                var texts = new ArrayList<String>();
                try (Stream<Path> tree = Files.walk(at)) {
                    for (Path file : tree.filter(TrialText::isText).sorted().toList()) {
                        texts.addAll(Files.readAllLines(file));
                    }
                }
                return texts;
            }
        }
        return List.of(
                "a record of about a hundred bytes, as a service would write it: order placed, paid, packed, sent");
    }

    private static boolean isText(Path path) {
        String name = path.toString();
        return SUFFIXES.stream().anyMatch(name::endsWith) && !name.contains("/target/") && Files.isRegularFile(path);
    }
}
