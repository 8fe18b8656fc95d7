package io.walnut.chaos.cli;

import io.walnut.chaos.export.Exports;
import io.walnut.chaos.export.Form;
import io.walnut.cli.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code walnut chaos export}: a history in the forms of other people's programs. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = "Write a history in forms that other programs read (docs/HISTORIES.md says which).")
final class ExportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "A history, one operation a line (docs/HISTORIES.md has the form).")
    Path file;

    @Option(
            names = "--to",
            paramLabel = "FORM",
            split = ",",
            description = "edn, list-append, kafka, s2 or porcupine, or several of them (default: all).")
    List<String> forms = List.of();

    @Option(names = "--out", paramLabel = "DIR", description = "Where the files go (default: beside FILE).")
    @Nullable
    Path out;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Operations in each form at most (default: what its readers can take).")
    @Nullable
    Long limit;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (limit != null && limit < 1) {
            throw new ParameterException(spec.commandLine(), "--limit is " + limit + "; expected 1 or more");
        }
        List<Form> chosen;
        try {
            chosen = forms.isEmpty() ? Exports.all() : Exports.named(forms);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        Path directory =
                out != null ? out : file.toAbsolutePath().resolveSibling(".").normalize();
        HistoryFiles.readable(file);
        Files.createDirectories(directory);
        for (Exports.Written written : Exports.write(file, directory, chosen, limit)) {
            for (Path path : written.files()) {
                spec.commandLine()
                        .getOut()
                        .printf(
                                Locale.ROOT,
                                written.cut()
                                        ? "%s: cut, from the first %,d of %,d operations%n"
                                        : "%s: from all %3$,d operations%n",
                                path,
                                written.operations(),
                                written.of());
            }
        }
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
