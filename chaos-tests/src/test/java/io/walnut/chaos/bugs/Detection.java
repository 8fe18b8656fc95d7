package io.walnut.chaos.bugs;

import io.walnut.chaos.bugs.PlantedBug.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Whether a bug was found, and after what time.
 *
 * @param reached whether it did anything at all: one that did not says nothing of who must find it
 * @param anomaly the signs by which it was found, or that were found instead
 * @param seconds from the beginning of the first trial to the end of the last
 * @param seed of the last trial
 */
record Detection(
        PlantedBug bug, boolean reached, boolean caught, String anomaly, double seconds, long seed, String text) {
    private static final int SEEDS_OF_A_SUITE = 3;
    private static final Duration LONGEST_TRIAL = Duration.ofMinutes(10);

    /** Tries one seed after the other until it is found, or the time is over. */
    static Detection of(PlantedBug bug, long firstSeed, Duration patience, Path directory)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        boolean reached = false;
        for (long seed = firstSeed; ; seed++) {
            Path trial = directory.resolve(Long.toString(seed));
            Trial.Outcome outcome = new Trial(trial).run(bug.owner(), Optional.of(bug), seed, LONGEST_TRIAL);
            reached |= outcome.reached();
            double seconds = (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
            TreeSet<String> found = new TreeSet<>(outcome.signs());
            found.retainAll(bug.signs());
            if (outcome.reached() && !found.isEmpty()) {
                deleteData(trial);
                return new Detection(bug, true, true, String.join(" ", found), seconds, seed, outcome.text());
            }
            if (seconds >= patience.toSeconds()
                    || (seed - firstSeed + 1 >= SEEDS_OF_A_SUITE && bug.owner() instanceof Suite)) {
                String text = reached
                        ? "not caught; trials in " + directory + "; the last said: " + outcome.text()
                        : "the bug was never reached; trials in " + directory;
                return new Detection(bug, reached, false, String.join(" ", outcome.signs()), seconds, seed, text);
            }
            deleteData(trial);
        }
    }

    /** What its nodes had on their disks, which is much. */
    static void deleteData(Path trial) throws IOException {
        Path cluster = trial.resolve("cluster");
        if (!Files.isDirectory(cluster)) {
            return;
        }
        try (Stream<Path> files = Files.walk(cluster)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (file.toString().contains("/data/") && !Files.isDirectory(file)) {
                    Files.delete(file);
                }
            }
        }
    }
}
