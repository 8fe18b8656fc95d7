package io.walnut.chaos.run;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Outputs;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code BASE/NAME/TIME/}: what a run leaves. */
public record RunDirectory(Path path) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /**
     * A new one, also known as {@code BASE/NAME/latest}.
     *
     * @param name without slashes
     */
    public static RunDirectory create(Path base, String name, Instant now) throws IOException {
        if (name.isBlank() || name.contains("/") || name.startsWith(".")) {
            throw new IllegalArgumentException(
                    "the name is '" + name + "'; expected one that a directory can have, and that is not hidden");
        }
        Path above = Files.createDirectories(base.toAbsolutePath().normalize().resolve(name));
        Path path = above.resolve(TIME.format(now));
        try {
            Files.createDirectory(path);
        } catch (FileAlreadyExistsException e) {
            path = Files.createTempDirectory(above, TIME.format(now) + "-"); // two in a millisecond
        }
        Path latest = above.resolve("latest");
        if (Files.isSymbolicLink(latest) || Files.notExists(latest)) {
            Files.deleteIfExists(latest);
            Files.createSymbolicLink(latest, path.getFileName());
        }
        return new RunDirectory(path);
    }

    public Path history() {
        return path.resolve("history.jsonl");
    }

    public Path faults() {
        return path.resolve("faults.jsonl");
    }

    public Path results() {
        return path.resolve("results.json");
    }

    public Path page() {
        return path.resolve("index.html");
    }

    public Path repro() {
        return path.resolve("repro.sh");
    }

    /** Where the cluster has its directory, while it runs, and afterwards when something went wrong. */
    public Path cluster() {
        return path.resolve("cluster");
    }

    /** Where the output of the nodes is. */
    public Path nodes() {
        return path.resolve("nodes");
    }

    /**
     * Copies what the nodes printed, where it can be had.
     *
     * @return the copies
     */
    public List<Path> keepOutputs(Cluster cluster) throws IOException {
        List<Path> kept = new ArrayList<>();
        Outputs outputs = cluster.ability(Outputs.class).orElse(null);
        if (outputs == null) {
            return kept;
        }
        Files.createDirectories(nodes());
        for (Cluster.Node node : cluster.nodes()) {
            Path from = outputs.output(node);
            if (Files.exists(from)) {
                Path to = nodes().resolve(node.id() + ".log");
                Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
                kept.add(to);
            }
        }
        return kept;
    }

    /** Deletes what a cluster has left that is closed. */
    public void dropCluster() throws IOException {
        if (Files.notExists(cluster())) {
            return;
        }
        Files.walkFileTree(cluster(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /**
     * Writes the program that repeats the run.
     *
     * @param program that this is a run of
     */
    public void writeRepro(RunOptions options, String program, String build) throws IOException {
        String arguments =
                options.arguments().stream().map(RunDirectory::quoted).collect(Collectors.joining(" "));
        Files.writeString(repro(), """
                #!/bin/sh
                # Repeats the run that left this directory, by its seed and its options; further options go behind them.
                # It was a run of walnut %s. WALNUT_PROGRAM says which one to run now.
                exec "${WALNUT_PROGRAM:-%s}" %s "$@"
                """.formatted(build, program, arguments));
        Files.setPosixFilePermissions(repro(), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_.,:=/-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** Files right in it, by name. */
    public List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
