package io.walnut.node.local;

import io.walnut.client.Appender;
import io.walnut.client.LogReader;
import io.walnut.client.Walnut;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code walnut aot-cache}: makes the cache that {@link AotCache} describes, by a cluster that works for a moment. */
@Command(
        name = "aot-cache",
        mixinStandardHelpOptions = true,
        description = "Make this installation start faster: lib/walnut.aot, to be made again when the JDK changes.")
public final class AotCacheCommand implements Callable<Integer> {
    private static final int RECORDS = 20_000;
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);

    /** The JVM writes the cache when it ends. */
    private static final Duration WRITING_TIMEOUT = Duration.ofMinutes(2);

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        String home = System.getProperty("walnut.home");
        if (home == null) {
            throw new IOException("there is no installation to make a cache for: start bin/walnut of a distribution");
        }
        Path cache = AotCache.of(Path.of(home));
        Path directory = Files.createTempDirectory("walnut-aot-cache-");
        Path made = directory.resolve("walnut.aot");
        try (LocalCluster cluster =
                LocalCluster.create(directory.resolve("cluster"), LocalCluster.Settings.ofNodes(3), List.of())) {
            // One of three: with others to elect and to replicate with.
            cluster.start("n1", AotCache.optionsToMake(made));
            cluster.start();
            cluster.awaitReady(READY_TIMEOUT);
            work(cluster.endpoints());
            List<String> killed = cluster.stop(WRITING_TIMEOUT);
            if (!killed.isEmpty() || !Files.exists(made)) {
                throw new IOException("the JVM wrote no cache; the end of its output is in " + directory);
            }
            // Under the name of the cache only when it is whole.
            Path beside = cache.resolveSibling("walnut.aot.new");
            Files.copy(made, beside, StandardCopyOption.REPLACE_EXISTING);
            Files.move(beside, cache, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            cluster.delete();
        }
        Files.delete(made);
        Files.delete(directory);
        spec.commandLine().getOut().printf("%s: %,d bytes%n", cache, Files.size(cache));
        return 0;
    }

    private static void work(String endpoints) {
        byte[] record = "a record as long as a line of a log file usually is, or a little longer"
                .getBytes(StandardCharsets.UTF_8);
        try (Walnut walnut = Walnut.connect(endpoints)) {
            walnut.createLog("warm-up");
            try (Appender appender = walnut.appender("warm-up")) {
                for (int i = 0; i < RECORDS; i++) {
                    appender.add(record);
                    if (i % 100 == 0) {
                        appender.flush();
                    }
                }
                appender.flush();
            }
            try (LogReader reader = walnut.read("warm-up", 0)) {
                while (reader.poll(READY_TIMEOUT) != null) {
                    // reading is the work
                }
            }
            walnut.delete("warm-up");
        }
    }
}
