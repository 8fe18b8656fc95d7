package io.walnut.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;

/** Every verb of the program tells what it does. */
class MainTest {
    @TestFactory
    Stream<DynamicTest> everyVerbKnowsHelpAndVersion() {
        List<List<String>> verbs = new ArrayList<>();
        verbs(Main.commandLine(), List.of(), verbs);
        assertThat(verbs).contains(List.of("demo"), List.of("wal", "verify"), List.of("log", "create"));
        return verbs.stream()
                .map(verb -> DynamicTest.dynamicTest(String.join(" ", verb), () -> {
                    assertThat(run(verb, "--help")).contains("Usage: walnut " + String.join(" ", verb));
                    assertThat(run(verb, "--version"))
                            .isEqualTo(run(List.of(), "--version"))
                            .isNotBlank();
                }));
    }

    private static void verbs(CommandLine command, List<String> path, List<List<String>> found) {
        command.getSubcommands().forEach((name, verb) -> {
            List<String> longer = Stream.concat(path.stream(), Stream.of(name)).toList();
            if (name.equals(verb.getCommandName())) {
                found.add(longer);
                verbs(verb, longer, found);
            }
        });
    }

    private static String run(List<String> verb, String option) {
        StringWriter out = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        List<String> arguments = new ArrayList<>(verb);
        arguments.add(option);
        assertThat(command.execute(arguments.toArray(String[]::new))).isZero();
        return out.toString();
    }
}
